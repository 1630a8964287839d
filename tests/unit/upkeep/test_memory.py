"""What is remembered beside the plays: since when, who came, and what Trakt's clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crosswatch.clock import Clock
from crosswatch.health.checks import Check, Health, Level
from crosswatch.tallies import DELIVERY_BOUNDS_S, Counted, Tallies
from crosswatch.upkeep.memory import MOST_TOKENS, Since, TraktEar
from fakes.hand_clock import HandClock

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


def check(level=Level.FINE, **changes):
    return Check(**{"id": "link-1", "level": level, "title": "Link", "sentence": "", **changes})


def since(book, *checks, at=NOW):
    return [one.since for one in book.stamp(Health(checks=checks), at).checks]


def test_a_check_keeps_the_moment_at_which_it_stopped_being_fine():
    book, later = Since(), NOW + timedelta(minutes=3)

    assert since(book, check()) == [NOW]
    assert since(book, check(Level.ATTENTION), at=later) == [later]
    assert since(book, check(Level.BROKEN), at=later + timedelta(minutes=1)) == [later]
    assert since(book, check(), at=later + timedelta(minutes=2)) == [later + timedelta(minutes=2)]


def test_what_began_before_a_clock_was_set_back_began_then_at_the_latest():
    book, earlier = Since(), NOW - timedelta(days=30)

    assert since(book, check(Level.BROKEN)) == [NOW]
    assert since(book, check(Level.BROKEN), at=earlier) == [earlier]
    assert since(book, check(Level.BROKEN), at=earlier + timedelta(minutes=5)) == [earlier]


def test_what_a_check_says_itself_stands_and_what_nobody_has_begun_has_no_beginning():
    known = NOW - timedelta(days=1)

    assert since(Since(), check(since=known)) == [known]
    assert since(Since(), check(Level.SETUP)) == [None]
    assert since(Since(), check(is_remark=True)) == [None]


def test_how_far_trakts_clock_is_ahead_is_read_from_its_answers():
    ear = TraktEar(HandClock())
    ear.hear(200, "Fri, 20 Nov 2026 20:22:00 GMT", "token")

    assert ear.skew == timedelta(minutes=7)
    for nonsense in ("", "yesterday", "Fri, 99 Nov 2026 20:22:00 GMT"):
        ear.hear(200, nonsense, "token")
    assert ear.skew == timedelta(minutes=7)


def test_a_clock_that_is_faster_than_life_is_compared_with_nobodys():
    ear = TraktEar(Clock(scale=60.0))
    ear.hear(200, "Fri, 20 Nov 2026 20:22:00 GMT", "token")
    assert ear.skew is None


def test_a_yes_is_remembered_for_its_token():
    ear = TraktEar(HandClock())
    ear.hear(201, "", "mine")
    ear.hear(401, "", "another")
    ear.hear(200, "", "")

    assert ear.last_ok_at("mine") == NOW
    assert ear.last_ok_at("another") is ear.last_ok_at("") is None


def test_tokens_that_were_renewed_long_ago_are_forgotten():
    ear = TraktEar(HandClock())
    for number in range(MOST_TOKENS + 1):
        ear.hear(200, "", str(number))
    assert ear.last_ok_at("0") is None
    assert ear.last_ok_at("1") == NOW


def test_spans_fall_below_their_bounds():
    tallies = Tallies()
    for span_s in (-1.0, 0.1, 0.11, 10_000.0):
        tallies.note_delivery(span_s)

    assert tallies.delivery_buckets[0] == 2
    assert tallies.delivery_buckets[1] == 1
    assert tallies.delivery_buckets[len(DELIVERY_BOUNDS_S)] == 1


def test_sums_are_kept_by_labels():
    tallies = Tallies()
    for action in ("start", "start", "stop"):
        tallies.count(Counted.EVENTS, "watch", action)
    assert tallies.counts[Counted.EVENTS, ("watch", "start")] == 2
