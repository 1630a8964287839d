from __future__ import annotations

import asyncio

import pytest

ARRIVAL = {"movie": {"ids": {"tmdb": 329865}}, "progress": 10}


def test_a_request_is_remembered_with_what_came_of_it(desk):
    desk.ask("POST", "/scrobble/start", ARRIVAL)
    (recorded,) = desk.trakt.ledger.requests
    assert (recorded.at, recorded.account, recorded.status) == (desk.clock.now(), "alice", 201)
    assert (recorded.body, recorded.applied, recorded.fault) == (ARRIVAL, True, None)
    assert (recorded.headers["trakt-api-key"], recorded.listener) == ("app", "api")


def test_refused_and_unreadable_requests_are_remembered_too(desk):
    desk.ask("POST", "/scrobble/start", b"\xffno json", authorization=None)
    desk.ask("GET", "/nowhere?a=1&a=2", user_agent=None)
    first, second = desk.trakt.ledger.requests
    assert (first.account, first.status, first.body) == (None, 401, "\ufffdno json")
    assert (second.status, second.query) == (403, {"a": "2"})


def test_requests_are_picked_by_verb_and_path(desk):
    desk.ask("GET", "/users/settings")
    desk.ask("POST", "/scrobble/start", ARRIVAL)
    desk.ask("GET", "/users/me/watching")
    ledger = desk.trakt.ledger
    assert [r.path for r in ledger.of("GET", "/users")] == ["/users/settings", "/users/me/watching"]
    assert [r.path for r in ledger.of(path_prefix="/scrobble")] == ["/scrobble/start"]
    ledger.clear()
    assert ledger.of() == []


async def test_waiting_ends_with_the_request_that_was_missing(desk):
    desk.ask("GET", "/users/settings")
    waiting = asyncio.create_task(desk.trakt.ledger.wait_for(lambda r: r.path.startswith("/users"), count=2))
    await asyncio.sleep(0)
    desk.ask("POST", "/scrobble/start", ARRIVAL)
    await asyncio.sleep(0)
    assert not waiting.done()
    desk.ask("GET", "/users/me/watching")
    assert [r.path for r in await waiting] == ["/users/settings", "/users/me/watching"]


async def test_waiting_in_vain_says_what_was_seen(desk):
    desk.ask("GET", "/users/settings")
    with pytest.raises(TimeoutError, match="saw GET /users/settings 200"):
        await desk.trakt.ledger.wait_for(lambda r: r.status == 500, within_s=0.01)
