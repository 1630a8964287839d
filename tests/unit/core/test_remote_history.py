"""Whether a sink's history holds a play already: the last look before one is added."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.core.plays import DesiredAction, Match, PlayState
from crosswatch.core.ports import RemotePlay
from crosswatch.core.remote_history import AHEAD, MARGIN, WINDOW, find_remote, names_item, span_to_read
from fakes.plays import EPISODE, FILM, at, make_delivery, make_play, want

LENGTH_S = 6_984
ARRIVAL = replace(FILM, duration_ms=LENGTH_S * 1000, rating_key="9723")
BEGAN, ENDED = 0.0, 7_000.0
NOW = at(20_000)
PLAY = make_play(
    1,
    media=ARRIVAL,
    state=PlayState.ENDED,
    started_at=at(BEGAN),
    last_seen_at=at(ENDED),
    ended_at=at(ENDED),
    watched_at=at(ENDED),
)
DELIVERY = make_delivery(want(DesiredAction.WATCHED, ENDED, 99.0))
UNKNOWN = replace(DELIVERY, unknown_since=at(ENDED + 5))
REWATCH = replace(
    PLAY,
    id="again",
    started_at=at(ENDED + 60),
    last_seen_at=at(2 * ENDED),
    ended_at=at(2 * ENDED),
    watched_at=at(2 * ENDED),
)


def entry(seconds, remote_id=7, *, media=ARRIVAL):
    return RemotePlay(remote_id=remote_id, watched_at=at(seconds), media=media)


def find(*remote, play=PLAY, delivery=DELIVERY, others=(), match=None):
    return find_remote(play, delivery, remote, others, match=match, now=NOW)


# ---------------------------------------------------------------- its time


@pytest.mark.parametrize(
    ("seconds", "delivery", "is_ours"),
    [
        pytest.param(ENDED, DELIVERY, True, id="its end"),
        pytest.param(BEGAN, DELIVERY, True, id="its beginning, as a check-in has it"),
        pytest.param(BEGAN - MARGIN.total_seconds(), DELIVERY, True, id="just before, for clocks differ"),
        pytest.param(BEGAN - MARGIN.total_seconds() - 1, DELIVERY, False, id="before it"),
        pytest.param(ENDED + LENGTH_S, DELIVERY, True, id="within its length after its end"),
        pytest.param(ENDED + LENGTH_S + 1, DELIVERY, False, id="long after it"),
        pytest.param(ENDED + LENGTH_S + 1, UNKNOWN, True, id="long after, if nobody knows when it was sent"),
        pytest.param(20_000 + AHEAD.total_seconds(), UNKNOWN, True, id="by a clock that is ahead"),
    ],
)
def test_an_entry_is_ours_if_its_time_can_be(seconds, delivery, is_ours):
    assert bool(find(entry(seconds), delivery=delivery)) is is_ours


def test_a_viewing_of_which_we_saw_the_end_only_is_as_long_as_its_item():
    tail = replace(PLAY, started_at=at(ENDED - 60))
    assert find(entry(ENDED - LENGTH_S), play=tail)


def test_an_item_of_unknown_length_has_ten_minutes_after_its_end():
    play = replace(PLAY, media=replace(ARRIVAL, duration_ms=None))
    assert find(entry(ENDED + 600), play=play)
    assert not find(entry(ENDED + 601), play=play)


def test_the_nearest_of_several_entries_is_ours():
    assert find(entry(ENDED - 900, 1), entry(ENDED + 30, 2), entry(ENDED - 60, 3)).remote_id == 2


def test_without_entries_there_is_none():
    assert find() is None


def test_the_span_reaches_from_well_before_the_first_play_to_a_little_after_now():
    since, until = span_to_read([REWATCH, PLAY], NOW)
    assert (since, until) == (at(BEGAN) - WINDOW, NOW + AHEAD)


def test_the_span_of_a_play_that_never_ended_reaches_from_where_it_was_seen():
    lost = replace(PLAY, ended_at=None, watched_at=None)
    assert span_to_read([lost], NOW)[0] == at(BEGAN) - WINDOW


# ---------------------------------------------------------------- other plays of ours


def test_an_entry_that_is_nearer_to_another_play_of_ours_is_that_ones():
    others = [(REWATCH, DELIVERY)]
    assert not find(entry(2 * ENDED - 30), delivery=UNKNOWN, others=others)
    assert find(entry(2 * ENDED - 30), delivery=UNKNOWN)


def test_a_rewatch_is_not_taken_for_its_forerunner():
    at_its_end = make_delivery(want(DesiredAction.WATCHED, 2 * ENDED, 99.0))
    assert not find(entry(ENDED), play=REWATCH, delivery=at_its_end, others=[(PLAY, DELIVERY)])


def test_an_entry_that_another_play_of_ours_has_by_its_number_is_that_ones():
    theirs = replace(DELIVERY, remote_id=7)
    assert not find(entry(ENDED + 10), others=[(REWATCH, theirs)])
    assert find(entry(ENDED + 10, 8), others=[(REWATCH, theirs)])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(PLAY, id="the play itself"),
        pytest.param(replace(REWATCH, watched_at=None), id="one that does not count"),
        pytest.param(
            replace(REWATCH, media=replace(FILM, title="Heat", ids=Ids(), rating_key="5")),
            id="of another item",
        ),
        pytest.param(
            replace(REWATCH, server="attic", media=replace(FILM, title="Heat", ids=Ids(tmdb=1))),
            id="of an item that has the same key on another server",
        ),
    ],
)
def test_what_is_no_rival_takes_no_entry(other):
    assert find(entry(2 * ENDED - 30), delivery=UNKNOWN, others=[(other, DELIVERY)])


def test_a_play_on_another_server_is_a_rival_if_it_is_of_the_same_item():
    elsewhere = replace(REWATCH, server="attic", media=replace(ARRIVAL, rating_key="1"))
    assert not find(entry(2 * ENDED - 30), delivery=UNKNOWN, others=[(elsewhere, DELIVERY)])


# ---------------------------------------------------------------- its item


def match(**given):
    return Match(**{"key": "k", "evidence": "search", "made_at": at(0), **given})


UNNAMED = replace(FILM, ids=Ids())
PLACED = replace(EPISODE, numbering=Numbering.AIRED, season=2, number=3)
THEIRS = Media(
    kind=MediaKind.EPISODE,
    title="Who Is Alive?",
    ids=Ids(trakt=9, tvdb=99),
    show=Show(title="Severance", ids=Ids(trakt=5, tmdb=95396)),
    season=2,
    number=3,
)


@pytest.mark.parametrize(
    ("theirs", "ours", "remembered", "is_same"),
    [
        pytest.param(FILM, replace(FILM, title="Ankunft"), None, True, id="movie by id"),
        pytest.param(replace(FILM, ids=Ids(tmdb=5)), FILM, None, False, id="movie of another id"),
        pytest.param(FILM, UNNAMED, None, True, id="movie by title and year"),
        pytest.param(FILM, replace(UNNAMED, year=2017), None, True, id="movie, a year apart"),
        pytest.param(FILM, replace(UNNAMED, year=1996), None, False, id="remake"),
        pytest.param(FILM, replace(UNNAMED, year=None), None, True, id="movie of an unknown year"),
        pytest.param(
            replace(FILM, ids=Ids(trakt=5)),
            replace(UNNAMED, title="Ankunft"),
            match(ids=Ids(trakt=5)),
            True,
            id="movie by what is remembered",
        ),
        pytest.param(
            replace(FILM, ids=Ids(trakt=6)), FILM, match(ids=Ids(trakt=5)), False, id="not what is remembered"
        ),
        pytest.param(FILM, FILM, match(ids=Ids(trakt=5)), True, id="what is remembered says nothing"),
        pytest.param(FILM, FILM, match(), True, id="nothing was found once"),
        pytest.param(THEIRS, replace(PLACED, ids=Ids(tvdb=99)), None, True, id="episode by id"),
        pytest.param(THEIRS, PLACED, None, True, id="episode by show and place"),
        pytest.param(
            THEIRS, replace(PLACED, show=Show(title="severance")), None, True, id="episode by title and place"
        ),
        pytest.param(
            THEIRS, replace(PLACED, show=Show(title="x", ids=Ids(tmdb=1))), None, False, id="another show"
        ),
        pytest.param(THEIRS, replace(PLACED, number=4), None, False, id="another place"),
        pytest.param(THEIRS, replace(PLACED, season=None), None, False, id="no place"),
        pytest.param(THEIRS, replace(PLACED, show=None), None, False, id="no show"),
        pytest.param(replace(THEIRS, show=None), PLACED, None, False, id="theirs has no show"),
        pytest.param(
            THEIRS, replace(PLACED, numbering=Numbering.ABSOLUTE), None, False, id="numbers in another order"
        ),
        pytest.param(
            THEIRS,
            replace(PLACED, numbering=Numbering.ABSOLUTE, season=1, number=12),
            match(ids=Ids(trakt=9)),
            True,
            id="numbers in another order, remembered by id",
        ),
        pytest.param(
            THEIRS,
            replace(PLACED, numbering=Numbering.DVD, season=1, number=12),
            match(show_ids=Ids(trakt=5), season=2, number=3),
            True,
            id="numbers in another order, remembered by place",
        ),
        pytest.param(
            THEIRS,
            replace(PLACED, show=None, season=None),
            match(show_ids=Ids(trakt=5), season=2, number=3),
            True,
            id="no show of ours, remembered by place",
        ),
        pytest.param(
            THEIRS,
            PLACED,
            match(show_ids=Ids(trakt=6), season=2, number=3),
            False,
            id="another show remembered",
        ),
        pytest.param(THEIRS, FILM, None, False, id="another kind"),
    ],
)
def test_whether_an_entry_names_the_item(theirs, ours, remembered, is_same):
    assert names_item(theirs, ours, remembered) is is_same


@given(
    st.lists(st.integers(0, 20_000), unique=True, max_size=4),
    st.lists(st.integers(-10_000, 25_000), max_size=6),
    st.booleans(),
)
def test_no_entry_stands_for_two_plays_and_all_that_is_found_is_about_the_item(ends, entries, is_unknown):
    plays = [
        (
            make_play(
                number,
                media=ARRIVAL,
                state=PlayState.ENDED,
                started_at=at(end) - timedelta(seconds=LENGTH_S),
                ended_at=at(end),
                watched_at=at(end),
            ),
            make_delivery(
                want(DesiredAction.WATCHED, end), unknown_since=at(end + 1) if is_unknown else None
            ),
        )
        for number, end in enumerate(ends)
    ]
    remote = [entry(seconds, number + 1) for number, seconds in enumerate(entries)]
    taken = []
    for play, delivery in plays:
        found = find_remote(play, delivery, remote, plays, match=None, now=NOW)
        if found is not None:
            nearest = min(ends, key=lambda end: abs(at(end) - found.watched_at))
            assert abs(found.watched_at - delivery.desired.at) == abs(at(nearest) - found.watched_at)
            taken.append((found.remote_id, abs(found.watched_at - delivery.desired.at)))
    for remote_id, distance in taken:
        same = [other for other in taken if other[0] == remote_id]
        assert len(same) == 1 or all(other[1] == distance for other in same)
