"""A loop that leaps over waiting leaps over nothing that is on its way (`fakes.leaping_loop`)."""

from __future__ import annotations

import asyncio
import socket
import time

import anyio.to_thread
import pytest

from fakes.in_flight import CountedSocket, InFlight

HOUR_S = 3600.0
MUCH = b"a word" * 1_000_000


async def test_waiting_takes_no_time():
    loop, began, began_s = asyncio.get_running_loop(), time.monotonic(), asyncio.get_running_loop().time()
    await asyncio.sleep(HOUR_S)
    assert loop.time() - began_s >= HOUR_S
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("word", [b"a word", MUCH], ids=["a word", "much"])
async def test_time_stands_still_until_what_was_sent_is_answered(word):
    loop = asyncio.get_running_loop()

    async def answer(reader, writer):
        writer.write(await reader.readexactly(len(word)))
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        began_s = loop.time()
        writer.write(word)
        async with asyncio.timeout(HOUR_S):
            assert await reader.readexactly(len(word)) == word
        assert loop.time() == began_s
        writer.close()
        await writer.wait_closed()


async def test_time_stands_still_while_a_thread_is_at_work():
    loop = asyncio.get_running_loop()
    loop.hold_for(anyio.to_thread.current_default_thread_limiter())
    began_s = loop.time()
    async with asyncio.timeout(HOUR_S):
        await asyncio.to_thread(time.sleep, 0.05)
        await anyio.to_thread.run_sync(time.sleep, 0.05)
    assert loop.time() == began_s


@pytest.fixture
def ends():
    """Both ends of a connection, and what is in flight between them."""
    in_flight = InFlight()
    with socket.create_server(("127.0.0.1", 0)) as door:
        near = socket.create_connection(door.getsockname())
        far, _ = door.accept()
    yield CountedSocket(near, in_flight), CountedSocket(far, in_flight), in_flight
    near.close()
    far.close()


def test_what_one_end_sent_is_in_flight_until_the_other_has_read_it(ends):
    near, far, in_flight = ends
    assert not in_flight
    near.send(b"a word")
    assert in_flight
    assert far.recv(2) == b"a "
    assert in_flight
    assert far.recv_into(bytearray(4)) == 4
    assert not in_flight


def test_of_a_connection_that_is_closed_nothing_is_in_flight(ends):
    near, _, in_flight = ends
    near.send(b"a word")
    near.close()
    assert not in_flight
