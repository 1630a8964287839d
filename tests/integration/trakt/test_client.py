from __future__ import annotations

import asyncio

import aiohttp
import msgspec
import pytest

from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Request
from crosswatch.providers.scrobble.trakt.client import LARGEST_ANSWER, USER_AGENT
from crosswatch.simulator.trakt import Fault

START = Request(
    method="POST", path="/scrobble/start", body={"movie": {"ids": {"tmdb": 329865}}, "progress": 12.5}
)
SEARCH = Request(method="GET", path="/search/movie", query=(("query", r"what\? 50% & more"), ("limit", 100)))


@pytest.fixture
def token(config):
    return config.settings.auth.trakt.access_token


async def test_a_request_carries_everything_that_trakt_asks_for(trakt, client, token):
    answer = await client.call(START, token)
    assert (answer.status, answer.json["action"]) == (201, "start")
    (request,) = trakt.ledger.requests
    wanted = {
        "user-agent": USER_AGENT,
        "content-type": "application/json",
        "trakt-api-version": "2",
        "trakt-api-key": "sample-client-id",
        "authorization": f"Bearer {token}",
    }
    assert wanted.items() <= request.headers.items()
    assert request.body == START.body


async def test_a_query_arrives_as_it_was_meant(trakt, client, token):
    await client.call(SEARCH, token)
    assert trakt.ledger.requests[0].query == {"query": r"what\? 50% & more", "limit": "100"}


async def test_answers_are_not_shown_for_they_may_hold_tokens(client, config):
    answer = await client.authorize(
        "/oauth/token",
        {
            "refresh_token": config.settings.auth.trakt.refresh_token,
            "redirect_uri": config.settings.trakt.redirect_uri,
            "grant_type": "refresh_token",
        },
    )
    assert answer.status == 200
    assert answer.json["access_token"] not in repr(answer)


async def test_the_secret_goes_with_oauth_calls_only(trakt, client, token):
    await client.call(START, token)
    await client.authorize("/oauth/device/code", {}, with_secret=False)
    await client.authorize("/oauth/device/token", {"code": "x"})
    bodies = [request.body for request in trakt.ledger.requests]
    assert ["client_secret" in body for body in bodies] == [False, False, True]
    assert [request.listener for request in trakt.ledger.requests] == ["api", "auth", "auth"]


async def test_an_app_without_a_secret_sends_none(trakt, client, edit):
    edit(lambda document: document["trakt"].update(client_secret=""))
    await client.authorize("/oauth/device/token", {"code": "x"})
    assert "client_secret" not in trakt.ledger.requests[0].body


# ---------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.reset(), id="reset before it was carried out"),
        pytest.param(Fault.reset(after_apply=True), id="reset after it was carried out"),
        pytest.param(Fault.hang(), id="silence before"),
        pytest.param(Fault.hang(after_apply=True), id="silence after"),
    ],
)
async def test_without_an_answer_the_request_may_have_been_carried_out(trakt, client, token, fault):
    trakt.add_fault(fault)
    reply = await client.call(START, token)
    assert isinstance(reply, Failure)
    assert reply.may_be_done
    assert (trakt.watching("alice") is not None) == fault.after_apply


async def test_a_body_that_trickles_forever_is_given_up(trakt, client, token):
    trakt.add_fault(Fault.slow_body(2.0))
    reply = await client.call(START, token)
    assert reply == Failure(detail="Trakt did not answer in time.", may_be_done=True)


async def test_where_nobody_listens_nothing_was_carried_out(trakt, client, token):
    await trakt.stop()
    reply = await client.call(START, token)
    assert reply == Failure(detail="Trakt could not be reached.", may_be_done=False)


async def test_an_outage_and_its_end_are_seen_by_one_client(trakt, client, token):
    assert isinstance(await client.call(START, token), Answer)
    await trakt.stop()
    assert isinstance(await client.call(START, token), Failure)
    await trakt.start()
    assert isinstance(await client.call(START, token), Answer)


async def test_a_name_that_nobody_knows_is_said(client, token, edit):
    edit(lambda document: document["trakt"].update(api_url="http://trakt.invalid"))
    reply = await client.call(START, token)
    assert reply == Failure(detail="Trakt's address could not be found.", may_be_done=False)


async def test_a_server_without_tls_behind_https_is_said(trakt, client, token, edit):
    edit(lambda document: document["trakt"].update(api_url=trakt.api_url.replace("http://", "https://")))
    reply = await client.call(START, token)
    assert reply == Failure(detail="The secure connection to Trakt could not be made.", may_be_done=False)


