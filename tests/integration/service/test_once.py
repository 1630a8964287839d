"""One viewing is one play, and a rewatch is another: where the same viewing comes twice (P2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, Player, PlayerState
from crosswatch.core.facts import WebhookFact
from crosswatch.core.plays import DesiredAction
from crosswatch.core.reasons import Reason
from crosswatch.errors import SourceUnavailableError
from fakes.evening import SERVER, Evening
from fakes.plays import MAYA
from fakes.sink import Fault
from fakes.source import OWNER

START, PAUSE, STOP, WATCHED = DesiredAction


def reasons(plays):
    return [play.reason for play in plays]


async def hear_of(evening, media, event):
    """A webhook about the owner's player comes in."""
    fact = WebhookFact(
        event=event,
        state=PlayerState.STOPPED if event == "media.stop" else PlayerState.PLAYING,
        is_counted=event == "media.scrobble",
        account=Account(id=OWNER.id, name=OWNER.name),
        media=media,
        player=Player(client_id="tv", title="tv"),
        server_uuid=SERVER,
    )
    evening.pipeline.hear_hook(await evening.ledger.put_hook(fact, evening.clock.now(), most=1_000))


# ---------------------------------------------------------------- tails


@pytest.mark.parametrize("hours", [1, 24], ids=["soon", "on the next evening"])
async def test_the_rest_of_what_counts_already_is_no_second_play(evening, film, hours):
    await evening.watch(film, end=0.85)
    await evening.later(hours=hours)
    await evening.watch(film, start=0.84)
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]
    assert reasons(await evening.plays()) == [Reason.WATCHED, Reason.DUPLICATE_OF]


async def test_the_rest_of_what_counts_already_is_not_counted_by_the_history(evening, film):
    await evening.watch(film, end=0.85)
    await evening.later(hours=3)
    evening.source.list(film, offset_s=5_100)
    evening.frame(film, 5_100)
    await evening.later(300)
    evening.source.count(film, evening.clock.now())
    await evening.watch(film, start=0.9)
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


@pytest.mark.parametrize("pause_min", [2, 12, 14], ids="paused for {} minutes".format)
async def test_what_was_paused_past_the_mark_and_ended_while_we_were_down_is_one_play(
    evening, short, pause_min
):
    evening.source.list(short)
    for offset_s in range(0, 1_010, 20):
        evening.frame(short, max(offset_s, 1))
        await evening.later(20)
    evening.frame(short, 1_010, "paused")  # 84 %
    await evening.settle()
    await evening.kill()
    await evening.later(minutes=pause_min)
    await evening.later(70)  # goes on, to 90 %
    evening.source.count(short, evening.clock.now())
    counted_at = evening.clock.now()
    await evening.later(120)
    evening.source.sessions.clear()
    await evening.later(minutes=10)
    await evening.start()
    await evening.later(hours=2)
    assert evening.recorded == [short.label]
    assert abs((evening.sink.plays(MAYA)[0][1] - counted_at).total_seconds()) <= 240


async def test_a_count_that_comes_late_while_the_socket_is_closed_dates_no_end(evening, short):
    evening.source.list(short)
    for offset_s in range(0, 1_140, 20):
        evening.frame(short, max(offset_s, 1))
        if offset_s == 1_080:
            evening.source.count(short, evening.clock.now())
        await evening.later(20)
    ended_at = evening.clock.now()  # the player dies
    await evening.later(30)
    evening.source.sessions.clear()
    evening.pipeline.disconnected()
    await evening.later(120)
    await hear_of(evening, short, "media.scrobble")
    await evening.later(10)
    evening.pipeline.connected()
    await evening.later(hours=2)
    assert evening.recorded == [short.label]
    assert abs((evening.sink.plays(MAYA)[0][1] - ended_at).total_seconds()) <= 120


@pytest.mark.parametrize("event", ["media.play", "media.scrobble", "media.stop"])
async def test_what_comes_late_about_a_viewing_that_ended_before_a_restart_is_no_play(evening, short, event):
    await evening.watch(short)
    await evening.restart()
    await evening.later(minutes=8)
    await hear_of(evening, short, event)
    await evening.later(hours=2)
    assert evening.recorded == [short.label]
    assert reasons(await evening.plays()) == [Reason.WATCHED]


