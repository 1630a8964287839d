"""Making good what happened while nobody listened, from the server's own play history."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.plays import Cursor, Origin, Play, PlayState
from crosswatch.core.progress import length_of
from crosswatch.core.reconcile import (
    COVER_BEFORE,
    TAIL_GAP,
    Confirmed,
    Counted,
    Missed,
    covers,
    may_be_line_of,
    read_from,
    reconcile,
)
from crosswatch.core.shared_files import whole_of
from crosswatch.core.shared_history import LATELY, lines_of, shared_file_of
from crosswatch.errors import SourceAuthError, SourceNotFoundError, SourceUnavailableError
from crosswatch.service.recorder import Findings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.facts import HistoryRow
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.core.reconcile import Reconciliation
    from crosswatch.service.recorder import Recorder

LOOK_BACK = TAIL_GAP
"""How long before the lines plays may have been heard of last that explain them."""

PATIENCE = 3
"""How often an item is asked for that the server lists but cannot show, before its titles have to do."""

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
        self._failures: Counter[str] = Counter()

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
        since, oldest = read_from(cursor, now), now - timedelta(days=days)
        try:
            rows = await self._source.fetch_history(since)
        except SourceAuthError:  # a token of somebody who may not read it; the socket has to do
            return 0
        plays = await self._ledger.plays_of(self._server, None, since - LOOK_BACK)
        window = _Window(cursor=cursor, oldest=oldest, now=now)
        rows, made = await self._make(await self._by_episode(rows, plays, cursor), plays, window)
        await self._learn_who(window.hold(rows, plays))

        async def find() -> Findings:
            """The same once more: what was asked of the server meanwhile took its time."""
            plays = await self._ledger.plays_of(self._server, None, since - LOOK_BACK)
            result = window.hold(rows, plays)
            counted = [one for one in result.findings if isinstance(one, Counted)]
            confirmed = [one for one in result.findings if isinstance(one, Confirmed)]
            missed = [one.row.history_key for one in result.findings if isinstance(one, Missed)]
            is_whole = made.keys() >= set(missed)  # else the rest is found when the lines are read again
            return Findings(
                counted=tuple(_counted(self._with_names(one.play), one.row, now) for one in counted),
                confirmed=tuple(_confirmed(one.play, one.row, now) for one in confirmed),
                missed=tuple(made[key] for key in missed if key in made),
                cursor=result.cursor if is_whole and result.cursor != cursor else None,
            )

        return await self._recorder.record_history(find)

    async def _learn_who(self, found: Reconciliation) -> None:
        """Have the server and plex.tv say who those are whose plays count after all."""
        counted = [one.play.account.id for one in found.findings if isinstance(one, Counted)]
        for number in {number for number in counted if number is not None}:
            await self._source.resolve_account(number)

    def _with_names(self, play: Play) -> Play:
        return replace(play, account=self._source.known_account(play.account))

    async def find_line(self, play: Play) -> HistoryRow | None:
        """The line by which the server counted this viewing, or None if it has not.

        Raises:
            SourceError: If the server cannot be asked.
            StorageError: If the database cannot be used.
        """
        since = play.started_at - COVER_BEFORE
        rows = [row for row in await self._source.fetch_history(since) if may_be_line_of(play, row)]
        known = await self._ledger.plays_of(self._server, play.account.id, since - LOOK_BACK)
        others = [one for one in known if one.id != play.id and one.watched_at is not None]
        others = [one for one in others if not _is_of_file(one, play)]
        free = [row for row in rows if not any(covers(other, row) for other in others)]
        return min(free, key=lambda row: row.viewed_at, default=None)

    async def _make(
        self, rows: list[HistoryRow], plays: list[Play], window: _Window
    ) -> tuple[list[HistoryRow], dict[str, Play]]:
        """The lines, by episode as far as can be said now, and plays for those of which none is known."""
        missed = window.missed(rows, plays)
        media = {row.history_key: await self._media_of(row) for row in missed}
        if any(media[row.history_key].shared_file and not _is_line(row) for row in missed):
            rows = [line for row in rows for line in await self._lines_of(row, media.get(row.history_key))]
            missed = window.missed(rows, plays)
        made: dict[str, Play] = {}
        for row in missed:
            known = None if _is_line(row) else media.get(row.history_key)
            made[row.history_key] = await self._play_of(row, known or await self._media_of(row), window.now)
        return rows, made

    async def _by_episode(
        self, rows: list[HistoryRow], plays: list[Play], cursor: Cursor
    ) -> list[HistoryRow]:
        """The lines, with one for each episode where a known play tells that a file holds several."""
        lines: list[HistoryRow] = []
        for row in rows:
            shared = None if row.history_key in cursor.keys else shared_file_of(row, plays)
            whole = None if shared is None else whole_of(replace(row.media, shared_file=shared))
            lines += await self._lines_of(row, whole)
        return lines

    async def _lines_of(self, row: HistoryRow, whole: Media | None) -> list[HistoryRow]:
        """The line itself, or one for each episode of the file that it is about."""
        shared = whole.shared_file if whole is not None and not _is_line(row) else None
        if whole is None or shared is None:
            return [row]
        plays = await self._ledger.plays_of(self._server, None, row.viewed_at - LATELY)
        counted_at_ms = await self._source.fetch_counted_at_ms(shared)
        return lines_of(row, whole, plays, counted_at_ms=counted_at_ms)

    async def _first_contact(self, now: datetime) -> None:
        start = Cursor(server=self._server, viewed_at=now)
        try:
            rows = await self._source.fetch_history(read_from(start, now))
        except SourceAuthError:
            return
        found = Findings(cursor=reconcile(rows, (), start, oldest=now, now=now).cursor)

        async def find() -> Findings:
            return found

        await self._recorder.record_history(find)

    async def _play_of(self, row: HistoryRow, media: Media, now: datetime) -> Play:
        """The play that a line stands for, with all that its server still knows of it."""
        viewed_at = min(row.viewed_at, now)  # whatever the server's clock says, it is over
        started_at = viewed_at - length_of(media.duration_ms)
        return Play(
            id=self._new_play_id(started_at),
            server=self._server,
            origin=Origin.HISTORY,
            account=await self._source.resolve_account(row.account_id),
            media=media,
            state=PlayState.ENDED,
            started_at=started_at,
            last_seen_at=viewed_at,
            ended_at=viewed_at,
            history_key=row.history_key,
        )

    async def _media_of(self, row: HistoryRow) -> Media:
        """The item with its ids; where it was deleted, or cannot be shown for long, its titles have to do."""
        if not row.rating_key or _is_line(row):
            return row.media
        try:
            media = await self._source.fetch_media(row.rating_key)
        except SourceNotFoundError:
            log.info("%s was deleted from Plex after it was watched", row.media.label)
            return row.media
        except SourceUnavailableError as error:
            self._failures[row.rating_key] += 1
            if self._failures[row.rating_key] < PATIENCE:
                raise
            log.warning("%s cannot be shown by Plex, so its titles have to do: %s", row.media.label, error)
            return row.media
        del self._failures[row.rating_key]
        return media


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """What lines of a history are held against besides the plays that are known."""

    cursor: Cursor
    oldest: datetime
    now: datetime

    def hold(self, rows: Sequence[HistoryRow], plays: Sequence[Play]) -> Reconciliation:
        """What the lines say that is not known yet."""
        return reconcile(rows, plays, self.cursor, oldest=self.oldest, now=self.now)

    def missed(self, rows: Sequence[HistoryRow], plays: Sequence[Play]) -> list[HistoryRow]:
        """The lines about which no play is known."""
        return [one.row for one in self.hold(rows, plays).findings if isinstance(one, Missed)]


def _is_line(row: HistoryRow) -> bool:
    """Whether the line is one that was made for an episode, so that all is known of it."""
    return row.media.shared_file is not None


def _is_of_file(play: Play, whole: Play) -> bool:
    """Whether the play is one of an episode of the file that the other one plays."""
    shared = play.media.shared_file
    return shared is not None and shared.played_key == whole.media.rating_key


def _counted(play: Play, row: HistoryRow, now: datetime) -> tuple[Play, datetime]:
    """The play, and when the server counted it; a server whose clock is ahead does not say."""
    at = row.viewed_at if row.viewed_at <= now else play.ended_at or play.last_seen_at
    return replace(play, history_key=row.history_key), at


def _confirmed(play: Play, row: HistoryRow, now: datetime) -> Play:
    """The play with its line, and with when the server counted it, by our clock at the latest now."""
    counted_at = play.counted_at or min(row.viewed_at, now)
    return replace(play, history_key=row.history_key, counted_at=counted_at)
