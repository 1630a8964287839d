"""The quirks of Plex where socket, look-ups or history matter; those of frames alone are the tracker's tests.

Source: Plex protocol notes, section 15.
"""

from __future__ import annotations

import itertools

import pytest

from crosswatch.simulator.plex import Autoplay, Ending, Fault

PAPERMAN, ARRIVAL, MATRIX = "Paperman (2012)", "Arrival (2016)", "The Matrix (1999)"
FIRST, SECOND, THIRD = "M*A*S*H S01E01", "M*A*S*H S01E02", "M*A*S*H S01E03"
EVERYBODY = ("alice", "bob")


def frame(state, offset_ms, *, key="70", rating_key="9723", client="exampleplayerweb00000001"):
    """One `playing` frame."""
    entry = {
        "sessionKey": key,
        "clientIdentifier": client,
        "ratingKey": rating_key,
        "key": f"/library/metadata/{rating_key}",
        "viewOffset": offset_ms,
        "state": state,
    }
    return {"NotificationContainer": {"type": "playing", "size": 1, "PlaySessionStateNotification": [entry]}}


# ---------------------------------------------------------------- stops


async def test_q04_a_pause_near_the_end_and_a_stop_are_one_play(live_in):
    home = await live_in()
    await home.watch(PAPERMAN, start=0.5, until=0.98, pauses=((0.95, 40.0),))
    await home.settled()
    assert [what for what, _, _ in home.told()] == ["start", "start", "stop"]
    assert home.watched() == [PAPERMAN]


async def test_q08_a_triple_stop_is_one_stop(live_in):
    home = await live_in(whitelist=EVERYBODY)
    await home.watch(ARRIVAL, person="bob", device="kodi", start=0.97, until=0.99, ending=Ending.TRIPLE)
    await home.settled()
    assert [what for what, _, _ in home.told()] == ["start", "stop"]
    assert [(play.account.name, play.media.label) for play in await home.plays()] == [("bob", ARRIVAL)]


async def test_q10_a_ghost_stop_of_the_next_episode_completes_nothing(live_in):
    home = await live_in()
    await home.watch(FIRST, start=0.9, until=0.9999, ending=Ending.GHOST)
    await home.settled()
    await home.later(minutes=5)
    assert home.watched() == [FIRST]
    assert len(await home.plays()) == 1


@pytest.mark.parametrize("autoplay", [Autoplay.NEW_KEY, Autoplay.SAME_KEY])
async def test_q11_each_episode_of_an_evening_is_one_play(live_in, autoplay):
    home = await live_in()
    await home.plex.player().watch_queue([home.item(one) for one in (FIRST, SECOND, THIRD)], autoplay)
    await home.settled()
    assert home.watched() == [FIRST, SECOND, THIRD]
    assert [(what, name) for what, name, _ in home.told()] == [
        (what, name) for name in (FIRST, SECOND, THIRD) for what in ("start", "stop")
    ]


async def test_q12_an_offset_that_runs_past_the_end_is_no_more_than_all_of_it_and_ended_there(live_in):
    home = await live_in()
    began = home.clock.now()
    await home.plex.player().watch_queue([home.item(FIRST), home.item(SECOND)], Autoplay.OVERRUN)
    await home.settled()
    assert home.watched() == [FIRST, SECOND]
    assert max(at for _, _, at in home.told()) == 100.0
    assert (home.watched_at()[0] - began).total_seconds() == pytest.approx(1_500, abs=15)


async def test_q13_a_stop_slightly_past_the_end_is_the_end(live_in):
    home = await live_in()
    await home.watch(PAPERMAN, start=0.5, until=1.0001)
    await home.settled()
    assert home.told()[-1] == ("stop", PAPERMAN, 100.0)


async def test_q14_a_stop_at_zero_ends_the_viewing_where_it_was(live_in):
    home = await live_in()
    await home.watch(PAPERMAN, start=0.5, until=0.97, ending=Ending.ZERO)
    await home.settled()
    assert home.told()[-1] == ("stop", PAPERMAN, pytest.approx(97, abs=3))


