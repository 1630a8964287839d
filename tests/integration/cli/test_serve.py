"""How long `crosswatch serve` waits for what a request begins with."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import uvicorn

from crosswatch.cli.serve import Impatient

WITHIN_S = 0.3


async def hello(scope, _receive, send):
    if scope["type"] == "http":
        await asyncio.sleep(3 * WITHIN_S)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture
async def connect(monkeypatch):
    """Opens connections to an impatient server."""
    monkeypatch.setattr("crosswatch.cli.serve.HEAD_WITHIN_S", WITHIN_S)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=Impatient, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield lambda: asyncio.open_connection(*listener.getsockname())
    server.should_exit = True
    await serving


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: "], ids=["nothing", "half a head"])
async def test_a_connection_on_which_no_request_comes_is_given_up(connect, said):
    reader, writer = await connect()
    writer.write(said)
    began = time.monotonic()
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    assert time.monotonic() - began >= WITHIN_S * 0.9
    writer.close()


async def test_a_head_that_drips_has_no_more_time_than_any_other(connect):
    reader, writer = await connect()
    writer.write(b"GET / HTTP/1.1\r\n")
    answer = asyncio.ensure_future(reader.read())
    async with asyncio.timeout(30):
        while not answer.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait([answer], timeout=0.05)
    writer.close()


async def test_an_answer_may_take_longer_than_that_and_the_connection_serves_again(connect):
    reader, writer = await connect()
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(2) == b"hi"
    writer.close()
