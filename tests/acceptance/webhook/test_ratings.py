"""Ratings on Plex become ratings on Trakt, if they are wanted, and only those of the right people."""

from __future__ import annotations

import pytest

from crosswatch.simulator.trakt import Fault
from crosswatch.simulator.trakt.faults import FaultKind
from fakes.hooked_household import BOTH, HOOKS, STRANGER
from fakes.household import MEMBER

ARRIVAL, EPISODE = "Arrival (2016)", "Severance S01E02"
HOOKED = (HOOKS, BOTH, STRANGER)


def ratings(home):
    """What Trakt holds: item and rating."""
    return {rating.item.label: rating.rating for rating in home.trakt.world.user(MEMBER).ratings.values()}


async def rate(home, name, rating, *, person="alice", person_id=1, late_s=3.0, **fields):
    """Somebody rates something; what the app answered."""
    item = home.item(name)
    session = home.plex.world  # for the payload's usual shape
    metadata = {
        "type": "movie" if item.kind == "movie" else "episode",
        "ratingKey": item.rating_key,
        "title": item.title,
        "Guid": [{"id": guid} for guid in item.guids],
        "librarySectionID": 1,
        **fields,
    }
    status, answer = await home.send(
        {
            "event": "media.rate",
            "rating": rating,
            "Account": {"id": person_id, "title": person},
            "Server": {"uuid": session.options.machine_identifier},
            "Player": {"uuid": "tv", "title": "TV"},
            "Metadata": metadata,
        }
    )
    await home.later(late_s)
    return status, answer


@pytest.mark.parametrize("mode", HOOKED)
async def test_a_rating_is_told_changed_and_taken_away(live_in, mode):
    home = await live_in(mode=mode, options={"ratings": True})
    for rating, held in (("8.0", 8), ("7.5", 8), ("9.0", 9), ("-1.0", None)):
        assert (await rate(home, ARRIVAL, rating))[0] == 200
        assert ratings(home) == ({} if held is None else {ARRIVAL: held})
    assert [path for path, _ in home.requests()] == [
        "POST /sync/ratings",
        "POST /sync/ratings",
        "POST /sync/ratings/remove",
    ]
    assert await home.plays() == []


async def test_an_episode_is_rated_by_its_show_and_number(live_in):
    home = await live_in(mode=HOOKS, options={"ratings": True})
    await rate(home, EPISODE, "6.0")
    assert ratings(home) == {EPISODE: 6}


async def test_ratings_that_nobody_asked_for_are_not_passed_on(live_in):
    home = await live_in(mode=HOOKS)
    status, answer = await rate(home, ARRIVAL, "8.0")
    assert (status, answer["ok"], answer["reason"]) == (200, True, "ratings_off")
    assert home.requests() == []


@pytest.mark.parametrize(
    ("rating", "kind", "reason"), [("best", "movie", "rating_unknown"), ("8.0", "show", "type_unsupported")]
)
async def test_what_is_no_rating_of_a_film_or_an_episode_is_told_so(live_in, rating, kind, reason):
    home = await live_in(mode=STRANGER, options={"ratings": True})
    _, answer = await rate(home, ARRIVAL, rating, type=kind)
    assert (answer["ok"], answer["reason"]) == (True, reason)
    assert home.requests() == []


async def test_somebody_who_does_not_count_rates_nothing(live_in):
    home = await live_in(mode=HOOKS, options={"ratings": True})
    await rate(home, ARRIVAL, "8.0", person="bob", person_id=home.plex.person("bob").account_id)
    assert home.requests() == []
    assert await home.app.ledger.hooks(home.plex.world.options.machine_identifier) == []


async def test_the_same_rating_twice_is_told_once(live_in):
    home = await live_in(mode=STRANGER, options={"ratings": True})
    await rate(home, ARRIVAL, "8.0", late_s=0.0)
    await rate(home, ARRIVAL, "8.0")
    assert len(home.requests()) == 1


async def test_a_rating_waits_for_trakt_and_outlives_the_process(live_in):
    home = await live_in(mode=STRANGER, options={"ratings": True})
    home.trakt.add_fault(Fault(kind=FaultKind.STATUS, status=503, path="/sync/ratings"))
    await rate(home, ARRIVAL, "8.0")
    await home.kill_app()
    home.trakt.clear_faults()
    await home.start_app()
    await home.later(minutes=1)
    assert ratings(home) == {ARRIVAL: 8}


async def test_what_trakt_does_not_know_is_refused_and_not_asked_for_ever(live_in):
    home = await live_in(mode=STRANGER, options={"ratings": True})
    await rate(home, ARRIVAL, "8.0", title="Nothing", year=1901, Guid=[{"id": "imdb://tt9999999"}])
    await home.later(hours=1)
    asked = [path for path, _ in home.requests() if path == "POST /sync/ratings"]
    assert (len(asked), ratings(home)) == (1, {})
