"""What the hand-over and the design promise of `POST /webhook/trakt`, seen from outside."""

from __future__ import annotations

import asyncio

import pytest

from crosswatch.simulator.trakt import Fault
from crosswatch.simulator.trakt.faults import FaultKind
from fakes.hooked_household import BOTH, HOOKS, STRANGER
from fakes.plex_recordings import names_in, recorded

TEST = recorded("webhooks/18-handover-test.json")
PAPERMAN, FIRST = "Paperman (2012)", "M*A*S*H S01E01"
HOOKED = (HOOKS, BOTH, STRANGER)
SECRET = "canary-for-the-hook"
HANG_S = 3600


async def test_the_example_of_the_hand_over_ends_as_a_start_at_trakt(live_in):
    """A fresh instance: no server, no whitelist."""
    home = await live_in(mode=STRANGER, whitelist=())
    status, answer = await home.send(TEST)
    await home.later(5)
    assert (status, answer["ok"]) == (200, True)
    (request,) = home.trakt.ledger.of("POST", "/scrobble/start")
    assert request.body["movie"]["ids"] == {"imdb": "tt0878804"}
    assert request.body["progress"] == 10.0
    (play,) = await home.plays()
    assert play.id == answer["play"]


async def test_with_a_list_of_people_a_payload_that_names_nobody_is_nobodys(live_in):
    home = await live_in(mode=STRANGER)
    await home.send(TEST)
    await home.send({**TEST, "event": "media.stop", "viewOffset": 590_000})
    await home.later(5)
    assert home.requests() == []
    assert await home.verdicts() == [("Ping", "skipped", "person_unknown")]


@pytest.mark.parametrize("mode", HOOKED)
async def test_the_account_decides_and_not_whose_hook_it_is(live_in, mode):
    """The owner's hook tells of everybody; bob's own tells of him."""
    home = await live_in(mode=mode, whitelist=("bob",), hooked=("alice",))
    await home.watch(PAPERMAN, person="alice")
    await home.watch(FIRST, person="bob", device="tv", start=0.7)
    await home.settled()
    assert home.watched() == [FIRST]
    assert (PAPERMAN, "skipped", "person_not_listed") in await home.verdicts()


@pytest.mark.parametrize("mode", HOOKED)
async def test_two_hooks_that_tell_the_same_are_one(live_in, mode):
    home = await live_in(mode=mode, whitelist=("bob",), hooked=("alice", "bob"))
    await home.watch(FIRST, person="bob", start=0.7)
    await home.settled()
    assert home.watched() == [FIRST]


@pytest.mark.parametrize("mode", HOOKED)
async def test_people_who_watch_the_same_at_once_are_not_mixed_up(live_in, mode):
    home = await live_in(mode=mode, whitelist=("bob",))
    await asyncio.gather(
        home.watch(FIRST, person="alice", device="web", start=0.7),
        home.watch(FIRST, person="bob", device="tv", start=0.7, until=0.75),
    )
    await home.settled()
    await home.later(minutes=15)
    assert home.watched() == []
    assert sorted(play.account.name for play in await home.plays()) == ["alice", "bob"]


async def test_the_same_person_is_the_owner_by_either_number(live_in):
    home = await live_in(mode=HOOKS, whitelist=("id:1",), plex={"webhook_owner_id": "plextv"})
    await home.watch(FIRST, start=0.7)
    await home.settled()
    assert home.watched() == [FIRST]


@pytest.mark.parametrize("name", names_in("webhooks"))
async def test_every_recorded_payload_is_answered_and_changes_nothing_it_should_not(live_in, name):
    home = await live_in(mode=STRANGER, whitelist=("nobody here",))
    payload = recorded(name)
    if isinstance(payload, list) or "body" in payload:
        return
    status, answer = await home.send(payload)
    await home.later(20)
    assert (status, answer["ok"]) == (200, True)
    assert home.requests() == []


@pytest.mark.parametrize(
    ("token", "signed", "status"),
    [(SECRET, None, 200), (None, SECRET, 200), ("guess", None, 401), (None, "guess", 401), (None, None, 401)],
    ids=["the token", "a signature", "a wrong token", "a wrong signature", "neither"],
)
async def test_where_a_secret_is_set_only_who_knows_it_is_believed(live_in, token, signed, status):
    home = await live_in(mode=STRANGER, token=token, plex={"webhook_secret": signed}, webhook_secret=SECRET)
    await home.watch(FIRST, start=0.7)
    await home.settled()
    assert {delivery.status for delivery in home.plex.webhooks.deliveries} == {status}
    assert home.watched() == ([FIRST] if status == 200 else [])
    assert len(await home.plays()) == (1 if status == 200 else 0)


@pytest.mark.parametrize("mode", HOOKED)
async def test_the_answer_waits_for_nobody_who_is_asked(live_in, mode):
    home = await live_in(mode=mode)
    for neighbour in (home.plex, home.trakt):
        neighbour.add_fault(Fault(kind=FaultKind.HANG, delay_s=HANG_S))
    began = asyncio.get_running_loop().time()
    for _ in range(2):
        status, answer = await home.send(recorded("webhooks/01-play-movie.json"))
        assert (status, bool(answer["play"])) == (200, True)
    # Where the loopback is slow, the loop leaps to timers of the app meanwhile, but never so far.
    assert asyncio.get_running_loop().time() - began < HANG_S / 2
    for neighbour in (home.plex, home.trakt):
        neighbour.clear_faults()
    await home.later(minutes=1)


async def test_when_a_hook_was_heard_of_last_is_shown(live_in):
    home = await live_in(mode=BOTH)
    assert home.app.watch_status()["webhooks"] == []
    await home.watch(PAPERMAN, start=0.9)
    await home.settled()
    await home.send({"event": "library.new", "Server": {"uuid": "another"}, "Metadata": {"type": "show"}})
    latest, own = home.app.watch_status()["webhooks"]
    assert (latest["server_uuid"], latest["received"], latest["ignored"]) == ("another", 1, 1)
    assert (own["name"], own["last_event"], own["received"]) == ("Example Server", "media.stop", 3)
    assert own["last_heard_at"] < latest["last_heard_at"] <= home.clock.now()


async def test_while_webhook_mode_is_off_nothing_is_taken_in(live_in):
    home = await live_in(mode=BOTH)
    home.edit(features={"webhook": {"enabled": False}})
    home.app.config.load()
    status, answer = await home.send(TEST)
    assert (status, answer["reason"]) == (503, "feature_off")
    assert await home.plays() == []
