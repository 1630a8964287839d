"""Looking for servers: which ones plex.tv lists for an account, and how each of their addresses fares.

A search goes on by itself, and can be read at any time; addresses that do not answer take their time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.errors import SourceError
from crosswatch.linking.probing import Candidate, Found, Probe, candidates_of, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosswatch.linking.probing import Connect
    from crosswatch.providers.scrobble.plex.plextv import PlexTv, ServerOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An address, and what is known of it by now.

    Attributes:
        candidate: The address.
        probe: What trying it has shown; None while it is being tried.
    """

    candidate: Candidate
    probe: Probe | None


def best_of(addresses: Sequence[Tried]) -> Tried | None:
    """The first address at which the server can be watched, relays and exceptions last; None for none."""
    usable = [one for one in addresses if one.probe is not None and one.probe.is_usable]
    order = sorted(
        usable,
        key=lambda one: (one.candidate.is_relay, one.probe is None or one.probe.found is not Found.WORKS),
    )
    return order[0] if order else None


class ServerSearch:
    """One search; it begins when it is made, on the running loop.

    Args:
        tv: plex.tv.
        token: Of the account.
        connect: Makes a server for an address.
        tell: The sentence for an error.

    Attributes:
        offers: The servers that were found; None until plex.tv has answered.
        problem: Why there are none, or empty.
    """

    def __init__(
        self, tv: PlexTv, token: str, connect: Connect, *, tell: Callable[[SourceError], str]
    ) -> None:
        self.offers: list[ServerOffer] | None = None
        self.problem = ""
        self._tv = tv
        self._token = token
        self._connect = connect
        self._tell = tell
        self._probes: dict[tuple[str, Candidate], Probe] = {}
        self._task = asyncio.create_task(self._run(), name="look for servers")

    @property
    def is_over(self) -> bool:
        """Whether everything is known."""
        return self._task.done()

    def addresses(self, offer: ServerOffer) -> list[Tried]:
        """The addresses of an offer, the nearest first and relays last, whatever has answered by now."""
        return [
            Tried(candidate=candidate, probe=self._probes.get((offer.server_uuid, candidate)))
            for candidate in candidates_of(offer)
        ]

    def find(self, server_uuid: str, url: str) -> tuple[ServerOffer, Probe] | None:
        """The offer and the probe of an address that was tried, or None."""
        for offer in self.offers or ():
            for tried in self.addresses(offer):
                if offer.server_uuid == server_uuid and tried.candidate.url == url and tried.probe:
                    return offer, tried.probe
        return None

    async def looked(self, within_s: float) -> None:
        """Wait until the search is over, or so many real seconds have passed."""
        await asyncio.wait({self._task}, timeout=within_s)

    async def aclose(self) -> None:
        """Look no further."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            self.offers = await self._tv.fetch_servers(self._token)
        except SourceError as error:
            self.problem = self._tell(error)
            return
        await asyncio.gather(
            *(self._try(offer, candidate) for offer in self.offers for candidate in candidates_of(offer))
        )

    async def _try(self, offer: ServerOffer, candidate: Candidate) -> None:
        self._probes[offer.server_uuid, candidate] = await probe(self._connect, candidate, offer.server_uuid)
