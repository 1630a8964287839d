"""What the app connects to, and what it does not, whatever name leads there."""

from __future__ import annotations

import socket

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from crosswatch.outgoing import make_connector


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
