"""Plays that ended before it was known whose they are, judged once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, Percent
from crosswatch.core.people import NAMES_TO_COME, Rules
from crosswatch.core.plays import PlayState
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.service.recorder import Recorder
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, MAYA, at, make_play

KNOWN = Account(id=7, name="Maya", aliases=frozenset({"maya"}))


def undecided(number, seconds):
    """A play that its server counted at that second, by somebody who was not known by all names."""
    return make_play(
        number,
        media=EPISODE,
        account=Account(id=7, name="Maya W.", has_all_names=False),
        state=PlayState.ENDED,
        progress=Percent(97.0),
        started_at=at(seconds - 60),
        last_seen_at=at(seconds),
        ended_at=at(seconds),
        counted_at=at(seconds),
        verdict=Verdict.SKIPPED,
        reason=Reason.PERSON_NOT_LISTED,
        detail=NAMES_TO_COME,
    )


@pytest.mark.parametrize("order", [1, -1], ids=["the older first", "the newer first"])
async def test_two_halves_of_one_viewing_count_once(order):
    clock = HandClock()
    ledger = MemoryLedger(clock)
    first, second = undecided(1, 0), undecided(2, 300)
    await ledger.record([PlayChange(play=first), PlayChange(play=second)])
    recorder = Recorder(
        ledger,
        rules=lambda: Rules(is_on=True, usernames=("maya",), accounts=(MAYA,)),
        clock=clock,
        wake=lambda _: None,
        changed=lambda _: None,
    )
    known = [replace(play, account=KNOWN) for play in (first, second)][::order]
    assert await recorder.judge_again(known) == 2

    reasons = [(await ledger.play(play.id)).reason for play in (first, second)]
    assert reasons == [Reason.LIVE, Reason.DUPLICATE_OF]
    assert [len(rows) for rows in (await ledger.deliveries([first.id, second.id])).values()] == [1]
