"""How the process starts and ends, whatever is going on in it."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from contextlib import AsyncExitStack

import pytest

from crosswatch.config.model import default_document
from fakes.served import ServedApp

STREAMS = ("/api/logs/stream", "/api/logs/stream?channel=TRAKT", "/api/events")


async def open_streams(stack, app, count):
    """So many streams, each of which has said its first word."""
    answers = [
        await stack.enter_async_context(app.http.get(STREAMS[number % len(STREAMS)]))
        for number in range(count)
    ]
    for answer in answers:
        await answer.content.readany()
    return answers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_it_ends_within_two_seconds_with_a_hundred_open_streams(app, number):
    async with AsyncExitStack() as stack:
        answers = await open_streams(stack, app, 100)

        app.signal(number)

        await app.ended(within_s=2.0)
        for answer in answers:  # each was ended, none was cut off
            await asyncio.wait_for(answer.content.read(), 1)
    assert "Application shutdown complete" in app.output
    assert "Traceback" not in app.output


async def test_a_reader_that_takes_nothing_does_not_hold_it_up(app):
    """What it was sent can never be handed over, so the server gives it up after a second."""
    foreign = {"Origin": "http://evil.example.com"}
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", app.port))
        reader.sendall(b"GET /api/logs/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for _ in range(500):  # each is refused, with a long line in the log
            async with app.http.post(f"/{'x' * 12_000}", headers=foreign) as answer:
                assert answer.status == 403

        app.signal(signal.SIGTERM)

        await app.ended(within_s=3.0)
    assert "Cancel 1 running task(s)" in app.output


async def test_a_second_signal_is_still_heard(app):
    app.signal(signal.SIGTERM)
    app.signal(signal.SIGTERM)
    await app.ended(within_s=2.0)


async def test_a_killed_process_starts_again_on_what_it_left(app):
    document = default_document()
    document["plex"]["username"] = "kept"
    await app.post("/api/config", document)

    app.signal(signal.SIGKILL)
    await app.ended(within_s=2.0)
    await app.start()

    assert (await app.get("/api/config"))["plex"]["username"] == "kept"
    assert (await app.get("/api/plays")) == {"plays": [], "next": None}


async def test_a_killed_process_leaves_a_whole_file_whenever_it_is_killed(app):
    """Writes go on while the process dies; what is left is one of the documents, never half of one."""
    document = default_document()

    async def write_for_ever():
        number = 0
        while True:
            number += 1
            document["plex"]["username"] = str(number) * 1000
            await app.post("/api/config", document)

    writing = asyncio.create_task(write_for_ever())
    await app.until("/api/config", lambda found: found["plex"]["username"])
    app.signal(signal.SIGKILL)
    await app.ended(within_s=2.0)
    await asyncio.gather(writing, return_exceptions=True)

    found = json.loads((app.directory / "config.json").read_text())
    assert len(set(found["plex"]["username"])) <= 10
    assert found.keys() == document.keys()


async def test_a_broken_file_at_the_start_is_told_and_left_alone(tmp_path):
    directory = tmp_path / "config"
    directory.mkdir()
    (directory / "config.json").write_text("{ not json")

    async with ServedApp(directory) as app:
        status = await app.get("/api/config/status")
        assert status["safe_mode"] is True
        assert await app.get("/api/config") == default_document()

    assert (directory / "config.json").read_text() == "{ not json"


async def test_a_folder_that_cannot_be_used_is_said_and_stops_nothing(tmp_path):
    (tmp_path / "config").write_text("a file where the folder should be")

    async with ServedApp(tmp_path / "config") as app:
        status = await app.get("/api/config/status")
        assert str(tmp_path / "config") in status["problem"]["detail"]
        answer = await app.get("/api/plays", status=503)
        assert answer["detail"]


async def test_serve_runs_the_same_app_and_says_where(tmp_path):
    async with ServedApp(tmp_path / "config", serve=True) as app:
        assert await app.get("/api/config") == default_document()
        async with AsyncExitStack() as stack:
            await open_streams(stack, app, 5)
            app.signal(signal.SIGTERM)
            await app.ended(within_s=2.0)
        assert f"is open at http://127.0.0.1:{app.port}/" in app.output


async def test_it_answers_soon_after_the_start(app):
    """The budget is 0.8 s on a quiet machine; here others work beside it, and bytecode may be stale."""
    assert app.started_within_s < 5.0
