"""How long a claim or a page takes must not depend on how much is stored, so its way there is checked."""

from __future__ import annotations

import pytest

from crosswatch.core.plays import DesiredAction
from crosswatch.storage import sql
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.hand_clock import HandClock
from fakes.plays import MAYA, at, make_play, want, wants

NAMES = ("sink", "account", "worker", "now", "late", "doubtful", "stale", "least", "batch")
VALUES = dict.fromkeys((*NAMES, "since", "until", "verdict", "limit"), 1)


@pytest.fixture
async def ledger(tmp_path):
    ledger = await open_ledger(tmp_path / DATABASE_NAME, clock=HandClock())
    yield ledger
    await ledger.close()


@pytest.fixture
def plan(ledger):
    """What SQLite means to do, in its words."""

    async def plan(statement):
        def explain(connection):
            rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", VALUES)
            return "; ".join(row["detail"] for row in rows)

        return await ledger._reader.run(explain)

    return plan


LIVE_WATCHED, LIVE_STATES, BACKLOG, STALE = sql.CLAIMS


@pytest.mark.parametrize(
    ("statement", "way"),
    [
        pytest.param(
            LIVE_WATCHED, "delivery_waiting (sink=? AND account=? AND is_watched=? AND at>?)", id="live"
        ),
        pytest.param(
            LIVE_STATES, "delivery_waiting (sink=? AND account=? AND is_watched=? AND at>?)", id="states"
        ),
        pytest.param(BACKLOG, "delivery_waiting (sink=? AND account=? AND is_watched=?)", id="backlog"),
        pytest.param(STALE, "delivery_waiting (sink=? AND account=? AND is_watched=?)", id="stale"),
        pytest.param(sql.IS_TAKEN, "delivery_leased (sink=? AND account=? AND lease_until>?)", id="taken"),
        pytest.param(sql.NEXT_DUE, "delivery_due (sink=? AND account=?)", id="next due"),
        pytest.param(sql.LEASED, "USING INDEX delivery_leased", id="leases"),
        pytest.param(sql.plays(["verdict", "since"]), "play_verdict (verdict=?)", id="plays of a verdict"),
        pytest.param(sql.UNSETTLED_PLAYS, "delivery_unsettled", id="unsettled plays"),
        pytest.param(sql.DELIVERED_NEAR, "play_watched (watched_at>? AND watched_at<?)", id="near"),
    ],
)
async def test_a_statement_goes_by_its_index(plan, statement, way):
    assert way in await plan(statement)


@pytest.mark.parametrize(
    "statement",
    [LIVE_WATCHED, BACKLOG, STALE, sql.plays([]), sql.plays(["verdict"])],
    ids=["live", "backlog", "stale", "plays", "plays of a verdict"],
)
async def test_what_may_be_long_is_walked_in_order_and_not_sorted(plan, statement):
    assert "B-TREE" not in await plan(statement)


async def test_a_claim_looks_at_few_rows_of_a_large_backlog(ledger):
    """Counted in steps of SQLite's machine, which no busy neighbour slows down."""
    changes = [
        wants(make_play(number), want(DesiredAction.WATCHED, number - 90_000)) for number in range(3000)
    ]
    await ledger.record(changes)
    ticks = []

    def count(connection):
        connection.set_progress_handler(lambda: ticks.append(1) and None, 100)

    await ledger._writer.run(count)
    claims = await ledger.claim(MAYA, worker="one", now=at(0), lease=at(60) - at(0), batch=1)
    assert claims[0].play.id == make_play(0).id
    assert len(ticks) * 100 < 3000
