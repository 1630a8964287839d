"""Ratings that accounts should know, and whether they do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from crosswatch.core.events import Media
from crosswatch.core.phrases import packed, unpacked
from crosswatch.core.plays import DeliveryState
from crosswatch.core.ratings import Rating, with_newer, with_outcome
from crosswatch.core.reasons import Reason
from crosswatch.storage import sql
from crosswatch.storage.inbox import SqliteInbox, drop_hooks
from crosswatch.storage.rows import account_from, account_values, from_time, to_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from crosswatch.core.outcomes import Outcome
    from crosswatch.core.plays import SinkAccount
    from crosswatch.storage.rows import Values

_media = msgspec.json.Decoder(Media)


class SqliteRatings(SqliteInbox):
    """Implements `core.ratings.RatingBook` as well, for the ledger to be one."""

    async def put_ratings(self, ratings: Sequence[Rating], *, hooks: Sequence[int]) -> None:
        """Write what accounts should know, and keep the webhooks that said so no longer."""
        await self._writer.run(partial(write_ratings, ratings=ratings, hooks=hooks))

    async def due_rating(self, account: SinkAccount, now: datetime) -> Rating | None:
        """What the account is to be told next; None if nothing is due."""
        return await self._reader.run(partial(read_due_rating, account=account, now=now))

    async def next_rating_due(self, account: SinkAccount) -> datetime | None:
        """When the next one is due; None if none waits."""
        return await self._reader.run(partial(read_next_rating_due, account=account))

    async def settle_rating(
        self, told: Rating, outcome: Outcome, *, now: datetime, retry_at: datetime
    ) -> None:
        """Write what came of telling it, unless it has changed meanwhile."""
        await self._writer.run(
            partial(write_told_rating, told=told, outcome=outcome, now=now, retry_at=retry_at)
        )


def write_ratings(connection: sqlite3.Connection, ratings: Sequence[Rating], hooks: Sequence[int]) -> None:
    """See `RatingBook.put_ratings`."""
    for rating in ratings:
        _save(connection, with_newer(_read(connection, rating), rating))
    drop_hooks(connection, hooks)


def write_told_rating(
    connection: sqlite3.Connection, told: Rating, outcome: Outcome, now: datetime, retry_at: datetime
) -> None:
    """See `RatingBook.settle_rating`."""
    stored = _read(connection, told)
    if stored is not None:
        _save(connection, with_outcome(stored, outcome, told=told, now=now, retry_at=retry_at))


def read_due_rating(connection: sqlite3.Connection, account: SinkAccount, now: datetime) -> Rating | None:
    """See `RatingBook.due_rating`."""
    values = {**account_values(account), "now": from_time(now)}
    row = connection.execute(sql.DUE_RATING, values).fetchone()
    return None if row is None else _rating_from(row)


def read_next_rating_due(connection: sqlite3.Connection, account: SinkAccount) -> datetime | None:
    """See `RatingBook.next_rating_due`."""
    due_at = connection.execute(sql.NEXT_RATING_DUE, account_values(account)).fetchone()["due_at"]
    return None if due_at is None else to_time(due_at)


def _read(connection: sqlite3.Connection, rating: Rating) -> Rating | None:
    row = connection.execute(sql.RATING, _values(rating)).fetchone()
    return None if row is None else _rating_from(row)


def _save(connection: sqlite3.Connection, rating: Rating) -> None:
    connection.execute(sql.SAVE_RATING, _values(rating))


def _values(rating: Rating) -> Values:
    return {
        **account_values(rating.account),
        "key": rating.key,
        "media": msgspec.json.encode(rating.media).decode(),
        "value": rating.value,
        "rated_at": from_time(rating.rated_at),
        "state": rating.state.value,
        "version": rating.version,
        "attempts": rating.attempts,
        "next_attempt_at": from_time(rating.next_attempt_at),
        "reason": rating.reason.value,
        "detail": packed(rating.detail),
        "updated_at": from_time(rating.updated_at),
    }


def _rating_from(row: sqlite3.Row) -> Rating:
    return Rating(
        account=account_from(row),
        key=row["key"],
        media=_media.decode(row["media"]),
        value=row["value"],
        rated_at=to_time(row["rated_at"]),
        state=DeliveryState(row["state"]),
        version=row["version"],
        attempts=row["attempts"],
        next_attempt_at=to_time(row["next_attempt_at"]),
        reason=Reason(row["reason"]),
        detail=unpacked(row["detail"]),
        updated_at=to_time(row["updated_at"]),
    )
