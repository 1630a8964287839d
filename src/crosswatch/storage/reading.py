"""What readers, and the writer before it writes, ask the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.filters import ID_PREFIX, fold
from crosswatch.core.ports import TALLY_SPAN, Backlog, Tally
from crosswatch.core.reasons import Verdict
from crosswatch.storage import sql
from crosswatch.storage.rows import (
    account_from,
    account_values,
    cursor_from,
    delivery_from,
    from_time,
    match_from,
    play_from,
    to_time,
    trace_from,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from crosswatch.core.events import PlayId
    from crosswatch.core.plays import Cursor, Delivery, Match, Play, SinkAccount, TraceEntry
    from crosswatch.core.ports import PlayQuery
    from crosswatch.storage.rows import Values

MOST_PLAYS = 500
"""Upper bound of `PlayQuery.limit`."""

_MOST_DIGITS = 18
"""More do not fit into a column of 64 bits, and no server counts so far."""


def read_play(connection: sqlite3.Connection, play_id: PlayId) -> Play | None:
    """See `Ledger.play`."""
    row = connection.execute(sql.PLAY, {"id": play_id}).fetchone()
    return None if row is None else play_from(row)


def read_open_plays(connection: sqlite3.Connection, server: str) -> list[Play]:
    """See `Ledger.open_plays`."""
    return [play_from(row) for row in connection.execute(sql.OPEN_PLAYS, {"server": server})]


def read_plays_of(
    connection: sqlite3.Connection, server: str, account_id: int | None, since: datetime
) -> list[Play]:
    """See `Ledger.plays_of`."""
    values = {"server": server, "account_id": account_id, "since": from_time(since)}
    return [play_from(row) for row in connection.execute(sql.PLAYS_OF, values)]


def read_plays(connection: sqlite3.Connection, query: PlayQuery) -> list[Play]:
    """See `Ledger.plays`."""
    values = _conditions(query)
    limit = max(1, min(query.limit, MOST_PLAYS))
    return [play_from(row) for row in connection.execute(sql.plays(values), {**values, "limit": limit})]


def read_tally(connection: sqlite3.Connection, query: PlayQuery) -> list[Tally]:
    """See `Ledger.tally`."""
    values = _conditions(replace(query, before=None))
    span = TALLY_SPAN // timedelta(microseconds=1)
    return [
        Tally(at=to_time(row["number"] * span), verdict=Verdict(row["verdict"]), count=row["plays"])
        for row in connection.execute(sql.tally(values), {**values, "span": span})
    ]


def _conditions(query: PlayQuery) -> Values:
    """What narrows, by the names of `sql`'s conditions."""
    asked = {
        **_who(query.who),
        "before": query.before,
        "verdict": query.verdict,
        "reason": query.reason,
        "server": query.server,
        "kind": query.kind,
        "since": None if query.since is None else from_time(query.since),
        "text": None if query.text is None else fold(query.text),
    }
    return {name: value for name, value in asked.items() if value is not None}


def read_delivery(connection: sqlite3.Connection, play_id: PlayId, account: SinkAccount) -> Delivery | None:
    """The play's delivery to that account, or None."""
    row = connection.execute(sql.DELIVERY, {"play_id": play_id, **account_values(account)}).fetchone()
    return None if row is None else delivery_from(row)


def read_deliveries(connection: sqlite3.Connection, play_id: PlayId) -> list[Delivery]:
    """The play's deliveries, by the name of the account."""
    return [delivery_from(row) for row in connection.execute(sql.DELIVERIES, {"play_id": play_id})]


def read_deliveries_of(
    connection: sqlite3.Connection, play_ids: Sequence[PlayId]
) -> dict[PlayId, list[Delivery]]:
    """See `Ledger.deliveries`."""
    found = {play_id: read_deliveries(connection, play_id) for play_id in play_ids}
    return {play_id: deliveries for play_id, deliveries in found.items() if deliveries}


def read_trace(connection: sqlite3.Connection, play_id: PlayId) -> list[TraceEntry]:
    """See `Ledger.trace`."""
    return [trace_from(row) for row in connection.execute(sql.TRACE, {"play_id": play_id})]


def read_next_due(connection: sqlite3.Connection, account: SinkAccount) -> datetime | None:
    """See `Ledger.next_due`; nothing of an account can be claimed before its last lease has ended."""
    row = connection.execute(sql.NEXT_DUE, account_values(account)).fetchone()
    if row["due_at"] is None:
        return None
    return to_time(max(row["due_at"], row["taken_until"] or row["due_at"]))


def read_backlog(connection: sqlite3.Connection) -> dict[SinkAccount, Backlog]:
    """See `Ledger.backlog`."""
    dead: dict[SinkAccount, int] = {account_from(row): row["dead"] for row in connection.execute(sql.DEAD)}
    backlog = {account: Backlog(dead=count) for account, count in dead.items()}
    for row in connection.execute(sql.WAITING):
        account = account_from(row)
        backlog[account] = Backlog(
            pending=row["pending"],
            watched=row["watched"],
            oldest_at=None if row["oldest_at"] is None else to_time(row["oldest_at"]),
            next_attempt_at=None if row["next_attempt_at"] is None else to_time(row["next_attempt_at"]),
            dead=dead.get(account, 0),
        )
    return backlog


def read_delivered_near(
    connection: sqlite3.Connection, account: SinkAccount, since: datetime, until: datetime
) -> list[tuple[Play, Delivery]]:
    """See `Ledger.delivered_near`."""
    values = {"since": from_time(since), "until": from_time(until), **account_values(account)}
    ids = [row["id"] for row in connection.execute(sql.DELIVERED_NEAR, values)]
    pairs = [(read_play(connection, play_id), read_delivery(connection, play_id, account)) for play_id in ids]
    return [(play, delivery) for play, delivery in pairs if play is not None and delivery is not None]


def read_cursor(connection: sqlite3.Connection, server: str) -> Cursor | None:
    """See `Ledger.cursor`."""
    row = connection.execute(sql.CURSOR, {"server": server}).fetchone()
    return None if row is None else cursor_from(row)


def read_match(connection: sqlite3.Connection, key: str, now: datetime) -> Match | None:
    """See `Ledger.match`."""
    match = read_stored_match(connection, key)
    if match is None or (match.expires_at is not None and match.expires_at <= now):
        return None
    return match


def read_matches(connection: sqlite3.Connection, evidence: str) -> list[Match]:
    """See `Ledger.matches`."""
    return [match_from(row) for row in connection.execute(sql.MATCHES, {"evidence": evidence})]


def read_known_matches(
    connection: sqlite3.Connection, keys: Sequence[str], now: datetime
) -> dict[str, Match]:
    """See `Ledger.recall`."""
    found = {key: read_match(connection, key, now) for key in keys}
    return {key: match for key, match in found.items() if match is not None}


def read_unsettled_plays(connection: sqlite3.Connection) -> list[Play]:
    """See `Ledger.unsettled_plays`."""
    return [play_from(row) for row in connection.execute(sql.UNSETTLED_PLAYS)]


def read_stored_match(connection: sqlite3.Connection, key: str) -> Match | None:
    """The remembered match, expired or not."""
    row = connection.execute(sql.MATCH, {"key": key}).fetchone()
    return None if row is None else match_from(row)


def _who(who: str | None) -> Values:
    """The columns that a reader means by `id:<number>` or by a name."""
    if who is None:
        return {}
    number = who.removeprefix(ID_PREFIX)
    if who.startswith(ID_PREFIX) and number.isdecimal() and len(number) <= _MOST_DIGITS:
        return {"account_id": int(number)}
    return {"account_name": fold(who)}
