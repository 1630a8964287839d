from __future__ import annotations

import asyncio
import io
import json
import time

import aiohttp
import pytest

from crosswatch.clock import Clock
from crosswatch.simulator.trakt import Fault, SimulatedTrakt, TraktOptions
from crosswatch.simulator.trakt.server import LARGEST_BODY

ARRIVAL = {"movie": {"ids": {"tmdb": 329865}}, "progress": 95}

REFUSED = (aiohttp.ClientConnectorError, ConnectionRefusedError)


async def stop(client):
    return await client.post("/scrobble/stop", json=ARRIVAL)


# ---------------------------------------------------------------- listening


async def test_both_listeners_are_at_the_loopback_and_apart(trakt, client):
    assert trakt.api_url.startswith("http://127.0.0.1:")
    assert trakt.api_url != trakt.auth_url
    assert (await client.get("/users/settings")).status == 200
    assert (await client.get(f"{trakt.auth_url}/users/settings")).status == 404
    listeners = [request.listener for request in trakt.ledger.requests]
    assert listeners == ["api", "auth"]


async def test_an_outage_keeps_ports_members_and_history(trakt, client):
    await stop(client)
    urls = trakt.api_url, trakt.auth_url
    await trakt.stop()
    with pytest.raises(REFUSED):
        await client.get("/users/settings")
    await trakt.start()
    assert (trakt.api_url, trakt.auth_url) == urls
    assert len(await (await client.get("/sync/history")).json()) == 1


async def test_it_listens_once_and_stops_as_often_as_one_likes(trakt):
    with pytest.raises(RuntimeError, match="listens already"):
        await trakt.start()
    for _ in range(2):
        await trakt.stop()


