"""How far a server's clock is ahead, by the `Date` of its answers and how long they took."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from crosswatch.providers.scrobble.plex.server_time import ServerTime
from fakes.hand_clock import HandClock

S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("differs_s", "took_s", "ahead_s"),
    [
        pytest.param(0, 0, 0, id="right"),
        pytest.param(3, 0, 0, id="as good as right"),
        pytest.param(600, 0, 600, id="ahead"),
        pytest.param(-600, 0, -599, id="behind, by a second less, for a Date has whole ones"),
        pytest.param(0, 40, 0, id="a slow answer is no wrong clock"),
        pytest.param(20, 40, 0, id="nor one that might be"),
        pytest.param(600, 40, 560, id="ahead, and slow"),
        pytest.param(-600, 40, -599, id="behind, and slow"),
    ],
)
def test_the_least_difference_that_explains_an_answer_is_taken(differs_s, took_s, ahead_s):
    clock = HandClock()
    time = ServerTime(clock)
    asked_at = clock.now()
    date = format_datetime(asked_at + differs_s * S, usegmt=True)
    clock.move(took_s)
    time.note(date, asked_at)
    assert time.ahead == ahead_s * S
    assert time.to_ours(time.to_theirs(asked_at)) == asked_at


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2026 25:61:61 GMT"])
def test_a_date_that_makes_no_sense_says_nothing(date):
    clock = HandClock()
    time = ServerTime(clock)
    time.note(format_datetime(clock.now() + 600 * S, usegmt=True), clock.now())
    time.note(date, clock.now())
    assert time.ahead == 600 * S


def test_a_clock_that_was_set_right_is_right():
    clock = HandClock()
    time = ServerTime(clock)
    for differs_s in (7_200, 0):
        time.note(format_datetime(clock.now() + differs_s * S, usegmt=True), clock.now())
    assert time.ahead == timedelta(0)