async def test_q15_a_resumed_item_keeps_its_position_at_trakt(live_in):
    home = await live_in()
    await home.watch(PAPERMAN, until=0.5)
    await home.watch(PAPERMAN, start=0.5, until=0.6, manners={"resumes_at_zero": True})
    await home.settled()
    assert [round(at) for what, _, at in home.told() if what == "start"] == [0, 50]


async def test_q16_a_jump_over_everything_is_no_play_even_if_plex_counts_it(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(PAPERMAN))
    await home.later(seconds=4)
    await player.seek(419_500)
    await player.stop()
    await home.settled()
    assert player.viewing.counted_at is not None
    await home.later(hours=3)
    assert home.watched() == []
    assert await home.verdicts() == [(PAPERMAN, "skipped", "skipped_through")]


# ---------------------------------------------------------------- sessions


async def test_q17_a_session_that_vanishes_ends_where_it_was_last_seen(live_in):
    home = await live_in()
    await home.watch(FIRST, start=0.5, until=0.6, ending=Ending.NO_FRAME)
    await home.settled()
    assert home.told()[-1] == ("stop", FIRST, pytest.approx(60, abs=1))
    assert home.positions() == {FIRST: pytest.approx(60, abs=1)}


async def test_q18_a_session_that_begins_with_a_stop_is_ignored(live_in):
    home = await live_in()
    home.plex.push_frame(frame("stopped", 6_900_000))
    await home.settled()
    await home.later(minutes=5)
    assert (home.told(), home.watched(), await home.plays()) == ([], [], [])


async def test_q19_after_a_restart_of_plex_a_key_belongs_to_somebody_else(live_in):
    home = await live_in()
    alice, bob = home.plex.player("alice", "web"), home.plex.player("bob", "tv")
    await alice.start(home.item(ARRIVAL), offset_ms=3_000_000)
    await bob.start(home.item(MATRIX), offset_ms=7_000_000)
    await home.later(minutes=5)
    keys = alice.session_key, bob.session_key
    await home.plex.restart(down_s=20, starting_s=10, swap_keys=True)
    await home.later(minutes=5)
    assert (bob.session_key, alice.session_key) == keys
    await home.later(minutes=10)
    await bob.stop()
    await home.later(minutes=45)
    await alice.stop()
    await home.settled()
    assert home.watched() == [ARRIVAL]
    assert {(name, verdict) for name, verdict, _ in await home.verdicts()} == {
        (ARRIVAL, "delivered"),
        (MATRIX, "skipped"),
    }


@pytest.mark.parametrize("lag", [{"session_lag_s": 4.0}, {"session_user": "late", "user_late_s": 25.0}])
async def test_q20_who_is_named_late_is_told_of_and_is_nobody_else_until_then(live_in, lag):
    home = await live_in(plex=lag)
    await home.watch(PAPERMAN, person="alice", start=0.1)
    await home.watch(FIRST, person="bob", start=0.9)
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert {(play.account.name, play.media.label) for play in await home.plays()} == {
        ("alice", PAPERMAN),
        ("bob", FIRST),
    }


async def test_q21_the_user_of_a_session_wins_over_every_other_mention_of_an_account(live_in):
    home = await live_in()
    player = home.plex.player("bob", "tv")
    await player.start(home.item(ARRIVAL), offset_ms=6_000_000)
    (listed,) = home.plex.world.sessions.documents(home.clock.timestamp())
    listed["Player"]["userID"] = 1
    listed["Account"] = {"id": 1, "title": "alice"}
    home.plex.set_sessions([listed])
    await home.later(minutes=10)
    await player.stop()
    home.plex.set_sessions([])
    await home.settled()
    assert home.told() == []
    assert [play.account.name for play in await home.plays()] == ["bob"]


async def test_q22_a_token_that_is_refused_while_plex_starts_is_asked_for_again(live_in):
    home = await live_in()
    home.plex.add_fault(Fault.answering(403, path="/status/sessions", seconds=60.0))
    home.plex.drop()
    await home.later(seconds=5)
    player = home.plex.player("bob", "tv")
    await player.start(home.item(MATRIX), offset_ms=7_500_000)
    await home.watch(PAPERMAN, start=0.1)
    await player.stop()
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert {play.account.name for play in await home.plays()} == {"alice", "bob"}


