"""A file that holds two episodes is two viewings, each with its own time, however it is watched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.simulator.plex import Ending

FIRST, SECOND = "The Office (US) S04E01", "The Office (US) S04E02"
HALF = timedelta(minutes=21)


def told(home):
    return [(what, name.rpartition(" ")[2], round(at)) for what, name, at in home.told()]


def is_near(one, other, tolerance_s=15):
    return abs((one - other).total_seconds()) <= tolerance_s


async def test_each_episode_starts_and_stops_for_itself(live_in):
    home = await live_in()
    home.forget_requests()
    viewing = await home.watch(FIRST)
    await home.settled()
    assert told(home) == [
        ("start", "S04E01", 0),
        ("stop", "S04E01", 100),
        ("start", "S04E02", 0),
        ("stop", "S04E02", 100),
    ]
    assert len(home.requests()) == 4
    first, second = home.watched_at()
    assert is_near(first, viewing.started_at + HALF)
    assert is_near(second, viewing.ended_at)


async def test_the_server_is_asked_once_more_than_for_an_ordinary_file(live_in):
    home = await live_in()
    home.forget_requests()
    await home.watch(FIRST)
    await home.settled()
    episode = home.item(FIRST)
    season, show = episode.parent, episode.parent.parent
    assert home.look_ups() == [
        "/status/sessions",
        episode.path,
        f"{season.path}/children",
        show.path,
        "/:/prefs",  # when the server counts a video; asked for anew after an hour only
    ]
    await home.watch(FIRST)
    await home.settled()
    assert home.look_ups()[5:] == ["/status/sessions"]


@pytest.mark.parametrize("until", [0.4, 0.49])
async def test_neither_is_watched_when_the_first_was_not_finished(live_in, until):
    """At 40 % of the file the first episode has come to 80 %, and the second has not begun."""
    home = await live_in()
    await home.watch(FIRST, until=until)
    await home.settled()
    await home.later(minutes=15)
    expected = ["The Office S04E01"] if 2 * until >= 0.8 else []
    assert home.watched() == expected
    assert "S04E02" not in {name for _, name, _ in told(home)}


async def test_who_gives_up_in_the_second_has_watched_the_first(live_in):
    home = await live_in()
    viewing = await home.watch(FIRST, until=0.7)
    await home.settled()
    await home.later(minutes=15)
    assert told(home)[1:] == [
        ("stop", "S04E01", 100),
        ("start", "S04E02", 0),
        ("stop", "S04E02", 40),
    ]
    (watched_at,) = home.watched_at()
    assert is_near(watched_at, viewing.started_at + HALF)
    assert home.positions() == {"The Office S04E02": pytest.approx(40, abs=2)}


async def test_the_second_alone_is_one_play(live_in):
    """Somebody chooses the second item, and winds to where it begins."""
    home = await live_in()
    await home.watch(SECOND, start=0.5)
    await home.settled()
    await home.later(minutes=15)
    assert home.watched() == ["The Office S04E02"]
    assert told(home) == [("start", "S04E02", 0), ("stop", "S04E02", 100)]


async def test_who_jumps_into_the_second_has_not_seen_the_first(live_in):
    home = await live_in()
    await home.watch(FIRST, seeks=((0.1, 0.5),))
    await home.settled()
    await home.later(minutes=15)
    assert home.watched() == ["The Office S04E02"]
    assert told(home)[:2] == [("start", "S04E01", 0), ("stop", "S04E01", 20)]


@pytest.mark.parametrize("moment", [0.2, 0.45, 0.55, 0.8])
@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_a_restart_neither_loses_nor_doubles_an_episode(live_in, moment, how):
    home = await live_in()
    player = home.plex.player()
    item = home.item(FIRST)
    await player.start(item)
    await home.later(moment * item.length_ms / 1000)
    await (home.stop_app if how == "stopped" else home.kill_app)()
    await home.later(minutes=1)
    await home.start_app()
    await home.later((1 - moment) * item.length_ms / 1000 - 65)
    await player.stop()
    await home.settled()
    await home.later(minutes=30)
    await home.settled()
    assert home.watched() == ["The Office S04E01", "The Office S04E02"]
    first, second = home.watched_at()
    assert is_near(first, player.viewing.started_at + HALF, 90)
    assert is_near(second, player.viewing.ended_at, 90)


@pytest.mark.parametrize("name", [FIRST, SECOND])
async def test_where_nobody_listened_the_servers_own_history_makes_both(live_in, name):
    home = await live_in()
    await home.later(minutes=1)
    await home.stop_app()
    viewing = await home.watch(name)
    await home.later(minutes=5)
    await home.start_app()
    await home.settled()
    assert home.watched() == ["The Office S04E01", "The Office S04E02"]
    first, second = home.watched_at()
    assert is_near(first, viewing.started_at + HALF, 120)
    assert second - first >= timedelta(minutes=15)
    await home.restart_app()
    await home.later(minutes=30)
    await home.settled()
    assert len(home.watched()) == 2


async def test_where_only_the_first_was_heard_the_history_makes_the_second(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=25)
    await home.stop_app()
    await home.later(minutes=17)
    await player.stop()
    await home.later(minutes=5)
    await home.start_app()
    await home.later(minutes=5)
    await home.settled()
    assert home.watched() == ["The Office S04E01", "The Office S04E02"]


async def test_watching_it_again_the_next_day_is_two_plays_more(live_in):
    home = await live_in()
    for _ in range(2):
        await home.watch(FIRST)
        await home.settled()
        await home.later(hours=20)
    assert [name.rpartition(" ")[2] for name in home.watched()] == ["S04E01", "S04E02"] * 2


@pytest.mark.parametrize("ending", Ending)
async def test_however_the_viewing_ends_it_is_two_plays(live_in, ending):
    home = await live_in()
    await home.watch(FIRST, ending=ending)
    await home.settled()
    await home.later(minutes=90)
    await home.settled()
    assert home.watched() == ["The Office S04E01", "The Office S04E02"]
