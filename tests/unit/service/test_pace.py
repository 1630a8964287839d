from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.reasons import Reason
from crosswatch.service.pace import LONGEST_BLOCK, Pace
from fakes.plays import MAYA, at

DOWN = Retry(reason=Reason.TRAKT_DOWN, detail="Trakt answers 503.")
ONE_ITEM = Retry(reason=Reason.TRAKT_DOWN, is_account_wide=False)
LIMITED = Retry(reason=Reason.RATE_LIMITED, after_s=120.0)
HELD = Hold(reason=Reason.LINK_EXPIRED)


@pytest.fixture
def pace():
    return Pace(MAYA, write_interval_s=lambda: 1.05, jitter=lambda: 1.0)


def wait_s(pace, seconds=0.0):
    """For how long the account is left alone from that second on."""
    return (pace.free_at(at(seconds)) - at(seconds)).total_seconds()


# ---------------------------------------------------------------- distance


@pytest.mark.parametrize(
    ("seconds", "distance_s"),
    [
        pytest.param(0.0, 1.05, id="just now"),
        pytest.param(1.0, 0.05, id="a second ago"),
        pytest.param(5.0, 0.0, id="long ago"),
        pytest.param(-3_600.0, 1.05, id="in the future, for the clock was set back"),
    ],
)
def test_writes_keep_their_distance(pace, seconds, distance_s):
    pace.wrote(at(0))
    assert pace.distance_s(at(seconds)) == pytest.approx(distance_s)


def test_the_first_write_needs_no_distance(pace):
    assert pace.distance_s(at(0)) == 0.0


# ---------------------------------------------------------------- patience


@pytest.mark.parametrize(
    ("outcome", "seconds"),
    [
        pytest.param(DOWN, 2.0, id="down"),
        pytest.param(LIMITED, 120.0, id="asked to wait"),
        pytest.param(HELD, 3_600.0, id="held"),
        pytest.param(ONE_ITEM, 0.0, id="one item's trouble"),
        pytest.param(Accepted(), 0.0, id="accepted"),
        pytest.param(AlreadyThere(), 0.0, id="there already"),
        pytest.param(Refused(reason=Reason.NO_MATCH), 0.0, id="refused"),
        pytest.param(Retry(reason=Reason.RATE_LIMITED, after_s=10**9), 3_600.0, id="asked for ages"),
    ],
)
def test_how_long_an_account_is_left_alone(pace, outcome, seconds):
    pace.note([outcome], at(0))
    assert wait_s(pace) == seconds


def test_a_batch_fails_once(pace):
    pace.note([DOWN] * 50, at(0))
    assert (wait_s(pace), pace.outage.failures) == (2.0, 1)


def test_failures_in_a_row_make_for_more_patience_and_a_success_ends_them(pace):
    for number in range(4):
        pace.note([DOWN], at(number))
    assert wait_s(pace, 3) == 16.0
    pace.note([Accepted(), DOWN], at(4))
    assert wait_s(pace, 4) == 32.0
    pace.note([Accepted()], at(5))
    assert wait_s(pace, 5) == 0.0
    pace.note([DOWN], at(6))
    assert wait_s(pace, 6) == 2.0


def test_nothing_is_learned_from_nothing(pace):
    pace.note([DOWN], at(0))
    pace.note([], at(1))
    pace.note([ONE_ITEM], at(1))
    assert wait_s(pace, 1) == 1.0


def test_a_clock_that_was_set_back_does_not_prolong_a_block(pace):
    pace.note([HELD], at(0))
    assert wait_s(pace, -1.0) == 0.0
    assert wait_s(pace, 0.0) == LONGEST_BLOCK.total_seconds()


def test_hurry_shortens_a_block_but_not_the_patience(pace):
    pace.hurry()
    assert wait_s(pace) == 0.0
    pace.note([HELD], at(0))
    pace.hurry()
    assert wait_s(pace) == 2.0
    for number in range(1, 12):
        pace.note([HELD], at(number))
        pace.hurry()
    assert wait_s(pace, 11) == 900.0
    pace.note([DOWN], at(12))
    pace.hurry()
    assert wait_s(pace, 12) == 900.0


# ---------------------------------------------------------------- when a delivery is tried again


@pytest.mark.parametrize(
    ("outcome", "seconds"),
    [
        pytest.param(ONE_ITEM, 8.0, id="with growing patience"),
        pytest.param(LIMITED, 120.0, id="not sooner than asked"),
        pytest.param(Accepted(), 0.0, id="not at all"),
        pytest.param(None, 0.0, id="not at all, for it was dropped"),
    ],
)
def test_when_a_delivery_is_tried_again(pace, outcome, seconds):
    assert pace.retry_at(outcome, 3, at(0)) == at(seconds)


def test_a_held_delivery_waits_as_long_as_its_account(pace):
    pace.note([HELD], at(0))
    assert pace.retry_at(HELD, 1, at(0)) == at(0) + timedelta(hours=1)


# ---------------------------------------------------------------- outages


def test_an_outage_is_told_at_its_beginning_and_its_end(pace, caplog):
    caplog.set_level(logging.INFO, "crosswatch.trakt")
    assert not pace.is_over()
    pace.note([DOWN], at(0))
    pace.note([HELD], at(60))
    assert (pace.outage.since, pace.outage.failures) == (at(0), 2)
    assert pace.outage.sentence == "The link to Trakt ended."
    assert not pace.is_over()
    pace.note([AlreadyThere()], at(600))
    assert pace.is_over()
    pace.end_outage(12, at(600))
    assert pace.outage is None
    pace.end_outage(0, at(601))
    assert [record.getMessage() for record in caplog.records] == [
        "trakt/maya: Trakt answers 503. Plays are kept and sent by themselves.",
        "trakt/maya: Trakt answers again after 0:10:00 and 2 failed requests; 12 deliveries are sent now.",
    ]
