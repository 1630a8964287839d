"""One HTTP request to Trakt, and what came of it as a value.

Nothing is retried, followed or parsed on trust here, and nothing is raised for what a network does. What a
failure says about whether the request may have been carried out is decided here, since only here is known
how far it got.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
from yarl import URL

from crosswatch import __version__
from crosswatch.core.phrases import say
from crosswatch.providers.scrobble.trakt.answers import (
    SHOWN_LENGTH,
    Answer,
    Failure,
    Reply,
    Request,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswatch.config.model import TraktSettings

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes after which an answer is not read on; a page of 100 items is far below."""

USER_AGENT = f"CrossWatch/{__version__}"
"""Without a name of its own a program is turned away by the firewall in front of Trakt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what, in real seconds.

    Attributes:
        connect_s: For a connection.
        silence_s: Between two pieces of an answer.
        total_s: For all of it.
    """

    connect_s: float = 10.0
    silence_s: float = 20.0
    total_s: float = 30.0


class TraktClient:
    """Makes single requests in the name of the configured app.

    Args:
        session: Shared with others; it is not closed here. It should limit no connections.
        settings: The app and the addresses; asked anew for each request.
        patience: How long to wait.
        heard: Called with each request, what came of it, and the access token that went with it or nothing.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: Callable[[], TraktSettings],
        *,
        patience: Patience | None = None,
        heard: Callable[[Request, Reply, str], None] = lambda *_: None,
    ) -> None:
        self._session = session
        self._heard = heard
        self._settings = settings
        wait = patience or Patience()
        self._timeout = aiohttp.ClientTimeout(
            total=wait.total_s, connect=wait.connect_s, sock_connect=wait.connect_s, sock_read=wait.silence_s
        )

    @property
    def settings(self) -> TraktSettings:
        """The app and the addresses in force."""
        return self._settings()

    async def call(self, request: Request, access_token: str) -> Reply:
        """What Trakt's API says to the request of one account."""
        settings = self._settings()
        headers = {
            "trakt-api-version": "2",
            "trakt-api-key": settings.client_id,
            "Authorization": f"Bearer {access_token}",
        }
        reply = await self._exchange(settings.api_url, request, headers)
        self._heard(request, reply, access_token)
        return reply

    async def authorize(self, path: str, fields: dict[str, Any], *, with_secret: bool = True) -> Reply:
        """What the OAuth host says to these fields, the app's id added, and its secret if it has one."""
        settings = self._settings()
        body = {**fields, "client_id": settings.client_id}
        if with_secret and settings.client_secret:
            body["client_secret"] = settings.client_secret
        request = Request(method="POST", path=path, body=body)
        reply = await self._exchange(settings.auth_url, request, {})
        self._heard(request, reply, "")
        return reply

    async def _exchange(self, base_url: str, request: Request, headers: dict[str, str]) -> Answer | Failure:
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            detail = say("The client id or the token holds characters that no header can carry.")
            return Failure(detail=detail, may_be_done=False)
        try:
            async with self._session.request(
                request.method,
                URL(base_url + request.target, encoded=True),
                data=msgspec.json.encode(request.body) if request.body is not None else None,
                headers={"Content-Type": "application/json", "User-Agent": USER_AGENT, **headers},
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return await _read(response)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return _failure(error)


async def _read(response: aiohttp.ClientResponse) -> Answer:
    """The answer, read as far as it is bearable; a body that is too large is none that we understand."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            response.close()
            break
    body = b"".join(pieces)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(
        status=response.status,
        headers=headers,
        json=_decode(body, headers.get("content-type", "")) if size <= LARGEST_ANSWER else None,
        text=shortened(body[: 4 * SHOWN_LENGTH].decode(errors="replace")),
    )


def _decode(body: bytes, content_type: str) -> Any:
    """The JSON, or None: a page is not tried, and rubbish is not JSON whatever it calls itself."""
    if not body or "html" in content_type.lower():
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _failure(error: aiohttp.ClientError | TimeoutError | ValueError) -> Failure:
    """What broke; some errors are several of these at once, so the order matters."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Failure(detail=say("Trakt's address could not be found."), may_be_done=False)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            detail = say("The secure connection to Trakt could not be made.")
            return Failure(detail=detail, may_be_done=False)
        case ValueError():  # the address cannot be taken apart, or its name cannot be looked up
            detail = say("Trakt's address makes no sense. Check `trakt.api_url` and `trakt.auth_url`.")
            return Failure(detail=detail, may_be_done=False)
        case aiohttp.ConnectionTimeoutError() | aiohttp.ClientConnectorError():
            return Failure(detail=say("Trakt could not be reached."), may_be_done=False)
        case TimeoutError():
            return Failure(detail=say("Trakt did not answer in time."), may_be_done=True)
        case _:
            return Failure(detail=say("The connection to Trakt broke."), may_be_done=True)
