"""What was really watched, where one file holds two episodes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.demo.truth import Truth
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

FIRST, SECOND = "The Office (US) S04E01", "The Office (US) S04E02"


async def watched(clock, until):
    async with SimulatedPlex(clock=clock) as plex:
        truth = Truth([plex], SimulatedTrakt(clock=clock))
        await plex.player().watch(plex.item(FIRST), until=until)
        return truth.seen()


async def test_a_file_with_two_episodes_is_two_viewings_one_after_the_other(fast_clock):
    first, second = await watched(fast_clock, 1.0)
    assert [first.label, second.label] == [FIRST, SECOND]
    assert [first.trakt_label, second.trakt_label] == ["The Office S04E01", "The Office S04E02"]
    assert [first.rating_key, second.rating_key] == ["40101", "40102"]
    assert first.progress == second.progress == pytest.approx(100)
    assert first.ended_at == second.started_at
    assert second.ended_at - first.started_at >= timedelta(minutes=41)


async def test_who_gives_up_in_the_second_has_seen_the_first(fast_clock):
    first, second = await watched(fast_clock, 0.7)
    assert first.counts
    assert not second.counts
    assert second.progress == pytest.approx(40, abs=1)


async def test_what_was_not_begun_was_not_watched(fast_clock):
    (first,) = await watched(fast_clock, 0.3)
    assert first.progress == pytest.approx(60, abs=1)
