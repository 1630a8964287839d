from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

plex, trakt = logging.getLogger("crosswatch.plex"), logging.getLogger("crosswatch.trakt")


async def read_until(pieces, text):
    """What a stream says up to and with this text."""
    said = b""
    async with asyncio.timeout(5):
        while text not in said:
            piece = await pieces.get()
            assert piece is not None, said
            said += piece
    return said


async def test_the_dump_holds_lines_for_people_and_records_for_programs(web):
    trakt.info("stop Arrival 92% -> 201", extra={"event": "trakt.delivered", "play": "8f3"})

    answer = (await web.get("/api/logs/dump?channel=TRAKT&n=80")).json()

    assert answer["channel"] == "TRAKT"
    assert answer["lines"][-1].endswith("INFO    TRAKT   stop Arrival 92% -> 201 · play 8f3")
    record = answer["records"][-1]
    assert {key: record[key] for key in ("level", "channel", "event", "message", "play")} == {
        "level": "INFO",
        "channel": "TRAKT",
        "event": "trakt.delivered",
        "message": "stop Arrival 92% -> 201",
        "play": "8f3",
    }


@pytest.mark.parametrize("query", ["channel=plex", "tag=PLEX"])
async def test_channel_and_tag_mean_the_same_in_any_capitals(web, query):
    trakt.info("not this")
    plex.info("but this")

    lines = (await web.get(f"/api/logs/dump?{query}")).json()["lines"]

    assert [line[-8:] for line in lines] == ["but this"]


@pytest.mark.parametrize("n", [0, 1, 2, 1_000_000])
async def test_the_last_n_lines_are_given_oldest_first(web, n):
    plex.info("one")
    plex.info("two")

    lines = (await web.get(f"/api/logs/dump?channel=PLEX&n={n}")).json()["lines"]

    assert [line[-3:] for line in lines] == ["one", "two"][max(0, 2 - n) :]


@pytest.mark.parametrize("path", ["dump", "stream"])
async def test_an_unknown_channel_is_refused_with_the_names_that_there_are(web, path):
    answer = await web.get(f"/api/logs/{path}?channel=TRACT")

    assert answer.status == 422
    assert answer.json() == {
        "detail": "There is no channel 'TRACT'; there are ALL, APP, PLEX, TRAKT, WATCH, WEBHOOK.",
        "key": "channel",
    }


@pytest.mark.parametrize("n", ["-1", "many"])
async def test_a_number_of_lines_that_is_none_is_refused(web, n):
    answer = await web.get(f"/api/logs/dump?n={n}")

    assert (answer.status, answer.json()["key"]) == (422, "n")


async def test_a_stream_is_passed_on_at_once_and_kept_by_nobody(web):
    async with asyncio.timeout(5):
        async with web.stream("/api/logs/stream?channel=PLEX") as pieces:
            await pieces.get()
        headers = web.last_stream_headers

    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["x-accel-buffering"] == "no"
    assert headers["cache-control"] == "no-store"


async def test_a_stream_shows_what_was_said_and_then_what_is_said(web):
    plex.info("before")

    async with web.stream("/api/logs/stream?tag=plex") as pieces:
        await read_until(pieces, b"before")
        plex.info("after")
        await read_until(pieces, b"after")


async def test_a_stream_goes_on_after_the_last_event_that_the_reader_has(web, runtime):
    for text in ("first", "second", "third"):
        plex.info(text)
    first = runtime.logs.dump("PLEX")[0].id

    async with web.stream("/api/logs/stream?channel=PLEX", {"Last-Event-ID": str(first)}) as pieces:
        said = await read_until(pieces, b"third")

    assert b"second" in said
    assert b"first" not in said


@pytest.mark.parametrize(
    "last", ["", "x", "-1", "²", "9" * 5000], ids=["empty", "a word", "negative", "no digit", "endless"]
)
async def test_a_last_event_id_that_makes_no_sense_is_as_good_as_none(web, last):
    plex.info("said")

    async with web.stream("/api/logs/stream?channel=PLEX", {"Last-Event-ID": last}) as pieces:
        await read_until(pieces, b"said")


async def test_a_reader_that_goes_away_is_forgotten_at_once(web, runtime):
    async with web.stream("/api/logs/stream") as pieces:
        await pieces.get()
        assert runtime.logs.readers == 1
    assert runtime.logs.readers == 0


async def test_no_secret_of_the_configuration_reaches_dump_or_stream(web):
    secret = "canary-7a1b9c"
    document = (await web.get("/api/config")).json()
    document["plex"]["account_token"] = secret
    await web.post("/api/config", document)
    plex.info("asked with %s", secret)

    dumped = await web.get("/api/logs/dump")
    async with web.stream("/api/logs/stream") as pieces:
        streamed = await read_until(pieces, b"asked with")

    assert secret.encode() not in dumped.body + streamed


async def test_a_reader_that_cannot_send_headers_says_in_the_address_what_it_has(web):
    plex.info("one")
    seen = (await web.get("/api/logs/dump?channel=PLEX")).json()["records"][-1]["id"]
    plex.info("two")

    async with web.stream(f"/api/logs/stream?channel=PLEX&after={seen}") as pieces:
        said = await read_until(pieces, b"two")

    assert b"one" not in said


async def test_debug_lines_are_kept_for_some_minutes_and_not_longer(web, runtime):
    assert (await web.get("/api/logs/debug")).json() == {"debug": False, "until": None}

    answer = (await web.post("/api/logs/debug?minutes=5")).json()
    plex.debug("a detail")

    until = runtime.clock.now() + timedelta(minutes=5)
    assert answer == {"debug": True, "until": until.isoformat().replace("+00:00", "Z")}
    assert [record.message for record in runtime.logs.dump("PLEX")] == ["a detail"]
    assert (await web.post("/api/logs/debug?minutes=0")).json()["debug"] is False


async def test_debug_lines_that_the_configuration_wants_have_no_end(web, runtime):
    runtime.logs.set_debug(True)
    assert (await web.get("/api/logs/debug")).json() == {"debug": True, "until": None}


@pytest.mark.parametrize("minutes", ["-1", "1441", "x"])
async def test_debug_lines_for_no_number_of_minutes_are_refused(web, minutes):
    answer = await web.post(f"/api/logs/debug?minutes={minutes}")
    assert (answer.status, answer.json()["key"]) == (422, "minutes")
