"""Webhooks held against the sessions of a server: which they are about, and what they change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.core.events import Account, Media, MediaKind
from crosswatch.core.hooked import CONFIRMED_WITHIN, LONG_MARGIN, MARGIN, PAUSED_FOR
from crosswatch.core.hooks import MOST_SESSIONS, PATIENCE
from crosswatch.core.ignored import Ignored
from crosswatch.core.plays import Origin
from crosswatch.core.session import restored
from fakes.hook_stage import HookStage
from fakes.viewing import ALICE, ARRIVAL, BOB, SEVERANCE, row

LENGTH_S = ARRIVAL.duration_ms / 1000
NOBODY = Account()
OWNER = Account(id=1, name="alice", owner_plex_id=4711)


@pytest.fixture
def stage():
    """A server that is listened to."""
    return HookStage()


@pytest.fixture
def stranger():
    """A server that nobody can ask."""
    return HookStage(can_ask=False)


# ---------------------------------------------------------------- what only webhooks tell


def test_a_viewing_of_which_only_webhooks_tell_is_told_from_start_to_end(stranger):
    stranger.hook("play").believe().after(2)
    stranger.after(600).hook("pause", 602)
    stranger.after(60).hook("resume", 602)
    stranger.after(LENGTH_S - 602).hook("stop", LENGTH_S)
    assert stranger.actions == ["start", "pause", "start", "stop"]
    assert [round(event.progress) for event in stranger.events] == [0, 9, 9, 100]
    assert {update.play.origin for update in stranger.updates} == {Origin.WEBHOOK}
    assert len({update.play.id for update in stranger.updates}) == 1


def test_the_answer_names_the_play_that_is_written(stranger):
    play_id = stranger.hook("play", 60).heard.play_id
    stranger.believe()
    assert [update.play.id for update in stranger.updates] == [play_id]
    assert stranger.after(5).hook("pause", 65).heard.play_id == play_id


def test_what_has_no_key_and_no_player_goes_by_what_it_is(stranger):
    media = Media(kind=MediaKind.MOVIE, title="Ping", guid="imdb://tt0878804", duration_ms=600_000)
    stranger.hook("play", 60, client="", account=NOBODY, media=media)
    stranger.after(1).hook("pause", 61, client="", account=NOBODY, media=media)
    assert len(stranger.sessions) == 1


def test_a_webhook_that_names_no_server_tells_of_somebody_unknown():
    stage = HookStage(server="", can_ask=False)
    stage.hook("play", 60, account=NOBODY).believe()
    assert stage.told == [("start", "9723", 0.86)]


def test_a_player_without_a_sign_in_is_held_while_a_server_may_say_who_it_is(stranger):
    stranger.hook("play", 60, account=NOBODY).believe()
    assert stranger.events == []


@pytest.mark.parametrize("event", ["pause", "resume", "scrobble"])
def test_what_begins_in_the_middle_began_when_its_position_says(stranger, event):
    stranger.hook(event, 600).believe()
    assert stranger.updates[0].play.started_at == stranger.now - timedelta(seconds=600)


def test_what_is_taken_up_again_begins_now(stranger):
    stranger.hook("play", 600).believe()
    assert stranger.updates[0].play.started_at == stranger.now


def test_a_first_play_names_no_position_and_begins_at_the_beginning(stranger):
    stranger.hook("play").believe().after(2)
    assert stranger.told == [("start", "9723", 0.0)]


# ---------------------------------------------------------------- what is not said is not known


def test_a_stop_without_a_position_leaves_none(stranger):
    stranger.hook("play").believe().after(3_000).hook("stop")
    assert [event.progress for event in stranger.events] == [0.0, None]


def test_a_stop_without_a_position_is_where_it_was_paused(stranger):
    stranger.hook("play", 10).believe().after(3_000).hook("pause", 3_010)
    stranger.after(3_600).hook("stop")
    assert stranger.events[-1].progress == pytest.approx(43.1, abs=0.1)


def test_a_stop_without_a_position_is_where_the_player_was_a_moment_ago(stranger):
    stranger.hook("play", 3_000).believe().after(60).hook("stop")
    assert stranger.events[-1].progress == pytest.approx(42.96, abs=0.01)


def test_a_stop_at_zero_is_one_without_a_position(stranger):
    stranger.hook("play", 10).believe().after(3_000).hook("stop", 0)
    assert stranger.events[-1].progress is None


def test_an_item_of_unknown_length_has_no_progress(stranger):
    media = Media(kind=MediaKind.MOVIE, title="Long", rating_key="5")
    stranger.hook("play", 60, media=media).believe().after(600).hook("stop", 660, media=media)
    assert [event.progress for event in stranger.events] == [None, None]
    assert stranger.watched == []


def test_an_end_that_was_played_to_is_no_skip(stranger):
    """Between two webhooks lies all of the film; that is no jump."""
    stranger.hook("play").believe().after(LENGTH_S).hook("stop", LENGTH_S)
    assert stranger.events[-1].why == "frame"


def test_an_end_within_seconds_of_the_beginning_is_a_skip(stranger):
    stranger.hook("play").believe().after(5).hook("stop", LENGTH_S)
    assert stranger.events[-1].why == "skipped"


# ---------------------------------------------------------------- counted by the server


def test_a_viewing_that_the_server_has_counted_is_watched_when_it_ends(stranger):
    stranger.hook("play").believe().after(5_000).hook("scrobble")
    assert stranger.watched == []
    assert stranger.updates[-1].play.counted_at == stranger.now
    stranger.after(60).hook("stop")
    assert stranger.watched == ["play-1"]
    assert stranger.events[-1].is_counted


def test_a_viewing_is_counted_at_any_position(stage):
    stage.frame(offset_s=0).answer().after(10).frame(offset_s=10)
    stage.after(10).hook("scrobble").frame("stopped", 20)
    assert stage.watched == ["play-1"]


def test_a_count_twice_is_one(stranger):
    stranger.hook("play").believe().after(5_000).hook("scrobble").hook("scrobble")
    stranger.after(60).hook("stop").hook("scrobble")
    assert stranger.heard.ignored is Ignored.HEARD_ALREADY
    assert [event.action.value for event in stranger.events] == ["start", "stop"]


def test_a_count_that_comes_after_the_end_still_counts(stranger):
    stranger.hook("play").believe().after(5_400).hook("stop", 5_400)
    assert stranger.watched == []
    stranger.after(30).hook("scrobble")
    assert stranger.heard.updates[0].is_counted_late
    assert stranger.heard.updates[0].play.counted_at == stranger.events[-1].at
    stranger.hook("scrobble")
    assert stranger.heard.ignored is Ignored.HEARD_ALREADY


@pytest.mark.parametrize("is_counted", [False, True], ids=["not heard of before", "heard of before"])
def test_a_count_that_comes_after_a_rewatch_has_begun_is_not_of_that(stage, is_counted):
    stage.frame(offset_s=0).answer().after(10).frame(offset_s=6_900)
    if is_counted:
        stage.hook("scrobble")
    stage.after(10).frame("stopped", LENGTH_S)
    stage.after(30).frame(offset_s=0).answer().after(10).frame(offset_s=10)
    stage.after(60).frame(offset_s=70).hook("scrobble")
    assert stage.heard.play_id == "play-1"
    stage.after(10).frame("stopped", 80)
    assert stage.watched == ["play-1"]


def test_a_count_long_after_a_viewing_that_was_left_early_is_of_another(stranger):
    stranger.hook("play").believe().after(600).hook("stop", 600)
    stranger.after(300).hook("scrobble")
    assert len(stranger.sessions) == 1
    assert stranger.heard.play_id != "play-1"


def test_a_count_before_its_viewing_is_bound_is_not_lost(stranger):
    stranger.hook("play", 4_000).after(1).hook("scrobble", 4_001).after(1).hook("stop", 4_002)
    assert stranger.updates == []
    stranger.believe()
    assert stranger.watched == ["play-1"]


def test_a_counted_viewing_of_which_nothing_more_is_heard_ends_by_itself(stranger):
    stranger.hook("play").believe().after(6_000).hook("scrobble", 6_000)
    rest = timedelta(seconds=LENGTH_S - 6_000)
    counted_at = stranger.now
    stranger.long_after((rest + MARGIN).total_seconds() - 1)
    assert stranger.watched == []
    stranger.long_after(2)
    assert stranger.watched == ["play-1"]
    assert stranger.events[-1].at == counted_at + rest
    stranger.hook("stop", LENGTH_S)
    assert stranger.heard.ignored is Ignored.HEARD_ALREADY
    assert len(stranger.events) == 2


@pytest.mark.parametrize(("offset_s", "minutes"), [(None, 35), (6_000, 22)])
def test_a_count_of_which_all_else_was_lost_is_a_viewing(stranger, offset_s, minutes):
    stranger.hook("scrobble", offset_s).believe()
    stranger.long_after(60 * minutes)
    assert stranger.watched == ["play-1"]


def test_a_viewing_that_nobody_counted_ends_without_a_position(stranger):
    stranger.hook("play").believe()
    stranger.long_after((timedelta(seconds=LENGTH_S) + LONG_MARGIN).total_seconds() + 1)
    assert [event.progress for event in stranger.events] == [0.0, None]


def test_a_pause_that_nobody_ends_is_over_a_day_later_where_it_was(stranger):
    stranger.hook("play").believe().after(3_492).hook("pause", 3_492)
    paused_at = stranger.now
    stranger.long_after(PAUSED_FOR.total_seconds() + 1)
    assert (stranger.events[-1].progress, stranger.events[-1].at) == (50.0, paused_at)


# ---------------------------------------------------------------- late, twice, and in the wrong order

ORDERS = {
    "doubled": ("play play pause pause resume resume scrobble scrobble stop stop", 4),
    "a play after its pause": ("pause play resume scrobble stop", 3),
    "a play after its count": ("scrobble play stop", 2),
    "a play after its stop": ("scrobble stop play", 2),
    "a resume after its stop": ("play pause scrobble stop resume", 2),
    "a count after the stop": ("play stop scrobble", 2),
    "a play after the credits were skipped": ("play scrobble play stop", 2),
    "only a count": ("scrobble stop", 2),
}
PLACES = {"play": None, "pause": 3_000, "resume": 3_000, "scrobble": 6_300, "stop": 6_900}


@pytest.mark.parametrize("order", ORDERS)
def test_in_whatever_order_they_come_it_is_one_viewing(stranger, order):
    events, told = ORDERS[order]
    for event in events.split():
        stranger.hook(event, PLACES[event]).believe().after(0.2)
    assert len(stranger.watched) == 1
    assert stranger.sessions == ()
    assert len({update.play.id for update in stranger.updates}) == 1
    assert len(stranger.events) == told


def test_a_stop_that_overtook_its_beginning_ends_it(stranger):
    stranger.hook("stop", 6_000)
    assert stranger.heard.ignored is Ignored.NOTHING_PLAYING
    stranger.after(0.1).hook("play").believe()
    assert stranger.sessions == ()
    assert stranger.actions == ["start", "stop"]


def test_a_stop_of_something_never_seen_playing_ends_nothing_later(stranger):
    stranger.hook("stop", 6_900).after(60).hook("play").believe()
    assert len(stranger.sessions) == 1


def test_a_play_after_the_end_begins_again(stranger):
    stranger.hook("play").believe().after(3_000).hook("stop", 3_000)
    stranger.after(60).hook("play", 3_000).believe()
    assert stranger.actions == ["start", "stop", "start"]
    assert len({update.play.id for update in stranger.updates}) == 2


@pytest.mark.parametrize("event", ["pause", "resume"])
def test_what_goes_beyond_an_end_is_another_viewing(stranger, event):
    stranger.hook("play").believe().after(3_000).hook("stop", 3_000)
    stranger.after(900).hook(event, 3_900)
    assert len(stranger.sessions) == 1


def test_a_player_that_turns_to_another_item_has_left_the_one_before(stranger):
    stranger.hook("play").believe().after(3_000).hook("play", item="201").believe()
    left_at = stranger.now
    stranger.long_after(CONFIRMED_WITHIN.total_seconds() + 1)
    assert [(event.action.value, event.why, event.at) for event in stranger.events if event.media is ARRIVAL][
        -1
    ] == ("stop", "item_changed", left_at)
    assert [session.item for session in stranger.sessions] == [SEVERANCE.rating_key]


def test_a_stop_that_was_overtaken_by_the_next_item_is_still_believed(stranger):
    stranger.hook("play").believe().after(6_900).hook("play", item="201").believe()
    stranger.after(0.2).hook("stop", 6_900)
    assert stranger.watched == ["play-1"]


def test_a_late_resume_of_a_counted_viewing_that_vanished_begins_nothing(stage):
    stage.frame(offset_s=6_900).answer().hook("scrobble")
    for _ in range(3):
        stage.after(60).list()
    assert stage.watched == ["play-1"]
    stage.hook("resume")
    assert (stage.sessions, stage.heard.ignored) == ((), Ignored.HEARD_ALREADY)


def test_of_a_viewing_whose_beginning_was_lost_the_earliest_place_is_the_last(stranger):
    """So that it is recognised as the rest of another one, which had counted."""
    stranger.hook("resume").believe().after(60).hook("stop", 6_900)
    assert stranger.updates[-1].lowest == pytest.approx(98.8, abs=0.1)


def test_of_a_viewing_whose_beginning_was_heard_the_earliest_place_is_there(stranger):
    stranger.hook("play").believe().after(6_900).hook("stop", 6_900)
    assert stranger.updates[-1].lowest == 0.0


def test_what_is_known_by_its_count_alone_may_have_begun_its_length_ago(stranger):
    """So that it explains the line of a server's history that was written long before it was heard of."""
    stranger.hook("scrobble").believe()
    assert stranger.updates[0].play.started_at == stranger.now - timedelta(seconds=LENGTH_S)


