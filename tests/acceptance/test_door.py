"""The door of a real process: claimed, restarted, shared with commands, behind proxies, and leaned on."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import sys
import time
from contextlib import AsyncExitStack

import aiohttp
import pytest

from crosswatch.config.model import default_document
from fakes.served import SOURCES, ServedApp

PASSWORD = "correct horse battery"
OWN_PAGE = "same-origin"


@pytest.fixture
async def claimed(app):
    """A process with a password; its client is signed in, as a browser is."""
    await app.post("/setup/claim", {"password": PASSWORD})
    return app


async def command(app, *words, said=""):
    """What a command prints, run beside the process on the same folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "crosswatch",
        *words,
        env={**os.environ, "CROSSWATCH_CONFIG_DIR": str(app.directory), "PYTHONPATH": str(SOURCES)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate(said.encode())
    assert process.returncode == 0
    return printed.decode().strip()


async def status_of(app, path="/api/plays", method="GET", **headers):
    """The status for somebody without cookies."""
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as nobody,
        nobody.request(
            method,
            f"http://127.0.0.1:{app.port}{path}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            allow_redirects=False,
        ) as answer,
    ):
        return answer.status


async def until(fits, within_s=5.0):
    async with asyncio.timeout(within_s):
        while not await fits():  # noqa: ASYNC110 -- it happens in another process
            await asyncio.sleep(0.05)


# ---------------------------------------------------------------- claimed


async def test_the_set_up_code_stands_in_the_log_and_a_command_prints_it_again(app):
    code = await command(app, "setup-code")
    assert code in app.output
    assert any(code in line for line in (await app.get("/api/logs/dump"))["lines"])


async def test_once_claimed_only_who_is_signed_in_comes_in_and_streams_as_well(claimed):
    for path in (
        "/api/plays",
        "/api/config",
        "/api/logs/dump",
        "/api/logs/stream",
        "/api/events",
        "/openapi.json",
    ):
        assert await status_of(claimed, path) == 401, path
    assert await status_of(claimed, "/", accept="text/html") == 303
    assert await status_of(claimed, "/healthz") == 200
    assert await status_of(claimed, "/static/live.js") == 200
    assert await claimed.get("/api/plays") == {"plays": [], "next": None}
    async with claimed.http.get("/api/logs/stream") as stream:
        assert b"retry" in await stream.content.readany()


async def test_a_session_survives_a_restart(claimed):
    claimed.signal(signal.SIGTERM)
    await claimed.ended(within_s=3)
    await claimed.start()
    assert (await claimed.get("/api/access/me"))["by"] == "session"


async def test_what_is_kept_is_for_its_owner_only_and_lets_nobody_in(claimed):
    path = claimed.directory / "access.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = path.read_text()
    [cookie] = claimed.http.cookie_jar
    assert PASSWORD not in kept
    assert cookie.value not in kept


async def test_a_lost_password_is_set_anew_on_the_machine_and_ends_every_session(claimed):
    await command(claimed, "reset-password", said="another fine password\n")

    async def is_out():
        async with claimed.http.get("/api/plays") as answer:
            return answer.status == 401

    await until(is_out)
    await claimed.post("/sign-in", {"name": "admin", "password": "another fine password"})
    assert (await claimed.get("/api/access/me"))["by"] == "session"


async def test_a_key_of_the_command_line_works_at_once_and_until_it_is_taken_back(claimed):
    key = await command(claimed, "keys", "create", "home page")

    async def is_in():
        return await status_of(claimed, x_api_key=key) == 200

    await until(is_in)
    assert await status_of(claimed, "/debug/watch/stop", "POST", x_api_key=key) == 403
    await command(claimed, "keys", "revoke", "home page")

    async def is_out():
        return not await is_in()

    await until(is_out)


async def test_the_environment_sets_the_first_password_and_the_configuration(tmp_path):
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "token").write_text("token-of-the-environment\n")
    variables = {
        "CROSSWATCH_ADMIN_PASSWORD_FILE": str(tmp_path / "password"),
        "CROSSWATCH_PLEX_ACCOUNT_TOKEN_FILE": str(tmp_path / "token"),
        "CROSSWATCH_PLEX_USERNAME": "maya",
        "CROSSWATCH_PLEX_TOKEN": "misspelt",
    }
    async with ServedApp(tmp_path / "config", **variables) as app:
        assert await status_of(app) == 401
        await app.post("/sign-in", {"password": PASSWORD})
        config = await app.get("/api/config")
        status = await app.get("/api/config/status")

        assert (config["plex"]["username"], config["plex"]["account_token"]) == ("maya", "••••••••")
        assert status["locked"] == {
            "plex.account_token": "CROSSWATCH_PLEX_ACCOUNT_TOKEN",
            "plex.username": "CROSSWATCH_PLEX_USERNAME",
        }
        assert "CROSSWATCH_PLEX_TOKEN sets nothing" in app.output
        assert "token-of-the-environment" not in app.output
    stored = "".join(path.read_text() for path in (tmp_path / "config").glob("*.json*"))
    assert "token-of-the-environment" not in stored
    assert PASSWORD not in stored


