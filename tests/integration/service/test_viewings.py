"""From what a server says to what a sink holds, in the ordinary course."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, MediaKind
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.errors import SourceAuthError, SourceUnavailableError
from fakes.plays import MAYA

START, PAUSE, STOP, WATCHED = DesiredAction
JON = Account(id=2, name="Jon")


async def test_a_viewing_is_one_play_at_its_end(evening, film):
    ended_at = await evening.watch(film)
    assert evening.recorded == ["Arrival (2016)"]
    assert abs((evening.sink.plays(MAYA)[0][1] - ended_at).total_seconds()) < 2
    assert evening.sink.of("send") == [START, WATCHED]
    assert await evening.verdicts() == [("delivered", "watched")]


async def test_a_viewing_costs_the_server_a_few_requests_and_none_per_frame(evening, short):
    before = evening.source.asked.copy()
    await evening.watch(short)
    asked = evening.source.asked - before
    assert (asked["sessions"], asked["media"], asked["history"]) == (1, 1, 1)


async def test_what_is_stopped_early_keeps_its_position_and_is_no_play(evening, film):
    await evening.watch(film, end=0.4)
    assert (evening.recorded, evening.sink.of("send")) == ([], [START, STOP])
    assert await evening.verdicts() == [("delivered", "position_saved")]


async def test_what_is_stopped_at_once_is_told_to_nobody(evening, film):
    evening.source.latency_s["sessions"] = 3.0
    await evening.watch(film, end=0.005)
    await evening.later(10)
    assert (evening.recorded, await evening.verdicts()) == ([], [("skipped", "too_short")])
    assert WATCHED not in evening.sink.of("send")


async def test_a_pause_is_told_and_the_end_as_well(evening, film):
    evening.source.list(film, offset_s=600)
    evening.frame(film, 600)
    await evening.settle()
    evening.frame(film, 605, "paused")
    await evening.later(minutes=20)
    await evening.watch(film, start=0.1)
    assert evening.sink.of("send") == [START, PAUSE, START, WATCHED]
    assert len(await evening.plays()) == 1


async def test_what_only_the_history_counts_is_watched(evening, film):
    """Credits may begin before our mark (Plex protocol notes, section 14)."""
    evening.source.list(film)
    evening.frame(film, 4_000)
    await evening.later(700)
    counted = evening.source.count(film, evening.clock.now())
    await evening.later(30)
    evening.frame(film, 4_730, "stopped")
    ended_at = evening.clock.now()
    await evening.settle()
    assert evening.recorded == ["Arrival (2016)"]
    (play,) = await evening.plays()
    assert (play.history_key, play.watched_at) == (counted.history_key, ended_at)
    assert any("Plex itself counted it" in line for line in await evening.story(play))


async def test_what_the_history_counted_while_it_went_on_is_watched_even_if_it_cannot_be_asked_at_the_end(
    evening, film
):
    evening.source.list(film)
    evening.frame(film, 4_000)
    await evening.later(600)
    evening.source.count(film, evening.clock.now())
    await evening.later(hours=1)  # the line is read, while the viewing is paused
    evening.source.faults["history"] = SourceUnavailableError("busy")
    evening.frame(film, 4_700, "stopped")
    await evening.later(minutes=10)
    assert evening.recorded == []
    del evening.source.faults["history"]
    await evening.later(hours=1)
    assert evening.recorded == ["Arrival (2016)"]


async def test_without_catch_up_the_history_is_never_asked(evening, film):
    evening.catch_up = replace(evening.catch_up, is_on=False)
    evening.source.asked.clear()
    await evening.watch(film, end=0.7)
    await evening.later(hours=3)
    assert evening.source.asked["history"] == 0


# ---------------------------------------------------------------- who, and what


async def test_a_person_who_is_never_named_is_never_told_of(evening, film):
    await evening.watch(film, account=Account())
    assert (evening.sink.requests, await evening.verdicts()) == ([], [("skipped", "person_unknown")])


async def test_a_person_who_was_never_named_is_found_in_the_history(evening, film):
    await evening.watch(film, account=Account())
    evening.source.count(film, evening.clock.now() - timedelta(minutes=10))
    await evening.later(hours=1)
    assert evening.recorded == ["Arrival (2016)"]
    assert await evening.verdicts() == [("delivered", "watched"), ("skipped", "person_unknown")]


async def test_a_person_who_is_named_late_is_told_of(evening, film):
    evening.source.list(film, account=Account())
    evening.frame(film, 600)
    await evening.later(20)
    assert await evening.verdicts() == [("watching", "identifying")]
    await evening.watch(film, start=0.2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_a_person_who_is_not_listed_is_not_told_of(evening, film):
    evening.source.people[7] = Account(id=7, name="Eve")
    await evening.watch(film, account=Account(id=7, name="Eve"))
    assert (evening.sink.requests, await evening.verdicts()) == ([], [("skipped", "person_not_listed")])


async def test_two_people_on_two_devices_are_two_plays(evening, film, short):
    evening.source.people[2] = JON
    evening.source.list(short, key="2", account=JON, client="phone")
    evening.frame(short, 1, key="2", client="phone")
    await evening.watch(film)
    evening.frame(short, 1_190, "stopped", key="2", client="phone")
    await evening.settle()
    assert sorted(evening.recorded) == ["Arrival (2016)", short.label]
    assert {play.account.name for play in await evening.plays()} == {"Maya", "Jon"}


async def test_what_is_no_film_and_no_episode_is_not_told(evening, film):
    clip = replace(film, kind=MediaKind.CLIP, rating_key="77", title="Trailer")
    evening.source.library["77"] = clip
    await evening.watch(clip)
    assert (evening.sink.requests, await evening.verdicts()) == ([], [("skipped", "type_unsupported")])


async def test_a_film_of_unknown_length_is_not_guessed_at(evening, film):
    evening.source.library["9723"] = replace(film, duration_ms=None)
    unknown = replace(film, duration_ms=None)
    evening.source.list(unknown)
    evening.frame(unknown, 600)
    await evening.later(600)
    evening.frame(unknown, 5_900, "stopped")
    await evening.settle()
    assert (evening.recorded, await evening.verdicts()) == ([], [("skipped", "progress_unknown")])


async def test_a_jump_to_the_end_is_no_play_even_if_plex_counts_it(evening, film):
    evening.source.list(film)
    evening.frame(film, 10)
    await evening.settle()
    evening.frame(film, 5_999.5)
    evening.source.count(film, evening.clock.now())
    await evening.later(1)
    evening.frame(film, 6_000, "stopped")
    await evening.later(hours=2)
    assert (evening.recorded, await evening.verdicts()) == ([], [("skipped", "skipped_through")])


async def test_an_item_that_cannot_be_shown_is_told_by_its_titles_in_the_end(evening, film):
    evening.source.faults["media"] = SourceUnavailableError("500")
    await evening.watch(film)
    assert evening.recorded == ["Arrival (2016)"]
    (play,) = await evening.plays()
    assert not play.media.ids


async def test_an_item_that_is_deleted_while_it_plays_is_told(evening, film):
    evening.source.list(film)
    evening.source.library.clear()
    await evening.watch(film)
    assert evening.recorded == ["Arrival (2016)"]


async def test_where_the_list_is_not_shown_the_owner_of_the_token_watches(evening, film):
    evening.source.faults["sessions"] = SourceAuthError("not yours")
    evening.source.sole_viewer = Account(id=2, name="Jon")
    await evening.watch(film)
    assert [play.account.name for play in await evening.plays()] == ["Jon"]
    assert evening.recorded == ["Arrival (2016)"]


async def test_where_the_list_is_refused_for_a_moment_nobody_is_guessed(evening, film):
    evening.source.faults["sessions"] = SourceAuthError("starting")
    evening.source.list(film)
    evening.frame(film, 600)
    await evening.later(20)
    assert await evening.plays() == []
    del evening.source.faults["sessions"]
    await evening.watch(film, start=0.2)
    assert [play.account.name for play in await evening.plays()] == ["Maya"]


# ---------------------------------------------------------------- rules that change meanwhile


async def test_a_play_that_may_be_told_only_by_its_end_is_told_then(evening, film):
    allowed = evening.rules
    evening.rules = replace(allowed, is_on=False)
    evening.source.list(film)
    evening.frame(film, 600)
    await evening.settle()
    assert await evening.verdicts() == [("skipped", "feature_off")]
    evening.rules = allowed
    await evening.watch(film, start=0.2)
    assert evening.recorded == ["Arrival (2016)"]
    assert await evening.verdicts() == [("delivered", "watched")]


async def test_a_play_that_may_not_be_told_any_more_at_its_end_is_not(evening, film):
    evening.source.list(film)
    evening.frame(film, 600)
    await evening.settle()
    evening.rules = replace(evening.rules, usernames=("jon",))
    await evening.watch(film, start=0.2)
    assert (evening.recorded, evening.sink.of("send")) == ([], [START])
    assert await evening.verdicts() == [("skipped", "person_not_listed")]


async def test_what_plex_counted_is_told_only_to_those_who_are_linked_by_then(evening, film):
    await evening.watch(film, end=0.7)
    evening.source.count(film, evening.clock.now())
    evening.rules = replace(evening.rules, usernames=("jon",))
    await evening.later(hours=1)
    assert (evening.recorded, await evening.verdicts()) == ([], [("skipped", "person_not_listed")])


# ---------------------------------------------------------------- autoplay, echoes, ends


async def test_autoplay_ends_one_and_begins_the_next(evening, film, short):
    evening.source.list(short)
    evening.frame(short, 600)
    await evening.later(590)
    evening.frame(short, 1_190)
    await evening.later(10)
    await evening.watch(film)
    assert evening.recorded == [short.label, "Arrival (2016)"]


async def test_a_viewing_that_vanishes_ends_where_it_was(evening, film):
    evening.source.list(film)
    evening.frame(film, 5_400)
    seen = evening.clock.now()
    await evening.later(30)
    evening.source.sessions.clear()
    await evening.later(minutes=5)
    assert evening.recorded == ["Arrival (2016)"]
    assert [play.state for play in await evening.plays()] == [PlayState.ENDED]
    assert abs((evening.sink.plays(MAYA)[0][1] - seen).total_seconds()) < 120


async def test_where_the_list_is_not_shown_silence_is_an_end_after_a_while(evening, film):
    evening.source.faults["sessions"] = SourceAuthError("not yours")
    evening.source.sole_viewer = Account(id=2, name="Jon")
    evening.frame(film, 5_400)
    await evening.later(minutes=4)
    assert evening.recorded == []
    await evening.later(minutes=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_changed_items_are_dropped_from_the_cache(evening):
    evening.pipeline.forget(["1", "2"])
    assert evening.source.forgotten == ["1", "2"]


async def test_nobody_spins_while_a_session_goes_on(evening, film):
    evening.source.list(film)
    evening.frame(film, 600)
    await evening.settle()
    turns = 0
    take = evening.pipeline._take

    def counting(facts):
        nonlocal turns
        turns += 1
        return take(facts)

    evening.pipeline._take = counting
    await evening.later(minutes=10)
    assert turns < 120


@pytest.mark.parametrize("question", ["sessions", "viewer", "media", "account"])
async def test_a_question_that_fails_for_a_while_is_asked_again(evening, film, question):
    evening.source.faults[question] = SourceUnavailableError("busy")
    evening.source.list(film)
    evening.frame(film, 600)
    await evening.later(3)
    del evening.source.faults[question]
    await evening.watch(film, start=0.2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_a_slip_while_a_question_is_asked_does_not_silence_it_for_ever(evening, film, caplog):
    evening.source.faults["media"] = RuntimeError("a slip")
    evening.source.list(film)
    evening.frame(film, 600)
    await evening.later(3)
    del evening.source.faults["media"]
    await evening.watch(film, start=0.2)
    assert evening.recorded == ["Arrival (2016)"]
    assert "a question to the server failed" in caplog.text


async def test_whoever_is_heard_last_is_not_asked_about_after_the_end(evening, film):
    """What is heard while the app stops is written, and raises no question that would outlive it."""
    unsure = Account(id=1, name="Maya W.", has_all_names=False)
    evening.source.people[1] = unsure
    evening.source.list(film, offset_s=600, account=unsure)
    evening.frame(film, 600)
    await evening.later(60)
    evening.frame(film, 660)
    evening.running.cancel()
    await asyncio.gather(evening.running, return_exceptions=True)
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("ask ")] == []

    evening.running = asyncio.create_task(evening.pipeline.run())
    before = evening.source.asked["account"]
    await evening.later(60)
    evening.frame(film, 720)
    await evening.settle()
    assert evening.source.asked["account"] > before