def test_a_counted_viewing_whose_end_nobody_told_has_no_position(stranger):
    stranger.hook("play").believe().after(6_300).hook("scrobble")
    stranger.long_after(3_600)
    assert stranger.watched == ["play-1"]
    assert stranger.updates[-1].play.progress is None


# ---------------------------------------------------------------- beside frames


def test_while_frames_are_fresh_webhooks_tell_nothing_again(stage):
    stage.hook("play").frame(offset_s=0).answer().after(10).frame(offset_s=10)
    stage.hook("pause", 10).frame("paused", 10).after(10).hook("resume", 10).frame(offset_s=10)
    stage.after(10).frame(offset_s=6_500).frame("stopped", 6_900).hook("stop", 6_900)
    assert [action for action in stage.actions if action != "start"] == ["pause", "stop"]
    assert {update.play.id for update in stage.updates} == {"play-1"}


def test_a_session_that_a_webhook_began_takes_the_key_of_its_frames(stage):
    stage.hook("play").frame(offset_s=0, key="31").answer().after(5)
    (session,) = stage.sessions
    assert (session.session_key, session.play_id) == ("31", "play-1")


def test_a_session_that_a_webhook_began_takes_the_key_of_the_servers_list(stage):
    stage.hook("play", 60).answer().after(60).list(row(key="31", offset_s=115))
    (session,) = stage.sessions
    assert (session.session_key, session.offset_ms) == ("31", 115_000)


