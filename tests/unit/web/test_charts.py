"""Bars for plays per day: which days they stand for, how high they are, and that none hides another."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from crosswatch.core.ports import Tally
from crosswatch.core.reasons import Verdict
from crosswatch.web.charts import HEIGHT, LEAST, MOST_BARS, build_chart

TODAY = date(2026, 11, 20)


def tally(days_ago, count=1, verdict=Verdict.DELIVERED):
    at = datetime.combine(TODAY - timedelta(days=days_ago), time(12), UTC)
    return Tally(at=at, verdict=verdict, count=count)


def chart(*tallies, days=14):
    return build_chart(tallies, first=TODAY - timedelta(days=days - 1), last=TODAY)


def test_each_day_has_a_bar_and_what_lies_outside_is_left_out():
    drawn = chart(tally(0, 2), tally(13), tally(14, 9), tally(-1, 9))
    assert [bar.total for bar in drawn.bars] == [1, *[0] * 12, 2]
    assert (drawn.bars[0].first, drawn.bars[-1].last) == (date(2026, 11, 7), TODAY)
    assert (drawn.total, drawn.most.first, drawn.days) == (3, TODAY, 1)


def test_quarters_of_one_day_are_added():
    drawn = chart(tally(0), tally(0, 3), tally(0, 1, Verdict.FAILED))
    assert drawn.bars[-1].counts == ((Verdict.DELIVERED, 4), (Verdict.FAILED, 1))


@pytest.mark.parametrize(
    ("span", "days", "bars"),
    [(1, 1, 1), (62, 1, 62), (63, 7, 9), (434, 7, 62), (435, 28, 16), (10_000, 364, 28), (10**5, 364, 62)],
)
def test_long_spans_have_bars_of_several_days_and_never_too_many(span, days, bars):
    drawn = chart(tally(0), days=span)
    assert (drawn.days, len(drawn.bars)) == (days, bars)
    assert len(drawn.bars) <= MOST_BARS
    assert drawn.bars[-1].last == TODAY
    assert drawn.bars[-1].total == 1


def test_pieces_stand_on_each_other_and_the_highest_bar_fills_the_drawing():
    drawn = chart(tally(0, 3), tally(0, 1, Verdict.SKIPPED), tally(1, 2))
    today, before = drawn.bars[-1], drawn.bars[-2]
    assert [(piece.kind, piece.y, piece.height) for piece in today.pieces] == [
        ("delivered", 12.0, 36.0),
        ("skipped", 0.0, 12.0),
    ]
    assert [(piece.y, piece.height) for piece in before.pieces] == [(24.0, 24.0)]


def test_a_single_failure_among_very_many_is_seen_and_the_bar_stays_in_the_drawing():
    drawn = chart(tally(0, 1_000), tally(0, 1, Verdict.FAILED), tally(1))
    today, before = drawn.bars[-1], drawn.bars[-2]
    assert [piece.height for piece in today.pieces] == [HEIGHT - LEAST, LEAST]
    assert min(piece.y for piece in today.pieces) == 0
    assert before.pieces[0].height == LEAST


@pytest.mark.parametrize(
    ("tallies", "is_worth_it"),
    [((), False), ((tally(0, 9),), False), ((tally(0), tally(3)), True)],
    ids=["none", "one day", "two days"],
)
def test_a_chart_is_worth_a_look_once_there_is_something_to_compare(tallies, is_worth_it):
    assert chart(*tallies).is_worth_a_look is is_worth_it


def test_a_span_that_is_none_is_one_day():
    assert len(build_chart([], first=TODAY, last=TODAY - timedelta(days=3)).bars) == 1
