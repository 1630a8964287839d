"""Tells the evening as it happens: who does what, what Trakt was told, and what CrossWatch decided."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from crosswatch.demo.overhearing import Overhearing
from crosswatch.demo.remarks import Remark, Tone
from crosswatch.demo.spectator import Spectator
from crosswatch.demo.terminal import WHO_WIDTH
from crosswatch.demo.verdicts import Verdicts

if TYPE_CHECKING:
    from crosswatch.demo.stage import Stage
    from crosswatch.demo.terminal import Terminal

LOOK_EVERY_S = 0.05
"""Real seconds between two looks at players and Trakt."""

READ_EVERY = 5
"""Looks between two readings of the app's plays."""


class Narrator:
    """Watches the stage and writes what is new.

    Args:
        stage: What is told about.
        terminal: Where to.
    """

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        self._stage = stage
        self._terminal = terminal
        self._spectator = Spectator()
        self._overhearing = Overhearing(stage.trakt)
        self._verdicts = Verdicts(stage)
        self._looks = 0

    def announce(self, text: str) -> None:
        """Something happens to the house."""
        now = self._stage.clock.now()
        remark = Remark(at=now, who="━" * WHO_WIDTH, mark="━", text=text, tone=Tone.STAGE)
        self._terminal.remark(remark)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, *, closely: bool = False) -> None:
        """Tell what is new; closely means that the app is asked as well, however lately it was."""
        now = self._stage.clock.now()
        players = [player for plex in self._stage.plexes for player in plex.players]
        for remark in (*self._spectator.look(players, now), *self._overhearing.listen()):
            self._terminal.remark(remark)
        self._looks += 1
        if closely or self._looks % READ_EVERY == 0:
            for remark in await self._verdicts.read():
                self._terminal.remark(remark)
