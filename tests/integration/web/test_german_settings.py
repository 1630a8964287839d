"""What settings, people and the door say when something is wrong, in German: nothing of it is English."""

from __future__ import annotations

import errno
import html
import json
import os
import re
from urllib.parse import urlencode

import pytest

from crosswatch.access.register import Scope
from crosswatch.config.model import default_document
from crosswatch.config.schema import Kind, schema
from crosswatch.web.pages.settings import ELSEWHERE, SECTIONS, section_of
from fakes.english import english_in
from fakes.linking import FakeDesk

GERMAN = {"accept": "text/html", "accept-language": "de"}
FORM = {**GERMAN, "content-type": "application/x-www-form-urlencoded"}
FAR = "203.0.113.9"
PASSWORD = "correct horse battery"
TWO = [{"name": f"Server {n}", "server_url": f"http://192.0.2.{n}:32400"} for n in (1, 2)]
PEOPLE = [{"name": "Maya", "plex_ids": [1]}, {"name": "Tom", "plex_ids": [2]}]
WRONG = {
    Kind.NUMBER: ["viel", "-7", "1e12", "1.5"],
    Kind.NUMBERS: ["eins", "-1"],
    Kind.TEXT: ["keine Adresse", "http://a b", "http://169.254.169.254/x", "http://h/?q", "\x00"],
    Kind.TEXTS: ["nichts\nhttp://a b", "0.0.0.0/0", "10.0.0.1/8"],
}
"""What hardly any field of a kind may hold; a field that may is not asked."""


@pytest.fixture
def read(web):
    """The English that is left on a page."""

    async def ask(way, *, status=200, **request):
        return german(await web.get(way, headers=GERMAN, **request), status)

    return ask


@pytest.fixture
def post(web):
    async def send(way, *, peer="127.0.0.1", headers=FORM, **fields):
        return await web.post(way, urlencode(fields, doseq=True).encode(), headers=headers, peer=peer)

    return send


@pytest.fixture
def settled(web, runtime):  # noqa: ARG001 -- it runs
    document = default_document()
    document["servers"], document["people"] = TWO, PEOPLE
    runtime.config.replace(document)
    runtime.linking = FakeDesk([], {})
    return document


def german(answer, status):
    """The English of an answer that is a German page."""
    assert answer.status == status
    assert '<html lang="de"' in answer.text
    return english_on(answer)


def english_on(answer):
    """The English of a page; the folder of a test is named after it, in English."""
    return english_in(re.sub(r"/[\w/.-]+/config\b", "/config", answer.text))


def hidden(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])


def no_room(_path, _data):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fields_of(kind):
    return [key for key in schema() if key.kind is kind and not key.name.startswith(ELSEWHERE)]


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("section", [one.id for one in SECTIONS])
async def test_each_section_is_german(read, settled, section):  # noqa: ARG001
    assert await read(f"/settings/{section}") == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        pytest.param(key, wrong, id=f"{key.name}-{wrong[:8]!a}")
        for kind, values in WRONG.items()
        for key in fields_of(kind)
        for wrong in values
    ],
)
async def test_whatever_is_wrong_with_a_field_is_said_in_german(web, post, settled, key, wrong):  # noqa: ARG001
    section, name = section_of(key.name).id, key.name.replace("[]", "[0]")
    page = (await web.get(f"/settings/{section}", headers=GERMAN)).text
    was = json.loads(hidden(page, "was"))
    answer = await post(
        f"/settings/{section}", was=json.dumps({name: was[name]}), do="review", **{name: wrong}
    )
    assert answer.status in (200, 422)
    assert english_on(answer) == []


async def test_a_conflict_is_said_in_german(post, settled):  # noqa: ARG001
    name = "features.scrobble.options.watched_at_percent"
    answer = await post("/settings/rules", was=json.dumps({name: 55}), do="save", **{name: "70"})
    assert german(answer, 409) == []
    name = "servers[5].name"
    answer = await post("/settings/plex", was=json.dumps({name: ""}), do="save", **{name: "Den"})
    assert german(answer, 409) == []


async def test_a_full_disk_is_said_in_german(web, post, read, settled, monkeypatch):  # noqa: ARG001
    name = "features.scrobble.options.watched_at_percent"
    saved = await post("/settings/rules", was=json.dumps({name: 80}), do="save", **{name: "70"})
    way = f"/settings/{saved.headers['location']}"
    word = hidden((await web.get(way, headers=GERMAN)).text, "word")
    assert await read(way) == []
    with monkeypatch.context() as full:
        full.setattr("crosswatch.config.file.write_atomically", no_room)
        answer = await post("/settings/rules", was=json.dumps({name: 70}), do="save", **{name: "60"})
        assert german(answer, 503) == []
        refused = await post("/settings/undo", word=word, section="rules")
    assert await read(f"/settings/{refused.headers['location']}") == []
    for _ in range(2):
        undone = await post("/settings/undo", word=word, section="rules")
        assert await read(f"/settings/{undone.headers['location']}") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"plex": }',
        '{"plex": {"server_url": 7}}',
        '{"plex": []}',
        '{"people": [{"name": ""}]}',
        '{"people": [{"name": "A", "plex_ids": [1]}, {"name": "A", "plex_ids": [2]}]}',
        '{"people": [{"name": "A"}]}',
        '{"people": [{"name": "A", "plex_ids": [1], "accounts": ["niemand"]}]}',
        '{"people": [{"name": "A", "plex_ids": [1], "paused_until": "tomorrow"}]}',
        '{"people": [{"name": "A", "plex_ids": [1], "aliases": [""]}]}',
        '{"people": [{"name": "A", "plex_ids": [1], "ignored_titles": ["imdb:7"]}]}',
        '{"storage": {"url": "postgres://x"}}',
        '{"servers": [{"server_url": "nowhere"}]}',
        '{"a": 1, "a": 2}',
        '{"plex": {"account_token": "\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022"}}',
    ],
)
@pytest.mark.parametrize("do", ["review", "save"])
async def test_whatever_is_wrong_with_the_text_is_said_in_german(web, post, settled, text, do):  # noqa: ARG001
    revision = hidden((await web.get("/settings/raw", headers=GERMAN)).text, "revision")
    answer = await post("/settings/raw", text=text, revision=revision, do=do)
    if answer.status != 303:
        assert english_on(answer) == []