async def test_a_tail_is_known_as_one_after_a_restart(evening, film):
    await evening.watch(film, end=0.85)
    await evening.later(hours=2)
    evening.source.list(film, offset_s=5_100)
    evening.frame(film, 5_100)
    await evening.later(60)
    evening.frame(film, 5_160)
    await evening.later(60)
    await evening.restart()
    await evening.watch(film, start=0.87)
    assert evening.recorded == ["Arrival (2016)"]
    assert reasons(await evening.plays()) == [Reason.WATCHED, Reason.DUPLICATE_OF]


async def test_whoever_goes_back_to_the_beginning_watches_again(evening, film):
    await evening.watch(film, end=0.85)
    await evening.later(hours=2)
    evening.source.list(film, offset_s=5_100)
    evening.frame(film, 5_100)
    await evening.later(90)
    await evening.watch(film, start=0.01)
    assert evening.recorded == ["Arrival (2016)"] * 2


async def test_whoever_goes_back_to_the_beginning_after_a_restart_watches_again(evening, film):
    await evening.watch(film, end=0.85)
    await evening.later(hours=2)
    evening.source.list(film, offset_s=5_100)
    evening.frame(film, 5_100)
    await evening.later(30)
    await evening.restart()
    evening.frame(film, 5_150)
    await evening.later(90)
    await evening.watch(film, start=0.01)
    assert evening.recorded == ["Arrival (2016)"] * 2


async def test_a_viewing_that_comes_in_two_pieces_counts_once_whichever_counts_first(evening, film):
    """The first piece falls silent, and is missed only when the second one has begun."""
    evening.source.list(film, key="1", client="", offset_s=5_100)
    evening.frame(film, 5_100, key="1", client="")
    await evening.later(5)
    evening.source.sessions.clear()
    evening.source.list(film, key="2", client="", offset_s=5_110)
    evening.frame(film, 5_110, key="2", client="")
    await evening.later(5)
    await evening.watch(film, start=0.86, key="2", client="")
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


# ---------------------------------------------------------------- rewatches


async def test_a_rewatch_right_after_is_a_second_play(evening, short):
    """Trakt takes no second play within an hour, so it has to be added."""
    await evening.watch(short)
    again = await evening.watch(short, key="2")
    await evening.later(5)
    assert [at for _, at in evening.sink.plays(MAYA)][1] == again.replace(microsecond=again.microsecond)
    assert evening.recorded == [short.label] * 2


async def test_a_rewatch_that_is_paused_near_its_end_is_a_second_play(evening, film):
    await evening.watch(film, end=0.9)
    await evening.later(hours=2)
    await evening.watch(film, end=0.1, key="2")
    evening.source.list(film, key="3", offset_s=600)
    evening.frame(film, 600, key="3")
    await evening.later(5_000)
    evening.frame(film, 5_600, "paused", key="3")
    await evening.later(300)
    evening.frame(film, 5_600, key="3")
    await evening.later(300)
    evening.frame(film, 5_900, "stopped", key="3")
    await evening.settle()
    assert evening.recorded == ["Arrival (2016)"] * 2


async def test_a_rewatch_of_which_we_learn_only_when_it_is_over_is_a_second_play(evening, film):
    await evening.watch(film, end=0.9)
    await evening.later(hours=2)
    evening.source.faults["sessions"] = SourceUnavailableError("busy")
    evening.source.list(film)
    evening.frame(film, 5)
    await evening.later(5_900)
    evening.frame(film, 5_900)
    del evening.source.faults["sessions"]
    await evening.later(40)
    evening.frame(film, 5_940, "stopped")
    await evening.settle()
    assert evening.recorded == ["Arrival (2016)"] * 2


async def test_a_rewatch_on_the_other_side_of_a_restart_is_a_second_play(evening, film):
    await evening.watch(film, end=0.9)
    await evening.later(hours=2)
    evening.source.list(film)
    evening.frame(film, 5)
    await evening.later(5_500)
    evening.frame(film, 5_505)
    await evening.later(20)
    await evening.restart()
    await evening.watch(film, start=0.93)
    assert evening.recorded == ["Arrival (2016)"] * 2