async def test_q23_a_dlna_player_that_appears_twice_is_one_play_or_nobodys(live_in):
    home = await live_in(whitelist=())
    player = home.plex.player("alice", "dlna", user="present")
    await player.start(home.item(PAPERMAN), offset_ms=100_000)
    home.plex.push_frame(
        frame("playing", 0, key="71", rating_key="200025", client="exampleplayerdlna0000006")
    )
    await home.later(minutes=5)
    await player.stop()
    await home.watch(FIRST, person=None, device="dlna", start=0.8)
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def is_skipped(home, name):
    """Whether the play of something that no sink wants is skipped, with a reason."""
    await home.watch(name, seconds=120)
    await home.settled()
    assert home.requests() == []
    return [words for _, *words in await home.verdicts()] == [["skipped", "type_unsupported"]]


@pytest.mark.parametrize("name", ["Evening News (2025)", "Midnight Movie Talk"])
async def test_q24_live_television_is_skipped(live_in, name):
    assert await is_skipped(await live_in(whitelist=()), name)


async def test_q25_a_clip_is_skipped(live_in):
    assert await is_skipped(await live_in(whitelist=()), "clip")


@pytest.mark.parametrize("name", ["Theme", "What a Wonderful World"])
async def test_q26_music_is_skipped(live_in, name):
    assert await is_skipped(await live_in(whitelist=()), name)


async def test_q25_trailers_ahead_of_a_film_neither_count_nor_disturb_it(live_in):
    home = await live_in()
    queue = [home.item(name) for name in ("47999", "8355", PAPERMAN)]
    await home.plex.player().watch_queue(queue, Autoplay.SAME_KEY)
    await home.settled()
    assert home.told() == [("start", PAPERMAN, 0.0), ("stop", PAPERMAN, 100.0)]


# ---------------------------------------------------------------- items


async def test_q27_ids_may_be_numbers_or_text_in_frames_and_lists(live_in):
    home = await live_in()
    player = home.plex.player(device="tv")
    await player.start(home.item(ARRIVAL), offset_ms=6_000_000)
    (listed,) = home.plex.world.sessions.documents(home.clock.timestamp())
    await player.stop()
    listed |= {
        "sessionKey": 70,
        "ratingKey": 9723,
        "librarySectionID": 1,
        "User": {"id": 1, "title": "alice"},
    }
    home.forget_requests()
    home.plex.set_sessions([listed])
    said = frame("playing", 6_100_000)
    said["NotificationContainer"]["PlaySessionStateNotification"][0] |= {"sessionKey": 70, "ratingKey": 9723}
    home.plex.push_frame(said)
    await home.later(seconds=10)
    home.plex.push_frame(frame("stopped", 6_110_000))
    home.plex.set_sessions([])
    await home.settled()
    assert [what for what, _, _ in home.told()] == ["start", "stop"]
    assert home.watched() == [ARRIVAL]


async def test_q28_several_entries_in_one_frame_are_several_viewings(live_in):
    home = await live_in()
    players = [home.plex.player("alice", device) for device in ("web", "tv")]
    for player, name in zip(players, (ARRIVAL, MATRIX), strict=True):
        await player.start(home.item(name), offset_ms=int(0.9 * home.item(name).length_ms))
    await home.later(minutes=1)
    stops = [
        frame("stopped", player.position_ms, key=player.session_key, rating_key=player.item.rating_key)
        for player in players
    ]
    for player in players:
        player.abandon()
    entries = [stop["NotificationContainer"]["PlaySessionStateNotification"][0] for stop in stops]
    home.plex.push_frame(
        {"NotificationContainer": {"type": " playing ", "PlaySessionStateNotification": entries}}
    )
    home.plex.set_sessions([])
    await home.settled()
    assert sorted(home.watched()) == [ARRIVAL, MATRIX]


async def test_q29_an_episode_is_named_by_the_ids_of_its_show_which_take_a_second_request(live_in):
    home = await live_in()
    await home.watch(FIRST, start=0.9)
    await home.settled()
    show = home.item(FIRST).grandparent
    assert home.look_ups()[-2:] == [home.item(FIRST).path, show.path]
    (started,) = home.trakt.ledger.of("POST", "/scrobble/start")
    assert {f"{name}://{value}" for name, value in started.body["show"]["ids"].items()} == set(show.guids)
    assert started.body["episode"] == {"season": 1, "number": 1}


