"""What is written of a viewing stays true, whatever comes after it about the same one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Percent, ScrobbleAction
from crosswatch.core.judging import end_of
from crosswatch.core.people import Rules
from crosswatch.core.plays import PlayState, TraceEntry
from crosswatch.core.policy import SKIPPED
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.tracker import Update
from crosswatch.service.recorder import Recorder
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, MAYA, at, make_play

MEDIA = replace(EPISODE, rating_key="301")
ENDED = make_play(
    2, media=MEDIA, state=PlayState.ENDED, progress=Percent(97.0), last_seen_at=at(900), ended_at=at(900)
)
STOP = end_of(ENDED)
START = replace(STOP, action=ScrobbleAction.START, progress=Percent(88.0), at=at(500))
COUNTED = Update(play=replace(ENDED, counted_at=at(880)), is_counted_late=True)


@pytest.fixture
def ledger():
    return MemoryLedger(HandClock())


@pytest.fixture
def recorder(ledger):
    return Recorder(
        ledger,
        rules=lambda: Rules(is_on=True, usernames=("maya",), accounts=(MAYA,)),
        clock=HandClock(),
        wake=lambda _: None,
        changed=lambda _: None,
    )


@pytest.fixture
async def half(ledger):
    """The first half of the viewing counts."""
    half = make_play(1, media=MEDIA, state=PlayState.ENDED, progress=Percent(85.0))
    await ledger.record([PlayChange(play=replace(half, ended_at=at(400), watched_at=at(400)))])


def told(*events):
    return [Update(play=ENDED, event=event, lowest=Percent(88.0)) for event in events]


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize("is_at_once", [False, True], ids=["later", "with its end"])
async def test_the_tail_of_a_viewing_stays_one_though_its_row_is_written_again(ledger, recorder, is_at_once):
    updates = told(START, STOP, None)
    for some in [updates] if is_at_once else [updates[:2], updates[2:]]:
        await recorder.record(some)
    play = await ledger.play(ENDED.id)
    assert (play.verdict, play.reason) == (Verdict.SKIPPED, Reason.DUPLICATE_OF)


@pytest.mark.parametrize("is_at_once", [False, True], ids=["later", "with its end"])
async def test_what_was_skipped_through_stays_so_though_its_row_is_written_again(
    ledger, recorder, is_at_once
):
    updates = told(START, replace(STOP, why=SKIPPED), None)
    for some in [updates] if is_at_once else [updates[:2], updates[2:]]:
        await recorder.record(some)
    play = await ledger.play(ENDED.id)
    assert (play.verdict, play.reason) == (Verdict.SKIPPED, Reason.SKIPPED_THROUGH)


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize("is_at_once", [False, True], ids=["later", "with its end"])
async def test_the_tail_of_a_viewing_is_no_play_though_its_server_counts_it(ledger, recorder, is_at_once):
    updates = [*told(START, STOP), COUNTED]
    for some in [updates] if is_at_once else [updates[:2], updates[2:]]:
        await recorder.record(some)
    play = await ledger.play(ENDED.id)
    assert (play.verdict, play.reason) == (Verdict.SKIPPED, Reason.DUPLICATE_OF)
    assert not (await ledger.deliveries([ENDED.id])).get(ENDED.id)


@pytest.mark.parametrize("order", [1, -1], ids=["the older first", "the newer first"])
async def test_of_two_halves_that_a_rule_had_stopped_one_counts_whichever_is_asked_for_first(
    ledger, recorder, order
):
    stopped = {"verdict": Verdict.SKIPPED, "reason": Reason.PERSON_PAUSED}
    first = replace(ENDED, **stopped, progress=Percent(85.0), ended_at=at(400), last_seen_at=at(400))
    rest = replace(ENDED, **stopped, id="play-000009", started_at=at(500))
    for play, progress in ((first, 0.0), (rest, 85.0)):
        told = {"action": ScrobbleAction.START.value, "progress": progress}
        step = TraceEntry(at=play.started_at, step="heard", text="", data=told)
        await ledger.record([PlayChange(play=play, trace=(step,))])
    counts = [await recorder.count_after_all(play.id) for play in (first, rest)[::order]]
    assert counts == [1, 0]
    reasons = {(await ledger.play(play.id)).reason for play in (first, rest)}
    assert reasons == {Reason.LIVE, Reason.DUPLICATE_OF}
    assert await recorder.count_after_all(first.id) == 0, "it counts, or is the tail of what does"