async def test_what_somebody_else_recorded_during_the_viewing_is_that_viewing(evening, film):
    evening.source.list(film)
    evening.frame(film, 5)
    await evening.later(3_000)
    evening.sink.add(MAYA, film, evening.clock.now())
    await evening.watch(film, start=0.5)
    assert evening.recorded == ["Arrival (2016)"]
    assert await evening.verdicts() == [("delivered", "already_recorded")]


async def test_a_bare_already_there_is_looked_at_more_closely(evening, short):
    evening.sink.tells_time = False
    await evening.watch(short)
    await evening.watch(short, key="2")
    await evening.later(5)
    assert evening.recorded == [short.label] * 2


async def test_a_start_that_is_answered_with_already_there_makes_no_play(evening, short):
    evening.sink.takes_starts = False
    await evening.watch(short)
    await evening.watch(short, end=0.3, key="2")
    await evening.later(minutes=20)
    assert evening.recorded == [short.label]
    assert evening.sink.of("add") == []


# ---------------------------------------------------------------- gaps


async def missed_viewing(evening, media, *, end=1.0):
    """Somebody watches while the app is down; when the server counted it."""
    await evening.stop()
    length_s = media.duration_ms / 1000
    await evening.later(0.9 * length_s)
    row = evening.source.count(media, evening.clock.now())
    await evening.later((end - 0.9) * length_s)
    return row.viewed_at


async def test_what_was_watched_while_we_were_down_is_made_good_with_its_time(evening, film):
    counted_at = await missed_viewing(evening, film)
    await evening.later(hours=5)
    await evening.start()
    await evening.later(10)
    assert evening.sink.plays(MAYA) == [("Arrival (2016)", counted_at)]
    (play,) = await evening.plays()
    assert any("Found in the play history" in line for line in await evening.story(play))


async def test_what_was_made_good_is_not_made_good_again(evening, film):
    await missed_viewing(evening, film)
    await evening.start()
    for _ in range(3):
        await evening.later(hours=1)
        await evening.restart()
    await evening.later(hours=1)
    assert evening.recorded == ["Arrival (2016)"]


async def test_a_line_that_comes_late_is_made_good(evening, film, short):
    """Its time is before that of a line that has been handled: the cursor overlaps."""
    late = evening.clock.now() + timedelta(minutes=50)
    await evening.later(minutes=58)
    evening.source.count(short, evening.clock.now())
    await evening.later(minutes=10)
    assert evening.recorded == [short.label]
    evening.source.count(film, late)
    await evening.later(hours=1)
    assert sorted(evening.recorded) == ["Arrival (2016)", short.label]


async def test_the_first_contact_imports_nothing(film, short):
    evening = Evening(media=(film, short))
    evening.source.count(film, evening.clock.now() - timedelta(days=1))
    evening.source.count(short, evening.clock.now() - timedelta(minutes=1))
    await evening.start()
    await evening.later(hours=2)
    assert evening.recorded == []
    await evening.stop()


async def test_what_goes_on_when_we_come_back_and_was_counted_before_is_one_play(evening, film):
    await missed_viewing(evening, film, end=0.95)
    evening.source.list(film, offset_s=5_700)
    await evening.start()
    await evening.watch(film, start=0.955)
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_the_same_if_the_server_says_only_later_who_watches(evening, film):
    await missed_viewing(evening, film, end=0.95)
    evening.source.list(film, offset_s=5_700, account=Account())
    await evening.start()
    await evening.later(100)
    assert len(evening.recorded) == 1
    await evening.watch(film, start=0.97)
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_the_same_if_the_item_is_shown_while_the_session_is_being_bound(evening, film):
    """The line is found missing before, and written after, the session has been written."""
    await missed_viewing(evening, film, end=0.95)
    evening.source.list(film, offset_s=5_700)
    evening.source.latency_s["media"] = 0.5
    evening.source.latency_s["account"] = 2.0
    await evening.start()
    evening.source.latency_s.clear()
    await evening.watch(film, start=0.955)
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_a_viewing_that_goes_on_across_a_restart_is_one_play(evening, film):
    evening.source.list(film, offset_s=600)
    evening.frame(film, 600)
    await evening.later(1_000)
    await evening.restart()
    await evening.watch(film, start=0.27)
    assert (evening.recorded, len(await evening.plays())) == (["Arrival (2016)"], 1)


