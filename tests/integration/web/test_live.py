"""The stream of the page: what changed, nothing else, and nothing while nobody looks."""

from __future__ import annotations

import asyncio
import logging

import pytest

from crosswatch.errors import StorageError
from crosswatch.web import live as live_module
from crosswatch.web.live import REGIONS, LivePage, draw_region
from crosswatch.web.now import look
from fakes.plays import make_play, want, wants


class Reader:
    """Takes the events of one stream apart."""

    def __init__(self, pieces):
        self._pieces = pieces
        self._text = ""

    async def event(self):
        """The next event: its name and its data; None at the end."""
        async with asyncio.timeout(5):
            while "\n\n" not in self._text:
                piece = await self._pieces.get()
                if piece is None:
                    return None
                self._text += piece.decode()
        text, _, self._text = self._text.partition("\n\n")
        lines = [line.partition(": ")[::2] for line in text.split("\n")]
        return dict(lines).get("event", ""), "\n".join(value for key, value in lines if key == "data")

    async def regions(self, count):
        """The next regions, by name."""
        found = {}
        while len(found) < count:
            name, data = await self.event()
            if name == "region":
                region, _, html = data.partition("\n")
                found[region] = html
        return found

    async def until(self, region, fits):
        """Read on until the region has such a content."""
        html = None
        while html is None or not fits(html):
            html = (await self.regions(1)).get(region)
        return html


async def test_a_reader_gets_the_time_and_then_every_region(web):
    async with web.stream("/api/events") as pieces:
        reader = Reader(pieces)
        assert await reader.event() == ("", "")  # how soon to come back
        assert await reader.event() == ("time", "1795205700000 1")
        regions = await reader.regions(len(REGIONS))

    assert set(regions) == set(REGIONS)
    assert "Setting up" in regions["health"]
    assert regions["now"] == ""


async def test_the_stream_and_the_page_draw_the_same(web, runtime):
    await runtime.ledger.record([wants(make_play(), want())])

    source = (await web.get("/")).text

    page = await look(runtime)
    for name in REGIONS:
        assert draw_region(name, page) in source


async def test_only_what_changed_is_sent(web, runtime):
    async with web.stream("/api/events") as pieces:
        reader = Reader(pieces)
        await reader.regions(len(REGIONS))
        await runtime.ledger.record([wants(make_play(), want())])
        runtime.announce(make_play().id)

        regions = await reader.regions(1)

    assert list(regions) == ["now"]
    assert "Arrival" in regions["now"]


async def test_a_change_arrives_within_300_ms(web, runtime):
    async with web.stream("/api/events") as pieces:
        reader = Reader(pieces)
        await reader.regions(len(REGIONS))
        await asyncio.sleep(live_module.SPACING_S)  # the quiet before it
        await runtime.ledger.record([wants(make_play(), want())])
        async with asyncio.timeout(0.3):
            runtime.announce(None)
            await reader.regions(1)


async def test_a_burst_is_drawn_in_few_strokes(web, runtime, monkeypatch):
    strokes = 0

    async def count(seen):
        nonlocal strokes
        strokes += 1
        return await look(seen)

    monkeypatch.setattr(live_module, "look", count)
    async with web.stream("/api/events") as pieces:
        reader = Reader(pieces)
        await reader.regions(len(REGIONS))
        for number in range(1, 101):
            await runtime.ledger.record([wants(make_play(number), want())])
            runtime.announce(make_play(number).id)
        await reader.until("now", lambda html: "And 76 more." in html)

    assert strokes <= 4


async def test_readers_share_one_drawing(web):
    async with web.stream("/api/events") as first, web.stream("/api/events") as second:
        one, two = Reader(first), Reader(second)
        assert await one.regions(len(REGIONS)) == await two.regions(len(REGIONS))
        assert web.app.state.live.readers == 2


async def test_while_nobody_looks_nothing_runs(web):
    async with web.stream("/api/events") as pieces:
        await pieces.get()
        running = {task.get_name() for task in asyncio.all_tasks()}
        assert {"page changes", "page drawing"} <= running
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not {"page changes", "page drawing"} & {task.get_name() for task in asyncio.all_tasks()}


async def test_a_reader_that_comes_after_a_pause_sees_the_present(web, runtime):
    async with web.stream("/api/events") as pieces:
        await Reader(pieces).regions(1)
    await runtime.ledger.record([wants(make_play(), want())])

    async with web.stream("/api/events") as pieces:
        await Reader(pieces).until("now", lambda html: "Arrival" in html)


async def test_a_database_that_fails_and_returns_is_followed(web, runtime):
    runtime.ledger.failing = StorageError("The disk is full.")
    async with web.stream("/api/events") as pieces:
        reader = Reader(pieces)
        await reader.until("notices", lambda html: "The disk is full." in html)
        runtime.ledger.failing = None
        runtime.announce(None)
        await reader.until("notices", lambda html: "The disk is full." not in html)


async def test_a_drawing_that_breaks_is_logged_and_the_next_one_comes(web, runtime, caplog):
    status = runtime.watch_status
    runtime.watch_status = lambda: 1 / 0
    with caplog.at_level(logging.ERROR):
        async with web.stream("/api/events") as pieces:
            reader = Reader(pieces)
            await reader.event()
            await reader.event()
            async with asyncio.timeout(5):
                while not caplog.records:  # noqa: ASYNC110 -- a log line sets no event
                    await asyncio.sleep(0.01)
            runtime.watch_status = status
            runtime.announce(None)
            assert await reader.regions(1)

    assert caplog.records[0].message == "the page could not be drawn"


async def test_in_silence_the_time_is_the_heartbeat(runtime, monkeypatch):
    monkeypatch.setattr(live_module, "HEARTBEAT_S", 0.05)
    runtime.config.load()
    stream = LivePage(runtime).stream()
    said = [await anext(stream) for _ in range(5)]
    await stream.aclose()

    assert sum(piece.startswith(b"event: time") for piece in said) >= 2


async def test_at_the_end_every_stream_ends_at_once(web):
    live = web.app.state.live
    async with web.stream("/api/events") as pieces:
        await pieces.get()
        live.close()
        async with asyncio.timeout(1):
            while await pieces.get() is not None:
                pass
    async with web.stream("/api/events") as pieces, asyncio.timeout(1):
        while await pieces.get() is not None:
            pass


@pytest.mark.parametrize("name", REGIONS)
async def test_a_region_is_the_same_as_long_as_its_facts_are(runtime, name):
    """Else every tick of the clock would be sent to every reader."""
    runtime.config.load()
    await runtime.ledger.record([wants(make_play(), want())])
    before = draw_region(name, await look(runtime))

    runtime.clock.move(30)

    assert draw_region(name, await look(runtime)) == before
