"""Life after the evening: a household that goes on watching, at an even pace, until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from crosswatch.demo.family import FAMILY
from crosswatch.demo.truth import trakt_label
from crosswatch.simulator.plex import Script

if TYPE_CHECKING:
    from random import Random

    from crosswatch.demo.family import Member
    from crosswatch.demo.stage import Stage

ALONE = tuple(member for member in FAMILY if len(member.accounts) == 1)
"""Whoever watches together as well would sit in front of two screens, as chance would have it."""

BREAK_S = (5 * 60.0, 40 * 60.0)
"""Least and most seconds between two viewings of one person."""

REMEMBERED_REQUESTS = 5_000
"""Requests that a simulator keeps in its ledger, about."""

GIVES_UP, PAUSES = 0.25, 0.5
"""Shares of viewings that are not watched to the end, and that are interrupted by a pause."""


async def live(stage: Stage, rng: Random) -> None:
    """Let everybody in the family watch one thing after the other, until cancelled."""
    async with asyncio.TaskGroup() as lives:
        for member in ALONE:
            lives.create_task(_live(stage, member, rng))


async def _live(stage: Stage, member: Member, rng: Random) -> None:
    player = stage.plex.player(member.name, member.device)
    shelf = [item for item in stage.plex.world.library.everything() if trakt_label(item) and item.duration_ms]
    while True:
        await stage.clock.sleep(rng.uniform(*BREAK_S))
        await player.watch(rng.choice(shelf), _manner(rng))
        _tidy(stage)


def _manner(rng: Random) -> Script:
    """How somebody watches: with a pause now and then, and not always to the end."""
    until = rng.uniform(0.05, 0.7) if rng.random() < GIVES_UP else 1.0
    pause = (until * rng.uniform(0.2, 0.8), rng.uniform(60.0, 600.0))
    return Script(until=until, pauses=(pause,) if rng.random() < PAUSES else ())


def _tidy(stage: Stage) -> None:
    """Forget old requests, or a long life would fill the memory."""
    for ledger in (stage.trakt.ledger, *(plex.ledger for plex in stage.plexes)):
        if len(ledger.requests) > REMEMBERED_REQUESTS:
            ledger.clear()
