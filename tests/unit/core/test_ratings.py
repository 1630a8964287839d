from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.outcomes import Accepted, Hold, Refused, Retry
from crosswatch.core.plays import DeliveryState
from crosswatch.core.ratings import NONE, new_rating, value_of, with_newer, with_outcome
from crosswatch.core.reasons import Reason
from fakes.plays import FILM, MAYA, at

PENDING, SETTLED, DEAD = DeliveryState


@pytest.mark.parametrize(
    ("rating", "value"),
    [
        (10.0, 10),
        (9.5, 10),
        (9.4, 9),
        (8.0, 8),
        (7.5, 8),
        (1.0, 1),
        (0.5, 1),
        (0.1, 1),
        (0.0, NONE),
        (-1.0, NONE),
    ],
)
def test_a_rating_is_a_whole_number_of_ten_or_none(rating, value):
    assert value_of(rating) == value


def rated(value, seconds=0.0, **changes):
    return replace(new_rating(MAYA, FILM, value, at(seconds)), **changes)


def test_a_new_rating_is_due_at_once():
    rating = rated(8)
    assert with_newer(None, rating) is rating
    assert (rating.state, rating.next_attempt_at) == (PENDING, at(0))


def test_the_newest_rating_counts():
    row = with_newer(rated(8, state=SETTLED), rated(3, 60))
    assert (row.value, row.state, row.version, row.next_attempt_at) == (3, PENDING, 2, at(60))


@pytest.mark.parametrize("newer", [rated(8, 60), rated(3, -60)], ids=["the same again", "an older one"])
def test_what_is_no_news_changes_nothing(newer):
    stored = rated(8, state=SETTLED)
    assert with_newer(stored, newer) is stored


def test_what_was_refused_is_tried_again_when_it_is_said_again():
    assert with_newer(rated(8, state=DEAD), rated(8, 60)).state is PENDING


def test_a_newer_rating_is_no_way_around_a_sink_that_asked_to_wait():
    row = with_newer(rated(8, attempts=2, next_attempt_at=at(900)), rated(3, 60))
    assert (row.attempts, row.next_attempt_at) == (2, at(900))


OUTCOMES = {
    "taken": (Accepted(), SETTLED, 0, at(0)),
    "not now": (Retry(reason=Reason.TRAKT_DOWN), PENDING, 1, at(99)),
    "on hold": (Hold(reason=Reason.LINK_EXPIRED), PENDING, 1, at(99)),
    "refused": (Refused(reason=Reason.NO_MATCH), DEAD, 1, at(0)),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_an_outcome_settles_a_rating_or_leaves_it_waiting(case):
    outcome, state, attempts, next_at = OUTCOMES[case]
    told = rated(8)
    row = with_outcome(told, outcome, told=told, now=at(9), retry_at=at(99))
    assert (row.state, row.attempts, row.next_attempt_at) == (state, attempts, next_at)


def test_a_rating_that_changed_while_it_was_told_still_waits():
    told = rated(8)
    stored = with_newer(told, rated(3, 60))
    assert with_outcome(stored, Accepted(), told=told, now=at(61), retry_at=at(99)) is stored
