"""Filters of an address, and the days under which plays stand."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest

from crosswatch.core.people import Rules
from crosswatch.core.ports import PlayQuery, Tally
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.web.pages.history import (
    Filters,
    build_row,
    by_day,
    count_outcomes,
    day_words,
    read_count,
    reasons,
    since_choices,
)
from fakes.plays import make_play

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _zone_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("asked", "narrows"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"who": " tom ", "q": "x"}, {"who": "tom", "q": "x"}, id="texts"),
        pytest.param({"outcome": "failed"}, {"outcome": "failed"}, id="a verdict"),
        pytest.param({"outcome": "Failed", "reason": "x", "kind": "films"}, {}, id="unknown words"),
        pytest.param(
            {"kind": "episode", "reason": "no_match"}, {"kind": "episode", "reason": "no_match"}, id="all"
        ),
        pytest.param({"since": "7"}, {"since": "7"}, id="days"),
        pytest.param({"since": "2026-11-01"}, {"since": "2026-11-01"}, id="a date"),
        pytest.param({"since": "8"}, {}, id="days that are not offered"),
        pytest.param({"since": "0001-01-01"}, {}, id="a date that no zone can have"),
        pytest.param({"since": "9999-12-31"}, {}, id="the last date of all"),
        pytest.param({"nonsense": "1"}, {}, id="an unknown name"),
    ],
)
def test_what_cannot_be_understood_narrows_nothing(asked, narrows):
    filters = Filters.read(asked)
    assert filters.as_dict() == narrows
    assert bool(filters) == bool(narrows)


def test_a_text_of_any_length_is_cut():
    assert len(Filters.read({"q": "x" * 5_000}).q) == 200


@pytest.mark.parametrize(
    ("since", "begin"),
    [
        ("", None),
        ("1", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("7", datetime(2026, 11, 13, 23, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
    ],
)
def test_days_begin_at_this_machines_midnight(since, begin):
    assert Filters(since=since).query(NOW) == PlayQuery(since=begin)


def test_filters_are_what_the_ledger_understands():
    filters = Filters(who="id:9", outcome="skipped", reason="too_short", server="den", kind="movie", q="dune")
    assert filters.query(NOW, before="p7", limit=3) == PlayQuery(
        who="id:9",
        verdict=Verdict.SKIPPED,
        reason=Reason.TOO_SHORT,
        server="den",
        kind="movie",
        text="dune",
        before="p7",
        limit=3,
    )


def test_an_address_holds_what_narrows_and_nothing_else():
    assert Filters().address() == "history"
    assert Filters(q="a&b=ü", outcome="failed").address("history.csv", cursor="") == (
        "history.csv?outcome=failed&q=a%26b%3D%C3%BC"
    )
    assert Filters().address(cursor="p7") == "history?cursor=p7"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (TODAY, "Today"),
        (date(2026, 11, 19), "Yesterday"),
        (date(2026, 11, 18), "Wed 18 Nov"),
        (date(2026, 11, 21), "Sat 21 Nov"),
        (date(2025, 5, 12), "Mon 12 May 2025"),
    ],
)
def test_a_day_is_called_what_people_call_it(day, words):
    assert day_words(day, TODAY) == words


def test_a_play_stands_under_the_day_of_this_machine_on_which_it_began():
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    early = datetime(2026, 11, 19, 22, 30, tzinfo=UTC)
    rules = Rules(is_on=True)
    rows = [build_row(make_play(number, started_at=at), [], rules) for number, at in ((2, late), (1, early))]
    days = by_day(rows, NOW)
    assert [(day.name, day.is_near, len(day.rows)) for day in days] == [
        ("Today", True, 1),
        ("Yesterday", True, 1),
    ]


def test_outcomes_are_added_up_without_noughts():
    tallies = [Tally(at=NOW, verdict=verdict, count=2) for verdict in (Verdict.FAILED, Verdict.DELIVERED)]
    assert [(badge.kind, count) for badge, count in count_outcomes((*tallies, tallies[0]))] == [
        ("delivered", 2),
        ("failed", 4),
    ]


@pytest.mark.parametrize(
    ("text", "number"), [(None, 0), ("", 0), ("7", 7), ("-1", 0), ("12345", 0), ("\u0667", 0), ("x", 0)]
)
def test_a_number_of_an_address_is_small_or_none(text, number):
    assert read_count(text) == number


def test_every_reason_can_be_asked_for():
    assert {code for code, _ in reasons()} == {reason.value for reason in Reason}


def test_a_date_that_was_asked_for_can_be_seen():
    assert ("2026-11-01", "2026-11-01") in since_choices("2026-11-01")
    assert since_choices("7") == since_choices("")