async def test_a_text_made_of_an_older_document_is_refused_in_german(post, settled):  # noqa: ARG001
    assert german(await post("/settings/raw", text="{}", revision="older", do="save"), 409) == []


@pytest.mark.parametrize("broken", ["{", "[]", '{"plex": {"server_url": 7}}', '{"people": [{"name": "A"}]}'])
async def test_a_broken_file_is_told_in_german(runtime, read, settled, broken):  # noqa: ARG001
    runtime.config.path.write_text(broken)
    runtime.config.poll()
    assert runtime.config.problem is not None
    for way in ("/settings/plex", "/settings/raw", "/settings/app", "/people", "/people/Tom"):
        assert await read(way) == []


# ---------------------------------------------------------------- people


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Maya"},
        {"name": ""},
        {"name": "T" * 2001},
        {"plex_ids": ""},
        {"plex_ids": "eins"},
        {"mark": "12"},
        {"mark": "viel"},
        {"accounts": "niemand"},
        {"ignored_titles": "imdb:7"},
        {"revision": "older"},
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_cannot_be_of_a_person_is_said_in_german(web, post, settled, changed):  # noqa: ARG001
    revision = hidden((await web.get("/people/Tom", headers=GERMAN)).text, "revision")
    fields = {"do": "save", "name": "Tom", "plex_ids": "2", "revision": revision, **changed}
    answer = await post("/people/Tom", **fields)
    assert german(answer, 409 if "revision" in changed else 422) == []


async def test_what_is_done_with_people_is_said_in_german(web, post, read, settled):  # noqa: ARG001
    assert await read("/people/Nobody", status=404) == []
    for wish in ("pause", "pause_until", "resume"):
        done = await post("/people/Tom", do=wish)
        assert await read(f"/people/{done.headers['location'].rpartition('/')[2]}") == []
    assert await read("/people") == []
    gone = await post("/people", do="add", key="nowhere/1")
    assert await read(f"/{gone.headers['location'].rpartition('/')[2]}") == []
    await post("/people/Tom", do="remove")
    assert german(await post("/people/Maya", do="remove"), 422) == []


# ---------------------------------------------------------------- the door


async def test_setting_the_first_password_is_refused_in_german(post, read):
    assert await read("/setup/claim") == []
    assert await read("/setup/claim", peer=FAR) == []
    for fields in ({"password": "short"}, {"password": PASSWORD, "name": "a\x00b"}, {"password": ""}):
        assert german(await post("/setup/claim", **fields), 422) == []
    for _ in range(6):
        answer = await post("/setup/claim", peer=FAR, password=PASSWORD, code="wrong")
        assert german(answer, answer.status) == []
    assert answer.status == 429


async def test_whoever_may_not_is_told_so_in_german(post, read, web, runtime):
    cookie = (await post("/setup/claim", password=PASSWORD)).headers["set-cookie"].partition(";")[0]
    assert await read("/sign-in") == []
    for _ in range(6):
        answer = await post("/sign-in", peer=FAR, name="admin", password="wrong")
        assert german(answer, answer.status) == []
    assert answer.status == 429

    mine = {**FORM, "cookie": cookie, "sec-fetch-site": "same-origin"}
    refused = await post("/sign-in", headers={**mine, "sec-fetch-site": "cross-site"}, password=PASSWORD)
    assert german(refused, 403) == []
    for current, new in (("wrong", PASSWORD), (PASSWORD, "short")):
        answer = await post("/settings/access/password", headers=mine, current=current, new=new)
        assert answer.status in (401, 422)
        assert english_on(answer) == []
    for name, scope in (("", "read"), ("Kodi", "everything"), ("K" * 300, "read")):
        assert german(await post("/settings/access/keys", headers=mine, name=name, scope=scope), 422) == []
    text, _ = await runtime.access.create_key("reader", Scope.READ)
    for method, way in (("GET", "/settings/plex"), ("POST", "/people/Tom"), ("POST", "/history")):
        answer = await web(method, way, headers={**FORM, "x-api-key": text}, body=b"")
        assert german(answer, 403) == []


@pytest.mark.parametrize("way", ["/nowhere", "/settings/nowhere", "/history/nowhere", "/people/nobody"])
async def test_what_is_not_there_is_said_in_german(read, way):
    assert await read(way, status=404) == []


async def test_a_register_that_cannot_be_read_is_told_in_german(post, runtime):
    await post("/setup/claim", password=PASSWORD)
    (runtime.config.directory / "access.json").write_text("{")
    runtime.access._file.refresh()  # what `watch` does every other second
    assert german(await post("/sign-in", name="admin", password=PASSWORD), 503) == []


@pytest.mark.parametrize("way", ["/logs", "/logs?channel=nowhere", "/logs?q=x"])
async def test_the_log_is_german(read, way):
    assert await read(way) == []
