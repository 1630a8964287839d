from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.web.words import epoch_ms, moment_words, position_words

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _zone_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        pytest.param(timedelta(), "21:15", id="now"),
        pytest.param(timedelta(hours=21), "00:15", id="early today"),
        pytest.param(timedelta(hours=22), "Thu 23:15", id="late yesterday"),
        pytest.param(timedelta(days=5), "Sun 21:15", id="some days ago"),
        pytest.param(timedelta(days=7), "13 Nov", id="a week ago"),
        pytest.param(timedelta(minutes=-3), "21:18", id="soon"),
    ],
)
def test_a_moment_is_as_exact_as_it_matters(ago, words):
    assert moment_words(NOW - ago, NOW) == words


@pytest.mark.parametrize(
    ("position_ms", "words"),
    [(None, "\u2013"), (0, "0:00"), (59_999, "0:59"), (1_262_000, "21:02"), (6_360_000, "1:46:00")],
)
def test_a_position_reads_as_on_a_player(position_ms, words):
    assert position_words(position_ms) == words


def test_scripts_count_in_milliseconds():
    assert epoch_ms(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)) == 1500
