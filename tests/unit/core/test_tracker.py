"""Which viewing a frame is about, and what follows; Q1 to Q40 are the quirks of the Plex protocol notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account
from crosswatch.core.plays import PlayState
from crosswatch.core.tracker import SILENT_AFTER
from fakes.viewing import ALICE, ARRIVAL, BOB, SEVERANCE, START, Stage, row


@pytest.fixture
def stage():
    return Stage()


def playing(stage, offset_s=600, **fields):
    """A session of Arrival that is bound and told."""
    return stage.frame("playing", offset_s, **fields).answer()


# ---------------------------------------------------------------- the ordinary course


def test_a_viewing_is_a_start_and_a_stop(stage):
    playing(stage, 60).after(10).frame("playing", 70).after(10).frame("stopped", 6_970)
    assert stage.actions == ["start", "stop"]
    assert stage.events[-1].progress == pytest.approx(99.8, abs=0.01)


def test_nothing_is_told_before_the_server_has_said_who_watches(stage):
    stage.frame("playing", 60).after(10).frame("playing", 70)
    assert stage.events == []
    stage.answer()
    assert stage.told == [("start", "9723", pytest.approx(1.0, abs=0.01))]


def test_a_person_who_is_never_named_is_never_told_of(stage):
    stage.frame("playing", 60).answer(account=Account()).after(10).frame("playing", 70).answer(
        account=Account()
    )
    stage.after(10).frame("stopped", 6_900)
    assert stage.events == []
    assert stage.updates[-1].play.state is PlayState.ENDED


def test_a_late_name_binds_the_session_with_its_newest_position(stage):
    stage.frame("playing", 60).answer(account=Account()).after(10).frame("playing", 70).answer(account=BOB)
    assert [(event.account, event.progress) for event in stage.events] == [
        (BOB, pytest.approx(1.0, abs=0.01))
    ]


def test_a_stop_before_the_answer_is_told_as_start_and_stop(stage):
    stage.frame("playing", 60)
    (session,) = stage.tracker.wanted(stage.now).bindings
    stage.after(3).frame("stopped", 63)
    from crosswatch.core.facts import Binding

    stage.updates += stage.tracker.bind(session, Binding(account=ALICE, media=ARRIVAL), stage.now)
    assert stage.actions == ["start", "stop"]
    assert stage.events[0].at == START


def test_a_pause_and_its_end(stage):
    playing(stage, 600).after(10).frame("paused", 610)
    for _ in range(6):
        stage.after(10).frame("paused", 610)
    stage.after(10).frame("playing", 611)
    assert stage.actions == ["start", "pause", "start"]


def test_the_question_is_asked_once_until_it_is_answered(stage):
    stage.frame("playing", 60)
    assert len(stage.tracker.wanted(stage.now).bindings) == 1
    stage.after(10).frame("playing", 70)
    assert stage.tracker.wanted(stage.now).bindings == ()


def test_no_server_is_asked_while_a_known_session_ticks(stage):
    playing(stage, 60)
    for tick in range(1, 60):
        stage.after(10).frame("playing", 60 + 10 * tick)
        wanted = stage.tracker.wanted(stage.now)
        assert wanted.bindings == ()
        assert not wanted.sessions


# ---------------------------------------------------------------- quirks


def test_q1_a_repeated_first_frame_is_one_start(stage):
    stage.frame("playing", 0).answer().frame("playing", 0).after(10).frame("playing", 10)
    assert stage.actions == ["start"]


def test_q2_buffering_storms_change_nothing(stage):
    playing(stage, 600)
    for _ in range(20):
        stage.after(0.2).frame("buffering", 601).after(0.2).frame("playing", 601)
    assert stage.actions == ["start"]


def test_q3_paused_frames_every_second_are_one_pause(stage):
    playing(stage, 600).frame("paused", 600)
    for _ in range(60):
        stage.after(1).frame("paused", 600)
    assert stage.actions == ["start", "pause"]


def test_a_pause_that_has_moved_is_told_anew_but_not_within_five_seconds(stage):
    playing(stage, 600).frame("paused", 600).after(2).frame("paused", 1_600)
    assert stage.actions == ["start", "pause"]
    stage.after(4).frame("paused", 1_600)
    assert stage.actions == ["start", "pause", "pause"]


def test_q4_paused_near_the_end_then_stopped_is_one_stop(stage):
    playing(stage, 6_000).after(900).frame("paused", 6_900).after(30).frame("stopped", 6_900)
    assert stage.actions == ["start", "pause", "stop"]


def test_q5_a_repeated_stop_is_ignored(stage):
    playing(stage).after(10).frame("stopped", 610).after(1).frame("stopped", 610)
    assert stage.actions == ["start", "stop"]


def test_q6_a_stop_without_session_and_item_is_ignored(stage):
    playing(stage).frame("stopped", 0, item="", key="", client="")
    assert stage.actions == ["start"]


def test_q7_a_stop_without_its_item_ends_the_bound_session(stage):
    playing(stage, 6_000).after(10).frame("stopped", 6_980, item="")
    assert stage.told[-1] == ("stop", "9723", pytest.approx(99.94, abs=0.01))


def test_q8_a_triple_stop_is_one_stop(stage):
    playing(stage, 6_840, key="85").after(1).frame("stopped", 6_841.9, item="", key="85")
    stage.after(0.1).frame("stopped", 6_841.9, key="86").answer()
    stage.after(0.1).frame("stopped", 6_841.9, item="", key="87").answer()
    assert stage.actions == ["start", "stop"]


def test_q9_a_stop_under_a_new_key_ends_the_session_of_the_same_player(stage):
    playing(stage, 6_840, key="89").after(5).frame("paused", 6_845, key="89")
    stage.after(1).frame("stopped", 6_900, key="90")
    assert stage.actions == ["start", "pause", "stop"]


def test_q10_a_ghost_stop_of_the_next_item_completes_nothing(stage):
    playing(stage, 2_900, item="201").after(10).frame("stopped", 2_999, item="201")
    stage.after(8).frame("stopped", 3_054, item="202").answer()
    assert stage.told[-1][:2] == ("stop", "201")
    assert stage.actions == ["start", "stop"]


def test_q11_another_item_under_the_same_key_ends_the_old_one_where_it_was(stage):
    playing(stage, 2_980, item="201").after(10).frame("playing", 2_990, item="201")
    stage.after(10).frame("playing", 5, item="202").answer()
    assert stage.told == [
        ("start", "201", pytest.approx(99.33, abs=0.01)),
        ("stop", "201", pytest.approx(99.67, abs=0.01)),
        ("start", "202", pytest.approx(0.17, abs=0.01)),
    ]


def test_q12_an_offset_far_past_the_end_is_noise(stage):
    playing(stage, 2_990, item="201")
    for tick in range(1, 6):
        stage.after(10).frame("playing", 2_990 * 1.19 + 10 * tick, item="201")
    stage.after(10).frame("playing", 1, item="202").answer()
    assert ("stop", "201", pytest.approx(99.67, abs=0.01)) in stage.told


def test_q13_an_offset_slightly_past_the_end_is_the_end(stage):
    playing(stage, 6_900).after(84).frame("stopped", 6_984.7)
    assert stage.told[-1] == ("stop", "9723", 100.0)


@pytest.mark.parametrize("offset_s", [0, 30, 5_000])
def test_q14_a_stop_far_below_a_fresh_position_uses_the_position(stage, offset_s):
    playing(stage, 6_800).after(10).frame("playing", 6_810).after(5).frame("stopped", offset_s)
    assert stage.told[-1] == ("stop", "9723", pytest.approx(97.51, abs=0.01))


def test_q15_a_resumed_item_does_not_start_at_zero(stage):
    stage.frame("playing", 0).answer().after(1).frame("playing", 3_000)
    assert stage.told == [("start", "9723", pytest.approx(42.96, abs=0.01))]


def test_q15_the_position_in_the_servers_list_is_a_second_opinion(stage):
    stage.frame("playing", 0).answer(offset_s=3_000)
    assert stage.told == [("start", "9723", pytest.approx(42.96, abs=0.01))]


def test_a_start_at_zero_is_told_after_two_seconds_if_nobody_objects(stage):
    stage.frame("playing", 0).answer().after(1)
    assert stage.events == []
    stage.after(1)
    assert stage.told == [("start", "9723", 0.0)]


def test_q16_a_jump_over_everything_to_the_very_end_is_no_watching(stage):
    playing(stage, 20).after(5).frame("playing", 6_983.5).after(1).frame("stopped", 6_984)
    assert stage.events[-1].why == "skipped"


def test_q17_a_session_that_vanishes_ends_where_it_was_last_seen(stage):
    playing(stage, 6_000).after(10).frame("playing", 6_010)
    seen = stage.now
    stage.after(44)
    assert not stage.tracker.wanted(stage.now).sessions
    stage.after(1)
    assert stage.tracker.wanted(stage.now).sessions
    stage.list()
    assert stage.actions == ["start"]
    stage.after(15).list()
    assert stage.actions == ["start", "stop"]
    assert (stage.events[-1].at, stage.events[-1].why) == (seen, "vanished")


def test_q17_a_silent_session_that_is_still_listed_goes_on(stage):
    playing(stage, 600)
    for _ in range(10):
        stage.after(15).list(row())
    assert stage.actions == ["start"]


def test_q17_without_a_list_five_minutes_of_silence_are_the_end(stage):
    playing(stage, 600).after(299)
    assert stage.tracker.end_silent(stage.now) == []
    stage.after(1)
    stage.updates += stage.tracker.end_silent(stage.now)
    assert stage.actions == ["start", "stop"]


def test_q18_a_session_that_begins_with_a_stop_is_ignored(stage):
    stage.frame("stopped", 6_900).answer()
    assert stage.updates == []


def test_q19_after_a_restart_of_the_server_a_key_may_belong_to_somebody_else(stage):
    playing(stage, 6_000, key="1").after(10)
    bobs = row(key="1", account=BOB, client="phone", offset_s=10)
    stage.list(bobs, reconnected=True).frame("playing", 20, key="1", client="phone").answer(account=BOB)
    stage.after(45).list(bobs)
    assert [(event.action.value, event.account.name) for event in stage.events] == [
        ("start", "alice"),
        ("start", "bob"),
        ("stop", "alice"),
    ]


def test_q19_after_a_restart_of_the_server_a_viewing_goes_on_under_its_new_key(stage):
    playing(stage, 600, key="7").after(20).list(row(key="1", offset_s=620), reconnected=True)
    stage.after(10).frame("playing", 630, key="1").answer().after(10).frame("stopped", 6_984, key="1")
    assert stage.actions == ["start", "stop"]
    assert len({event.play_id for event in stage.events}) == 1


def test_q19_two_viewings_may_have_swapped_their_keys(stage):
    playing(stage, 600, key="1").frame("playing", 60, item="201", key="2", client="web").answer(account=BOB)
    swapped = row(key="2"), row(item="201", key="1", account=BOB, client="web")
    stage.list(*swapped, reconnected=True)
    assert {session.item: session.session_key for session in stage.tracker.sessions} == {
        "9723": "2",
        "201": "1",
    }
    stage.after(10).frame("playing", 610, key="2").frame("playing", 70, item="201", key="1", client="web")
    assert stage.actions == ["start", "start"]


def test_of_two_open_plays_under_one_key_both_are_taken_up_and_both_end():
    first, second = playing(Stage(), 600), playing(Stage(), 60, item="201")
    plays = [one.updates[-1].play for one in (first, second)]
    fresh = Stage()
    fresh.tracker.restore([replace(plays[0], id="older"), plays[1]])
    assert fresh.frame("playing", 70, item="201").told == []
    listed = row(item="201", offset_s=70)
    fresh.list(listed, reconnected=True).after(45).list(listed)
    assert [session.item for session in fresh.tracker.sessions] == ["201"]
    assert [event.play_id for event in fresh.events] == ["older"]


def test_q19_a_viewing_that_goes_on_under_a_key_in_use_lets_the_other_go_on_elsewhere(stage):
    playing(stage, 600, key="2").frame("playing", 60, item="201", key="1", client="web").answer()
    stage.after(20).frame("playing", 620, key="1")
    stage.after(1).frame("playing", 81, item="201", key="2", client="web")
    assert stage.actions == ["start", "start"]
    assert {session.item: session.session_key for session in stage.tracker.sessions} == {
        "9723": "1",
        "201": "2",
    }


def test_q19_what_had_a_key_that_is_in_use_now_ends_if_it_is_not_heard_of_again(stage):
    playing(stage, 600, key="2").frame("playing", 60, item="201", key="1", client="web").answer()
    seen = stage.now
    stage.after(20).frame("playing", 620, key="1")
    stage.after(30).frame("playing", 650, key="1").list(row(key="1")).after(15).list(row(key="1"))
    assert (stage.told[-1][:2], stage.events[-1].at) == (("stop", "201"), seen)


def test_q20_a_session_that_is_not_yet_listed_is_asked_about_again(stage):
    stage.frame("playing", 60)
    (session,) = stage.tracker.wanted(stage.now).bindings
    stage.updates += stage.tracker.bind(session, None, stage.now)
    assert stage.tracker.wanted(stage.now).bindings == ()
    stage.after(1)
    assert stage.tracker.wanted(stage.now).bindings == (session,)


def test_q25_trailers_ahead_of_the_film_are_not_told_and_do_not_disturb_it(stage):
    stage.frame("playing", 5, item="77", play_queue_item="1").answer()
    stage.after(80).frame("playing", 1, play_queue_item="2").answer().after(10).frame(
        "playing", 11, play_queue_item="2"
    )
    assert [told[:2] for told in stage.told] == [("start", "9723")]


def test_q36_two_devices_of_one_person_are_two_sessions(stage):
    playing(stage, 600).frame("playing", 60, item="201", key="2", client="phone").answer()
    stage.after(10).frame("stopped", 70, item="201", key="2", client="phone")
    assert [told[:2] for told in stage.told] == [("start", "9723"), ("start", "201"), ("stop", "201")]


def test_q39_a_pause_of_hours_is_no_end(stage):
    playing(stage, 600).frame("paused", 600)
    for _ in range(6 * 60 * 4):
        stage.after(10).frame("paused", 600)
        assert not stage.tracker.wanted(stage.now).sessions
    assert stage.actions == ["start", "pause"]


def test_an_error_ends_the_session_at_its_last_good_position(stage):
    playing(stage, 6_900).after(10).frame("error", 12)
    assert stage.told[-1] == ("stop", "9723", pytest.approx(98.8, abs=0.01))


# ---------------------------------------------------------------- seeks, echoes, rewatches


def test_a_seek_refreshes_the_start_at_most_once_a_minute(stage):
    playing(stage, 600).after(70).frame("playing", 3_000)
    assert [event.why for event in stage.events] == ["frame", "seek"]
    stage.after(10).frame("playing", 600).after(10).frame("playing", 3_000)
    assert len(stage.events) == 2
    stage.after(50).frame("playing", 3_050)
    assert stage.actions == ["start"] * 3


def test_a_late_frame_of_an_ended_session_does_not_begin_it_anew(stage):
    playing(stage, 6_900).after(10).frame("stopped", 6_910).after(1).frame("playing", 6_909).answer()
    assert stage.actions == ["start", "stop"]


def test_a_rewatch_is_a_new_viewing(stage):
    playing(stage, 6_900).after(80).frame("stopped", 6_980).after(60)
    stage.frame("playing", 5, key="2").answer().after(6_900).frame("stopped", 6_980, key="2")
    assert stage.actions == ["start", "stop", "start", "stop"]
    assert len({event.play_id for event in stage.events}) == 2


def test_the_same_item_again_in_the_queue_is_a_new_viewing(stage):
    playing(stage, 6_900, play_queue_item="1").after(80).frame("playing", 3, play_queue_item="2").answer()
    assert stage.actions == ["start", "stop", "start"]


# ---------------------------------------------------------------- restarts of our own


def restarted(stage):
    """The same stage after the process was killed and started again."""
    play = stage.updates[-1].play
    fresh = Stage()
    fresh.now = stage.now
    fresh.tracker.restore([play])
    return fresh, play


def test_an_open_play_goes_on_after_our_restart(stage):
    fresh, play = restarted(playing(stage, 600))
    fresh.after(30).list(row(offset_s=620), reconnected=True).frame("playing", 632).after(10).frame(
        "stopped", 6_980
    )
    assert fresh.actions == ["stop"]
    assert fresh.events[0].play_id == play.id


def test_an_open_play_that_ended_meanwhile_is_ended_where_it_was_seen_last(stage):
    fresh, play = restarted(playing(stage, 6_500))
    fresh.after(600).list(reconnected=True)
    assert fresh.events == []
    fresh.after(45)
    assert fresh.tracker.wanted(fresh.now).sessions
    fresh.list()
    assert (fresh.actions, fresh.events[0].progress) == (["stop"], play.progress)


def test_what_already_plays_when_we_connect_begins_at_once(stage):
    stage.list(row(item="201", offset_s=900), reconnected=True).answer()
    assert stage.told == [("start", "201", 30.0)]


def test_a_position_is_written_down_every_thirty_seconds_only(stage):
    playing(stage, 60)
    written = len(stage.updates)
    for tick in range(1, 13):
        stage.after(10).frame("playing", 60 + 10 * tick)
    assert len(stage.updates) - written == 4


def test_an_ended_session_is_forgotten_after_a_while(stage):
    playing(stage).after(10).frame("stopped", 620)
    stage.after(121).frame("playing", 620).answer()
    assert stage.actions == ["start", "stop", "start"]


def test_the_next_moment_is_never_later_than_a_look_at_the_silent(stage):
    playing(stage, item="201")
    assert stage.tracker.next_at(stage.now) <= stage.now + SILENT_AFTER
    assert stage.tracker.next_at(stage.now) > stage.now - timedelta(seconds=1)
    assert SEVERANCE.duration_ms == 3_000_000


@pytest.mark.parametrize("account", [ALICE, Account()], ids=["answered", "ended without an answer"])
def test_a_question_that_nobody_asks_any_more_wakes_nobody(stage, account):
    stage.frame("playing", 60).answer(account=account)
    if not account.is_known:
        stage.after(1).frame("stopped", 61)
    stage.after(30)
    assert stage.tracker.next_at(stage.now) > stage.now
