"""Anime lists over real sockets and files: what was known before is never lost to what is broken now."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

import crosswatch.simulator
from crosswatch.clock import Clock
from crosswatch.providers.anime.lists import AnimeLists

SAMPLE = Path(crosswatch.simulator.__file__).parent / "anime_list.xml"
IDS = SAMPLE.with_name("anime_ids.json")


@pytest.fixture
async def shelf():
    """A server that answers with whatever is put onto it, by path."""
    answers = {"/list.xml": SAMPLE.read_bytes()}

    async def answer(request):
        body = answers.get(request.path)
        return web.Response(status=404) if body is None else web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    answers["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield answers
    await runner.cleanup()


@pytest.fixture
async def make(tmp_path):
    """Makes lists that keep their copies in one folder."""
    async with aiohttp.ClientSession() as http:
        yield lambda: AnimeLists(http, tmp_path, Clock())


async def test_a_file_is_read(make):
    lists = make()
    assert await lists.use([str(SAMPLE)])
    assert 23 in lists.known.titles
    (status,) = lists.status
    assert (status.source, status.titles, status.problem) == (str(SAMPLE), 7, "")


async def test_an_address_is_fetched_and_a_copy_is_kept_for_a_start_without_a_network(make, shelf, tmp_path):
    source = f"{shelf['url']}/list.xml?key=a-secret"
    lists = make()
    await lists.use([source])
    assert 23 in lists.known.titles
    shelf.clear()
    again = make()
    await again.use([source])
    assert 23 in again.known.titles
    (status,) = again.status
    assert "404" in status.problem
    assert "a-secret" not in status.problem + status.source
    assert status.titles == 7
    assert [path.stat().st_mode & 0o077 for path in tmp_path.glob("anime-list-*.cache")] == [0]


@pytest.mark.parametrize("body", [b"<anime-list>", b"", b"[]", b"<html></html>"], ids=repr)
async def test_a_broken_list_leaves_what_was_known_in_force(make, shelf, body):
    lists = make()
    await lists.use([f"{shelf['url']}/list.xml"])
    shelf["/list.xml"] = body
    assert not await lists.refresh()
    (status,) = lists.status
    assert status.problem.endswith("What was known before stays in force.")
    assert 23 in lists.known.titles


async def test_a_refresh_takes_what_is_new(make, shelf):
    lists = make()
    await lists.use([f"{shelf['url']}/list.xml"])
    shelf["/list.xml"] = b'<anime-list><anime anidbid="5" tvdbid="6" defaulttvdbseason="1"/></anime-list>'
    assert await lists.refresh()
    (status,) = lists.status
    assert (set(lists.known.titles), status.titles, status.problem) == ({5}, 1, "")


async def test_two_lists_are_joined_and_the_first_one_counts_first(make):
    lists = make()
    await lists.use([str(SAMPLE), str(IDS)])
    assert lists.known.titles[23].spans
    assert lists.known.mal[1] == 23


async def test_what_is_not_named_any_more_is_not_known_any_more(make):
    lists = make()
    await lists.use([str(SAMPLE)])
    assert await lists.use(["", ""])
    assert (lists.known.titles, lists.status) == ({}, ())


async def test_the_same_lists_again_are_not_read_again(make, tmp_path):
    mine = tmp_path / "mine.xml"
    mine.write_bytes(SAMPLE.read_bytes())
    lists = make()
    await lists.use([str(mine)])
    mine.unlink()
    assert not await lists.use([str(mine), str(mine)])
    assert lists.status[0].problem == ""


@pytest.mark.parametrize(
    "source",
    ["/no/such/file", "/", "http://127.0.0.1:1/x", "http://user:a-secret@[::1", "http://"],
    ids=["no file", "a folder", "nobody answers", "no address", "no host"],
)
async def test_what_cannot_be_read_is_one_sentence(make, source):
    lists = make()
    await lists.use([source])
    (status,) = lists.status
    assert status.problem.startswith("The anime list ")
    assert "a-secret" not in status.problem
    assert lists.known.titles == {}


async def test_a_list_that_is_too_long_is_refused(make, shelf, monkeypatch):
    monkeypatch.setattr("crosswatch.providers.anime.lists.MOST_BYTES", 100)
    lists = make()
    await lists.use([f"{shelf['url']}/list.xml"])
    assert "larger than" in lists.status[0].problem


async def test_a_copy_that_cannot_be_kept_is_no_trouble(make, shelf, tmp_path):
    tmp_path.chmod(0o500)
    try:
        lists = make()
        await lists.use([f"{shelf['url']}/list.xml"])
    finally:
        tmp_path.chmod(0o700)
    assert 23 in lists.known.titles
    assert lists.status[0].problem == ""
