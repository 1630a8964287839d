"""What an item is can be unknown while it plays: its server shows its list, and not its page."""

from __future__ import annotations

import pytest

from crosswatch.simulator.plex.faults import Fault

BY_ITS_PAGE_ONLY = "Bluey S03E01"
"""Trakt has the episode under a title of its own, so that only ids find it."""


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_trakt_did_not_find_by_titles_is_found_once_the_page_can_be_had(live_in, restarts):
    home = await live_in()
    home.plex.add_fault(Fault.answering(503, path="/library/metadata"))
    viewing = await home.watch(BY_ITS_PAGE_ONLY, start=0.6)
    await home.until(lambda: _is_unmatched(home), "Trakt finds nothing by the titles")
    if restarts:
        await home.restart_app()
    home.plex.clear_faults()
    await home.later(hours=2)
    assert home.watched() == [BY_ITS_PAGE_ONLY]
    (at,) = home.watched_at()
    assert abs((at - viewing.ended_at).total_seconds()) < 120


async def _is_unmatched(home):
    return [reason for *_, reason in await home.verdicts()] == ["no_match"]
