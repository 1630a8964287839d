"""Where one viewing might be taken for two, or end at the wrong time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, MediaKind
from crosswatch.core.plays import PlayState
from crosswatch.core.tracker import GIVEN_UP_AFTER, SessionTracker
from fakes.viewing import ALICE, ARRIVAL, BOB, SEVERANCE, START, Stage, row

LENGTH_S = 6_984  # of Arrival
EPISODE_S = 3_000  # of the episodes


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def fresh():
    """A stage on which we have just begun to listen."""
    stage = Stage()
    stage.tracker.connected()
    return stage


def playing(stage, offset_s=600, **fields):
    return stage.frame("playing", offset_s, **fields).answer()


def restarted(stage, *, plays=None):
    """The same stage after the process was killed and started again."""
    fresh = Stage()
    fresh.now = stage.now
    fresh.tracker = SessionTracker("server-1", fresh._new_play_id)
    fresh.tracker.restore(plays or [stage.updates[-1].play])
    return fresh


# ---------------------------------------------------------------- one viewing under another key


def test_a_player_that_goes_on_under_a_new_key_at_once_is_one_viewing(stage):
    playing(stage, 5_940, key="1").after(4).frame("playing", 5_944, key="2").after(10)
    stage.frame("playing", 5_954, key="2").after(1_030).frame("stopped", LENGTH_S, key="2")
    assert stage.actions == ["start", "stop"]


def test_a_player_that_begins_anew_after_its_viewing_must_have_ended_is_a_new_viewing(stage):
    playing(stage, 60, key="1").after(LENGTH_S).list(reconnected=True)
    stage.after(2).frame("playing", 60, key="2").answer()
    assert [event.action for event in stage.events] == ["start", "start"]
    listed = playing(Stage(), 60, key="1").after(LENGTH_S)
    listed.list(row(key="2", offset_s=60), reconnected=True).answer()
    assert len({event.play_id for event in listed.events}) == 2


@pytest.mark.parametrize("offset_s", [40, 100, 600], ids=["a little back", "was paused", "played on"])
def test_a_player_that_turns_up_anew_before_its_viewing_can_have_ended_goes_on(stage, offset_s):
    playing(stage, 60, key="1").after(540).list(row(key="2", offset_s=offset_s), reconnected=True)
    stage.after(1).frame("playing", offset_s, key="2")
    assert len({event.play_id for event in stage.events}) == len(stage.tracker.sessions) == 1


@pytest.mark.parametrize("offset_s", [5_200, 5_700], ids=["was paused", "was paused on the way"])
def test_a_player_that_cannot_have_come_so_far_anew_goes_on(stage, offset_s):
    """Its viewing may have ended while we were away, but then it would be near the beginning again."""
    playing(stage, 5_210, key="1").after(LENGTH_S - 5_210 + 300)
    stage.list(row(key="2", offset_s=offset_s), reconnected=True).after(1).frame("playing", offset_s, key="2")
    assert len({event.play_id for event in stage.events}) == len(stage.tracker.sessions) == 1


@pytest.mark.parametrize("offset_s", [4_800, 5_900], ids=["back", "ahead"])
@pytest.mark.parametrize("key", ["1", "2"])
def test_a_player_that_jumped_while_we_were_away_goes_on(stage, offset_s, key):
    playing(stage, 5_210).after(10).frame("paused", 5_220).after(60)
    stage.list(row(key=key, offset_s=offset_s), reconnected=True).after(1).frame("playing", offset_s, key=key)
    assert len({event.play_id for event in stage.events}) == len(stage.tracker.sessions) == 1


def test_a_key_that_was_given_anew_after_a_gap_is_another_viewing_of_the_same_item(stage):
    playing(stage, 60, key="1").after(LENGTH_S).list(reconnected=True)
    stage.after(2).frame("playing", 60, key="1").answer()
    first, second = stage.events[0].play_id, stage.events[-1].play_id
    assert [event.play_id for event in stage.events] == [first, first, second]
    assert stage.events[1].at == START + timedelta(seconds=LENGTH_S - 60)


def test_a_player_that_turns_up_far_from_where_it_can_be_is_a_new_viewing(stage):
    playing(stage, 3_000, key="1").after(60).list(row(key="2", offset_s=10), reconnected=True).answer()
    assert len(stage.tracker.sessions) == 2


@pytest.mark.parametrize("item", ["9723", ""], ids=["with its item", "without it"])
def test_the_stop_of_a_former_key_ends_nothing(stage, item):
    playing(stage, 5_940, key="1").after(4).frame("playing", 5_944, key="2")
    stage.after(0.1).frame("stopped", 5_944, key="1", item=item).after(10).frame("playing", 5_954, key="2")
    assert stage.actions == ["start"]
    stage.after(10).frame("stopped", 5_964, key="2")
    assert stage.actions == ["start", "stop"]


def test_a_player_that_gets_its_former_key_back_can_stop_under_it(stage):
    playing(stage, 600, key="1").after(4).frame("playing", 604, key="2").after(4).frame(
        "playing", 608, key="1"
    )
    stage.after(4).frame("stopped", 612, key="1")
    assert stage.actions == ["start", "stop"]


def test_the_same_item_from_elsewhere_under_a_new_key_is_a_new_viewing_while_the_old_one_speaks(stage):
    playing(stage, 5_940, key="1").after(4).frame("playing", 60, key="2").answer()
    assert stage.actions == ["start", "start"]


def test_a_frame_without_a_position_takes_no_key_from_one_that_speaks(stage):
    playing(stage, 600, key="1").after(4).frame("playing", key="2").answer()
    assert len(stage.tracker.sessions) == 2
    fresh = playing(Stage(), 600, key="1").after(20).frame("playing", key="2").answer()
    assert len(fresh.tracker.sessions) == 1


def test_a_stop_by_another_player_under_a_reused_key_ends_nothing(stage):
    playing(stage, 6_900, key="1", client="tv").after(5).frame("stopped", 6_000, key="1", client="phone")
    assert stage.actions == ["start"]


def test_what_is_listed_under_a_key_that_another_player_had_begins_beside_it(stage):
    playing(stage, 600, key="1", client="tv").after(20)
    stage.list(row(item="201", key="1", account=BOB, client="phone", offset_s=60), reconnected=True)
    stage.answer(account=BOB).after(1).frame("playing", 621, key="9", client="tv")
    assert stage.actions == ["start", "start"]
    assert sorted(session.session_key for session in stage.tracker.sessions) == ["1", "9"]


def test_what_is_listed_under_the_key_of_the_same_player_ends_what_it_played_before(stage):
    playing(stage, 600, key="1").after(5).list(
        row(item="201", key="1", offset_s=2), reconnected=True
    ).answer()
    assert [told[:2] for told in stage.told] == [("start", "9723"), ("stop", "9723"), ("start", "201")]


def test_a_line_that_describes_nothing_begins_nothing(stage):
    nothing = row()
    stage.list(
        replace(nothing, media=replace(nothing.media, rating_key="")),
        replace(row(key="2", state="stopped")),
        reconnected=True,
    )
    assert stage.tracker.sessions == ()


def test_an_error_of_an_unknown_session_begins_nothing(stage):
    stage.frame("error", 60)
    assert stage.tracker.sessions == ()


# ---------------------------------------------------------------- when it ended


def test_what_runs_on_past_the_end_ended_when_it_reached_it(stage):
    playing(stage, EPISODE_S - 10, item="201")
    reached = stage.now + timedelta(seconds=10)
    for _ in range(60):
        stage.after(10).frame("playing", EPISODE_S - 10 + (stage.now - START).total_seconds(), item="201")
    stage.after(10).frame("playing", 1, item="202").answer()
    stop = next(event for event in stage.events if event.action == "stop")
    assert (stop.at, stop.progress) == (reached, 100.0)


def test_what_rests_at_its_end_ended_when_it_got_there(stage):
    playing(stage, LENGTH_S - 5).after(5).frame("paused", LENGTH_S)
    reached = stage.now
    stage.after(1_200).frame("paused", LENGTH_S).after(10).frame("stopped", LENGTH_S)
    assert stage.events[-1].at == reached


def test_what_was_gone_when_we_came_back_is_taken_to_have_gone_on_to_its_end(stage):
    fresh = restarted(playing(stage, 6_000))
    fresh.after(3_600).list(reconnected=True).after(45).list()
    assert fresh.events[-1].at == START + timedelta(seconds=LENGTH_S - 6_000)
    assert fresh.events[-1].progress == pytest.approx(85.91, abs=0.01)


def test_what_was_gone_when_we_came_back_ended_before_that(stage):
    fresh = restarted(playing(stage, 6_000))
    fresh.after(120).list(reconnected=True)
    back = fresh.now
    fresh.after(45).list()
    assert fresh.events[-1].at == back


@pytest.mark.parametrize(
    "play",
    [
        pytest.param({"state": PlayState.PAUSED}, id="paused"),
        pytest.param({"media": replace(ARRIVAL, duration_ms=None)}, id="of unknown length"),
        pytest.param({"offset_ms": None}, id="nowhere"),
    ],
)
def test_what_did_not_play_on_for_all_we_know_ended_when_it_was_seen_last(stage, play):
    seen = replace(playing(stage, 6_000).updates[-1].play, **play)
    fresh = restarted(stage, plays=[seen])
    fresh.after(3_600).list(reconnected=True).after(45).list()
    assert fresh.updates[-1].play.ended_at == seen.last_seen_at


def test_what_falls_silent_while_we_listen_ended_when_it_was_seen_last(stage):
    playing(stage, 6_000)
    seen = stage.now
    stage.after(60).list().after(15).list()
    assert stage.events[-1].at == seen


def test_a_server_that_lists_nobody_twice_within_a_second_has_listed_nobody_once(stage):
    playing(stage, 6_000).after(10).list(reconnected=True).after(1).list(reconnected=True)
    assert stage.actions == ["start"]
    stage.after(45).list()
    assert stage.actions == ["start", "stop"]


def test_a_player_has_time_to_turn_up_after_a_restart_of_the_server(stage):
    playing(stage, 6_000, key="7").after(40).list(reconnected=True).after(20).list()
    stage.frame("playing", 6_060, key="1").after(44).list()
    assert stage.actions == ["start"]


@pytest.mark.parametrize("is_known_from_before", [False, True])
def test_while_the_socket_is_closed_a_list_ends_nobody(stage, is_known_from_before):
    """A server that starts anew can be asked before its socket opens, and lists nobody yet."""
    playing(stage, 6_000)
    stage.tracker.disconnected()
    if is_known_from_before:
        stage = restarted(stage)
    for _ in range(20):
        stage.after(15).list()
        assert not stage.tracker.wanted(stage.now).sessions
    assert stage.actions.count("stop") == 0
    stage.list(reconnected=True).after(10).frame("playing", 6_300, key="2").after(60)
    assert stage.actions.count("stop") == 0


def test_two_lists_within_a_moment_are_one_look(stage):
    playing(stage, 6_000).after(60).list().after(1).list()
    assert stage.actions == ["start"]
    stage.after(15).list()
    assert stage.actions == ["start", "stop"]


# ---------------------------------------------------------------- when it began


@pytest.mark.parametrize("how", ["by a frame", "by the list"])
def test_what_is_under_way_when_we_begin_to_listen_began_when_its_position_says(fresh, how):
    if how == "by a frame":
        fresh.frame("playing", 3_000)
    fresh.list(row(offset_s=3_000), reconnected=True).answer()
    assert fresh.updates[-1].play.started_at == START - timedelta(seconds=3_000)


def test_what_begins_while_we_listen_begins_now_wherever_it_is(stage):
    playing(stage, 3_000)
    assert stage.updates[-1].play.started_at == START


def test_where_the_list_is_not_shown_what_begins_later_begins_now(fresh):
    fresh.tracker.end_silent(fresh.now)
    playing(fresh, 3_000)
    assert fresh.updates[-1].play.started_at == START


@pytest.mark.parametrize("offset_s", [0, None, -5, 10**12], ids=["zero", "none", "negative", "absurd"])
def test_a_position_that_says_nothing_says_nothing_about_the_beginning(fresh, offset_s):
    fresh.frame("playing", offset_s).after(3).answer()
    assert fresh.updates[-1].play.started_at == START


# ---------------------------------------------------------------- restarts of our own


def test_a_play_that_is_known_is_not_taken_up_twice(stage):
    playing(stage, 600)
    open_play = stage.updates[-1].play
    stage.tracker.restore([open_play])
    assert len(stage.tracker.sessions) == 1
    stage.after(10).frame("stopped", 610)
    stage.tracker.restore([open_play])
    assert stage.tracker.sessions == ()


def test_a_start_that_waited_when_the_process_ended_is_told_after_all(stage):
    stage.frame("playing", 0).answer()
    assert stage.actions == []
    fresh = restarted(stage).after(10).frame("playing", 10)
    assert fresh.actions == ["start"]


def test_a_person_who_was_unknown_when_the_process_ended_is_asked_about_again(stage):
    playing_nobody = stage.frame("playing", 60).answer(account=Account())
    fresh = restarted(playing_nobody).after(10).frame("playing", 70).answer(account=BOB)
    assert [(event.action, event.account) for event in fresh.events] == [("start", BOB)]


def test_what_no_sink_wants_is_taken_up_without_a_question(stage):
    stage.frame("playing", 5, item="77").answer(media=replace(ARRIVAL, kind=MediaKind.CLIP, rating_key="77"))
    fresh = restarted(stage).after(10).frame("playing", 15, item="77")
    assert fresh.tracker.wanted(fresh.now).bindings == ()
    assert fresh.events == []


def test_a_play_without_a_key_still_comes_to_an_end(stage):
    fresh = restarted(stage, plays=[replace(playing(stage, 60).updates[-1].play, session_key="")])
    fresh.after(60).list(reconnected=True).after(60).list()
    assert fresh.actions == ["stop"]


# ---------------------------------------------------------------- a clock that is set back


def test_a_clock_that_is_set_back_keeps_no_question_waiting(stage):
    stage.frame("playing", 60)
    (session,) = stage.tracker.wanted(stage.now).bindings
    stage.tracker.bind(session, None, stage.now)
    stage.now -= timedelta(hours=1)
    assert stage.tracker.wanted(stage.now).bindings == (session,)


def test_a_clock_that_is_set_back_keeps_no_confirmation_waiting(stage):
    playing(stage, 600).after(10).list(reconnected=True)
    stage.now -= timedelta(hours=1)
    assert stage.tracker.wanted(stage.now).sessions


def test_a_session_that_is_silent_is_looked_up_every_fifteen_seconds_even_if_the_clock_is_set_back(stage):
    playing(stage, 600).after(120)
    assert stage.tracker.wanted(stage.now).sessions
    assert not stage.tracker.wanted(stage.now).sessions
    stage.now -= timedelta(seconds=60)
    assert stage.tracker.wanted(stage.now).sessions


# ---------------------------------------------------------------- questions


def test_an_answer_to_a_question_that_was_forgotten_changes_nothing(stage):
    stage.frame("playing", 60)
    (session,) = stage.tracker.wanted(stage.now).bindings
    stage.after(10).frame("stopped", 70).after(121)
    assert stage.tracker.bind(session, None, stage.now) == []
    assert stage.tracker.wanted(stage.now).bindings == ()


def test_an_answer_that_knows_less_than_we_do_is_not_believed(stage):
    playing(stage, 60)
    (session,) = stage.tracker.sessions
    nobody = replace(session.binding, account=Account())
    assert stage.tracker.bind(session, nobody, stage.now) == []
    assert session.binding.account == ALICE


def test_five_minutes_of_silence_are_the_end_only_for_those_who_were_silent(stage):
    playing(stage, 600).after(GIVEN_UP_AFTER.total_seconds())
    stage.frame("playing", 60, item="201", key="2", client="phone").answer(media=SEVERANCE)
    ended = stage.tracker.end_silent(stage.now)
    assert [update.play.media.rating_key for update in ended] == ["9723"]


# ---------------------------------------------------------------- where a viewing began, for the tail rule


def test_each_update_says_from_where_something_was_played(stage):
    playing(stage, 3_492).after(10).frame("playing", 1_746).after(10).frame("stopped", 1_756)
    assert stage.updates[0].lowest == pytest.approx(50.0, abs=0.01)
    assert stage.updates[-1].lowest == pytest.approx(25.0, abs=0.01)


def test_where_a_viewing_began_before_a_restart_is_not_known(stage):
    fresh = restarted(playing(stage, 6_000)).after(120).list(reconnected=True).after(45).list()
    assert fresh.updates[-1].lowest is None
