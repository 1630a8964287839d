"""`crosswatch match` against a running app."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace

import pytest
import uvicorn

from crosswatch.core.events import MediaKind, Show
from crosswatch.core.identity import Choice
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Refused
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Settlement
from crosswatch.core.reasons import Reason
from crosswatch.web.factory import create_app
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, MAYA, at, make_play, want, wants
from fakes.runtime import FakeRuntime
from fakes.served import free_port

FOUND = replace(
    EPISODE, ids=Ids(trakt=73), show=Show(title="Severance", ids=Ids(tmdb=95396)), season=1, number=12
)
LINK = "https://trakt.tv/shows/severance/seasons/1/episodes/12"
BY_SHOW = ("tmdb:95396", "--season", "1", "--number", "12")

pytestmark = pytest.mark.usefixtures("directory")


@pytest.fixture
def runtime(directory):
    clock = HandClock()
    return FakeRuntime(directory, MemoryLedger(clock), clock=clock)


@pytest.fixture
async def match(runtime, run, monkeypatch):
    """Runs `crosswatch match` beside the app: exit code, and everything it said."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(runtime), log_config=None, ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    monkeypatch.setenv("CROSSWATCH_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/")
    monkeypatch.delenv("CROSSWATCH_API_KEY", raising=False)

    async def say(*words):
        return await asyncio.to_thread(run, "match", *words)

    yield say
    server.should_exit = True
    await serving


@pytest.fixture
async def failed(runtime):
    """An episode that Trakt does not know under the numbers of its server; it has it under others."""
    choices = (
        Choice(kind=MediaKind.EPISODE, link=LINK),
        Choice(kind=MediaKind.EPISODE, ids=Ids(tvdb=9)),
        Choice(kind=MediaKind.EPISODE, show_ids=Ids(tmdb=95396), season=1, number=12),
    )
    for choice in choices:
        runtime.trakt.catalogue |= {choice: FOUND, replace(choice, is_of_show=True): FOUND}
    media = replace(EPISODE, season=1, number=2)
    play = make_play(state=PlayState.ENDED, ended_at=at(9), watched_at=at(9), media=media)
    await runtime.ledger.record([wants(play, want(DesiredAction.WATCHED, 9, 92))])
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=now - now, batch=1)
    outcome = Refused(reason=Reason.NO_MATCH)
    await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=now)])
    return play


@pytest.mark.parametrize("what", [(LINK,), ("tvdb:9",), BY_SHOW], ids=["a link", "an id", "a show's id"])
async def test_a_match_is_made_and_what_waited_is_sent(match, failed, what):
    said = await match("set", failed.id, *what)
    assert (said.exit_code, said.output.splitlines()) == (
        0,
        ["Straße der SEVERANCE S01E02 is Severance S01E12.", "Tried again because of it: 1."],
    )
    listed = (await match("list")).output.splitlines()
    assert listed[1] == "  Straße der SEVERANCE S01E02 is Severance S01E12"


async def test_a_match_may_be_of_the_whole_show(match, failed):
    await match("set", failed.id, *BY_SHOW, "--show")
    assert (await match("list")).output.rstrip().endswith("(the whole show)")


async def test_what_was_written_out_is_taken_over_after_it_was_forgotten(match, failed, tmp_path):
    await match("set", failed.id, LINK)
    kept = tmp_path / "matches.json"
    kept.write_text((await match("list", "--json")).output)
    [made] = json.loads(kept.read_text())["matches"]
    assert (await match("forget", made["key"])).output == "Forgotten.\n"
    assert (await match("list")).output == "You have said of nothing what it is.\n"
    assert (await match("import", str(kept))).output.startswith("Taken over: 1. ")
    assert json.loads((await match("list", "--json")).output)["matches"][0]["key"] == made["key"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("set", "none", LINK), "There is no play 'none'."),
        (("set", "{play}", "tmdb:1"), "Trakt has no such item."),
        (("set", "{play}", "tmdb:1", "--season", "1"), "`show_ids` need `season` and `number`"),
        (("set", "{play}", "tmdb:1", "--number", "1"), "`show_ids` need `season` and `number`"),
        (("set", "{play}", "tmdb:x"), "tmdb: input should be a valid integer"),
        (("forget", "none"), "There is no match 'none'."),
        (("import", "{broken}"), "That is not JSON"),
        (("import", "{empty}"), "matches"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_what_cannot_be_done_is_one_sentence(match, failed, tmp_path, words, sentence):
    names = {"play": failed.id, "broken": tmp_path / "broken", "empty": tmp_path / "empty"}
    names["broken"].write_text("{")
    names["empty"].write_text("{}")
    said = await match(*(word.format(**names) for word in words))
    assert said.exit_code == 1
    assert sentence in said.output


@pytest.fixture
def key(run):
    """An API key of an app that has a password."""
    run("reset-password", "--generate")
    return run("keys", "create", "home", "--scope", "admin").output.strip()


async def test_where_the_app_has_a_password_a_key_is_needed(key, match, monkeypatch):
    refused = await match("list")
    assert (refused.exit_code, "CROSSWATCH_API_KEY" in refused.output) == (1, True)
    monkeypatch.setenv("CROSSWATCH_API_KEY", key)
    assert (await match("list")).exit_code == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"http://127.0.0.1:{free_port()}", "It has to run for this"),
        ("nas:8787", "it should be like http://127.0.0.1:8787"),
    ],
    ids=["nothing there", "no address"],
)
def test_an_app_that_does_not_answer_is_one_sentence(run, monkeypatch, url, sentence):
    monkeypatch.setenv("CROSSWATCH_URL", url)
    said = run("match", "list")
    assert said.exit_code == 1
    assert sentence in said.output


async def test_something_else_at_the_address_is_said_to_be_something_else(run, monkeypatch):
    async def hello(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hello, "127.0.0.1", 0) as server:
        monkeypatch.setenv("CROSSWATCH_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        said = await asyncio.to_thread(run, "match", "list")
    assert "is not CrossWatch" in said.output
