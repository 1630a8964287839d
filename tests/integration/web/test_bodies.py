"""Bodies that are too large, too slow or never end."""

from __future__ import annotations

import asyncio

import pytest
from starlette.exceptions import HTTPException

from crosswatch.access.headers import Heads
from crosswatch.web.bodies import Body, replayed


def receiving(*pieces, then_wait=False):
    """What a server hands over, piece by piece; afterwards nothing, or silence."""
    waiting = [
        {"type": "http.request", "body": piece, "more_body": then_wait or number < len(pieces)}
        for number, piece in enumerate(pieces, start=1)
    ]

    async def receive():
        if waiting:
            return waiting.pop(0)
        if then_wait:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return receive


def body(*pieces, largest=10, within_s=5.0, then_wait=False, **headers):
    pairs = ((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return Body(Heads(pairs), receiving(*pieces, then_wait=then_wait), largest=largest, within_s=within_s)


async def test_a_body_is_read_whole():
    assert await body(b"12345", b"67890").read() == b"1234567890"
    assert await body(b"").read() == b""


@pytest.mark.parametrize(
    "too_large",
    [
        pytest.param(lambda: body(b"12345", b"678901"), id="by what comes"),
        pytest.param(lambda: body(b"", content_length="11"), id="by what is announced"),
        pytest.param(lambda: body(b"12345678901", content_length="5"), id="whatever is announced"),
        pytest.param(lambda: body(b"12345678901", content_length="nonsense"), id="announced as nonsense"),
    ],
)
async def test_a_body_that_is_too_large_is_not_read_on(too_large):
    with pytest.raises(HTTPException) as refused:
        await too_large().read()
    assert refused.value.status_code == 413
    assert refused.value.headers == {"Connection": "close"}


async def test_a_body_that_stops_coming_is_not_waited_for():
    with pytest.raises(HTTPException) as refused:
        await body(b"12", then_wait=True, within_s=0.05).read()
    assert refused.value.status_code == 408


async def test_a_body_that_drips_has_no_more_time_than_any_other():
    async def drip():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    endless = Body(Heads([]), drip, largest=1_000_000, within_s=0.1)
    with pytest.raises(HTTPException) as refused:
        await endless.read()
    assert refused.value.status_code == 408


async def test_after_the_body_there_is_no_hurry():
    """A stream waits for hours for its reader to go away."""
    read = body(b"12", within_s=0.01)
    await read.read()
    assert await read.receive() == {"type": "http.disconnect"}


async def test_a_body_can_be_read_again():
    again = replayed(b"12", receiving())
    assert await again() == {"type": "http.request", "body": b"12", "more_body": False}
    assert await again() == {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("headers", "is_read", "closes"),
    [
        pytest.param({"content_length": "2"}, False, True, id="announced and not read"),
        pytest.param({"transfer_encoding": "chunked"}, False, True, id="without an end and not read"),
        pytest.param({"content_length": "2"}, True, False, id="announced and read"),
        pytest.param({}, False, False, id="none"),
        pytest.param({"content_length": "0"}, False, False, id="empty"),
    ],
)
async def test_an_answer_before_the_end_of_the_body_closes_the_connection(headers, is_read, closes):
    sent = []

    async def send(message):
        sent.append(message)

    incoming = body(b"12", **headers)
    if is_read:
        await incoming.read()
    await incoming.closing(send)({"type": "http.response.start", "status": 200, "headers": []})
    assert ((b"connection", b"close") in sent[0]["headers"]) is closes


@pytest.mark.parametrize(
    ("path", "largest"), [("/sign-in", 16 * 1024), ("/setup/claim", 16 * 1024), ("/api/config", 1024 * 1024)]
)
async def test_every_address_has_its_limit(web, path, largest):
    assert (await web.post(path, b"x" * (largest + 1))).status == 413
    assert (await web.post(path, b"x" * largest)).status in {400, 401, 422}
