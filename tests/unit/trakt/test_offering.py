"""What a person may choose from, as the simulated Trakt has it; and what foreign answers come to."""

from __future__ import annotations

import pytest

from crosswatch.core.events import Media, MediaKind, Show
from crosswatch.core.outcomes import Refused, Retry
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure
from crosswatch.providers.scrobble.trakt.offering import MOST_OFFERED, episodes_of, search

MOVIE, EPISODE = MediaKind.MOVIE, MediaKind.EPISODE


def test_movies_of_that_title_come_first_and_each_once(drive, ask):
    found, requests = drive(search("Dune", MOVIE), ask)
    assert [one.label for one in found[:2]] == ["Dune (2021)", "Dune (1984)"]
    assert len({one.ids.trakt for one in found}) == len(found)
    assert [request.path for request in requests] == ["/search/movie/exact", "/search/movie"]


def test_shows_are_offered_for_an_episode(drive, ask):
    found, _ = drive(search("severance", EPISODE), ask)
    assert isinstance(found[0], Show)
    assert (found[0].title, found[0].year) == ("Severance", 2022)


def test_what_is_a_command_in_a_search_is_taken_for_a_title(drive, ask):
    _, requests = drive(search("Face/Off (1997)", MOVIE), ask)
    assert dict(requests[0].query)["query"] == "Face/Off (1997)"
    assert dict(requests[1].query)["query"] == r"Face\/Off \(1997\)"


def test_the_episodes_of_a_show_come_in_order_with_their_titles(drive, ask):
    [show], _ = drive(search("sherlock", EPISODE), ask)
    found, _ = drive(episodes_of(show.ids.trakt), ask)
    places = [(one.season, one.number) for one in found]
    assert places == sorted(places)
    assert (0, 8) in places
    assert all(one.show.title == "Sherlock" and one.ids.trakt for one in found)


def test_a_show_that_trakt_does_not_have_has_no_episodes(drive, ask):
    found, _ = drive(episodes_of(10**9), ask)
    assert found == Refused(reason=Reason.NO_MATCH, detail="Trakt does not have such a show.")


@pytest.mark.parametrize(
    "flow", [search("x", MOVIE), search("x", EPISODE), episodes_of(1)], ids=["movies", "shows", "episodes"]
)
def test_trouble_is_said_as_such(drive, flow):
    found, _ = drive(flow, lambda _: Failure(detail="It broke.", may_be_done=False))
    assert isinstance(found, Retry)


RUBBISH = [
    {},
    [None, 3, {}, {"movie": None}, {"show": {"title": 3}}, {"movie": {"title": "", "ids": {"trakt": 1}}}],
]


@pytest.mark.parametrize("json", RUBBISH, ids=["an object", "odd hits"])
@pytest.mark.parametrize("kind", [MOVIE, EPISODE])
def test_hits_that_cannot_be_read_are_left_out(drive, json, kind):
    found, _ = drive(search("x", kind), lambda _: Answer(status=200, json=json, text="…"))
    assert found == []


def test_seasons_that_cannot_be_read_are_left_out(drive):
    show = {"title": "Show", "year": 2000, "ids": {"trakt": 7}}
    seasons = [None, {"number": 1}, {"episodes": 3}, {"episodes": [None, {"season": 1}, {"number": 2}]}]
    found, _ = drive(
        episodes_of(7),
        lambda request: Answer(
            status=200, json=seasons if request.path.endswith("seasons") else show, text="…"
        ),
    )
    assert found == []


def test_no_more_are_offered_than_can_be_looked_through(drive):
    hits = [{"type": "movie", "movie": {"title": f"M{n}", "ids": {"trakt": n + 1}}} for n in range(99)]
    found, _ = drive(search("m", MOVIE), lambda _: Answer(status=200, json=hits, text="…"))
    assert len(found) == MOST_OFFERED
    assert all(isinstance(one, Media) for one in found)
