"""Virtual players, as a listener at the socket and a reader of the lists meet them."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from datetime import timedelta

import pytest

from crosswatch.simulator.plex import Autoplay, Ending, Script

MINUTE_MS = 60_000
EPISODE = "28841"  # seven minutes
EPISODE_MS = 420_000


def essentials(play):
    """Key, item, state and offset in seconds."""
    return (play.get("sessionKey"), play["ratingKey"], play["state"], round(play["viewOffset"] / 1000))


# ---------------------------------------------------------------- a plain viewing


async def test_a_viewing_reports_every_ten_seconds_and_ends_with_a_stop(plex, listen):
    ear = await listen(plex)
    viewing = await plex.player("bob", "web").watch(plex.item(EPISODE))
    await ear.until_stopped()
    offsets = [play["viewOffset"] for play in ear.plays]
    assert essentials(ear.plays[0]) == ("1", EPISODE, "playing", 0)
    assert essentials(ear.plays[-1]) == ("1", EPISODE, "stopped", 420)
    assert offsets == sorted(offsets)
    steps = [later - earlier for earlier, later in itertools.pairwise(offsets[:-1])]
    assert 9_500 <= statistics.median(steps) <= 30_000
    assert (viewing.offset_ms, viewing.progress, viewing.ending) == (EPISODE_MS, 100.0, "normal")
    assert viewing.ended_at - viewing.started_at >= timedelta(minutes=7)


@pytest.mark.parametrize(("device", "period_s"), [("kodi", 1.0), ("web", 10.0), ("phone", 20.0)])
async def test_each_kind_of_player_has_its_pace(make_plex, listen, device, period_s):
    plex = await make_plex(scale=20.0 * period_s)
    ear = await listen(plex)
    await plex.player("alice", device).watch(plex.item(EPISODE), seconds=5.5 * period_s)
    await ear.until_stopped()
    offsets_s = [play["viewOffset"] / 1000 for play in ear.plays[:-1]]
    steps_s = [later - earlier for earlier, later in itertools.pairwise(offsets_s)]
    assert 0.9 * period_s <= statistics.median(steps_s) <= 1.7 * period_s


async def test_a_pause_goes_on_reporting_one_offset(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "tv").watch(plex.item(EPISODE), until=0.3, pauses=((0.2, 60.0),))
    await ear.until_stopped()
    paused = [play for play in ear.plays if play["state"] == "paused"]
    assert 2 <= len(paused) <= 7
    assert {play["viewOffset"] for play in paused} == {int(0.2 * EPISODE_MS)}
    last = max(n for n, play in enumerate(ear.plays) if play["state"] == "paused")
    after = ear.plays[last + 1]
    assert (after["state"], after["viewOffset"]) == ("playing", int(0.2 * EPISODE_MS))


async def test_a_transcode_begins_buffering_and_shows_its_session_from_the_second_frame_on(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "tv", transcode=True, buffering=2).watch(plex.item(EPISODE), until=0.1)
    await ear.until_stopped()
    assert [play["state"] for play in ear.plays[:4]] == ["buffering", "buffering", "playing", "playing"]
    assert ["transcodeSession" in play for play in ear.plays[:5]] == [False, False, False, True, True]


async def test_a_seek_buffers_and_opens_another_transcode(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "tv", transcode=True).watch(plex.item(EPISODE), until=0.6, seeks=((0.1, 0.5),))
    await ear.until_stopped()
    at = next(n for n, play in enumerate(ear.plays) if play["state"] == "buffering")
    assert [play["viewOffset"] for play in ear.plays[at : at + 2]] == [EPISODE_MS // 2] * 2
    sessions = {play["transcodeSession"][-2:] for play in ear.plays if "transcodeSession" in play}
    assert sessions == {"-1", "-2"}


async def test_a_transcoder_can_be_heard_of_too(make_plex, listen, recording):
    plex = await make_plex(transcode_frames=True)
    ear = await listen(plex)
    player = plex.player("alice", "tv", transcode=True)
    await player.watch(plex.item(EPISODE), until=0.3, seeks=((0.1, 0.2),))
    await ear.until(lambda ear: ear.frames and ear.frames[-1]["type"] == "transcodeSession.end")
    news = [frame for frame in ear.frames if frame["type"].startswith("transcodeSession.")]
    types = [frame["type"].partition(".")[2] for frame in news]
    assert (types[0], types[-1], types.count("start"), types.count("end")) == ("start", "end", 2, 1)
    wanted = recording("ws/23-transcode-update.json")["NotificationContainer"]["TranscodeSession"][0]
    assert news[0]["TranscodeSession"][0].keys() == wanted.keys()


async def test_buffering_storms_flip_the_state(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "tv").watch(plex.item(EPISODE), until=0.2, buffers=((0.1, 5),))
    await ear.until_stopped()
    states = [play["state"] for play in ear.plays]
    assert states.count("buffering") == 5
    assert "".join("b" if state == "buffering" else "p" for state in states).count("bp") == 5


async def test_twins_come_back_to_back(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "tv", twins=True).watch(plex.item(EPISODE), until=0.05)
    await ear.until_stopped()
    assert ear.plays[0] == ear.plays[1]


async def test_a_resumed_item_may_say_zero_first(plex, listen):
    ear = await listen(plex)
    player = plex.player("alice", "tv", resumes_at_zero=True)
    await player.watch(plex.item(EPISODE), start=0.5, until=0.6)
    await ear.until_stopped()
    assert [play["viewOffset"] for play in ear.plays[:2]] == [0, EPISODE_MS // 2]


async def test_a_kodi_fills_the_guid_and_others_do_not(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "kodi").start(plex.item(EPISODE))
    await plex.player("bob", "web").start(plex.item(EPISODE))
    await ear.until_count(2)
    assert [play["guid"] for play in ear.plays[:2]] == ["plex://episode/61a7767ce791a9a4411afd38", ""]


async def test_live_tv_has_no_rating_key_and_another_path(plex, listen):
    ear = await listen(plex)
    await plex.player("alice", "tv").watch(plex.item("Evening News"), seconds=30)
    await ear.until_stopped()
    assert {(play["ratingKey"], play["key"][:17]) for play in ear.plays} == {("", "/livetv/sessions/")}
    assert plex.world.history.rows == []


async def test_a_player_can_be_driven_by_hand(plex, listen):
    ear = await listen(plex)
    player = plex.player("alice", "tv")
    await player.start(plex.item(EPISODE), offset_ms=MINUTE_MS)
    player.pause()
    player.resume()
    await player.seek(2 * MINUTE_MS)
    viewing = await player.stop()
    await ear.until_stopped()
    changes = [play["state"] for play in ear.plays]
    assert (changes[0], changes[-1]) == ("playing", "stopped")
    assert "paused" in changes
    assert viewing.offset_ms >= 2 * MINUTE_MS
    with pytest.raises(RuntimeError, match="plays"):
        await asyncio.gather(player.start(plex.item(EPISODE)), player.start(plex.item(EPISODE)))


# ---------------------------------------------------------------- /status/sessions


async def test_the_table_is_late_and_coarse(make_plex, ask):
    plex = await make_plex(session_lag_s=300.0, offset_step_ms=10_000)
    player = plex.player("alice", "web", period_s=5.0)
    await player.start(plex.item("1357"))
    assert (await ask(plex, "/status/sessions"))[1] == {"MediaContainer": {"size": 0}}
    await plex.clock.sleep(305)
    _, listed = await ask(plex, "/status/sessions")
    assert listed["MediaContainer"]["Metadata"][0]["viewOffset"] % 10_000 == 0


async def test_a_stopped_session_has_left_the_table_before_its_frame_comes(plex):
    player = plex.player("alice", "web")
    await player.start(plex.item("1357"))
    seen = []
    publish = plex.world.hub.publish

    def look(frame):
        seen.append([play["state"] for play in frame.entries if plex.world.sessions.get(play["sessionKey"])])
        publish(frame)

    plex.world.hub.publish = look
    player.pause()
    await player.stop()
    assert seen == [["paused"], []]


@pytest.mark.parametrize(
    ("shown", "at_first", "later"),
    [
        ("present", "alice", "alice"),
        ("late", None, "alice"),
        ("absent", None, None),
        ("blank", "", ""),
    ],
)
async def test_the_user_is_there_or_late_or_absent(make_plex, ask, shown, at_first, later):
    plex = await make_plex(session_user=shown, user_late_s=300.0)
    await plex.player("alice", "web").start(plex.item("1357"))
    assert await _user(plex, ask) == at_first
    await plex.clock.sleep(301)
    assert await _user(plex, ask) == later


async def _user(plex, ask):
    _, listed = await ask(plex, "/status/sessions")
    return listed["MediaContainer"]["Metadata"][0].get("User", {}).get("title")


async def test_the_table_can_be_replaced(plex, ask, recording):
    await plex.player("alice", "web").start(plex.item("1357"))
    wanted = recording("sessions/13-legacy-lists.json")["MediaContainer"]["Metadata"]
    plex.set_sessions(wanted)
    assert (await ask(plex, "/status/sessions"))[1]["MediaContainer"]["Metadata"] == wanted
    plex.set_sessions(None)
    assert (await ask(plex, "/status/sessions"))[1]["MediaContainer"]["Metadata"][0]["sessionKey"] == "1"


# ---------------------------------------------------------------- endings


async def watched_until(plex, ending, **fields):
    player = plex.player("alice", "tv", queues=False)
    return await player.watch(plex.item("147967"), Script(start=0.97, until=0.98, ending=ending, **fields))


LAST_S = round(0.98 * 3180)

STOPS = {
    Ending.NORMAL: [("1", "147967", "stopped", LAST_S)],
    Ending.REPEATED: [("1", "147967", "stopped", LAST_S)] * 3,
    Ending.ZERO: [("1", "147967", "stopped", 0)],
    Ending.NO_ITEM: [("1", "", "stopped", LAST_S)],
    Ending.NO_KEY: [(None, "", "stopped", 0)],
    Ending.NEW_KEY: [("1", "147967", "paused", LAST_S), ("2", "147967", "stopped", LAST_S)],
    Ending.TRIPLE: [
        ("1", "", "stopped", LAST_S),
        ("2", "147967", "stopped", LAST_S),
        ("3", "", "stopped", LAST_S),
    ],
    Ending.GHOST: [("1", "147967", "stopped", LAST_S), ("1", "147968", "stopped", LAST_S + 8)],
    Ending.ERROR: [("1", "147967", "error", LAST_S)],
    Ending.NO_FRAME: [],
    Ending.CRASH: [],
}


@pytest.mark.parametrize("ending", STOPS)
async def test_a_session_can_end_in_every_recorded_way(plex, listen, ending):
    ear = await listen(plex)
    viewing = await watched_until(plex, ending)
    plex.push_frame({"NotificationContainer": {"type": "status", "size": 1}})
    await ear.until(lambda ear: ear.frames and ear.frames[-1]["type"] == "status")
    before_end = [n for n, play in enumerate(ear.plays) if play["state"] == "playing"][-1]
    assert [essentials(play) for play in ear.plays[before_end + 1 :]] == STOPS[ending]
    assert (viewing.offset_ms, viewing.ending) == (int(0.98 * 3_180_000), ending)
    alive = plex.world.sessions.alive(plex.clock.timestamp())
    assert [session.key for session in alive] == (["1"] if ending is Ending.CRASH else [])


async def test_a_crashed_session_lingers_and_vanishes(make_plex):
    plex = await make_plex(linger_s=300.0)
    await watched_until(plex, Ending.CRASH)
    assert plex.world.sessions.alive(plex.clock.timestamp())
    await plex.clock.sleep(301)
    assert plex.world.sessions.alive(plex.clock.timestamp()) == []


async def test_a_player_without_a_connection_is_watched_on_and_tells_later(plex, listen):
    ear = await listen(plex)
    viewing = await plex.player("alice", "phone").watch(
        plex.item(EPISODE), Script(ending=Ending.OFFLINE, lost_at=0.5, sync_after_s=300.0)
    )
    assert {play["state"] for play in ear.plays} == {"playing"}
    assert viewing.reported_ms <= EPISODE_MS // 2
    [row] = plex.world.history.rows
    ended_at = viewing.ended_at.timestamp()
    assert abs(row.viewed_at - ended_at) <= 60
    assert plex.clock.timestamp() >= ended_at + 300


async def test_a_cancelled_script_is_a_crash(plex, eventually):
    player = plex.player("alice", "tv")
    script = plex.spawn(player.watch(plex.item("1357")))
    await eventually(lambda: player.state == "playing")
    script.cancel()
    await asyncio.gather(script, return_exceptions=True)
    assert (player.state, player.viewing.ending) == ("idle", "crash")


# ---------------------------------------------------------------- autoplay


async def test_autoplay_with_a_stop_and_a_new_session(plex, listen):
    ear = await listen(plex)
    seen = await _autoplay(plex, Autoplay.NEW_KEY)
    await ear.until_stopped(2)
    changes = [essentials(play)[:3] for play in ear.plays]
    assert ("1", EPISODE, "stopped") in changes
    assert changes[-1] == ("2", next_key(plex), "stopped")
    assert [viewing.session_keys for viewing in seen] == [["1"], ["2"]]
    assert len({play["playQueueID"] for play in ear.plays}) == 1
    assert len({play["playQueueItemID"] for play in ear.plays}) == 2


async def test_autoplay_in_the_same_session_without_a_stop(plex, listen):
    ear = await listen(plex)
    seen = await _autoplay(plex, Autoplay.SAME_KEY)
    await ear.until_stopped()
    keys = [(play["sessionKey"], play["ratingKey"]) for play in ear.plays]
    assert set(keys) == {("1", EPISODE), ("1", next_key(plex))}
    assert [play["ratingKey"] for play in ear.plays if play["state"] == "stopped"] == [next_key(plex)]
    assert [viewing.progress for viewing in seen] == [100.0, 5.0]


async def test_a_machine_that_stands_still_carries_nobody_past_the_end(plex, monkeypatch):
    player = plex.player("alice", "tv")
    enter = player._enter

    async def enter_slowly(*args, **options):
        await enter(*args, **options)
        time.sleep(plex.clock.real_seconds(1.5 * EPISODE_MS / 1000))  # noqa: ASYNC251 -- that is the point

    monkeypatch.setattr(player, "_enter", enter_slowly)
    seen = await player.watch_queue([plex.item(EPISODE), plex.item(next_key(plex))], Autoplay.SAME_KEY)
    assert [viewing.progress for viewing in seen] == [100.0, 100.0]


async def test_autoplay_whose_offset_runs_past_the_end(plex, listen):
    ear = await listen(plex)
    seen = await _autoplay(plex, Autoplay.OVERRUN)
    await ear.until_stopped()
    furthest = max(play["viewOffset"] for play in ear.plays if play["ratingKey"] == EPISODE)
    assert 1.05 <= furthest / EPISODE_MS <= 1.45
    assert seen[0].progress == pytest.approx(130.0)


async def _autoplay(plex, autoplay):
    player = plex.player("alice", "tv")
    items = [plex.item(EPISODE), plex.item(next_key(plex))]
    return await player.watch_queue(items, autoplay, Script(until=0.05))


def next_key(plex):
    """Rating key of the episode after `EPISODE`."""
    return plex.world.library.next_episode(plex.item(EPISODE)).rating_key


async def test_a_preroll_and_a_trailer_come_before_the_movie_in_one_queue(plex, listen):
    ear = await listen(plex)
    items = [plex.item("47999"), plex.item("8355"), plex.item("1357")]
    await plex.player("alice", "tv").watch_queue(items, Autoplay.SAME_KEY, Script(until=0.01))
    await ear.until_stopped()
    order = list(dict.fromkeys(play["ratingKey"] for play in ear.plays))
    assert order == ["47999", "8355", "1357"]
    assert plex.world.history.rows == []


# ---------------------------------------------------------------- what the server counts


@pytest.mark.parametrize(
    ("place", "options", "counted"),
    [
        pytest.param(("1357", 0.89), {}, False, id="a movie below the default threshold"),
        pytest.param(("1357", 0.91), {}, True, id="a movie above it"),
        pytest.param(("1357", 0.81), {"played_threshold": 80}, True, id="another threshold"),
        pytest.param(("59853", 0.87), {}, True, id="credits before the threshold"),
        pytest.param(("59853", 0.87), {"played_behaviour": "0"}, False, id="the threshold alone"),
        pytest.param(("147967", 0.95), {"played_behaviour": "2"}, True, id="the first credits"),
        pytest.param(("147967", 0.96), {"played_behaviour": "1"}, False, id="before the final credits"),
        pytest.param(("147967", 0.98), {"played_behaviour": "1"}, True, id="at the final credits"),
        pytest.param(("1357", 0.91), {"played_behaviour": "1"}, True, id="no markers"),
        pytest.param(("8355", 1.0), {}, False, id="a trailer"),
    ],
)
async def test_the_server_counts_by_its_rule(make_plex, ask, place, options, counted):
    item, until = place
    plex = await make_plex(**options)
    viewing = await plex.player("bob", "web").watch(plex.item(item), start=until - 0.01, until=until)
    assert (viewing.counted_at is not None, len(plex.world.history.rows)) == (counted, int(counted))
    _, answer = await ask(plex, f"/library/metadata/{item}", token="EXAMPLE-TOKEN-BOB")
    seen = answer["MediaContainer"]["Metadata"][0]
    assert seen.get("viewCount") == (1 if counted else None)
    assert ("viewOffset" in seen) == (not counted and item != "8355")


async def test_a_play_is_counted_when_it_crosses_and_once(make_plex):
    plex = await make_plex(clock_offset_s=-7200.0)
    viewing = await plex.player("alice", "web").watch(plex.item(EPISODE), seeks=((0.95, 0.5),))
    [row] = plex.world.history.rows
    crossed_at = viewing.started_at.timestamp() + 0.9 * 420 - 7200
    assert -2 <= row.viewed_at - crossed_at <= 200
    assert plex.world.history.view(plex.person("alice"), plex.item(EPISODE)).count == 1


async def test_a_row_can_be_written_twice(make_plex, ask):
    plex = await make_plex(doubled_history=True)
    await plex.player("alice", "web").watch(plex.item(EPISODE), start=0.89, until=0.95)
    rows = (await ask(plex, "/status/sessions/history/all"))[1]["MediaContainer"]["Metadata"]
    assert [row["ratingKey"] for row in rows] == [EPISODE] * 2
    assert rows[1]["viewedAt"] - rows[0]["viewedAt"] == 2
    assert len({row["historyKey"] for row in rows}) == 2


async def test_a_changed_threshold_is_announced_and_obeyed(plex, ask, listen, recording):
    ear = await listen(plex)
    status, _ = await ask(plex, "/:/prefs?LibraryVideoPlayedThreshold=50", method="PUT")
    assert status == 200
    await ear.until_count(1)
    assert ear.frames[0]["type"] == "preference"
    assert (
        ear.frames[0]["Setting"][0].keys()
        >= recording("ws/28-preference.json")["NotificationContainer"]["Setting"][0].keys()
    )
    _, answer = await ask(plex, "/:/prefs/get?id=LibraryVideoPlayedThreshold")
    assert answer["MediaContainer"]["Setting"][0]["value"] == 50
    await plex.player("alice", "web").watch(plex.item(EPISODE), start=0.5, until=0.55)
    assert len(plex.world.history.rows) == 1


# ---------------------------------------------------------------- history


@pytest.fixture
async def seen(plex):
    """Four rows of two people at 100, 200, 300 and 400 seconds after the beginning of Unix time."""
    rows = [("alice", "1357"), ("bob", "147967"), ("alice", "147968"), ("bob", "1357")]
    for number, (person, item) in enumerate(rows, start=1):
        plex.world.history.add(plex.person(person), plex.item(item), number * 100)
    return plex


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("", [100, 200, 300, 400]),
        ("?sort=viewedAt:desc", [400, 300, 200, 100]),
        ("?sort=viewedAt", [100, 200, 300, 400]),
        ("?viewedAt>=300", [300, 400]),
        ("?viewedAt%3E=201&sort=viewedAt:desc", [400, 300]),
        ("?viewedAt<=200", [100, 200]),
        ("?accountID=1", [100, 300]),
        ("?accountID=1000002", [200, 400]),
        ("?librarySectionID=2", [200, 300]),
        ("?metadataItemID=1357", [100, 400]),
        ("?metadataItemID=147960", [200, 300]),
        ("?X-Plex-Container-Start=1&X-Plex-Container-Size=2", [200, 300]),
    ],
)
async def test_the_history_can_be_narrowed_sorted_and_paged(seen, ask, query, times):
    status, answer = await ask(seen, f"/status/sessions/history/all{query}")
    assert status == 200
    assert [row["viewedAt"] for row in answer["MediaContainer"]["Metadata"]] == times


@pytest.mark.parametrize(
    "query", ["sort=nonsense", "sort=viewedAt:sideways", "accountID=alice", "viewedAt>=soon"]
)
async def test_nonsense_is_refused(seen, ask, query):
    assert (await ask(seen, f"/status/sessions/history/all?{query}"))[0] == 400


async def test_a_page_says_where_it_stands(seen, ask):
    headers = {"X-Plex-Container-Start": "3", "X-Plex-Container-Size": "5", "Accept": "application/json"}
    _, answer = await ask(seen, "/status/sessions/history/all", headers=headers)
    page = answer["MediaContainer"]
    assert (page["size"], page["totalSize"], page["offset"]) == (1, 4, 3)


async def test_others_see_their_own_rows(seen, ask):
    _, answer = await ask(seen, "/status/sessions/history/all", token="EXAMPLE-TOKEN-BOB")
    assert [row["viewedAt"] for row in answer["MediaContainer"]["Metadata"]] == [200, 400]


async def test_others_may_be_refused_instead(make_plex, ask):
    plex = await make_plex(history_for_others="401")
    assert (await ask(plex, "/status/sessions/history/all", token="EXAMPLE-TOKEN-BOB"))[0] == 401


# ---------------------------------------------------------------- the library changes


async def test_a_deleted_item_is_announced_and_keeps_its_row_without_keys(seen, ask, listen, recording):
    ear = await listen(seen)
    seen.world.delete_item("147967")
    await ear.until_count(1)
    recorded = recording("ws/21-timeline-deleted.json")["NotificationContainer"]["TimelineEntry"][0]
    sent = ear.frames[0]["TimelineEntry"][0]
    assert {name: type(value) for name, value in sent.items()} == {n: type(v) for n, v in recorded.items()}
    assert (sent["itemID"], sent["state"], sent["sectionID"]) == ("147967", 9, "2")
    assert (await ask(seen, "/library/metadata/147967"))[0] == 404
    _, answer = await ask(seen, "/status/sessions/history/all?accountID=1000002")
    row = answer["MediaContainer"]["Metadata"][0]
    assert "ratingKey" not in row
    assert (row["title"], row["parentIndex"], row["index"]) == ("Half Loop", 1, 2)


async def test_a_deleted_show_takes_its_episodes_along(plex, ask):
    plex.world.delete_item("147960")
    assert (await ask(plex, "/library/metadata/147967"))[0] == 404


async def test_a_new_match_is_announced_and_shown(plex, ask, listen, recording):
    ear = await listen(plex)
    plex.world.match_item("90001", guid="plex://movie/5d7768260000000000000001", guids=("imdb://tt0000001",))
    await ear.until_count(4)
    recorded = recording("ws/20-timeline-processed.json")["NotificationContainer"]["TimelineEntry"][0]
    sent = ear.frames[-1]["TimelineEntry"][0]
    assert {name: type(value) for name, value in sent.items()} == {n: type(v) for n, v in recorded.items()}
    assert [frame["TimelineEntry"][0]["state"] for frame in ear.frames] == [2, 3, 4, 5]
    _, answer = await ask(plex, "/library/metadata/90001")
    assert answer["MediaContainer"]["Metadata"][0]["Guid"] == [{"id": "imdb://tt0000001"}]


async def test_a_new_item_is_announced_and_can_be_played(plex, ask, listen):
    ear = await listen(plex)
    section = plex.world.library.sections[1]
    item = plex.world.add_item(plex.world.library.new_movie("Fresh", section, length_ms=MINUTE_MS, year=2026))
    await ear.until_count(6)
    await plex.player("alice", "web").watch(item)
    await ear.until_stopped()
    assert (await ask(plex, f"/library/metadata/{item.rating_key}"))[0] == 200
    assert plex.world.history.rows[0].item is item
