"""Plays that ended before it was known whose they are, or what, looked at once more when that may be known.

Somebody may be known only when another server has said who its owner is, or plex.tv has told all names. A
viewing that is still going on waits for that; one that has ended is skipped meanwhile, and says why. An item
whose page could not be had has no ids but titles, by which Trakt may find nothing; the page has them.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.people import TO_COME, UNKNOWN_PEOPLE
from crosswatch.core.plays import PlayState
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.errors import CorrectionError, SourceError, SourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from crosswatch.clock import Clock
    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.service.recorder import Recorder

LOOK_BACK = timedelta(days=7)
"""Who is not known after that will not be."""

PAGE = 500

UNNAMED = (Reason.NO_MATCH, Reason.AMBIGUOUS_MATCH)
"""Why a play failed for which a sink had no name."""


class SecondLook:
    """Looks again at one server's plays.

    Args:
        server_uuid: `machineIdentifier` of the server.
        source: The server, which may know more names by now.
        ledger: Where plays are.
        recorder: Judges and writes.
        clock: Tells the time.
        mend: Reads anew what the server calls a play's item, and tries it again.
    """

    def __init__(
        self,
        server_uuid: str,
        *,
        source: MetadataSource,
        ledger: Ledger,
        recorder: Recorder,
        clock: Clock,
        mend: Callable[[PlayId], Awaitable[int]],
    ) -> None:
        self._server = server_uuid
        self._source = source
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock
        self._mend = mend

    async def run(self) -> int:
        """Look at what was not decided and what was not found; about how many plays more is known now.

        Raises:
            SourceError: If the server cannot be asked.
            StorageError: If the database cannot be used.
        """
        count = 0
        unnamed = [play async for play in self._ended(UNNAMED) if _has_titles_only(play.media)]
        for play in unnamed:
            if play.verdict is Verdict.FAILED and await self._has_name(play):
                with contextlib.suppress(CorrectionError):  # somebody has dealt with it meanwhile
                    count += bool(await self._mend(play.id))
        undecided = [play async for play in self._ended(UNKNOWN_PEOPLE) if play.detail in TO_COME]
        found = [await self._with_names(play) for play in undecided]
        return count + (await self._recorder.judge_again(found) if found else 0)

    async def _ended(self, reasons: Iterable[Reason]) -> AsyncIterator[Play]:
        since = self._clock.now() - LOOK_BACK
        for reason in reasons:
            query: PlayQuery | None = PlayQuery(reason=reason, server=self._server, since=since, limit=PAGE)
            while query is not None:
                plays = await self._ledger.plays(query)
                for play in plays:
                    if play.state is PlayState.ENDED:
                        yield play
                query = replace(query, before=plays[-1].id) if len(plays) == PAGE else None

    async def _has_name(self, play: Play) -> bool:
        """Whether the page of the item has ids by now."""
        if not play.media.rating_key.isalnum():
            return False
        try:
            return not _has_titles_only(await self._source.fetch_media(play.media.rating_key))
        except SourceNotFoundError:
            return False

    async def _with_names(self, play: Play) -> Play:
        number = play.account.id
        if number is not None and not play.account.has_all_names:
            with contextlib.suppress(SourceError):  # then this one stays unknown, and no other waits for it
                await self._source.resolve_account(number)
        return replace(play, account=self._source.known_account(play.account))


def _has_titles_only(media: Media) -> bool:
    return not media.ids and not (media.show is not None and media.show.ids)
