"""What every request passes on its way in and every answer on its way out.

In: a request that changes something and comes from a browser must come from a page of ours. There is no
sign-in yet, so this is what keeps a stranger's page, or a name that a stranger points at this machine, from
using the visitor's browser against it. Programs send no `Origin` and pass.

Out: headers that keep pages from loading or being framed by anything foreign, and one answer for whatever
went wrong unexpectedly: a number to look for in the log, and nothing else.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from crosswatch.web.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})
LOCAL_ENDINGS = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal")
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

REQUEST = {"event": "web.request"}

log = logging.getLogger("crosswatch.web")


class OwnPagesOnly:
    """Refuses changes that another site's page asks a browser for.

    Args:
        app: What is behind the door.
        allowed_hosts: Names, beside addresses and local names, under which the pages may be reached.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Callable[[], Collection[str]]) -> None:
        self._app = app
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            problem = foreign_origin(Headers(scope=scope), self._allowed_hosts())
            if problem:
                log.warning(
                    "refused %s %s: %s",
                    scope["method"],
                    scope["path"],
                    problem,
                    extra={"event": "web.refused"},
                )
                await refuse(Request(scope), 403, problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def foreign_origin(headers: Headers, allowed_hosts: Collection[str]) -> str:
    """Why the request must not change anything, or empty if it may.

    Browsers on plain HTTP send `Origin` but no `Sec-Fetch-Site`; programs send neither.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return ""
    if site is not None and site not in OWN_SITE:
        return "Another site's page asked for this, so it was not done."
    host = headers.get("host", "")
    if origin is not None and not _is_of_host(origin, host):
        return "Another site's page asked for this, so it was not done."
    name = _host_and_port(f"http://{host}")[0]
    if is_local_name(name) or name in {allowed.casefold() for allowed in allowed_hosts}:
        return ""
    return (
        f"The pages are not served as {name!r}. If that is your name for them, add it to web.allowed_hosts."
    )


def is_local_name(name: str) -> bool:
    """Whether no stranger can have pointed the name here: an address, or a name of a local network."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith(LOCAL_ENDINGS))
    return True


def _is_of_host(origin: str, host: str) -> bool:
    """Whether the page at this origin was served under that `Host`; `null` and nonsense never were."""
    theirs = _host_and_port(origin)
    return bool(theirs[0]) and theirs == _host_and_port(f"{origin.partition('://')[0]}://{host}")


def _host_and_port(origin: str) -> tuple[str, int | None]:
    """Host in lower case and port of an origin; ("", None) for one that makes no sense, such as `null`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None
    return (parts.hostname or "").rstrip(".").casefold(), port


class LastResort:
    """Adds the headers, and answers for what nobody expected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                log.debug("%s %s -> %d", scope["method"], scope["path"], message["status"], extra=REQUEST)
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:  # the one place that must answer, whatever it was
            number = secrets.token_hex(4)
            log.exception(
                "request %s failed: %s %s",
                number,
                scope["method"],
                scope["path"],
                extra={"event": "web.failed"},
            )
            if started:
                raise  # the server must cut the answer off, so that it is not taken for a whole one
            sentence = (
                f"Something went wrong here that should not have. The log says more, under request {number}."
            )
            answer = refuse(Request(scope), 500, sentence, number=number)
            await answer(scope, receive, send_with_headers)
