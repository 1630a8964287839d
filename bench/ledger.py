"""The ledger: plays recorded, claimed and settled, durably; and claims from a long queue.

The baseline is SQLite alone: for each of our three commits one row of the same size, inserted and committed
with the same settings, in the thread that asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Row, Table, median_ratio, milliseconds, times
from crosswatch.clock import Clock
from crosswatch.core.events import Account, Media, MediaKind, Percent, PlayId
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted
from crosswatch.core.plays import Desired, DesiredAction, Play, PlayState, SinkAccount, TraceEntry
from crosswatch.core.ports import PlayChange, Settlement
from crosswatch.storage.opening import open_ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from bench.scale import Scale
    from crosswatch.storage.ledger import SqliteLedger

FILM = Media(
    kind=MediaKind.MOVIE,
    title="The Matrix",
    year=1999,
    ids=Ids(imdb="tt0133093", tmdb=603),
    duration_ms=8_180_000,
    guid="plex://movie/5d7768000000000000001357",
    rating_key="1357",
    library_id="1",
    library="Movies",
)
CLOCK = Clock()
LEASE = timedelta(minutes=3)
ROW_BYTES = 1_000
IN_COMPANY = 64
COMMITS = 3


async def run(scale: Scale) -> Table:
    """Measure it."""
    rounds, count = scale.of((7, 200), quick=(2, 20))
    with tempfile.TemporaryDirectory(prefix="crosswatch-bench-") as folder:
        async with _ledger(Path(folder) / "cycles.db") as ledger:
            alone, company, bare = [], [], []
            for number in range(rounds):
                bare.append(_bare_cycles(Path(folder) / "bare.db", count))
                alone.append(await _cycles(ledger, f"alone-{number}", count, accounts=1))
                company.append(await _cycles(ledger, f"company-{number}", count, accounts=IN_COMPANY))
        queues = scale.of((50, 50_000), quick=(50, 1_000))
        claims = [await _claims(Path(folder) / f"{length}.db", length) for length in queues]
    how = f"{rounds} rounds of {count} plays. Baseline: SQLite alone, three bare commits for each play."
    return Table(
        title="ledger", how=how, rows=(*_cycle_rows(alone, company, bare), _claim_row(queues, claims))
    )


def _cycle_rows(alone: list[float], company: list[float], bare: list[float]) -> tuple[Row, ...]:
    baseline = _per_second(bare)
    return (
        Row(
            what="record + claim + settle, one account",
            figure=_per_second(alone),
            baseline=baseline,
            ratio=f"{times(median_ratio(alone, bare))} the time",
        ),
        Row(
            what=f"record + claim + settle, {IN_COMPANY} accounts at once",
            figure=_per_second(company),
            baseline=baseline,
            ratio=f"{times(median_ratio(company, bare))} the time",
        ),
    )


def _claim_row(queues: tuple[int, int], claims: list[list[float]]) -> Row:
    short, long = (statistics.median(one) for one in claims)
    return Row(
        what=f"claim with {queues[1]:,} waiting",
        figure=milliseconds(long),
        baseline=f"{milliseconds(short)} with {queues[0]:,} waiting",
        ratio=times(long / short),
    )


def _per_second(seconds: list[float]) -> str:
    return f"{1 / statistics.median(seconds):,.0f} plays a second"


# ---------------------------------------------------------------------------------- ours


@contextlib.asynccontextmanager
async def _ledger(path: Path) -> AsyncIterator[SqliteLedger]:
    ledger = await open_ledger(path, clock=CLOCK)
    try:
        yield ledger
    finally:
        await ledger.close()


async def _cycles(ledger: SqliteLedger, name: str, count: int, *, accounts: int) -> float:
    """Seconds for each play, where so many accounts share the plays."""
    share = max(1, count // accounts)
    began = time.perf_counter()
    await asyncio.gather(
        *(_cycles_of(ledger, SinkAccount(name=f"{name}-{number}"), share) for number in range(accounts))
    )
    return (time.perf_counter() - began) / (share * accounts)


async def _cycles_of(ledger: SqliteLedger, account: SinkAccount, count: int) -> None:
    for number in range(count):
        await ledger.record([_change(f"{account.name}-{number:06d}", account, CLOCK.now())])
        now = CLOCK.now()
        claims = await ledger.claim(account, worker="bench", now=now, lease=LEASE, batch=1)
        told = (TraceEntry(at=now, step="answered", text="start accepted.", ok=True),)
        settlements = [
            Settlement(claim=claim, outcome=Accepted(remote_id=7), at=now, retry_at=now, trace=told)
            for claim in claims
        ]
        if await ledger.settle(settlements) != [True]:
            raise RuntimeError("the ledger did not keep what was settled")


async def _claims(path: Path, length: int) -> list[float]:
    """Seconds for each of some claims of an account with such a queue, none of which is settled."""
    account = SinkAccount(name="busy")
    now = CLOCK.now()
    async with _ledger(path) as ledger:
        changes = [
            _change(f"{number:06d}", account, now - timedelta(milliseconds=number))
            for number in range(length)
        ]
        await ledger.record(changes)
        now = CLOCK.now()
        took = []
        for _ in range(20):
            began = time.perf_counter()
            claims = await ledger.claim(account, worker="bench", now=now, lease=LEASE, batch=1)
            took.append(time.perf_counter() - began)
            if len(claims) != 1:
                raise RuntimeError("the ledger had nothing to claim")
    return took


def _change(name: str, account: SinkAccount, at: datetime) -> PlayChange:
    play = Play(
        id=PlayId(name),
        server="0123456789abcdef0123456789abcdef01234567",
        account=Account(id=1, name="alice"),
        media=FILM,
        state=PlayState.PLAYING,
        started_at=at,
        last_seen_at=at,
    )
    told = TraceEntry(at=at, step="heard", text="alice: start at 10 % (frame).", ok=True)
    desired = Desired(action=DesiredAction.START, progress=Percent(10.0), at=at)
    return PlayChange(play=play, desired=((account, desired),), trace=(told,))


# ---------------------------------------------------------------------------------- bare


def _bare_cycles(path: Path, count: int) -> float:
    """Seconds for each play's three commits."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, text TEXT)")
        text = "x" * ROW_BYTES
        began = time.perf_counter()
        for _ in range(count * COMMITS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare (text) VALUES (?)", (text,))
            connection.execute("COMMIT")
        return (time.perf_counter() - began) / count
