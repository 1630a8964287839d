"""A plain evening: what is watched reaches Trakt once, with two requests."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["Arrival (2016)", "Severance S01E02"])
async def test_a_plain_viewing_is_two_requests_to_trakt(live_in, name):
    home = await live_in()
    home.forget_requests()
    await home.watch(name)
    await home.settled()
    await home.later(hours=1)
    print(home.told(), home.watched(), await home.verdicts(), home.look_ups())
    print([ (r.path) for r in home.plex.ledger.requests])
    assert 0