@pytest.mark.parametrize(
    "address",
    ["http://trakt..tv", "http://.", "http://[::1]x", r"http://a\b"],
    ids=["dots", "dot", "IPv6", "backslash"],
)
async def test_an_address_that_makes_no_sense_is_said(client, token, edit, address):
    edit(lambda document: document["trakt"].update(api_url=address))
    reply = await client.call(START, token)
    assert reply.detail == "Trakt's address makes no sense. Check `trakt.api_url` and `trakt.auth_url`."
    assert not reply.may_be_done


@pytest.mark.parametrize("token", ["line\nbreak", "ünïcode"], ids=repr)
async def test_a_token_that_no_header_can_carry_is_not_sent(trakt, client, token):
    reply = await client.call(START, token)
    assert (reply.may_be_done, trakt.ledger.requests) == (False, [])


# ---------------------------------------------------------------------------------- odd answers


@pytest.mark.parametrize(
    "fault",
    [pytest.param(Fault.truncated_json(), id="half of the JSON"), pytest.param(Fault.html(), id="a page")],
)
async def test_what_is_no_json_is_none(trakt, client, token, fault):
    trakt.add_fault(fault)
    answer = await client.call(START, token)
    assert (answer.is_success, answer.json, bool(answer.text)) == (True, None, True)


async def test_the_firewalls_page_is_told_from_trakt(trakt, client, token):
    trakt.add_fault(Fault.edge_blocked(count=1))
    trakt.add_fault(Fault.answering(403, count=1))
    assert [(await client.call(START, token)).is_edge for _ in range(2)] == [True, False]


async def test_an_answer_without_end_is_not_read_to_its_end(trakt, client, token):
    trakt.add_fault(Fault.huge_body(4 * LARGEST_ANSWER))
    answer = await client.call(START, token)
    assert (answer.status, answer.json) == (201, None)
    trakt.clear_faults()
    assert (await client.call(START, token)).json is not None


BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "no status": b"HTTP/1.1 abc\r\n\r\n",
    "a status of its own": b"HTTP/1.1 99999 X\r\n\r\n",
    "half of the head": b"HTTP/1.1 201 Created\r\nContent-Ty",
    "half of the body": b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{",
    "broken chunks": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "broken gzip": b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "two lengths": b"HTTP/1.1 201 X\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "endless head": b"HTTP/1.1 201 X\r\nX-Y: " + b"a" * 100_000 + b"\r\n\r\n",
    "no UTF-8 in the head": b"HTTP/1.1 201 X\r\nX-\xff\xfe: \xff\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("said", BROKEN)
async def test_an_answer_that_is_no_http_is_a_failure(client, token, edit, said):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(BROKEN[said])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        edit(lambda document: document["trakt"].update(api_url=f"http://127.0.0.1:{port}"))
        reply = await client.call(START, token)
    assert isinstance(reply, Failure)
    assert reply.may_be_done


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe{", b"[" * 100_000, b"NaN", b"{'a': 1}", b"", b"   "],
    ids=["no UTF-8", "too deep", "NaN", "Python", "empty", "blanks"],
)
async def test_rubbish_is_no_json_whatever_it_calls_itself(client, token, odd, body):
    odd.update(body=body, content_type="application/json")
    answer = await client.call(SEARCH, token)
    assert (answer.status, answer.json) == (200, None)


async def test_a_redirection_is_not_followed(client, token, odd):
    odd.update(status=307, headers={"Location": "http://127.0.0.1:9/"})
    assert (await client.call(START, token)).status == 307


async def test_header_names_do_not_depend_on_case(client, token, odd):
    odd.update(status=429, headers={"ReTrY-aFtEr": "7"})
    assert (await client.call(START, token)).headers["retry-after"] == "7"


async def test_a_large_and_proper_answer_is_read(client, token, odd):
    body = msgspec.json.encode([{"title": "x" * 1000}] * 1000)
    odd.update(body=body, content_type="application/json")
    answer = await client.call(SEARCH, token)
    assert len(answer.json) == 1000
    assert len(answer.text) < 3000


async def test_being_cancelled_is_not_an_answer(trakt, client, token):
    trakt.add_fault(Fault.hang())
    task = asyncio.create_task(client.call(START, token))
    await trakt.ledger.wait_for(lambda _: True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_every_error_of_the_http_client_is_caught_by_its_root():
    errors = [one for one in vars(aiohttp).values() if isinstance(one, type) and issubclass(one, Exception)]
    network = [one for one in errors if one.__name__.startswith(("Client", "Server", "Connection", "Socket"))]
    assert network
    assert all(issubclass(one, aiohttp.ClientError | TimeoutError) for one in network)
