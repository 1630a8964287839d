"""What the writer does inside its transaction: read the row as it is now, take a pure step, write the row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.delivery import (
    LATE_AFTER,
    LEAST_PROGRESS,
    STALE_AFTER,
    UNKNOWN_FOR,
    leased,
    released,
    verdict_of,
    woken,
)
from crosswatch.core.plays import DeliveryState
from crosswatch.core.ports import Claim
from crosswatch.storage import sql
from crosswatch.storage.reading import read_deliveries, read_delivery, read_play, read_stored_match
from crosswatch.storage.rows import (
    account_values,
    cursor_values,
    delivery_from,
    delivery_values,
    from_time,
    match_values,
    play_values,
    trace_values,
)
from crosswatch.storage.steps import (
    desired_delivery,
    is_held,
    kept_match,
    learned_match,
    merged_play,
    settled_delivery,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from crosswatch.core.events import PlayId
    from crosswatch.core.plays import Cursor, Delivery, Match, Play, SinkAccount, TraceEntry
    from crosswatch.core.ports import PlayChange, Settlement


def write_changes(
    connection: sqlite3.Connection, changes: Sequence[PlayChange], cursor: Cursor | None, now: datetime
) -> None:
    """See `Ledger.record`."""
    for change in changes:
        play = merged_play(read_play(connection, change.play.id), change.play)
        _save_play(connection, play)
        for account, desired in change.desired:
            stored = read_delivery(connection, play.id, account)
            delivery = desired_delivery(stored, play, account, desired, now)
            if delivery is not stored:
                _save_delivery(connection, delivery)
        _save_verdict(connection, play)
        _add_trace(connection, play.id, change.trace)
    if cursor is not None:
        connection.execute(sql.SAVE_CURSOR, cursor_values(cursor))


def write_claims(
    connection: sqlite3.Connection,
    account: SinkAccount,
    *,
    worker: str,
    now: datetime,
    lease: timedelta,
    batch: int,
) -> list[Claim]:
    """See `Ledger.claim`."""
    values = account_values(account) | {
        "worker": worker,
        "now": from_time(now),
        "late": from_time(now - LATE_AFTER),
        "doubtful": from_time(now - UNKNOWN_FOR),
        "stale": from_time(now - STALE_AFTER),
        "least": LEAST_PROGRESS,
        "batch": batch,
    }
    if connection.execute(sql.IS_TAKEN, values).fetchone():
        return []
    for statement in sql.CLAIMS:
        rows = connection.execute(statement, values).fetchall()
        if rows:
            return [_claim(connection, leased(delivery_from(row), worker, now, lease)) for row in rows]
    return []


def write_settlements(connection: sqlite3.Connection, settlements: Sequence[Settlement]) -> list[bool]:
    """See `Ledger.settle`."""
    return [_settle(connection, settlement) for settlement in settlements]


def write_releases(connection: sqlite3.Connection, worker: str | None, now: datetime) -> int:
    """See `Ledger.release`."""
    rows = connection.execute(sql.LEASED, {"worker": worker}).fetchall()
    for row in rows:
        _save_delivery(connection, released(delivery_from(row), now))
    return len(rows)


def write_retry(connection: sqlite3.Connection, play_id: PlayId, now: datetime) -> int:
    """See `Ledger.retry`."""
    unsettled = [
        delivery
        for delivery in read_deliveries(connection, play_id)
        if delivery.state is not DeliveryState.SETTLED
    ]
    for delivery in unsettled:
        _save_delivery(connection, woken(delivery, now))
    if unsettled:
        _save_verdict(connection, _existing_play(connection, play_id))
    return len(unsettled)


def write_wake(connection: sqlite3.Connection, account: SinkAccount, now: datetime) -> int:
    """See `Ledger.wake_account`."""
    values = account_values(account) | {"now": from_time(now)}
    return connection.execute(sql.WAKE_ACCOUNT, values).rowcount


def write_match(connection: sqlite3.Connection, match: Match) -> None:
    """See `Ledger.save_match`."""
    kept = kept_match(read_stored_match(connection, match.key), match)
    connection.execute(sql.SAVE_MATCH, match_values(kept))


def _claim(connection: sqlite3.Connection, delivery: Delivery) -> Claim:
    _save_delivery(connection, delivery)
    return Claim(play=_existing_play(connection, delivery.play_id), delivery=delivery)


def _settle(connection: sqlite3.Connection, settlement: Settlement) -> bool:
    claimed = settlement.claim.delivery
    stored = read_delivery(connection, claimed.play_id, claimed.account)
    if stored is None or not is_held(stored, settlement.claim):
        return False
    _save_delivery(connection, settled_delivery(stored, settlement))
    _save_verdict(connection, _existing_play(connection, claimed.play_id))
    _add_trace(connection, claimed.play_id, settlement.trace)
    match = learned_match(settlement)
    if match is not None:
        write_match(connection, match)
    return True


def _existing_play(connection: sqlite3.Connection, play_id: PlayId) -> Play:
    """The play of a delivery; the schema sees to it that there is one."""
    play = read_play(connection, play_id)
    if play is None:
        raise LookupError(f"there is no play {play_id}")
    return play


def _save_play(connection: sqlite3.Connection, play: Play) -> None:
    connection.execute(sql.SAVE_PLAY, play_values(play))


def _save_verdict(connection: sqlite3.Connection, play: Play) -> None:
    """Bring the play's verdict up to its deliveries."""
    verdict, reason, detail = verdict_of(play, read_deliveries(connection, play.id))
    if (verdict, reason, detail) != (play.verdict, play.reason, play.detail):
        judged = replace(play, verdict=verdict, reason=reason, detail=detail)
        connection.execute(sql.SAVE_VERDICT, play_values(judged))


def _save_delivery(connection: sqlite3.Connection, delivery: Delivery) -> None:
    connection.execute(sql.SAVE_DELIVERY, delivery_values(delivery))


def _add_trace(connection: sqlite3.Connection, play_id: PlayId, entries: Iterable[TraceEntry]) -> None:
    for entry in entries:
        connection.execute(sql.ADD_TRACE, trace_values(play_id, entry))
