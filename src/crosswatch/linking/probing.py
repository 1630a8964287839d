"""Whether a server can be reached at each of its addresses, from here and by the way that plays go.

Source: Plex protocol notes, sections 1.4 and 13.3; UX notes, section 5.1.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from crosswatch.config.addresses import is_near, parse_address
from crosswatch.core.phrases import say
from crosswatch.errors import SourceError
from crosswatch.linking.trouble import PLEX_DIRECT, Cause, cause_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.providers.scrobble.plex.plextv import ServerOffer
    from crosswatch.providers.scrobble.plex.pms import PlexServer

MS_PER_S = 1000
SHORT = {
    Cause.NAME: say("The name can't be looked up from here."),
    Cause.REFUSED: say("Nothing listens at that address and port."),
    Cause.SLOW: say("Nothing answers there in time."),
    Cause.STRANGER: say("What answers there is no Plex server."),
}
"""What is said of an address that is only tried, and stands beside the sentence."""


class Connect(Protocol):
    """Makes a server that can be asked, without asking it."""

    def __call__(self, url: str, *, allow_self_signed: bool = False) -> PlexServer:
        """The server at that address."""


class Found(StrEnum):
    """What an address has turned out to be."""

    WORKS = "works"
    OWN_CERTIFICATE = "own_certificate"
    """It answers by TLS, with a certificate for which nobody vouches."""
    REBINDING = "rebinding"
    """The name cannot be looked up, most likely because it leads into the private network."""
    OTHER_SERVER = "other_server"
    SILENT = "silent"
    """Nothing of use has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address to be tried.

    Attributes:
        url: The address.
        is_local: Whether it lies in the server's own network.
        is_relay: Whether Plex passes everything on in between.
    """

    url: str
    is_local: bool = False
    is_relay: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether what is said there is encrypted."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What trying an address has shown.

    Attributes:
        candidate: The address.
        found: What it turned out to be.
        latency_ms: Milliseconds from the question to the answer, connection included; None for none.
        cause: What stands behind it, where it does not work; else None.
        detail: Why it does not work, as a sentence; empty if it does.
    """

    candidate: Candidate
    found: Found
    cause: Cause | None = None
    latency_ms: int | None = None
    detail: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the server can be watched there."""
        return self.found in (Found.WORKS, Found.OWN_CERTIFICATE)


def candidates_of(offer: ServerOffer) -> list[Candidate]:
    """The addresses of an offer, each once; beside a local name that DNS may block, the bare address."""
    return list(dict.fromkeys(_candidates(offer)))


def _candidates(offer: ServerOffer) -> Iterator[Candidate]:
    for way in offer.ways:
        yield Candidate(url=way.url, is_local=way.is_local, is_relay=way.is_relay)
        if way.is_local and not way.is_relay and way.host and way.port and PLEX_DIRECT in way.url:
            host = f"[{way.host}]" if ":" in way.host else way.host
            yield Candidate(url=f"http://{host}:{way.port}", is_local=True)


async def probe(connect: Connect, candidate: Candidate, server_uuid: str) -> Probe:
    """Try one address: ask who answers there, without a token.

    Args:
        connect: Makes the server.
        candidate: The address.
        server_uuid: Who should answer; empty for whoever it is.
    """
    try:
        return await _ask(connect, candidate, server_uuid, Found.WORKS)
    except SourceError as error:
        cause, detail = cause_of(error), error.sentence
    if cause is Cause.CERTIFICATE:
        try:
            return await _ask(connect, candidate, server_uuid, Found.OWN_CERTIFICATE)
        except SourceError as error:
            detail = error.sentence
    found = Found.REBINDING if cause is Cause.NAME and leads_home(candidate.url) else Found.SILENT
    return Probe(candidate=candidate, found=found, cause=cause, detail=SHORT.get(cause, detail))


def leads_home(url: str) -> bool:
    """Whether it is a name below plex.direct that leads into a private network, as many routers forbid."""
    label, _, rest = (urlsplit(url).hostname or "").partition(".")
    return f".{rest}".endswith(PLEX_DIRECT) and is_near(parse_address(label.replace("-", ".")))


async def _ask(connect: Connect, candidate: Candidate, server_uuid: str, good: Found) -> Probe:
    """What answers, if anything does.

    Raises:
        SourceError: If nothing does.
    """
    server = connect(candidate.url, allow_self_signed=good is Found.OWN_CERTIFICATE)
    loop = asyncio.get_running_loop()
    began = loop.time()
    identity = await server.fetch_identity()
    latency_ms = round((loop.time() - began) * MS_PER_S)
    is_other = bool(server_uuid) and identity.server_uuid.lower() != server_uuid.lower()
    return Probe(
        candidate=candidate,
        found=Found.OTHER_SERVER if is_other else good,
        latency_ms=latency_ms,
        detail=say("Another server answers there ({id}).", id=identity.server_uuid) if is_other else "",
    )
