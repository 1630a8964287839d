"""A plain evening, however the player behaves: what is watched reaches Trakt once, with two requests."""

from __future__ import annotations

import pytest

from crosswatch.simulator.plex import Ending

PAPERMAN, ARRIVAL = "Paperman (2012)", "Arrival (2016)"
FIRST, SECOND = "M*A*S*H S01E01", "M*A*S*H S01E02"

MANNERS = {
    "an ordinary player": ({}, {}),
    "a transcode that buffers and says everything twice": (
        {"manners": {"transcode": True, "buffering": 4, "twins": True}},
        {"buffers": ((0.5, 20),)},
    ),
    "an add-on that reports every second": ({"device": "kodi"}, {}),
    "a phone that reports every twenty seconds": ({"device": "phone"}, {}),
    "a player without a play queue": ({"manners": {"queues": False}}, {}),
}

SHAPES = {
    "without size": {"frame_shape": "no_size"},
    "without a container": {"frame_shape": "unwrapped"},
    "with the list name of 2016": {"frame_shape": "children"},
    "with a blank behind the type": {"frame_shape": "blank_type"},
    "as binary messages": {"binary_frames": True},
    "without client identifiers": {"client_identifier": False},
    "with lists for user and player": {"legacy_lists": True},
    "without a session element": {"session_element": False},
    "with transcoder frames": {"transcode_frames": True},
    "with pings of its own": {"server_ping_s": 5.0},
}

ENDINGS = [ending for ending in Ending if ending not in (Ending.OFFLINE, Ending.CRASH)]


def is_one_play(home, item, *, start=0.0, stop=100.0):
    """Whether Trakt was told of one start and one stop, and holds one play."""
    assert [(what, name) for what, name, _ in home.told()] == [("start", item), ("stop", item)]
    assert [at for _, _, at in home.told()] == [pytest.approx(start, abs=2.0), pytest.approx(stop, abs=3.0)]
    assert len(home.requests()) == 2
    return home.watched() == [item]


@pytest.mark.parametrize("name", [ARRIVAL, "Severance S01E02"])
async def test_a_plain_viewing_is_two_requests_to_trakt_and_at_most_four_to_plex(live_in, name):
    home = await live_in()
    home.forget_requests()
    began = home.clock.now()
    await home.watch(name)
    await home.settled()
    assert is_one_play(home, name)
    asked = [request for request in home.plex.ledger.requests if request.path in home.look_ups()]
    assert len(asked) <= 4
    assert all((request.at - began).total_seconds() < 10 for request in asked)
    assert await home.verdicts() == [(name, "delivered", "watched")]


async def test_the_next_episode_asks_for_itself_only(live_in):
    home = await live_in()
    await home.watch(FIRST, start=0.9)
    home.forget_requests()
    await home.watch(SECOND, start=0.9)
    await home.settled()
    pages = [path for path in home.look_ups() if path != "/status/sessions"]
    assert pages == [home.item(SECOND).path]
    assert len(home.look_ups()) == 2


async def test_an_evening_of_ticks_asks_plex_nothing(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(ARRIVAL))
    await home.later(minutes=1)
    home.forget_requests()
    await home.later(minutes=50)
    assert home.plex.ledger.requests == []
    assert home.requests() == []


@pytest.mark.parametrize("manner", MANNERS)
async def test_whatever_a_players_manners_it_is_one_play(live_in, manner):
    how, script = MANNERS[manner]
    home = await live_in()
    await home.watch(FIRST, **how, **script)
    await home.settled()
    assert is_one_play(home, FIRST)


@pytest.mark.parametrize("shape", SHAPES)
async def test_whatever_a_servers_dialect_it_is_one_play(live_in, shape):
    home = await live_in(plex=SHAPES[shape])
    await home.watch(PAPERMAN, manners={"transcode": True})
    await home.settled()
    assert is_one_play(home, PAPERMAN)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_however_a_viewing_ends_it_is_one_play(live_in, ending):
    home = await live_in()
    viewing = await home.watch(FIRST, start=0.5, until=0.97, ending=ending)
    await home.settled()
    await home.later(minutes=15)
    assert is_one_play(home, FIRST, start=50.0, stop=97.0)
    (watched_at,) = home.watched_at()
    assert abs((watched_at - viewing.ended_at).total_seconds()) <= 120


async def test_a_player_that_dies_is_believed_to_go_on_while_it_is_listed_and_its_play_keeps_its_time(
    live_in,
):
    home = await live_in(plex={"linger_s": 240.0})
    viewing = await home.watch(FIRST, start=0.5, until=0.97, ending=Ending.CRASH)
    await home.later(minutes=3)
    assert home.watched() == []
    await home.settled()
    await home.later(minutes=15)
    assert home.watched() == [FIRST]
    (watched_at,) = home.watched_at()
    assert abs((watched_at - viewing.ended_at).total_seconds()) <= 10
    assert [what for what, _ in home.requests()] == [
        "POST /scrobble/start",
        "GET /sync/history",
        "POST /sync/history",
        "GET /sync/history",  # to learn the number of the new line
    ]


async def test_a_pause_and_a_seek_are_told_and_it_is_one_play(live_in):
    home = await live_in()
    await home.watch(ARRIVAL, pauses=((0.2, 600.0),), seeks=((0.5, 0.7),))
    await home.settled()
    assert [(what, round(at)) for what, _, at in home.told()] == [
        ("start", 0),
        ("pause", 20),
        ("start", 20),
        ("start", 70),
        ("stop", 100),
    ]
    assert home.watched() == [ARRIVAL]


async def test_two_servers_worth_of_noise_hides_no_viewing(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(PAPERMAN), offset_ms=200_000)
    for number in range(1_500):
        kind = "activity" if number % 2 else "timeline"
        home.plex.push_frame({"NotificationContainer": {"type": kind, "size": 1}})
    await home.later(minutes=3)
    await player.stop()
    await home.settled()
    assert is_one_play(home, PAPERMAN, start=47.6, stop=90.5)
