"""When the app could not hear a server: what ended then has no time that anybody could tell to the minute.

A viewing that ends while the app is dead, frozen or cut off is dated by what was heard before and what the
server says afterwards. It may then be off by as much as the silence was long, and by no more.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosswatch.clock import Clock
    from crosswatch.simulator.plex import SimulatedPlex

LOOK_S = 0.05
"""Real seconds between two looks."""

HEARD_BEFORE = timedelta(seconds=20)
"""So long ago a player may have reported last when a silence began."""

SURE_AFTER = timedelta(minutes=1)
"""So long the app listens before it believes that what is not heard of is over."""

Span = tuple[datetime, datetime]


class Ears:
    """Notes each server's silences.

    Args:
        plexes: The servers.
        clock: Tells the time.
        is_frozen: Whether the app stands still, so that its open sockets say nothing.
    """

    def __init__(self, plexes: Sequence[SimulatedPlex], clock: Clock, is_frozen: Callable[[], bool]) -> None:
        self._plexes = plexes
        self._clock = clock
        self._is_frozen = is_frozen
        self._silences: dict[str, list[Span]] = {plex.options.machine_identifier: [] for plex in plexes}

    async def listen(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Note who cannot be heard now."""
        now = self._clock.now()
        for plex in self._plexes:
            is_heard = any(not one.silent for one in plex.world.hub.listeners)
            if self._is_frozen() or not is_heard:
                self._note(self._silences[plex.options.machine_identifier], now)

    def silence_about(self, plex: SimulatedPlex, at: datetime) -> Span | None:
        """The silence in which something happened at that server, with what belongs to it; or None."""
        spans = self._silences[plex.options.machine_identifier]
        found = ((first - HEARD_BEFORE, last + SURE_AFTER) for first, last in spans)
        return next((span for span in found if span[0] <= at <= span[1]), None)

    @staticmethod
    def _note(spans: list[Span], now: datetime) -> None:
        """It is silent now; a moment of listening in between changes nothing."""
        first, last = spans[-1] if spans else (now, datetime.min.replace(tzinfo=UTC))
        if now - last <= SURE_AFTER:
            spans[-1] = (first, now)
        else:
            spans.append((now, now))
