"""The table of the design notes, section 5: what a sink should know after what happened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Account, Percent, PlayId, ScrobbleAction, ScrobbleEvent
from crosswatch.core.plays import Desired, DesiredAction, PlayState
from crosswatch.core.policy import (
    counted_by_plex,
    desired_for,
    mark_with_credits,
    may_be_counted,
    reason_of_end,
)
from crosswatch.core.reasons import Reason
from fakes.plays import FILM, at, make_play

START, PAUSE, STOP = ScrobbleAction
TOLD_START, TOLD_PAUSE, TOLD_STOP, WATCHED = DesiredAction


def event(action=STOP, progress=50.0, *, why="frame", is_counted=False):
    return ScrobbleEvent(
        action=action,
        play_id=PlayId("play"),
        server="den",
        account=Account(id=1),
        media=FILM,
        progress=None if progress is None else Percent(progress),
        at=at(9),
        why=why,
        is_counted=is_counted,
    )


@pytest.mark.parametrize(
    ("happened", "mark", "told"),
    [
        pytest.param(event(START, 0.0), 80, (TOLD_START, 0.0), id="start at nothing"),
        pytest.param(event(START, 97.0), 80, (TOLD_START, 97.0), id="start at the end"),
        pytest.param(event(PAUSE, 0.99), 80, None, id="pause before anything counts"),
        pytest.param(event(PAUSE, 1.0), 80, (TOLD_PAUSE, 1.0), id="pause"),
        pytest.param(event(PAUSE, 79.99), 80, (TOLD_PAUSE, 79.99), id="pause below 80"),
        pytest.param(event(PAUSE, 80.0), 80, None, id="pause from 80 on: the end will tell"),
        pytest.param(event(PAUSE, 80.0), 95, None, id="the same under a higher mark"),
        pytest.param(event(STOP, 0.5), 80, (TOLD_STOP, 0.5), id="stop before anything counts"),
        pytest.param(event(STOP, 79.99), 80, (TOLD_STOP, 79.99), id="stop below the mark"),
        pytest.param(event(STOP, 80.0), 80, (WATCHED, 80.0), id="stop at the mark"),
        pytest.param(event(STOP, 85.0), 90, (TOLD_STOP, 85.0), id="stop below a higher mark"),
        pytest.param(event(STOP, 55.0), 50, (WATCHED, 55.0), id="stop above a lower mark"),
        pytest.param(event(STOP, 100.0, why="skipped"), 80, (TOLD_STOP, 0.0), id="skipped to the end"),
        pytest.param(event(STOP, 60.0, is_counted=True), 80, (WATCHED, 60.0), id="counted by Plex"),
        pytest.param(
            event(STOP, None, is_counted=True), 80, (WATCHED, 80.0), id="counted, nobody knows where"
        ),
        pytest.param(
            event(STOP, 99.0, why="skipped", is_counted=True), 80, (TOLD_STOP, 0.0), id="but skipped"
        ),
        pytest.param(event(PAUSE, None, is_counted=True), 80, None, id="counted, and goes on nowhere"),
        pytest.param(event(START, None), 80, None, id="start nowhere"),
        pytest.param(event(PAUSE, None), 80, None, id="pause nowhere"),
        pytest.param(event(STOP, None), 80, None, id="stop nowhere"),
    ],
)
def test_what_a_sink_should_know(happened, mark, told):
    desired = told and Desired(action=told[0], progress=Percent(told[1]), at=at(9))
    assert desired_for(happened, watched_at_percent=mark) == desired


@pytest.mark.parametrize(
    ("credits_ms", "duration_ms", "mark", "with_credits"),
    [
        pytest.param(70_000, 100_000, 80, 70.0, id="credits before the mark"),
        pytest.param(92_000, 100_000, 80, 80, id="credits after the mark"),
        pytest.param(86_000, 100_000, 90, 86.0, id="credits before a higher mark"),
        pytest.param(10_000, 100_000, 80, 50.0, id="credits that can be none"),
        pytest.param(None, 100_000, 80, 80, id="no credits"),
        pytest.param(70_000, None, 80, 80, id="no length"),
    ],
)
def test_final_credits_make_the_mark_earlier_but_never_later(credits_ms, duration_ms, mark, with_credits):
    media = replace(FILM, credits_ms=credits_ms, duration_ms=duration_ms)
    assert mark_with_credits(mark, media) == with_credits


@pytest.mark.parametrize(
    ("progress", "told"), [(None, 80.0), (0.0, 80.0), (78.5, 78.5)], ids=["unknown", "nothing", "known"]
)
def test_what_plex_counted_is_watched_wherever_it_was(progress, told):
    desired = counted_by_plex(make_play(progress=progress), at(60))
    assert desired == Desired(action=WATCHED, progress=Percent(told), at=at(60))


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        pytest.param(event(progress=None), Reason.PROGRESS_UNKNOWN, id="nowhere"),
        pytest.param(event(progress=0.5), Reason.TOO_SHORT, id="only just begun"),
        pytest.param(event(progress=60.0), Reason.BELOW_THRESHOLD, id="not far enough"),
        pytest.param(event(progress=100.0, why="skipped"), Reason.SKIPPED_THROUGH, id="skipped"),
    ],
)
def test_why_an_ended_play_is_not_watched(happened, reason):
    assert reason_of_end(happened, desired_for(happened, watched_at_percent=80)) is reason


def test_an_end_that_nobody_is_to_know_of_is_too_short():
    assert reason_of_end(event(progress=60.0), None) is Reason.TOO_SHORT


@pytest.mark.parametrize(
    ("changes", "is_news"),
    [
        pytest.param({}, True, id="ended early"),
        pytest.param({"reason": Reason.PERSON_NOT_LISTED}, True, id="of somebody who may be listed by now"),
        pytest.param({"state": PlayState.PAUSED}, False, id="goes on"),
        pytest.param({"watched_at": at(9)}, False, id="watched"),
        pytest.param({"reason": Reason.DUPLICATE_OF}, False, id="a tail"),
        pytest.param({"reason": Reason.SKIPPED_THROUGH}, False, id="skipped to the end"),
        pytest.param({"reason": Reason.IGNORED_BY_YOU}, False, id="ignored"),
        pytest.param({"reason": Reason.TITLE_OFF}, False, id="its title was ignored"),
        pytest.param({"reason": Reason.PERSON_PAUSED}, False, id="its person was paused"),
    ],
)
def test_which_plays_may_turn_out_to_have_been_counted(changes, is_news):
    assert may_be_counted(make_play(**{"state": PlayState.ENDED, **changes})) is is_news


@given(
    st.sampled_from(ScrobbleAction),
    st.one_of(st.none(), st.floats(0, 100)),
    st.sampled_from(["frame", "seek", "skipped", "vanished"]),
    st.integers(50, 100),
)
def test_only_an_end_from_the_mark_on_is_watched_and_nothing_is_made_up(action, progress, why, mark):
    desired = desired_for(event(action, progress, why=why), watched_at_percent=mark)
    if desired is None:
        return
    assert progress is not None
    assert desired.progress == (0.0 if action is STOP and why == "skipped" else progress)
    is_watched = action is STOP and progress >= mark and why != "skipped"
    assert (desired.action is WATCHED) is is_watched
