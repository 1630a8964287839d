"""Which viewings only go on with one that counts already, also where the app was started again meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Percent, ScrobbleAction
from crosswatch.core.judging import end_of
from crosswatch.core.plays import PlayState, TraceEntry
from crosswatch.core.ports import PlayChange
from crosswatch.core.tracker import Update
from crosswatch.service.tails import Tails
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, at, make_play

MEDIA = replace(EPISODE, rating_key="301")


@pytest.mark.parametrize(
    ("starts", "is_tail"),
    [([88.0, 93.0], True), ([88.0, 5.0], False), ([None, 93.0], False), ([], False)],
    ids=["went on from there", "went back to the beginning", "began nobody knows where", "never told"],
)
async def test_where_a_play_began_before_a_restart_is_read_in_its_story(starts, is_tail):
    """The other half had not ended yet when it began, so that it was no tail then."""
    ledger = MemoryLedger(HandClock())
    seen = {"ended_at": at(600), "watched_at": at(600)}
    half = make_play(1, media=MEDIA, state=PlayState.ENDED, progress=Percent(85.0), **seen)
    rest = make_play(2, media=MEDIA, progress=Percent(95.0), started_at=at(500), last_seen_at=at(1_200))
    story = [_start(progress) for progress in starts]
    await ledger.record([PlayChange(play=half), PlayChange(play=rest, trace=tuple(story))])
    tails = Tails(ledger)
    tails.resume([rest])
    ended = replace(rest, state=PlayState.ENDED, ended_at=at(1_200))
    update = Update(play=ended, event=end_of(ended), lowest=Percent(93.0) if starts else None)
    assert await tails.covers(update) is is_tail


def _start(progress):
    return TraceEntry(
        at=at(500), step="heard", text="", data={"action": ScrobbleAction.START.value, "progress": progress}
    )
