from __future__ import annotations

import asyncio

from crosswatch.core.events import PlayId
from crosswatch.service.feed import CAPACITY, ChangeFeed

ONE, TWO = PlayId("one"), PlayId("two")


async def first(feed):
    """A listener that waits, and what it hears first."""
    changes = feed.listen()
    hearing = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return changes, hearing


async def test_everybody_who_listens_hears_each_change():
    feed = ChangeFeed()
    listeners = [await first(feed) for _ in range(3)]
    feed.publish(ONE)
    feed.publish(TWO)
    for changes, hearing in listeners:
        assert [await hearing, await anext(changes)] == [ONE, TWO]
        await changes.aclose()


async def test_what_changed_before_is_not_heard():
    feed = ChangeFeed()
    feed.publish(ONE)
    changes, hearing = await first(feed)
    feed.publish(TWO)
    assert await hearing == TWO
    await changes.aclose()


async def test_who_falls_behind_is_told_to_look_again_and_the_others_hear_as_before():
    feed = ChangeFeed()
    slow, _ = await first(feed)
    for _ in range(CAPACITY + 1):
        feed.publish(ONE)
        await asyncio.sleep(0)
    quick, hearing = await first(feed)
    feed.publish(TWO)
    assert await hearing == TWO
    assert await anext(slow) is None
    await slow.aclose()
    await quick.aclose()


async def test_who_leaves_leaves_nothing_behind():
    feed = ChangeFeed()
    tasks = asyncio.all_tasks()
    changes, hearing = await first(feed)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    await changes.aclose()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    assert feed._listeners == set()
    feed.publish(ONE)


async def test_closing_ends_all_listening():
    feed = ChangeFeed()

    async def listen():
        return [change async for change in feed.listen()]

    listening = [asyncio.ensure_future(listen()) for _ in range(3)]
    await asyncio.sleep(0)
    feed.close()
    assert await asyncio.gather(*listening) == [[], [], []]
    assert await listen() == []
