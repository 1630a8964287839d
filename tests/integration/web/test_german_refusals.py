"""What goes wrong is said in German as well: forms, texts, doors, disks, and things that cannot be done."""

from __future__ import annotations

import html
import re
import sqlite3
from pathlib import Path
from urllib.parse import urlencode

import pytest

from crosswatch.core.plays import PlayState
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.storage.failures import storage_error
from fakes.english import english_in
from fakes.plays import make_play

GERMAN = {"accept": "text/html", "accept-language": "de"}
FORM = {"content-type": "application/x-www-form-urlencoded", **GERMAN}


@pytest.fixture
def read(web):
    """The English that is left on a page, which must be answered with one of these statuses."""

    async def ask(path, *statuses):
        answer = await web.get(path, headers=GERMAN)
        assert answer.status in statuses, answer.text
        return english_in(answer.text)

    return ask


@pytest.fixture
def send(web):
    """The same for a form, with the hidden fields of the page that it stands on."""

    async def ask(path, *statuses, page="", **fields):
        hidden = {}
        if page:
            drawn = (await web.get(page, headers=GERMAN)).text
            found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', drawn)
            hidden = {name: html.unescape(value) for name, value in found}
        answer = await web.post(path, urlencode({**hidden, **fields}).encode(), headers=FORM)
        assert answer.status in statuses, answer.text
        return english_in(answer.text)

    return ask


async def test_missing_plays_speak_german(read):
    assert await read("/history/none", 404) == []


async def test_refused_corrections_speak_german(runtime, send):
    play = make_play(state=PlayState.ENDED, verdict=Verdict.SKIPPED, reason=Reason.PERSON_UNLINKED)
    await runtime.ledger.record([PlayChange(play=play)])
    assert await send(f"/history/{play.id}/undo", 409, sure="yes") == []


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_ERROR,
    ],
)
async def test_broken_disks_speak_german(runtime, read, code):
    error = sqlite3.OperationalError("SQL")
    error.sqlite_errorcode = code
    runtime.ledger.failing = storage_error(error, Path("/config/crosswatch.db"))
    for path in ("/", "/history", "/health", "/people"):
        assert await read(path, 200, 503) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{\n  "plex": {,}\n}',
        '{"plex": {},}',
        '{"runtime": // on\n {}}',
        '{"runtime": {"debug": "yes"}}',
        '{"plex": {"server_url": "den"}}',
        '{"servers": 3}',
        '{"trakt": {"write_interval_seconds": -1}}',
        '{"people": [{"name": ""}]}',
        '{"people": [{"name": "Maya"}]}',
        '{"people": [{"name": "Maya", "plex_ids": [1], "paused_until": "tomorrow"}]}',
        '{"web": {"base_path": "x y"}}',
        '{"access": {"open_networks": ["home"]}}',
        '{"access": {"external_header": "X User"}}',
        '{"storage": {"url": "postgres://nas"}}',
    ],
)
async def test_broken_texts_speak_german(send, text):
    assert await send("/settings/raw", 422, page="/settings/raw", text=text, do="save") == []


async def test_broken_files_speak_german(runtime, read):
    runtime.config.path.write_text('{"plex": {,}}')
    runtime.config.poll()
    for path in ("/", "/health", "/settings/plex", "/settings/raw"):
        assert await read(path, 200, 503) == []


async def test_closed_doors_speak_german(send, read):
    assert await send("/setup/claim", 422, name="admin", password="short") == []
    assert await send("/setup/claim", 303, name="admin", password="correct horse battery") == []
    assert await send("/sign-in", 401, password="wrong wrong wrong") == []
    for _ in range(12):
        found = await send("/sign-in", 401, 429, password="wrong wrong wrong")
    assert found == []
    assert await read("/sign-in", 200) == []


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://nas", "http://nas:99999", "nas:0", "app.plex.tv", "192.168.1", "n_a$s", "169.254.169.254"],
)
async def test_odd_addresses_speak_german(send, typed):
    assert await send("/setup/server/address", 200, 303, 422, address=typed) == []