def test_a_frame_that_was_overtaken_by_the_last_webhook_begins_nothing(stage):
    stage.hook("play", 600).answer().after(5).hook("stop", 605).frame(offset_s=604, key="31")
    assert stage.sessions == ()


def test_a_stop_that_only_a_webhook_tells_waits_for_frames(stage):
    stage.frame(offset_s=6_800).answer().after(10).hook("stop", 6_810)
    assert stage.actions == ["start"]
    stage.after(10).frame(offset_s=6_820)
    stage.long_after(60)
    assert stage.actions == ["start"]


def test_a_stop_that_frames_do_not_contradict_is_one(stage):
    stage.frame(offset_s=6_000).answer().after(10).hook("stop", 6_010)
    stopped_at = stage.now
    stage.long_after(CONFIRMED_WITHIN.total_seconds())
    assert (stage.actions, stage.events[-1].at) == (["start", "stop"], stopped_at)


def test_once_frames_are_silent_webhooks_are_believed(stage):
    stage.frame(offset_s=600).answer().after(50).hook("pause", 650)
    assert stage.actions == ["start", "pause"]


def test_while_the_socket_is_open_a_count_that_comes_late_dates_no_end(stage):
    stage.list(row(offset_s=6_300), reconnected=True).frame(offset_s=6_300).answer()
    stage.after(10).frame(offset_s=6_310)
    last_heard_at = stage.now
    stage.after(110).hook("scrobble", 6_305).after(1).list().after(16).list()
    assert stage.actions == ["start", "stop"]
    assert (stage.events[-1].at, stage.events[-1].is_counted) == (last_heard_at, True)


