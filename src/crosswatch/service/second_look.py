"""Plays that ended before it was known whose they are, judged once more when that may be known.

Somebody may be known only when another server has said who its owner is, or plex.tv has told all names. A
viewing that is still going on waits for that; one that has ended is skipped meanwhile, and says why.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.people import TO_COME, UNKNOWN_PEOPLE
from crosswatch.core.plays import PlayState
from crosswatch.core.ports import PlayQuery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.clock import Clock
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.service.recorder import Recorder

LOOK_BACK = timedelta(days=7)
"""Who is not known after that will not be."""

PAGE = 500

log = logging.getLogger("crosswatch.watch")


class SecondLook:
    """Looks again at one server's plays.

    Args:
        server_uuid: `machineIdentifier` of the server.
        source: The server, which may know more names by now.
        ledger: Where plays are.
        recorder: Judges and writes.
        clock: Tells the time.
    """

    def __init__(
        self, server_uuid: str, *, source: MetadataSource, ledger: Ledger, recorder: Recorder, clock: Clock
    ) -> None:
        self._server = server_uuid
        self._source = source
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock

    async def run(self) -> int:
        """Judge what is not decided yet; how many plays are now.

        Raises:
            SourceError: If the server cannot be asked who somebody is.
            StorageError: If the database cannot be used.
        """
        found = [await self._with_names(play) async for play in self._undecided()]
        return await self._recorder.judge_again(found) if found else 0

    async def _undecided(self) -> AsyncIterator[Play]:
        since = self._clock.now() - LOOK_BACK
        for reason in UNKNOWN_PEOPLE:
            query: PlayQuery | None = PlayQuery(reason=reason, server=self._server, since=since, limit=PAGE)
            while query is not None:
                plays = await self._ledger.plays(query)
                for play in plays:
                    if play.state is PlayState.ENDED and play.detail in TO_COME:
                        yield play
                query = replace(query, before=plays[-1].id) if len(plays) == PAGE else None

    async def _with_names(self, play: Play) -> Play:
        number = play.account.id
        if number is not None and not play.account.has_all_names:
            await self._source.resolve_account(number)
        return replace(play, account=self._source.known_account(play.account))