async def test_a_proxy_to_be_believed_that_nobody_names_is_safe_mode_and_no_crash(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"access": {"external": True}}))
    async with ServedApp(folder) as app:
        status = await app.get("/api/config/status")
        assert status["safe_mode"]
        assert status["problem"]["key"] == "access.external"
        assert await status_of(app, remote_user="admin", x_forwarded_for="203.0.113.9") == 401


# ---------------------------------------------------------------- behind a proxy on the same machine


@pytest.mark.parametrize("serve", [False, True], ids=["uvicorn by hand", "crosswatch serve"])
async def test_a_proxy_on_this_machine_is_believed_only_if_it_is_listed(tmp_path, serve):
    """By itself uvicorn believes it, and shows its word in place of the connection's address."""
    async with ServedApp(tmp_path / "config", serve=serve, FORWARDED_ALLOW_IPS="*") as app:
        made_up = {"x_forwarded_for": "192.168.1.20:4711", "host": "nas.lan"}
        assert await status_of(app, **made_up) == 401
        document = await app.get("/api/config")
        await app.post(
            "/api/config",
            {
                **document,
                "web": {"trusted_proxies": ["127.0.0.1"]},
                "access": {"open_networks": ["192.168.1.0/24"]},
            },
        )
        assert await status_of(app, **made_up) == 200
        assert await status_of(app, **{**made_up, "x_forwarded_for": "192.168.1.20, 203.0.113.9"}) == 401
        assert await status_of(app, x_forwarded_proto="https", x_forwarded_for="203.0.113.9") == 401


async def test_below_a_path_a_browser_signs_in_and_its_cookie_belongs_to_that_path(tmp_path):
    variables = {"CROSSWATCH_WEB_BASE_PATH": "/cw", "CROSSWATCH_WEB_TRUSTED_PROXIES": "127.0.0.1"}
    async with ServedApp(tmp_path / "config", **variables) as app:
        forwarded = {
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "https",
            "Sec-Fetch-Site": OWN_PAGE,
        }
        code = await command(app, "setup-code")
        form = {"password": PASSWORD, "code": code}
        headers = {**forwarded, "Accept": "text/html"}
        async with app.http.post(
            "/cw/setup/claim", data=form, headers=headers, allow_redirects=False
        ) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "../setup")
            cookie = answer.headers["Set-Cookie"]
        assert {"Path=/cw/", "Secure", "HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))


# ---------------------------------------------------------------- leaned on


async def test_writers_at_once_leave_a_whole_document_and_lose_no_token(app):
    """Posts, an edit by hand and a renewal of tokens, all at the same time."""
    document = default_document()
    document["auth"]["trakt"]["access_token"] = "kept"
    await app.post("/api/config", document)
    fetched = await app.get("/api/config")

    async def post(number):
        await app.post(
            "/api/config", {**fetched, "plex": {**fetched["plex"], "username": f"writer {number}"}}
        )

    async def edit():
        path = app.directory / "config.json"
        for number in range(10):
            beside = path.with_name(f"edit.{number}")
            beside.write_text(json.dumps({**json.loads(path.read_text()), "homepage": number}))
            beside.replace(path)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(post(number) for number in range(20)), edit())

    stored = json.loads((app.directory / "config.json").read_text())
    assert stored["auth"]["trakt"]["access_token"] == "kept"
    assert re.fullmatch(r"writer \d+", stored["plex"]["username"])
    await app.until("/api/config", lambda found: found["plex"]["username"] == stored["plex"]["username"])
    assert not (await app.get("/api/config/status"))["safe_mode"]


class Wire:
    """One connection, byte by byte."""

    def __init__(self, app):
        self._port = app.port

    async def __aenter__(self):
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_):
        self._writer.close()

    async def write(self, data):
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, within_s):
        """All that is answered until the connection is closed."""
        async with asyncio.timeout(within_s):
            return await self._reader.read(-1)


HEAD = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", [b"/api/config", b"/sign-in", b"/webhook/trakt"])
async def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(shared_app, path):
    async with Wire(shared_app) as wire:
        await wire.write(HEAD % path + b"Content-Length: 99999999999\r\n\r\n{")
        answer = await wire.answer(within_s=5)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert b"connection: close" in answer.lower()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", [b"/api/config", b"/sign-in", b"/debug/watch/stop", b"/nowhere"])
async def test_a_body_without_an_end_is_cut_off(shared_app, path):
    """Whether the address reads it or not."""

    async def feed(wire):
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        while True:
            await wire.write(piece)

    async with Wire(shared_app) as wire:
        await wire.write(HEAD % path + b"Transfer-Encoding: chunked\r\n\r\n")
        feeding = asyncio.create_task(feed(wire))
        started = time.monotonic()
        outcome = await asyncio.gather(feeding, return_exceptions=True)
        assert isinstance(outcome[0], ConnectionError)
        assert time.monotonic() - started < 10
    assert (await shared_app.get("/healthz"))["status"] == "ok"


async def test_bodies_that_drip_hold_up_neither_others_nor_the_end(app):
    async with AsyncExitStack() as stack:
        for _ in range(50):
            wire = await stack.enter_async_context(Wire(app))
            await wire.write(HEAD % b"/api/config" + b"Content-Length: 100000\r\n\r\n{")
        assert (await app.get("/healthz"))["status"] == "ok"
        app.signal(signal.SIGTERM)
        await app.ended(within_s=3)