async def test_a_taken_port_leaves_nothing_behind(trakt, client):
    port = int(trakt.api_url.rpartition(":")[2])
    second = SimulatedTrakt(port=port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()
    assert (await client.get("/users/settings")).status == 200


async def test_two_simulators_know_nothing_of_each_other(trakt, client):
    await stop(client)
    async with SimulatedTrakt() as other:
        other.add_user("sample-user")
        assert (len(trakt.history("sample-user")), other.history("sample-user")) == (1, [])


async def test_a_scaled_clock_makes_limits_and_expiry_pass_quickly():
    clock = Clock(scale=1000.0, epoch=time.time())  # noqa: TID251 -- a clock is made here
    async with SimulatedTrakt(clock=clock, options=TraktOptions(device_expires_s=10)) as trakt:
        trakt.register_app("app", None)
        headers = {"User-Agent": "CrossWatchTests/1.0"}
        async with aiohttp.ClientSession(trakt.auth_url, headers=headers) as session:
            issued = await (await session.post("/oauth/device/code", json={"client_id": "app"})).json()
            await clock.sleep(10)
            poll = {"code": issued["device_code"], "client_id": "app"}
            assert (await session.post("/oauth/device/token", json=poll)).status == 410


async def test_a_body_beyond_all_measure_is_a_413(client):
    answer = await client.post("/scrobble/stop", data=io.BytesIO(b" " * (LARGEST_BODY + 1)))
    assert answer.status == 413


# ---------------------------------------------------------------- faults on the wire


async def raw_exchange(trakt, path="/users/settings"):
    """All bytes that come back for a plain request, over a socket of our own."""
    host, _, port = trakt.api_url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return await reader.read()
    finally:
        writer.close()


async def test_a_reset_is_a_reset_and_not_a_polite_end(trakt):
    assert b"403" in await raw_exchange(trakt)
    trakt.add_fault(Fault.reset())
    with pytest.raises(ConnectionResetError):
        await raw_exchange(trakt)


@pytest.mark.parametrize("after_apply", [False, True])
async def test_a_reset_strikes_before_or_after(trakt, client, after_apply):
    trakt.add_fault(Fault.reset(after_apply=after_apply, count=1))
    with pytest.raises(aiohttp.ClientOSError):
        await stop(client)
    assert len(trakt.history("sample-user")) == after_apply
    assert (await stop(client)).status == (409 if after_apply else 201)


async def test_a_hanging_request_is_reset_in_the_end(trakt, client):
    trakt.add_fault(Fault.hang(0.05))
    with pytest.raises(aiohttp.ClientOSError):
        await client.get("/users/settings")


async def test_a_hanging_request_is_given_up_with_its_client(trakt, client):
    trakt.add_fault(Fault.hang(3600, after_apply=True, count=1))
    with pytest.raises(TimeoutError):
        await client.post("/scrobble/stop", json=ARRIVAL, timeout=aiohttp.ClientTimeout(total=0.05))
    (recorded,) = trakt.ledger.requests
    assert (recorded.status, recorded.applied) == (0, True)
    assert (await client.get("/users/settings")).status == 200


async def test_a_stop_does_not_wait_for_hanging_requests(trakt, client):
    trakt.add_fault(Fault.hang())
    hanging = asyncio.create_task(client.get("/users/settings"))
    await trakt.ledger.wait_for(lambda request: request.fault == "hang")
    async with asyncio.timeout(2):
        await trakt.stop()
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_a_slow_body_comes_after_its_headers(trakt, client):
    trakt.add_fault(Fault.slow_body(3600, count=1))
    timeout = aiohttp.ClientTimeout(total=0.1)
    response = await client.get("/users/settings", timeout=timeout)
    assert response.status == 200
    with pytest.raises(TimeoutError):
        await response.read()
    trakt.add_fault(Fault.slow_body(0.05))
    assert (await (await client.get("/users/settings")).json())["user"]["username"] == "sample-user"


async def test_a_truncated_answer_is_proper_http_and_broken_json(trakt, client):
    trakt.add_fault(Fault.truncated_json())
    response = await client.get("/users/settings")
    assert response.content_type == "application/json"
    with pytest.raises(json.JSONDecodeError):
        await response.json()


async def test_a_huge_body_really_is_that_big(trakt, client):
    trakt.add_fault(Fault.huge_body(3_000_000))
    body = await (await client.get("/users/settings")).read()
    assert len(body) > 3_000_000
    assert json.loads(body)["user"]["username"] == "sample-user"


async def test_a_web_page_may_come_with_a_success(trakt, client):
    trakt.add_fault(Fault.html())
    response = await stop(client)
    assert (response.status, response.content_type) == (200, "text/html")
    assert len(trakt.history("sample-user")) == 1


# ---------------------------------------------------------------- the page for devices


async def user_code(trakt, client):
    answer = await client.post(f"{trakt.auth_url}/oauth/device/code", json={"client_id": "sample-client-id"})
    issued = await answer.json()
    assert issued["verification_url"] == f"{trakt.auth_url}/activate"
    return issued["user_code"]


async def test_a_person_connects_a_device_on_the_page(trakt, client, browser):
    trakt.add_user("<b>bob</b>")
    code = await user_code(trakt, client)
    page = await (await browser.get(f"{trakt.auth_url}/activate?code={code}")).text()
    assert code in page
    assert "<option>sample-user</option>" in page
    assert "<b>bob" not in page
    form = {"code": code, "username": "sample-user", "decision": "approve"}
    answer = await browser.post(f"{trakt.auth_url}/activate", data=form)
    assert (answer.status, "Connected" in await answer.text()) == (200, True)
    assert next(iter(trakt.world.oauth.devices.values())).user is trakt.user("sample-user")


async def test_a_person_refuses_a_device_on_the_page(trakt, client, browser):
    form = {"code": await user_code(trakt, client), "decision": "deny"}
    answer = await browser.post(f"{trakt.api_url}/activate", data=form)
    assert (answer.status, "Refused" in await answer.text()) == (200, True)
    assert next(iter(trakt.world.oauth.devices.values())).state == "denied"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"code": "<i>WRONG", "decision": "deny"}, "there is no user code &#x27;&lt;i&gt;WRONG&#x27;"),
        ({"code": "", "decision": "deny"}, "there is no user code"),
        ({"decision": "approve", "username": "nobody"}, "there is no user &#x27;nobody&#x27;"),
    ],
    ids=["wrong code", "no code", "nobody"],
)
async def test_a_mistake_on_the_page_is_said_and_can_be_mended(trakt, browser, form, said):
    answer = await browser.post(f"{trakt.auth_url}/activate", data=form)
    page = await answer.text()
    assert answer.status == 400
    assert said in page
    assert "<form" in page


async def test_the_page_is_outside_of_faults_and_ledger(trakt, browser):
    trakt.add_fault(Fault.answering(503))
    assert (await browser.get(f"{trakt.auth_url}/activate")).status == 200
    assert trakt.ledger.requests == []
