"""A stranger tries every address and every trick on a real process; it answers as it is documented."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
import pytest_asyncio

from fakes.markdown import page, rows, section
from fakes.served import ServedApp

PAGE = page("docs/security.md")
PASSWORD = "correct horse battery"
PROXY, OUTSIDE, EVIL = "127.0.0.1", "203.0.113.9", "evil.example.com"
DOOR_SENTENCES = re.compile(
    r"Sign in first|Nobody has set a password|This API key is not known|Another site's page|"
    r"The pages are not served as|The API key '.*' may \w+ here|Nothing in the request says"
)
FAR, NOBODY, OTHER_PAGE, REBOUND, STOLEN = range(5)
NOWHERE = "http://127.0.0.1:9"
"""Where plex.tv is thought to be, for a step of the set-up asks it by itself."""

BEFORE, AFTER = (FAR, REBOUND), (NOBODY, OTHER_PAGE, STOLEN)


def unquoted(cell):
    return cell.strip("`")


ADDRESSES = [(*unquoted(cells[0]).split(" ", 1), cells[2:]) for cells in rows(section(PAGE, "Every address"))]
TRICKS = rows(section(PAGE, "Tricks"))
SPELLINGS = rows(section(PAGE, "Other spellings"))
GUARDED = [
    tuple(unquoted(cells[0]).split(" ", 1))
    for cells in rows(section(PAGE, "Every address"))
    if cells[1] in {"read", "operate", "admin"}
]


class Target:
    """A process, and raw requests to it."""

    def __init__(self, app):
        self.app = app
        self.cookie = ""
        self.key = ""

    async def ask(self, request_line, *headers):
        """The status and the `detail` of the answer; streams are not read on."""
        named = {header.partition(":")[0].lower() for header in headers}
        lines = [f"{request_line} HTTP/1.1", *headers]
        if "host" not in named:
            lines.insert(1, f"Host: 127.0.0.1:{self.app.port}")
        reader, writer = await asyncio.open_connection("127.0.0.1", self.app.port)
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            async with asyncio.timeout(10):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
        finally:
            writer.close()
        detail = json.loads(body).get("detail", "") if "application/json" in head and body else ""
        return int(head.split()[1]), detail

    def headers(self, situation, method):
        """What somebody in that situation sends along."""
        own = f"http://127.0.0.1:{self.app.port}"
        is_change = method != "GET"
        return {
            FAR: [f"X-Forwarded-For: {OUTSIDE}"],
            NOBODY: [],
            OTHER_PAGE: [f"Cookie: {self.cookie}", f"Origin: http://{EVIL}", f"Referer: http://{EVIL}/"],
            REBOUND: [f"Host: {EVIL}", *([f"Origin: http://{EVIL}"] if is_change else [])],
            STOLEN: [f"X-Api-Key: {self.key}", *([f"Origin: {own}"] if is_change else [])],
        }[situation]

    async def claim(self):
        """Set a password, and make the key that will be stolen."""
        async with self.app.http.post("/setup/claim", json={"password": PASSWORD}) as answer:
            assert answer.status == 200
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        headers = {"Origin": f"http://127.0.0.1:{self.app.port}"}
        wanted = {"name": "home page", "scope": "read"}
        async with self.app.http.post("/api/access/keys", json=wanted, headers=headers) as answer:
            self.key = (await answer.json())["key"]


async def outcome(target, situation, method, path):
    """The answer in the words of the table."""
    address = re.sub(r"\{\w+\}", "live.js" if "static" in path else "x1", path)
    status, detail = await target.ask(f"{method} {address}", *target.headers(situation, method))
    return str(status) if DOOR_SENTENCES.match(detail) else "answered"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(tmp_path_factory):
    """Every address in every situation, before and after there is a password; and the process then."""
    folder = tmp_path_factory.mktemp("attacked") / "config"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"web": {"trusted_proxies": [PROXY]}}))
    found = {}
    async with ServedApp(folder, CROSSWATCH_PLEX_TV_URL=NOWHERE) as app:
        target = Target(app)
        for situations in (BEFORE, AFTER):
            for situation in situations:
                for method, path, _ in ADDRESSES:
                    found[situation, method, path] = await outcome(target, situation, method, path)
            if situations is BEFORE:
                await target.claim()
        yield found, target


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("method", "path", "expected"), ADDRESSES, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_an_address_answers_as_it_is_written(answers, method, path, expected):
    found, _ = answers
    assert [found[situation, method, path] for situation in range(5)] == expected


@pytest.mark.parametrize("cells", TRICKS, ids=lambda cells: cells[0])
async def test_a_trick_is_answered_as_it_is_written(answers, cells):
    _, target = answers
    _, sent, expected = cells
    line, *rest = [unquoted(part) for part in sent.split("` `")]
    headers = [header for part in rest for header in part.split("⏎") if header]
    status, _ = await target.ask(line.replace("127.0.0.1/", f"127.0.0.1:{target.app.port}/"), *headers)
    assert str(status) == expected


def spelled(spelling, path):
    """The address, spelled as the table spells `/api/config`, and the headers that go with it."""
    line, *rest = [unquoted(part) for part in spelling.split("` `")]
    headers = [header for part in rest for header in part.split("⏎") if header]
    if line == "/API/CONFIG":
        return path.upper(), headers
    if line == "/%61pi/config":
        return "/" + "".join(f"%{ord(letter):02x}" for letter in path[1:2]) + path[2:], headers
    return line.replace("/api/config", path), headers


@pytest.mark.parametrize("cells", SPELLINGS, ids=lambda cells: cells[0])
async def test_however_an_address_is_spelled_nobody_is_let_in(answers, cells):
    _, target = answers
    let_in = []
    for method, template in GUARDED:
        address, headers = spelled(cells[1], re.sub(r"\{\w+\}", "x1", template))
        status, _ = await target.ask(f"{method} {address}", *headers)
        if status not in {400, 401, 403, 404, 405}:
            let_in.append((method, address, status))
    assert let_in == []


async def test_after_all_of_that_the_process_is_well_and_nothing_was_changed(answers):
    _, target = answers
    app = target.app
    assert (await app.get("/healthz"))["status"] == "ok"
    assert (await app.get("/api/config"))["web"] == {"trusted_proxies": [PROXY]}
    assert (await app.get("/debug/watch/status"))["stop_set"] is False
    assert [entry["name"] for entry in (await app.get("/api/access/keys"))["keys"]] == ["home page"]
    assert len((await app.get("/api/access/sessions"))["sessions"]) == 1
    assert "Traceback" not in app.output