async def test_q30_season_zero_is_a_season(live_in):
    home = await live_in()
    await home.watch("Sherlock S00E08", start=0.5)
    await home.settled()
    assert home.watched() == ["Sherlock S00E08"]
    assert home.trakt.ledger.of("POST", "/scrobble/start")[0].body["episode"] == {"season": 0, "number": 8}


async def test_q32_an_item_that_is_deleted_while_it_plays_is_still_a_play(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(PAPERMAN), offset_ms=200_000)
    await home.later(minutes=2)
    home.plex.world.delete_item(home.item(PAPERMAN).rating_key)
    await home.later(minutes=1)
    await player.stop()
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert len(home.requests()) == 2


async def test_q33_a_match_that_is_mended_counts_from_the_next_viewing_on(live_in):
    home = await live_in()
    item = home.item(PAPERMAN)
    right = item.guid, item.guids
    item.guid, item.guids = "plex://movie/5d77680000000000000wrong", ("imdb://tt0133093", "tmdb://603")
    player = home.plex.player()
    await player.start(item, offset_ms=50_000)
    await home.later(minutes=1)
    home.plex.world.match_item(item.rating_key, guid=right[0], guids=right[1])
    await home.later(seconds=20)
    await player.stop()
    await home.watch(PAPERMAN, start=0.5)
    await home.settled()
    assert home.watched() == [PAPERMAN]


# ---------------------------------------------------------------- history, clocks, pace


async def test_q35_what_was_watched_offline_is_found_in_the_history(live_in):
    home = await live_in()
    player = home.plex.player(device="phone")
    viewing = await player.watch(
        home.item(FIRST), ending=Ending.OFFLINE, lost_at=0.2, sync_after_s=4 * 3600.0
    )
    assert home.watched() == []
    await home.later(hours=1)
    await home.settled()
    assert home.watched() == [FIRST]
    assert abs((home.watched_at()[0] - viewing.ended_at).total_seconds()) <= 120


async def test_q36_two_devices_of_one_person_are_two_plays(live_in):
    home = await live_in()
    watching = home.plex.spawn(home.watch(ARRIVAL, device="tv", start=0.8))
    await home.watch(PAPERMAN, device="phone")
    await watching
    await home.settled()
    assert sorted(home.watched()) == [ARRIVAL, PAPERMAN]


@pytest.mark.parametrize("ahead_s", [-7_200.0, -600.0, 600.0, 7_200.0])
async def test_q37_a_server_whose_clock_is_wrong_makes_no_play_twice_and_dates_none_by_it(live_in, ahead_s):
    home = await live_in(plex={"clock_offset_s": ahead_s})
    viewing = await home.watch(FIRST, start=0.5)
    await home.settled()
    await home.later(hours=3)
    await home.restart_app()
    await home.later(minutes=5)
    await home.settled()
    assert home.watched() == [FIRST]
    assert abs((home.watched_at()[0] - viewing.ended_at).total_seconds()) <= 120


async def test_q38_a_player_that_says_everything_each_second_does_not_flood_trakt(live_in):
    home = await live_in()
    player = home.plex.player(device="kodi")
    await player.start(home.item(PAPERMAN), offset_ms=100_000)
    for _ in range(60):
        await home.later(seconds=0.3)
        player.pause()
        await home.later(seconds=0.3)
        player.resume()
    await home.later(minutes=4)
    await player.stop()
    await home.settled()
    times = [request.at for request in home.trakt.ledger.of("POST")]
    assert min((b - a).total_seconds() for a, b in itertools.pairwise(times)) >= 1.0
    assert {status for _, status in home.requests()} == {201}
    assert home.watched() == [PAPERMAN]


async def test_q39_a_pause_of_hours_is_no_end(live_in):
    home = await live_in()
    await home.watch(FIRST, start=0.4, pauses=((0.5, 6 * 3600.0),))
    await home.settled()
    assert [(what, round(at)) for what, _, at in home.told()] == [
        ("start", 40),
        ("pause", 50),
        ("start", 50),
        ("stop", 100),
    ]
    assert home.watched() == [FIRST]
    assert len(await home.plays()) == 1
