"""The steps to a neighbour, on real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from crosswatch.config.model import default_document
from crosswatch.examining import Examiner, connect_by, knock
from crosswatch.simulator.plex import SimulatedPlex
from fakes.asgi import called
from fakes.memory_ledger import MemoryLedger
from fakes.runtime import FakeRuntime


@pytest.fixture
async def plex():
    async with SimulatedPlex() as plex:
        yield plex


async def steps_to(url, **options):
    return [finding.sentence async for finding in knock(url, "Plex", **options)]


async def test_each_step_that_is_taken_is_told_with_its_time(plex):
    port = plex.base_url.rpartition(":")[2]
    name, connection = await steps_to(f"http://localhost:{port}")
    assert name.startswith(("The name localhost leads to 127.0.0.1 (", "The name localhost leads to ::1 ("))
    assert connection.startswith(f"It takes connections at port {port} (")
    assert connection.endswith(" ms).")


async def test_an_address_is_no_name_to_be_looked_up(plex):
    [connection] = await steps_to(plex.base_url)
    assert connection.startswith("It takes connections")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9", "http://169.254.169.254", "http://nobody.invalid:32400", "http://:1"],
    ids=["nobody answers", "may not be asked", "no such name", "no host"],
)
async def test_where_no_step_can_be_taken_nothing_is_said(url):
    assert await steps_to(url) == []


async def test_what_speaks_no_tls_is_not_said_to(plex):
    sentences = await steps_to(plex.base_url.replace("http://", "https://"))
    assert [sentence.partition(" (")[0] for sentence in sentences][1:] == []


@pytest.fixture
async def web(tmp_path, plex):
    """The app, with an examiner that looks at one simulated server and at one that is not there."""
    from crosswatch.web.factory import create_app

    runtime = FakeRuntime(tmp_path / "config", MemoryLedger(None))
    async with aiohttp.ClientSession() as http:
        runtime.examiner = Examiner(runtime.config, connect_by(http, runtime.config, "test"), sink=None)
        async with called(create_app(runtime)) as caller:
            document = default_document()
            document["plex"] |= {
                "server_url": plex.base_url,
                "account_token": plex.owner_token,
                "tv_url": plex.plextv_url,
            }
            document["servers"] = [{"server_url": "http://127.0.0.1:9", "account_token": "x" * 20}]
            await asyncio.to_thread(runtime.config.replace, document)
            yield caller


async def test_a_server_is_tried_over_http(web):
    answer = await web.post("/api/test/plex")
    told = answer.json()
    assert (answer.status, told["ok"]) == (200, True)
    sentences = [finding["sentence"] for finding in told["findings"]]
    assert sentences[0].startswith("It takes connections")
    assert sentences[-1] == "It opens its notification socket."


async def test_a_server_that_repeats_the_token_does_not_get_it_shown(web, plex):
    token = plex.owner_token
    plex.world.options = replace(plex.world.options, friendly_name=f"Den of {token}")
    told = (await web.post("/api/test/plex")).text
    assert "Den of [redacted]" in told
    assert token not in told


async def test_what_does_not_work_is_an_answer_and_no_error(web):
    answer = await web.post("/api/test/servers[0]")
    assert (answer.status, answer.json()["ok"]) == (200, False)


async def test_what_is_not_there_is_named_with_what_there_is(web):
    answer = await web.post("/api/test/kitchen")
    assert answer.status == 404
    assert "plex, servers[0]" in answer.json()["detail"]
