"""What every answer passes on its way out.

Headers that keep pages from loading or being framed by anything foreign, and one answer for whatever went
wrong unexpectedly: a number to look for in the log, and nothing else.
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from crosswatch.web import languages
from crosswatch.web.errors import refuse
from crosswatch.web.frame import language_of
from crosswatch.web.headers import EMBEDDED_POLICY, HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST = {"event": "web.request"}

log = logging.getLogger("crosswatch.web")


class LastResort:
    """Adds the headers, and answers for what nobody expected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with languages.speaking(language_of(Request(scope))):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                log.debug("%s %s -> %d", scope["method"], scope["path"], message["status"], extra=REQUEST)
                headers = MutableHeaders(scope=message)
                visitor = scope.get("state", {}).get("visitor")
                if visitor is not None and visitor.is_embedded:
                    headers.setdefault("Content-Security-Policy", EMBEDDED_POLICY)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
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
