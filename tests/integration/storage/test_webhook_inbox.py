"""A webhook that was received outlives the process until what follows from it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, Player, PlayerState
from crosswatch.core.facts import WebhookFact
from crosswatch.core.inbox import Hook
from crosswatch.core.plays import Origin, PlayState
from crosswatch.core.ports import PlayChange
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, NOW, at, make_play

FACT = WebhookFact(
    event="media.scrobble",
    state=PlayerState.PLAYING,
    is_counted=True,
    offset_ms=1_000_001,
    account=Account(id=2_003_004, name="Zoë", aliases=frozenset({"zoe@example.org"})),
    media=EPISODE,
    player=Player(client_id="tv-1", title="Living room"),
    server_uuid="den",
    server_name="The den",
    rating=None,
)
MANY = 1_000


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request, tmp_path):
    clock = HandClock()
    if request.param == "memory":
        ledger = MemoryLedger(clock)
    else:
        ledger = await open_ledger(tmp_path / DATABASE_NAME, clock=clock)
    yield ledger
    await ledger.close()


async def test_a_webhook_comes_back_exactly_as_it_was_kept(ledger):
    moment = NOW.replace(microsecond=123_457)
    hook = await ledger.put_hook(FACT, moment, most=MANY)
    assert hook == Hook(id=hook.id, received_at=moment, fact=FACT)
    assert await ledger.hooks("den") == [hook]


async def test_webhooks_of_a_server_come_back_in_the_order_of_their_arrival(ledger):
    kept = [await ledger.put_hook(FACT, at(-second), most=MANY) for second in range(3)]
    await ledger.put_hook(replace(FACT, server_uuid="attic"), NOW, most=MANY)
    assert await ledger.hooks("den") == kept
    assert await ledger.unfinished_servers() == ["attic", "den"]


async def test_a_number_is_never_given_twice(ledger):
    first = await ledger.put_hook(FACT, NOW, most=MANY)
    await ledger.drop_hooks([first.id])
    second = await ledger.put_hook(FACT, NOW, most=MANY)
    assert second.id != first.id


async def test_no_more_wait_than_may(ledger):
    kept = [await ledger.put_hook(FACT, NOW, most=2) for _ in range(3)]
    assert kept[2] is None
    assert await ledger.hooks("den") == kept[:2]
    await ledger.drop_hooks([kept[0].id])
    assert await ledger.put_hook(FACT, NOW, most=2) is not None


async def test_a_webhook_goes_with_the_change_that_makes_it_superfluous(ledger):
    first, second = [await ledger.put_hook(FACT, NOW, most=MANY) for _ in range(2)]
    await ledger.record([PlayChange(play=make_play(), hooks=(first.id,))])
    assert await ledger.hooks("den") == [second]


async def test_to_drop_what_is_not_there_is_nothing(ledger):
    await ledger.drop_hooks([7, 8])
    await ledger.drop_hooks([])
    assert await ledger.unfinished_servers() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"origin": Origin.WEBHOOK}, ["den"], id="open, told by a webhook"),
        pytest.param({"origin": Origin.WEBHOOK, "state": PlayState.ENDED}, [], id="over"),
        pytest.param({}, [], id="heard on the socket"),
    ],
)
async def test_a_server_with_an_open_play_that_a_webhook_told_of_is_unfinished(ledger, changes, expected):
    await ledger.record([PlayChange(play=make_play(**changes))])
    assert await ledger.unfinished_servers() == expected


async def test_that_the_server_counted_a_play_is_never_unset(ledger):
    await ledger.record([PlayChange(play=make_play(counted_at=NOW))])
    await ledger.record([PlayChange(play=make_play())])
    assert (await ledger.play(make_play().id)).counted_at == NOW


async def test_what_was_kept_is_there_after_a_restart(tmp_path):
    path, clock = tmp_path / DATABASE_NAME, HandClock()
    ledger = await open_ledger(path, clock=clock)
    hook = await ledger.put_hook(FACT, NOW, most=MANY)
    await ledger.close()
    again = await open_ledger(path, clock=clock)
    assert await again.hooks("den") == [hook]
    await again.close()