@pytest.mark.parametrize("is_listed", [True, False], ids=["the list does not name it", "there is no list"])
@pytest.mark.parametrize(("counted_after_s", "played_s"), [(90, 90), (400, 240)])
def test_what_was_counted_unheard_has_come_to_where_servers_count(
    stage, is_listed, counted_after_s, played_s
):
    begin_s = 0.9 * LENGTH_S - 240
    stage.list(row(offset_s=begin_s), reconnected=True).frame(offset_s=begin_s).answer()
    last_heard_at = stage.now
    stage.after(counted_after_s).hook("scrobble").after(1)
    if is_listed:
        stage.list().after(16).list()
    else:
        stage.after(600).updates += stage.tracker.end_silent(stage.now)
    assert stage.actions == ["start", "stop"]
    assert stage.events[-1].at == last_heard_at + timedelta(seconds=played_s)


def test_while_the_socket_is_closed_a_count_is_a_sign_of_life(stage):
    stage.list(row(offset_s=6_300), reconnected=True).frame(offset_s=6_300).answer()
    stage.tracker.disconnected()
    stage.after(110).hook("scrobble", 6_410)
    (session,) = stage.sessions
    assert (session.last_seen_at, session.offset_ms) == (stage.now, 6_410_000)


def test_a_late_webhook_of_a_viewing_that_frames_have_ended_begins_none(stage):
    stage.frame(offset_s=0).answer().after(3).frame(offset_s=600).after(10).frame("stopped", 610)
    for event, offset_s in (("play", None), ("pause", 400), ("resume", 400), ("stop", 610)):
        stage.after(20).hook(event, offset_s)
        assert stage.heard.ignored is Ignored.HEARD_ALREADY
    assert stage.sessions == ()


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("offset_s", [None, 500], ids=["at the beginning", "in the middle"])
def test_the_beginning_of_another_viewing_is_left_to_frames_while_they_come(stage, offset_s, is_open):
    """Else the second beginning of a viewing that was given another key, come late, would be a rewatch."""
    stage.frame(offset_s=0).answer().hook("play", 0).after(3).frame(offset_s=600).after(10).frame(
        "stopped", 700
    )
    if not is_open:
        stage.tracker.disconnected()
    stage.after(30).hook("play", offset_s)
    assert len(stage.sessions) == (0 if is_open else 1)


