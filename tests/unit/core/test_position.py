from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.position import Position
from crosswatch.core.progress import LONGEST_MS
from fakes.plays import at

HOUR = 3_600_000


def moved(*steps, duration_ms=HOUR, is_playing=True):
    """A position after these offsets, each so many seconds into the evening."""
    position = Position()
    for seconds, offset_ms in steps:
        position.move(offset_ms, at(seconds), duration_ms=duration_ms, is_playing=is_playing)
    return position


@pytest.mark.parametrize(
    ("steps", "offset_ms"),
    [
        pytest.param([(0, 5_000)], 5_000, id="the first is believed"),
        pytest.param([(0, 5_000), (10, 15_000)], 15_000, id="the next as well"),
        pytest.param([(0, HOUR * 1.05)], HOUR * 1.05, id="a little past the end is the end"),
        pytest.param([(0, 5_000), (10, HOUR * 1.06)], 5_000, id="far past the end is noise"),
        pytest.param([(0, 5_000), (10, -1)], 5_000, id="before the beginning is noise"),
        pytest.param([(0, HOUR * 1.5)], None, id="nothing but noise is no position"),
    ],
)
def test_an_offset_is_believed_if_it_can_be_of_this_item(steps, offset_ms):
    assert moved(*steps).offset_ms == offset_ms


def test_without_a_length_nearly_everything_can_be_of_the_item():
    assert moved((0, 10 * HOUR), duration_ms=None).offset_ms == 10 * HOUR
    assert moved((0, LONGEST_MS + 1), duration_ms=None).offset_ms is None


@pytest.mark.parametrize(
    ("steps", "is_playing", "is_sought"),
    [
        pytest.param([(0, 10_000), (10, 20_000)], True, False, id="with the clock"),
        pytest.param([(0, 10_000), (10, 40_000)], True, False, id="twenty seconds off"),
        pytest.param([(0, 10_000), (10, 40_001)], True, True, id="further off"),
        pytest.param([(0, 90_000), (10, 30_000)], True, True, id="back"),
        pytest.param([(0, 90_000), (600, 90_000)], False, False, id="in place while paused"),
        pytest.param([(0, 90_000), (600, 90_000)], True, True, id="in place while playing"),
    ],
)
def test_a_seek_is_what_differs_from_the_wall_clock(steps, is_playing, is_sought):
    position = moved(*steps, is_playing=is_playing)
    assert position.take_sought() is is_sought
    assert position.take_sought() is False


@pytest.mark.parametrize(
    ("offset_ms", "seconds", "result"),
    [
        pytest.param(3_000_000, 10, 3_000_000, id="where it should be"),
        pytest.param(3_500_000, 10, 3_500_000, id="further on"),
        pytest.param(0, 10, 2_990_000, id="zero, soon"),
        pytest.param(0, 900, 2_990_000, id="zero, late"),
        pytest.param(2_000_000, 30, 2_990_000, id="far back of a fresh place"),
        pytest.param(2_000_000, 31, 2_000_000, id="far back of a stale place"),
        pytest.param(2_970_000, 10, 2_970_000, id="a little back"),
        pytest.param(HOUR * 2, 10, 2_990_000, id="noise"),
    ],
)
def test_a_stop_does_not_undo_what_was_seen_a_moment_ago(offset_ms, seconds, result):
    position = moved((0, 2_990_000))
    position.stop(offset_ms, at(seconds), duration_ms=HOUR)
    assert position.offset_ms == result


def test_a_stop_is_believed_where_nothing_else_is_known():
    position = Position()
    position.stop(0, at(0), duration_ms=HOUR)
    assert position.offset_ms == 0


