"""What the writer does inside its transaction: read the row as it is now, take a pure step, write the row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.delivery import (
    LATE_AFTER,
    LEAST_PROGRESS,
    STALE_AFTER,
    UNKNOWN_FOR,
    ignored,
    leased,
    released,
    taken_back,
    verdict_of,
    woken,
)
from crosswatch.core.phrases import say
from crosswatch.core.plays import DeliveryState
from crosswatch.core.ports import Claim
from crosswatch.storage import sql
from crosswatch.storage.inbox import drop_hooks
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
    as_ignored,
    desired_delivery,
    is_held,
    is_ignored,
    kept_match,
    learned_match,
    may_be_ignored,
    merged_play,
    settled_delivery,
    unignored,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.plays import Cursor, Delivery, Match, Play, SinkAccount, TraceEntry
    from crosswatch.core.ports import PlayChange, Settlement


def write_changes(
    connection: sqlite3.Connection, changes: Sequence[PlayChange], cursor: Cursor | None, now: datetime
) -> None:
    """See `Ledger.record`."""
    for change in changes:
        play = merged_play(read_play(connection, change.play.id), change.play)
        _save_play(connection, play)
        for account, desired in () if is_ignored(play) else change.desired:
            stored = read_delivery(connection, play.id, account)
            delivery = desired_delivery(stored, play, account, desired, now)
            if delivery is not stored:
                _save_delivery(connection, delivery)
        _save_verdict(connection, play)
        _add_trace(connection, play.id, change.trace)
        drop_hooks(connection, change.hooks)
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


def write_retry(
    connection: sqlite3.Connection, play_id: PlayId, now: datetime, *, anew: bool, trace: Sequence[TraceEntry]
) -> int:
    """See `Ledger.retry`."""
    play = read_play(connection, play_id)
    if play is None:
        return 0
    before = read_deliveries(connection, play_id)
    after = [woken(delivery, now, anew=anew) for delivery in before]
    changed = [row for row, old in zip(after, before, strict=True) if row != old]
    for delivery in changed:
        _save_delivery(connection, delivery)
    if changed:
        connection.execute(sql.SAVE_VERDICT, play_values(unignored(play)))
        _save_verdict(connection, unignored(play))
    _add_trace(connection, play_id, trace)
    return sum(delivery.state is DeliveryState.PENDING for delivery in after)


def write_ignored(connection: sqlite3.Connection, play_id: PlayId, now: datetime, trace: TraceEntry) -> bool:
    """See `Ledger.ignore`."""
    play = read_play(connection, play_id)
    deliveries = read_deliveries(connection, play_id)
    if play is None or not all(may_be_ignored(delivery, now) for delivery in deliveries):
        return False
    for delivery in deliveries:
        _save_delivery(connection, ignored(delivery, now))
    _save_play(connection, as_ignored(play))
    _add_trace(connection, play_id, (trace,))
    return True


def write_taken_back(
    connection: sqlite3.Connection, claim: Claim, now: datetime, trace: Sequence[TraceEntry]
) -> bool:
    """See `Ledger.take_back`."""
    read = claim.delivery
    stored = read_delivery(connection, read.play_id, read.account)
    if stored != read:
        return False
    _save_delivery(connection, taken_back(read, now))
    _save_verdict(connection, _existing_play(connection, read.play_id))
    _add_trace(connection, read.play_id, trace)
    return True


def write_amended(connection: sqlite3.Connection, play_id: PlayId, media: Media, trace: TraceEntry) -> None:
    """See `Ledger.amend`."""
    _save_play(connection, replace(_existing_play(connection, play_id), media=media))
    _add_trace(connection, play_id, (trace,))


def write_wake(connection: sqlite3.Connection, account: SinkAccount, now: datetime) -> int:
    """See `Ledger.wake_account`."""
    values = account_values(account) | {"now": from_time(now)}
    connection.execute(sql.WAKE_RATINGS, values)
    return connection.execute(sql.WAKE_ACCOUNT, values).rowcount


def write_match(connection: sqlite3.Connection, match: Match) -> None:
    """See `Ledger.save_match`."""
    kept = kept_match(read_stored_match(connection, match.key), match)
    connection.execute(sql.SAVE_MATCH, match_values(kept))


def write_forgotten_matches(
    connection: sqlite3.Connection, keys: Sequence[str], evidence: Sequence[str]
) -> int:
    """See `Ledger.forget_matches`."""
    wanted = [{"key": key, "evidence": one} for key in keys for one in evidence]
    return sum(connection.execute(sql.FORGET_MATCH, values).rowcount for values in wanted)


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
        raise LookupError(say("there is no play {play_id}", play_id=play_id))
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
