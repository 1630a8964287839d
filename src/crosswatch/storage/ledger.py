"""The ledger in an SQLite file. Made by `crosswatch.storage.opening.open_ledger`.

One thread writes and two read: what the pipeline needs to know never waits behind a page's long query, and
neither waits for the disk that the writer waits for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crosswatch.storage import reading, writing
from crosswatch.storage.ratings import SqliteRatings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from crosswatch.clock import Clock
    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.plays import Cursor, Delivery, Match, Play, SinkAccount, TraceEntry
    from crosswatch.core.ports import Backlog, Claim, PlayChange, PlayQuery, Settlement, Tally
    from crosswatch.storage.threads import Reader, Writer


class SqliteLedger(SqliteRatings):
    """Implements `core.ports.Ledger`; keeps webhooks until they have been dealt with, and ratings.

    A call that was cancelled may still have been carried out: whoever is cancelled while it claims gives its
    leases back by `release`.

    Args:
        writer: The connection that writes.
        reader: The connection that answers the pipeline.
        pages: The connection that answers pages and the API.
        clock: For rows whose moment the caller does not give.
        let_go: Gives up the right to the database; called last.
    """

    def __init__(
        self, *, writer: Writer, reader: Reader, pages: Reader, clock: Clock, let_go: Callable[[], None]
    ) -> None:
        super().__init__(writer, reader)
        self._pages = pages
        self._clock = clock
        self._let_go = let_go

    async def close(self) -> None:
        """Finish what was asked for, then close the file; later calls raise `StorageError`."""
        await self._pages.close()
        await self._reader.close()
        await self._writer.close()  # the last one to leave folds the log into the file
        self._let_go()

    # ---------------------------------------------------------------- writing

    async def record(self, changes: Sequence[PlayChange], *, cursor: Cursor | None = None) -> None:
        """Write plays, what sinks should know of them, and how far a history has been read."""
        now = self._clock.now()
        await self._writer.run(partial(writing.write_changes, changes=changes, cursor=cursor, now=now))

    async def claim(
        self, account: SinkAccount, *, worker: str, now: datetime, lease: timedelta, batch: int
    ) -> list[Claim]:
        """Lease what is most urgent for the account, durably.

        Returns:
            Nothing if nothing is due or another worker holds a lease of this account; one claim for a live
            state; up to `batch` claims where only back-fill is due; up to `batch` stale states, which need no
            request, where nothing else is due. The kinds are never mixed.
        """
        return await self._writer.run(
            partial(writing.write_claims, account=account, worker=worker, now=now, lease=lease, batch=batch)
        )

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Write outcomes and give leases back; False for each whose lease was lost meanwhile."""
        return await self._writer.run(partial(writing.write_settlements, settlements=settlements))

    async def release(self, worker: str | None = None) -> int:
        """Give back the leases of one worker (of all, if None); how many there were."""
        now = self._clock.now()
        return await self._writer.run(partial(writing.write_releases, worker=worker, now=now))

    async def retry(
        self, play_id: PlayId, now: datetime, *, anew: bool = False, trace: Sequence[TraceEntry] = ()
    ) -> int:
        """Make the play's waiting, dead and ignored deliveries due at once; how many there were."""
        return await self._writer.run(
            partial(writing.write_retry, play_id=play_id, now=now, anew=anew, trace=trace)
        )

    async def ignore(self, play_id: PlayId, now: datetime, trace: TraceEntry) -> bool:
        """Tell nobody of the play any more; False if a sink holds it, or is being told."""
        return await self._writer.run(partial(writing.write_ignored, play_id=play_id, now=now, trace=trace))

    async def take_back(self, claim: Claim, now: datetime, trace: Sequence[TraceEntry]) -> bool:
        """Write that a sink has let go of a play; False if its delivery is not any more as it was read."""
        return await self._writer.run(partial(writing.write_taken_back, claim=claim, now=now, trace=trace))

    async def amend(self, play_id: PlayId, media: Media, trace: TraceEntry) -> None:
        """Write what the server has come to say of the item since."""
        await self._writer.run(partial(writing.write_amended, play_id=play_id, media=media, trace=trace))

    async def wake_account(self, account: SinkAccount, now: datetime) -> int:
        """Make all waiting deliveries of the account due at once; how many there were."""
        return await self._writer.run(partial(writing.write_wake, account=account, now=now))

    async def save_match(self, match: Match) -> None:
        """Remember what the sink calls an item; a guess never takes the place of a person's choice."""
        await self._writer.run(partial(writing.write_match, match=match))

    async def forget_matches(self, keys: Sequence[str], evidence: Sequence[str]) -> int:
        """Drop what is remembered under these keys with one of these evidences; how many there were."""
        return await self._writer.run(partial(writing.write_forgotten_matches, keys=keys, evidence=evidence))

    # ---------------------------------------------------------------- reading, for the pipeline

    async def open_plays(self, server: str) -> list[Play]:
        """Plays of the server that have not ended, oldest first."""
        return await self._reader.run(partial(reading.read_open_plays, server=server))

    async def plays_of(self, server: str, account_id: int | None, since: datetime) -> list[Play]:
        """Plays of one account (any, if None) that were last seen at that time or later, newest first."""
        return await self._reader.run(
            partial(reading.read_plays_of, server=server, account_id=account_id, since=since)
        )

    async def next_due(self, account: SinkAccount) -> datetime | None:
        """When the next delivery of the account can be claimed; in the past if now; None if none waits."""
        return await self._reader.run(partial(reading.read_next_due, account=account))

    async def delivered_near(
        self, account: SinkAccount, since: datetime, until: datetime
    ) -> list[tuple[Play, Delivery]]:
        """Finished plays of the account whose `watched_at` lies in that span, both ends included, by time."""
        return await self._reader.run(
            partial(reading.read_delivered_near, account=account, since=since, until=until)
        )

    async def cursor(self, server: str) -> Cursor | None:
        """Up to where the server's history has been read, or None before the first contact."""
        return await self._reader.run(partial(reading.read_cursor, server=server))

    async def match(self, key: str, now: datetime) -> Match | None:
        """What the sink calls the item, if that is remembered and has not expired."""
        return await self._reader.run(partial(reading.read_match, key=key, now=now))

    async def recall(self, keys: Sequence[str], now: datetime) -> dict[str, Match]:
        """What is remembered under these keys and has not expired."""
        return await self._reader.run(partial(reading.read_known_matches, keys=keys, now=now))

    async def play(self, play_id: PlayId) -> Play | None:
        """The play, or None."""
        return await self._reader.run(partial(reading.read_play, play_id=play_id))

    # ---------------------------------------------------------------- reading, for pages

    async def plays(self, query: PlayQuery) -> list[Play]:
        """Plays that fit, newest first.

        Args:
            query: `who` is the account's name, capitals ignored, or `id:<number>`; `since` means
                the start.
        """
        return await self._pages.run(partial(reading.read_plays, query=query))

    async def tally(self, query: PlayQuery) -> list[Tally]:
        """How many plays fit, by quarter of an hour and verdict, oldest first; `before` and `limit` aside."""
        return await self._pages.run(partial(reading.read_tally, query=query))

    async def deliveries(self, play_ids: Sequence[PlayId]) -> dict[PlayId, list[Delivery]]:
        """The deliveries of these plays, by the name of the account; plays without any are left out."""
        return await self._pages.run(partial(reading.read_deliveries_of, play_ids=play_ids))

    async def trace(self, play_id: PlayId) -> list[TraceEntry]:
        """The play's story, in order."""
        return await self._pages.run(partial(reading.read_trace, play_id=play_id))

    async def matches(self, evidence: str) -> list[Match]:
        """Everything that is remembered with this evidence, by key."""
        return await self._pages.run(partial(reading.read_matches, evidence=evidence))

    async def unsettled_plays(self) -> list[Play]:
        """Plays of which a sink does not know what it should, oldest first."""
        return await self._pages.run(reading.read_unsettled_plays)

    async def backlog(self) -> dict[SinkAccount, Backlog]:
        """What waits, for each account that has deliveries waiting or dead."""
        return await self._pages.run(reading.read_backlog)