@pytest.mark.parametrize(
    ("steps", "stop_ms", "duration_ms", "is_skipped"),
    [
        pytest.param([(0, 5_000), (5, HOUR - 500)], None, HOUR, True, id="over everything"),
        pytest.param([(0, 5_000)], HOUR - 500, HOUR, True, id="by the stop itself"),
        pytest.param([(0, 5_000), (5, HOUR - 1_000)], None, HOUR, False, id="not to the very end"),
        pytest.param([(0, HOUR // 2), (5, HOUR)], None, HOUR, False, id="over half"),
        pytest.param([(0, 5_000), (5, HOUR), (9, 60_000)], None, HOUR, False, id="and back again"),
        pytest.param([(0, 5_000), (5, HOUR)], None, None, False, id="of nobody knows how long"),
    ],
)
def test_a_jump_over_nearly_everything_to_the_very_end_is_a_skip(steps, stop_ms, duration_ms, is_skipped):
    position = moved(*steps, duration_ms=duration_ms)
    if stop_ms is not None:
        position.stop(stop_ms, at(9), duration_ms=duration_ms)
    assert position.is_skipped is is_skipped


# ---------------------------------------------------------------- when it was done


@pytest.mark.parametrize(
    ("steps", "done"),
    [
        pytest.param([(0, HOUR - 5_000), (10, HOUR + 5_000)], 5, id="ran past the end"),
        pytest.param([(0, HOUR - 5_000), (600, HOUR + 595_000)], 5, id="ran far past it, as noise"),
        pytest.param([(0, HOUR - 5_000), (5, HOUR), (300, HOUR)], 5, id="rests at the end"),
        pytest.param([(0, HOUR - 5_000), (2, HOUR + 60_000)], 0, id="jumped past it"),
        pytest.param([(0, HOUR - 5_000), (4, HOUR - 1_000)], None, id="not there yet"),
        pytest.param([(0, HOUR), (1, HOUR), (9, 60_000)], None, id="was there and went back"),
        pytest.param([(0, HOUR - 1), (9, LONGEST_MS + 1)], None, id="said what no player says"),
    ],
)
def test_a_player_is_done_when_it_reaches_the_end(steps, done):
    assert moved(*steps).done_at == (None if done is None else at(done))


def test_a_stop_past_the_end_tells_when_the_end_was_reached_and_a_stop_at_zero_does_not_undo_it():
    position = moved((0, HOUR - 5_000))
    position.stop(HOUR + 55_000, at(60), duration_ms=HOUR)
    assert position.done_at == at(5)
    position.stop(0, at(61), duration_ms=HOUR)
    assert position.done_at == at(5)


def test_without_a_length_there_is_no_end():
    assert moved((0, HOUR), (10, HOUR), duration_ms=None).done_at is None


# ---------------------------------------------------------------- where it began


@pytest.mark.parametrize(
    ("steps", "lowest_ms"),
    [
        pytest.param([(0, 5_000), (10, 15_000)], 5_000, id="played from the beginning"),
        pytest.param([(0, 0), (10, 3_000_000), (20, 3_010_000)], 3_000_000, id="resumed, zero first"),
        pytest.param([(0, 3_000_000), (10, 60_000), (20, 3_000_000)], 60_000, id="went back and forth"),
        pytest.param([(0, 0)], None, id="nothing was played yet"),
    ],
)
def test_the_lowest_place_is_the_earliest_from_which_something_was_played(steps, lowest_ms):
    assert moved(*steps).lowest_ms == lowest_ms


def test_a_stop_says_nothing_about_where_it_began():
    position = moved((0, 3_000_000))
    position.stop(2_000_000, at(600), duration_ms=HOUR)
    assert position.lowest_ms == 3_000_000


def test_what_cannot_be_of_the_item_after_all_is_dropped():
    position = moved((0, 2 * HOUR), duration_ms=None)
    position.check(2 * HOUR)
    assert position.offset_ms == 2 * HOUR
    position.check(HOUR)
    assert (position.offset_ms, position.at, position.lowest_ms) == (None, None, None)
    position.check(HOUR)
    assert position.offset_ms is None


def test_nothing_is_near_an_unknown_place():
    assert not Position().is_near(0, at(0), is_playing=True)


@given(
    st.lists(st.tuples(st.integers(0, 7_200), st.integers(-(10**18), 10**18)), max_size=20),
    st.one_of(st.none(), st.integers(1, LONGEST_MS)),
)
def test_whatever_players_say_the_place_is_in_the_item_and_the_end_is_not_in_the_future(steps, duration_ms):
    position = Position()
    for seconds, offset_ms in sorted(steps):
        position.move(offset_ms, at(seconds), duration_ms=duration_ms, is_playing=True)
        position.stop(offset_ms, at(seconds), duration_ms=duration_ms)
        assert position.offset_ms is None or 0 <= position.offset_ms <= (duration_ms or LONGEST_MS) * 1.05
        assert position.done_at is None or position.done_at <= at(seconds) + timedelta(0)
