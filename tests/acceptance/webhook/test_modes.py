"""Watch only, webhook only, both, and a webhook of a server that nobody can ask: one viewing is one play."""

from __future__ import annotations

import pytest

from fakes.hooked_household import MODES

PAPERMAN, FIRST = "Paperman (2012)", "M*A*S*H S01E01"


@pytest.mark.parametrize("mode", MODES)
async def test_a_viewing_from_start_to_end_is_one_play(live_in, mode):
    home = await live_in(mode=mode)
    viewing = await home.watch(FIRST)
    await home.settled()
    assert home.watched() == [FIRST]
    (watched_at,) = home.watched_at()
    assert abs((watched_at - viewing.ended_at).total_seconds()) <= 60
    assert [what for what, *_ in home.told()] == ["start", "stop"]
    assert [verdict for *_, verdict in await home.verdicts()] == ["watched"]
