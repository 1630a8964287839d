"""HTTP to Plex, servers and plex.tv alike: who we say we are, how long we wait, and what errors mean.

An error of the HTTP library never gets past this module. What comes out instead says who has to act, in a
sentence that names the address and the key of the configuration, and never a token: tokens travel in a
header only, and redirects are not followed, for they would take the header along.

Source: Plex protocol notes, section 1.1.
"""

from __future__ import annotations

import asyncio
import platform
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

import crosswatch
from crosswatch.core.phrases import say
from crosswatch.errors import SourceAuthError, SourceError, SourceNotFoundError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswatch.providers.scrobble.plex.server_time import ServerTime

PRODUCT = "CrossWatch"
TIMEOUT = aiohttp.ClientTimeout(total=30.0, sock_connect=5.0, sock_read=15.0)
"""Real seconds; a disk that has to spin up first takes its time."""

RETRY_AFTER_S = 0.3
"""Real seconds before the second and last try of a question that broke."""

MIB = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Whom we talk to, for sentences.

    Attributes:
        name: Such as `Plex at http://nas:32400`.
        address_key: The key of the configuration that holds the address.
        token_key: The key that holds the token.
    """

    name: str
    address_key: str
    token_key: str


def neighbour_at(name: str, *, key: str = "plex", address: str = "server_url") -> Neighbour:
    """A neighbour of whom the configuration speaks under that key: `plex`, or an entry of `servers`."""
    return Neighbour(name=name, address_key=f"{key}.{address}", token_key=f"{key}.account_token")


def client_headers(client_id: str) -> dict[str, str]:
    """Who we are, for every request.

    Args:
        client_id: The same for the whole life of an installation; else the account's list of devices fills.
    """
    return {
        "Accept": "application/json",
        "User-Agent": f"{PRODUCT}/{crosswatch.__version__}",
        "X-Plex-Client-Identifier": client_id,
        "X-Plex-Product": PRODUCT,
        "X-Plex-Version": crosswatch.__version__,
        "X-Plex-Platform": platform.system() or "Unknown",
        "X-Plex-Device": PRODUCT,
        "X-Plex-Device-Name": PRODUCT,
    }


class PlexHttp:
    """Requests to one address.

    Args:
        http: Shared with the whole process; it is not closed here.
        url: Where it answers; a path in it is kept.
        client_id: See `client_headers`.
        allow_self_signed: Whether a certificate that nobody vouches for will do.
        neighbour: For sentences; made from the address if None.
        time: Learns from each answer how far the other clock differs, or None.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        client_id: str,
        allow_self_signed: bool = False,
        neighbour: Neighbour | None = None,
        time: ServerTime | None = None,
    ) -> None:
        self._http = http
        self._base = url
        self._headers = client_headers(client_id)
        self._verifies = not allow_self_signed  # aiohttp has one TLS context for each for the whole process
        self.neighbour = neighbour or neighbour_at(say("Plex at {address}", address=shown(url)))
        self._time = time

    async def get(
        self,
        path: str,
        *,
        token: str | None,
        params: Mapping[str, str] | None = None,
        limit: int = 8 * MIB,
    ) -> bytes:
        """The body of an answer of status 2xx; tried twice if the first try broke.

        Args:
            path: Path below the address, percent-encoded where it must be.
            token: Sent as header; None sends none.
            params: Query arguments.
            limit: Most bytes of a body.

        Raises:
            SourceUnavailableError: If there is no good answer now.
            SourceAuthError: If the token is missing, refused, or may not ask this.
            SourceNotFoundError: If there is no such thing.
        """
        try:
            return await self.send("GET", path, token=token, params=params, limit=limit)
        except _BrokenError:
            await asyncio.sleep(RETRY_AFTER_S)
        return await self.send("GET", path, token=token, params=params, limit=limit)

    async def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        params: Mapping[str, str] | None = None,
        limit: int = 8 * MIB,
    ) -> bytes:
        """As `get`, with any verb and tried once."""
        headers = self._headers_with(token)
        asked_at = self._time.now() if self._time else None
        try:
            async with self._http.request(
                method,
                self._url(path).update_query(params or {}),
                headers=headers,
                ssl=self._verifies,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:
                if self._time and asked_at:
                    self._time.note(answer.headers.get("Date", ""), asked_at)
                check_status(answer.status, answer.headers.get("Location", ""), self.neighbour)
                return await _read(answer, limit, self.neighbour)
        except (aiohttp.ClientError, OSError) as error:
            raise translate(error, self.neighbour) from error

    async def open_socket(
        self, path: str, *, token: str, ping_every_s: float, close_within_s: float, limit: int
    ) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket without compression, which pings by itself.

        Args:
            path: As in `get`.
            token: Sent as header.
            ping_every_s: Real seconds of silence until a ping; half as long later the socket is dead.
            close_within_s: Real seconds to wait for the other side when closing.
            limit: Most bytes of a message.

        Raises:
            SourceError: As `get`.
        """
        headers = self._headers_with(token)
        url = self._url(path)
        try:
            async with asyncio.timeout(TIMEOUT.sock_read):
                return await self._http.ws_connect(
                    url.with_scheme("wss" if url.scheme == "https" else "ws"),
                    headers=headers,
                    ssl=self._verifies,
                    heartbeat=ping_every_s,
                    timeout=aiohttp.ClientWSTimeout(ws_close=close_within_s),
                    max_msg_size=limit,
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status != 404:  # noqa: PLR2004 -- a missing route, not a missing item
                check_status(error.status, "", self.neighbour)
            raise SourceUnavailableError(
                say(
                    "{name} does not open its notification socket (status {status}). A proxy in between "
                    "must pass WebSockets on.",
                    name=self.neighbour.name,
                    status=error.status,
                )
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise translate(error, self.neighbour) from error

    def _headers_with(self, token: str | None) -> dict[str, str]:
        if token is None:
            return self._headers
        if not token or not token.isascii() or not token.isprintable():
            is_wrong = say("holds signs that no token has") if token else say("is empty")
            raise SourceAuthError(
                say(
                    "{token_key} {what}. Sign in to Plex to get a token.",
                    token_key=self.neighbour.token_key,
                    what=is_wrong,
                )
            )
        return {**self._headers, "X-Plex-Token": token}

    def _url(self, path: str) -> URL:
        try:
            base = URL(self._base)
            base.origin()
        except ValueError:
            raise SourceUnavailableError(
                say(
                    "{address_key} is not an address. It should look like http://192.0.2.10:32400.",
                    address_key=self.neighbour.address_key,
                )
            ) from None
        prefix = base.raw_path.rstrip("/")
        return base.with_query(None).with_fragment(None).with_path(f"{prefix}/{path}", encoded=True)


class _BrokenError(SourceUnavailableError):
    """It broke in a way that a second try may mend; one that took its full time has had its chance."""


def check_status(status: int, location: str, neighbour: Neighbour) -> None:
    """Raise what the status of an answer means, unless it is a good one.

    Args:
        status: HTTP status.
        location: Where the answer sends us, or empty.
        neighbour: For the sentence.

    Raises:
        SourceError: The kind that says who has to act.
    """
    who = neighbour.name
    match status:
        case 401 | 403:
            raise SourceAuthError(
                say(
                    "{who} refuses the token (status {status}). Check {token_key}: it may have been "
                    "revoked, or it is not the owner's and may not ask this.",
                    who=who,
                    status=status,
                    token_key=neighbour.token_key,
                )
            )
        case 404:
            raise SourceNotFoundError(say("{who} has no such item (any more).", who=who))
        case 500 | 502 | 503 | 504:
            raise _BrokenError(
                say(
                    "{who} cannot answer now (status {status}); it may be starting. It will be asked again.",
                    who=who,
                    status=status,
                )
            )
    if 300 <= status < 400:  # noqa: PLR2004
        target = shown(location) if "://" in location else say("another page")
        raise SourceUnavailableError(
            say(
                "{who} sends us to {target}. Put the right address into {address_key}.",
                who=who,
                target=target,
                address_key=neighbour.address_key,
            )
        )
    if status >= 400:  # noqa: PLR2004
        raise SourceUnavailableError(
            say("{who} does not understand the question (status {status}).", who=who, status=status)
        )


def translate(error: BaseException, neighbour: Neighbour) -> SourceError:
    """What an error of the HTTP library means; the text holds nothing of the request."""
    who, key = neighbour.name, neighbour.address_key
    match error:
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return SourceUnavailableError(
                say(
                    "The certificate of {who} is not trusted. Use the server's plex.direct name or http, "
                    "or set features.watch.options.allow_self_signed to true if the server is in your "
                    "own network.",
                    who=who,
                )
            )
        case aiohttp.ClientSSLError() | ssl.SSLError() | aiohttp.ServerFingerprintMismatch():
            return SourceUnavailableError(
                say(
                    "{who} does not speak TLS as it should. Check whether {key} must begin with http or "
                    "https.",
                    who=who,
                    key=key,
                )
            )
        case aiohttp.ClientConnectorDNSError():
            return SourceUnavailableError(
                say("The name of {who} cannot be found. Check {key}.", who=who, key=key)
            )
        case TimeoutError():
            return SourceUnavailableError(
                say("{who} does not answer in time. Check that it runs, and {key}.", who=who, key=key)
            )
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return SourceUnavailableError(say("{key} is not an address that can be asked.", key=key))
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | ConnectionResetError():
            return _BrokenError(say("{who} broke off the connection. It will be asked again.", who=who))
        case aiohttp.ClientResponseError():
            return SourceUnavailableError(
                say(
                    "{who} does not answer as a Plex server does. Check {key}, and any proxy in between.",
                    who=who,
                    key=key,
                )
            )
        case OSError() if error.strerror:
            return _BrokenError(
                say(
                    "{who} cannot be reached ({reason}). Check that it runs, and {key}.",
                    who=who,
                    reason=error.strerror,
                    key=key,
                )
            )
        case _:
            return _BrokenError(
                say("{who} cannot be reached. Check that it runs, and {key}.", who=who, key=key)
            )


def shown(address: str) -> str:
    """Scheme, host and port of an address, without anything that may be secret."""
    try:
        return str(URL(address).origin())
    except ValueError:
        return "an address that makes no sense"


async def _read(answer: aiohttp.ClientResponse, limit: int, neighbour: Neighbour) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_chunked(_CHUNK):
        size += len(part)
        if size > limit:
            raise SourceUnavailableError(
                say("{name} answered with more than {size} MiB.", name=neighbour.name, size=limit // MIB)
            )
        parts.append(part)
    return b"".join(parts)
