"""Whatever a server's frames say, nothing dies of it, and a viewing in the middle of it all is a play."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.frames import decode_frame
from fakes.evening import Evening
from fakes.leaping_loop import LeapingLoop
from fakes.mutated_frames import frames
from fakes.plays import FILM

OWN = {"key": "a session of its own", "client": "a player of its own"}
ITEM = replace(FILM, duration_ms=600_000, rating_key="an item of its own")
COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}


async def blow(texts):
    """Hear all of these, around a viewing; what the sink holds of it, and what went wrong."""
    evening = Evening(media=(ITEM,))
    troubles = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
    await evening.start()
    try:
        viewing = asyncio.create_task(evening.watch(ITEM, **OWN))
        for text in texts:
            hear(evening.pipeline, text)
            await evening.later(550 / len(texts))
        await viewing
        await evening.later(hours=1)
        assert not evening.running.done()
        assert troubles == []
        return [title for title in evening.recorded if title.startswith("Arrival")]
    finally:
        await evening.stop()


def hear(pipeline, text):
    """As the watch hands on what it was sent."""
    with contextlib.suppress(PayloadError):
        frame = decode_frame(text)
        pipeline.forget(list(frame.forgotten))
        pipeline.hear(list(frame.notifications))


def is_weathered(texts):
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        assert runner.run(blow(texts)) == ["Arrival (2016)"]


@settings(max_examples=40, **COMMON)
@given(texts=st.lists(frames(), min_size=5, max_size=40))
def test_whatever_frames_say_nothing_dies_and_no_play_is_lost(texts):
    is_weathered(texts)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@settings(max_examples=500, **COMMON)
@given(texts=st.lists(frames(), min_size=20, max_size=40))
def test_ten_thousand_frames_kill_nothing_and_lose_no_play(texts):
    is_weathered(texts)
