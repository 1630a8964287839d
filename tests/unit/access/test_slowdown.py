"""Whoever tries passwords is slowed down, and nobody is locked out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.access.slowdown import FORGOTTEN_AFTER, MOST_REMEMBERED, OF_ACCOUNT, OF_SOURCE, SlowDown

START = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
NONE = timedelta(0)


def fail(slow_down, times, source="203.0.113.9", at=START):
    for _ in range(times):
        slow_down.failed(source, "admin", at)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (500, 60)]
)
def test_a_source_waits_longer_each_time_and_never_longer_than_a_minute(failures, seconds):
    slow_down = SlowDown()
    fail(slow_down, failures)
    assert slow_down.wait("203.0.113.9", "admin", START, is_known=True) == timedelta(seconds=seconds)


def test_a_wait_passes():
    slow_down = SlowDown()
    fail(slow_down, 7)
    assert slow_down.wait("203.0.113.9", "admin", START + timedelta(seconds=3)) == timedelta(seconds=1)
    assert slow_down.wait("203.0.113.9", "admin", START + timedelta(seconds=4)) == NONE


def test_other_sources_and_accounts_do_not_wait_for_it():
    slow_down = SlowDown()
    fail(slow_down, 10)
    assert slow_down.wait("203.0.113.10", "admin", START) == NONE
    assert slow_down.wait("203.0.113.9", "somebody else", START) > NONE


def test_many_sources_at_one_account_are_slowed_down_together():
    slow_down = SlowDown()
    for number in range(OF_ACCOUNT.free + 3):
        slow_down.failed(f"source {number}", "admin", START)
    assert slow_down.wait("a fresh source", "admin", START) == timedelta(seconds=8)


def test_whoever_is_known_is_not_slowed_down_for_what_others_do():
    slow_down = SlowDown()
    for number in range(1000):
        slow_down.failed(f"source {number}", "admin", START)
    assert slow_down.wait("home", "admin", START, is_known=True) == NONE
    assert slow_down.wait("elsewhere", "admin", START) == OF_ACCOUNT.longest


def test_a_success_forgives_the_source_and_not_the_others():
    slow_down = SlowDown()
    fail(slow_down, 40)
    slow_down.succeeded("203.0.113.9")
    assert slow_down.wait("203.0.113.9", "admin", START, is_known=True) == NONE
    assert slow_down.wait("203.0.113.9", "admin", START) == OF_ACCOUNT.longest


def test_failures_are_forgotten_in_time():
    slow_down = SlowDown()
    fail(slow_down, 100)
    fail(slow_down, 1, at=START + FORGOTTEN_AFTER)
    assert slow_down.wait("203.0.113.9", "admin", START + FORGOTTEN_AFTER) == NONE


def test_no_crowd_of_sources_makes_memory_grow():
    slow_down = SlowDown()
    for number in range(2 * MOST_REMEMBERED):
        slow_down.failed(f"source {number}", f"account {number}", START)
    assert len(slow_down._failures) <= MOST_REMEMBERED


@pytest.mark.parametrize("pace", [OF_SOURCE, OF_ACCOUNT])
def test_no_number_of_failures_locks_anybody_out(pace):
    assert pace.wait(10**9) == pace.longest <= timedelta(minutes=1)