# ---------------------------------------------------------------- who


@pytest.mark.parametrize(
    ("told", "heard", "is_one"),
    [
        pytest.param(ALICE, ALICE, True, id="the same number"),
        pytest.param(ALICE, BOB, False, id="two people"),
        pytest.param(ALICE, NOBODY, True, id="nobody is named"),
        pytest.param(ALICE, Account(id=4711, name="Alice"), True, id="the owner's number at plex.tv"),
        pytest.param(ALICE, Account(id=4711, name="carol"), False, id="another number and name"),
        pytest.param(OWNER, Account(id=4711), True, id="the owner's known number"),
        pytest.param(OWNER, Account(id=4712, name="alice"), False, id="not the owner's, whatever the name"),
        pytest.param(Account(name="alice"), Account(id=1, name="ALICE"), True, id="by name"),
        pytest.param(BOB, Account(id=8, name=BOB.name), False, id="one name, two numbers"),
    ],
)
def test_a_webhook_is_only_about_the_session_of_its_own_person(stranger, told, heard, is_one):
    stranger.hook("play", 60, account=told).believe().after(30).hook("pause", 90, account=heard)
    assert len(stranger.sessions) == (1 if is_one else 2)


def test_the_same_item_on_two_players_is_two_sessions(stranger):
    stranger.hook("play", 60, client="tv").hook("play", 60, client="phone")
    assert len(stranger.sessions) == 2


