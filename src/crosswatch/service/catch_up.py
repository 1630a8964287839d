"""Making good what happened while nobody listened, from the server's own play history."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.plays import Cursor, Origin, Play, PlayState
from crosswatch.core.reconcile import COVER_BEFORE, Counted, Missed, covers, read_from, reconcile
from crosswatch.errors import SourceAuthError, SourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId
    from crosswatch.core.facts import HistoryRow
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.service.recorder import Recorder

LOOK_BACK = timedelta(hours=12)
"""How far before the lines plays may have begun that explain them."""

log = logging.getLogger("crosswatch.plex")


class CatchUp:
    """Reconciles one server's history with the ledger.

    Args:
        server_uuid: `machineIdentifier` of the server.
        source: The server.
        ledger: Where plays and the cursor are.
        recorder: Writes what is found.
        clock: Tells the time.
        new_play_id: Makes the identity of a play that began at that moment.
    """

    def __init__(
        self,
        server_uuid: str,
        *,
        source: MetadataSource,
        ledger: Ledger,
        recorder: Recorder,
        clock: Clock,
        new_play_id: Callable[[datetime], PlayId],
    ) -> None:
        self._server = server_uuid
        self._source = source
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock
        self._new_play_id = new_play_id

    async def run(self, *, days: float) -> int:
        """Read the history from the cursor and make good what is missing; how much that was.

        The first contact with a server only sets the cursor: older history is nobody's wish yet.

        Args:
            days: How far back plays are made good.

        Raises:
            SourceError: If the server cannot be asked.
            StorageError: If the database cannot be used; the cursor stays where it was.
        """
        now = self._clock.now()
        cursor = await self._ledger.cursor(self._server)
        if cursor is None:
            await self._first_contact(now)
            return 0
        since = read_from(cursor)
        try:
            rows = await self._source.fetch_history(since)
        except SourceAuthError:  # a token of somebody who may not read it; the socket has to do
            return 0
        plays = await self._ledger.plays_of(self._server, None, since - LOOK_BACK)
        result = reconcile(rows, plays, cursor, oldest=now - timedelta(days=days))
        missed = [await self._play_of(one.row) for one in result.findings if isinstance(one, Missed)]
        for one in result.findings:
            if isinstance(one, Counted):
                await self._recorder.record_counted(one.play, one.row.viewed_at)
        if missed or result.cursor != cursor:
            await self._recorder.record_missed(missed, result.cursor)
        return len(result.findings)

    async def confirm(self, play: Play) -> bool:
        """Whether the server counted this play, which ended before the watched mark; it is then watched.

        Raises:
            SourceError: If the server cannot be asked.
            StorageError: If the database cannot be used.
        """
        try:
            rows = await self._source.fetch_history(play.started_at - COVER_BEFORE)
        except SourceAuthError:
            return False
        row = next((row for row in rows if covers(play, row)), None)
        if row is None or await self._is_spoken_for(play, row):
            return False
        await self._recorder.record_counted(play, row.viewed_at)
        return True

    async def _is_spoken_for(self, play: Play, row: HistoryRow) -> bool:
        """Whether another viewing explains the line already."""
        others = await self._ledger.plays_of(self._server, play.account.id, play.started_at - LOOK_BACK)
        return any(
            other.id != play.id
            and covers(other, row)
            and (other.watched_at is not None or other.started_at > play.started_at)
            for other in others
        )

    async def _first_contact(self, now: datetime) -> None:
        start = Cursor(server=self._server, viewed_at=now)
        try:
            rows = await self._source.fetch_history(read_from(start))
        except SourceAuthError:
            return
        keys = frozenset(row.history_key for row in rows)
        newest = max([now, *(row.viewed_at for row in rows)])
        await self._recorder.record_missed([], Cursor(server=self._server, viewed_at=newest, keys=keys))

    async def _play_of(self, row: HistoryRow) -> Play:
        """The play that a line stands for, with all that its server still knows of it."""
        media = row.media
        if row.rating_key:
            try:
                media = await self._source.fetch_media(row.rating_key)
            except SourceNotFoundError:  # deleted meanwhile: the titles have to do
                log.info("%s was deleted from Plex after it was watched", media.label)
        started_at = row.viewed_at - timedelta(milliseconds=media.duration_ms or 0)
        return Play(
            id=self._new_play_id(started_at),
            server=self._server,
            origin=Origin.HISTORY,
            account=await self._source.resolve_account(row.account_id),
            media=media,
            state=PlayState.ENDED,
            started_at=started_at,
            last_seen_at=row.viewed_at,
            ended_at=row.viewed_at,
            history_key=row.history_key,
        )