@pytest.mark.parametrize(
    ("counted_s", "ended_s"),
    [
        pytest.param(None, 0, id="not counted, so it did not go on for long"),
        pytest.param(400, 400, id="counted, so it went on until then"),
    ],
)
async def test_a_viewing_that_ended_while_we_were_down_is_dated_by_the_server(
    evening, film, counted_s, ended_s
):
    evening.source.list(film)
    evening.frame(film, 5_000)
    began = evening.clock.now()
    await evening.later(30)
    await evening.kill()
    evening.source.sessions.clear()
    if counted_s is not None:
        evening.source.count(film, began + timedelta(seconds=counted_s))
    await evening.later(hours=3)
    await evening.start()
    await evening.later(60)
    ((title, at),) = evening.sink.plays(MAYA)
    assert (title, abs((at - began).total_seconds() - ended_s) < 2) == ("Arrival (2016)", True)


async def test_a_viewing_that_was_counted_while_we_were_down_is_one_play(evening, film):
    evening.source.list(film)
    evening.frame(film, 3_000)
    await evening.later(30)
    await evening.kill()
    evening.source.sessions.clear()
    await evening.later(2_400)
    evening.source.count(film, evening.clock.now())
    await evening.later(hours=3)
    await evening.start()
    await evening.later(60)
    assert (evening.recorded, len(await evening.plays())) == (["Arrival (2016)"], 1)


async def test_a_person_without_a_number_is_not_found_in_the_history_a_second_time(evening, film):
    await evening.watch(film, account=Account(name="Maya"))
    evening.source.count(film, evening.clock.now() - timedelta(minutes=10))
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_an_item_that_cannot_be_shown_holds_up_nobody_for_long(evening, film):
    evening.source.faults["media"] = SourceUnavailableError("500")
    await missed_viewing(evening, film)
    await evening.start()
    await evening.later(minutes=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_an_item_that_was_deleted_meanwhile_is_made_good_by_its_titles(evening, film):
    await missed_viewing(evening, film)
    evening.source.library.clear()
    await evening.start()
    await evening.later(10)
    assert evening.recorded == ["Arrival (2016)"]
    evening.source.history[0] = replace(evening.source.history[0], rating_key="")
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("ahead_h", [-2.0, -0.2, 0.4, 2.0, 30.0])
async def test_a_server_whose_clock_is_wrong_makes_no_play_twice(evening, film, ahead_h):
    evening.source.list(film, offset_s=3_000)
    evening.frame(film, 3_000)
    await evening.later(2_400)
    evening.source.count(film, evening.clock.now() + timedelta(hours=ahead_h))
    ended_at = await evening.watch(film, start=0.9)
    await evening.later(hours=40)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 2


@pytest.mark.parametrize("set_by_h", [-30.0, -1.5, 1.5, 30.0])
async def test_our_own_clock_may_be_set_while_something_plays(evening, film, set_by_h):
    evening.source.list(film)
    evening.frame(film, 5)
    await evening.later(1_000)
    evening.clock.set_by_s = set_by_h * 3600
    await evening.watch(film, start=0.2)
    await evening.later(hours=2)
    assert len(evening.recorded) == 1
    evening.clock.set_by_s = 0.0
    await evening.watch(film, key="9")
    await evening.later(hours=2)
    assert len(evening.recorded) == 2


async def test_a_cursor_that_a_wrong_clock_has_left_in_the_future_blinds_nobody(evening, film):
    await evening.stop()
    evening.clock.set_by_s = 400 * 86_400.0
    await evening.start()
    await evening.later(hours=1)
    evening.clock.set_by_s = 0.0
    await missed_viewing(evening, film)
    await evening.start()
    await evening.later(60)
    assert evening.recorded == ["Arrival (2016)"]


async def test_a_trakt_whose_clock_is_ahead_is_found_to_hold_what_was_sent_when_we_died(evening, short):
    """Only the note that something was being sent tells that the entry, dated long after, can be ours."""
    cartoon = evening.source.library[short.rating_key] = replace(short, duration_ms=300_000)
    evening.sink.ahead = timedelta(minutes=11)
    evening.sink.faults.extend([Fault.NONE, Fault.CUT_AFTER])
    await evening.watch(cartoon)
    await evening.kill()
    await evening.later(minutes=20)
    await evening.start()
    await evening.later(minutes=5)
    assert evening.recorded == [short.label]
    assert await evening.verdicts() == [("delivered", "already_recorded")]