# ---------------------------------------------------------------- what has to be kept


def test_a_webhook_is_kept_until_its_viewing_is_written(stranger):
    stranger.hook("play", 60)
    assert (stranger.heard.is_done, stranger.heard.updates) == (False, [])
    stranger.after(1).hook("pause", 61)
    stranger.believe()
    assert stranger.updates[-1].hooks == (1, 2)


def test_a_webhook_goes_with_the_update_that_it_causes(stranger):
    stranger.hook("play", 60).believe()
    stranger.after(100).hook("pause", 160)
    assert [update.hooks for update in stranger.updates] == [(1,), (2,)]
    assert not stranger.heard.is_done


def test_a_webhook_that_changes_nothing_need_not_be_kept(stranger):
    stranger.hook("play", 60).believe().after(1).hook("play", 60)
    assert (stranger.heard.is_done, stranger.heard.updates) == (True, [])


def test_what_the_server_does_not_say_in_time_is_believed_as_it_was_told(stage):
    stage.hook("play", 60)
    stage.long_after(PATIENCE.total_seconds() - 1)
    assert stage.events == []
    stage.long_after(1)
    assert stage.told == [("start", "9723", 0.86)]
    assert stage.updates[-1].hooks == (1,)


def test_what_was_kept_for_a_restart_happened_when_it_came(stranger):
    stranger.hook("play", 60, late_s=600).believe()
    assert stranger.updates[0].play.started_at == stranger.now - timedelta(seconds=600)


def test_a_viewing_goes_on_after_a_restart(stranger):
    stranger.hook("play", 60).believe().after(5_000).hook("scrobble").after(60)
    play = stranger.updates[-1].play
    again = HookStage(can_ask=False)
    again.now = stranger.now
    again.tracker.restore([play])
    again.hooks.take_up(again.now)
    again.hook("stop")
    assert again.watched == [play.id]
    assert restored(play).counted_at == play.counted_at


def test_where_frames_have_told_of_a_viewing_before_a_restart_its_position_holds(stage):
    stage.hook("play").after(1).frame(offset_s=1).answer().after(6_000).frame(offset_s=6_000)
    play = stage.updates[-1].play
    again = HookStage()
    again.now, again._count = stage.now + timedelta(minutes=20), 1
    again.tracker.restore([play])
    again.hooks.take_up(again.now)
    again.hook("play", item=SEVERANCE.rating_key).after(26).list().after(16).list()
    (ended,) = [event for event in again.events if event.action.value == "stop"]
    assert (ended.progress, ended.at) == (play.progress, play.last_seen_at)


def test_a_counted_viewing_ends_by_itself_after_a_restart_as_well(stranger):
    stranger.hook("scrobble", 6_000).believe()
    play = stranger.updates[-1].play
    again = HookStage(can_ask=False)
    again.now = stranger.now + timedelta(hours=8)
    again.tracker.restore([play])
    again.hooks.take_up(again.now)
    again.after(0.1)
    assert again.watched == [play.id]
    assert again.events[-1].at == play.last_seen_at + timedelta(seconds=LENGTH_S - 6_000)


# ---------------------------------------------------------------- limits


def test_there_are_only_so_many_sessions(stranger):
    for number in range(MOST_SESSIONS):
        stranger.hook("play", 60, client=f"player-{number}")
    stranger.hook("play", 60, client="one too many")
    assert stranger.heard.ignored is Ignored.TOO_MANY
    assert stranger.hook("pause", 61, client="player-1").heard.ignored is None


def test_what_names_no_item_is_about_nothing(stranger):
    assert stranger.hook("nothing").heard.ignored is Ignored.EVENT_IGNORED
