"""What the app connects to, and what it does not, whatever name leads there."""

from __future__ import annotations

import asyncio
import socket
import threading

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from crosswatch.outgoing import make_connector

PATIENCE_S = 10.0


@pytest.fixture
async def client():
    async with aiohttp.ClientSession(connector=make_connector()) as session:
        yield session


@pytest.fixture
async def port():
    """A server on this machine."""

    async def hello(_):
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def test_a_name_that_nobody_answers_does_not_hold_up_the_end(monkeypatch):
    over, gave_up = threading.Event(), []
    asked = loop = None

    def ask(*_, **__):
        loop.call_soon_threadsafe(asked.set)
        if not over.wait(PATIENCE_S):
            gave_up.append("the end came only once nobody had answered")
        raise socket.gaierror

    async def live_and_end():
        nonlocal asked, loop
        asked, loop = asyncio.Event(), asyncio.get_running_loop()
        async with aiohttp.ClientSession(connector=make_connector()) as session:
            request = asyncio.create_task(session.get("http://nas.invalid/"))
            await asked.wait()
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    asyncio.run(live_and_end())
    assert gave_up == []
    over.set()


async def test_a_name_leads_to_where_it_leads(client, port):
    async with client.get(f"http://localhost:{port}/") as answer:
        assert await answer.text() == "hello"


class Naming(AbstractResolver):
    """Says what a name leads to."""

    def __init__(self, *addresses):
        self._addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):  # noqa: ARG002 -- as it is called
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in self._addresses
        ]

    async def close(self):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_server_of_the_user_is_asked(client, port, host):
    async with client.get(f"http://{host}:{port}/") as answer:
        assert await answer.text() == "hello"


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::ffff:169.254.169.254]"])
async def test_an_address_at_which_none_can_be_is_not(client, host):
    with pytest.raises(aiohttp.ClientConnectorError, match="no server of yours"):
        await client.get(f"http://{host}:9/")


@pytest.mark.parametrize("addresses", [("169.254.169.254",), ("fd00:ec2::254", "169.254.169.254")])
async def test_no_name_gets_past_that(client, addresses):
    client.connector._resolver = Naming(*addresses)
    with pytest.raises(aiohttp.ClientConnectorError, match="no server of yours"):
        await client.get("http://innocent.example.com:9/")


async def test_a_name_that_leads_to_several_places_leads_to_those_that_may_be_asked(client, port):
    """A server announces itself under its link-local address as well."""
    client.connector._resolver = Naming("fe80::1", "169.254.7.7", "127.0.0.1")
    async with client.get(f"http://den.local:{port}/") as answer:
        assert await answer.text() == "hello"
