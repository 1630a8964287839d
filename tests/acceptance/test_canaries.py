"""Marked secrets go in everywhere, and must come out nowhere.

The neighbours are the worst there are: whatever they are asked, they answer with all that they were sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import sys
import zipfile

import psutil
import pytest
import pytest_asyncio
from aiohttp import web

from crosswatch.config.model import default_document
from fakes.served import SOURCES, ServedApp
from tools.attacks import addresses

PASSWORD = "canary-password-0123456789"
CANARIES = {
    name: f"canary-{name}-{number:02d}xyzzy"
    for number, name in enumerate(
        [
            "plex-token",
            "webhook-secret",
            "second-token",
            "client-secret",
            "access-token",
            "refresh-token",
            "other-access-token",
            "other-refresh-token",
            "unknown-api-key",
            "unknown-password",
            "address-password",
            "address-token",
            "environment-token",
            "notice-webhook",
            "notice-topic",
            "notice-token",
            "notice-apprise",
            "tried-password",
            "tried-key",
            "tried-cookie",
            "query-token",
        ]
    )
}
C = CANARIES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def echo(request):
    """An answer that repeats all that it was asked with, in every way that a parser might quote."""
    sent = {"url": str(request.url), "headers": dict(request.headers), "body": await request.text()}
    echo.count += 1
    status = (500, 401, 200, 404, 403)[echo.count % 5]
    return web.json_response(
        {"error": json.dumps(sent), "token": sent, "message": str(request.url)}, status=status
    )


echo.count = 0


def document(neighbour):
    made = default_document()
    made["plex"] |= {
        "server_url": neighbour,
        "tv_url": neighbour,
        "account_token": C["plex-token"],
        "webhook_secret": C["webhook-secret"],
    }
    made["servers"] = [
        {"name": "Second", "server_url": neighbour, "tv_url": neighbour, "account_token": C["second-token"]}
    ]
    made["trakt"] = {
        "client_id": "public-id",
        "client_secret": C["client-secret"],
        "api_url": neighbour,
        "auth_url": neighbour,
    }
    made["auth"]["trakt"] |= {"access_token": C["access-token"], "refresh_token": C["refresh-token"]}
    made["accounts"] = {
        "tom": {"access_token": C["other-access-token"], "refresh_token": C["other-refresh-token"]}
    }
    made["features"]["watch"]["enabled"] = True
    made["features"]["webhook"]["enabled"] = True
    made["features"]["scrobble"] |= {"enabled": True, "providers": {"trakt": {"enabled": True}}}
    made["runtime"]["debug"] = True
    made["notices"] = {
        "webhook_url": f"{neighbour}/{C['notice-webhook']}",
        "ntfy_url": f"{neighbour}/{C['notice-topic']}",
        "ntfy_token": C["notice-token"],
        "apprise_urls": [f"json://{C['notice-apprise']}@localhost"],
    }
    made["homepage"] = {
        "api_key": C["unknown-api-key"],
        "widget": {"password": C["unknown-password"]},
        "link": f"http://maya:{C['address-password']}@nas.lan/?token={C['address-token']}",
    }
    return made


async def run(app, *words):
    """What a command says on the same folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "crosswatch",
        *words,
        env={**os.environ, "CROSSWATCH_CONFIG_DIR": str(app.directory), "PYTHONPATH": str(SOURCES)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode()


async def hear(app, path, within_s=1.0):
    """What a stream says meanwhile."""
    said = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s), app.http.get(path) as answer:
            async for piece in answer.content.iter_any():
                said += piece
    return said.decode(errors="replace")


async def visit_everything(app):
    """Every address, by every verb that it has, as a program and as a browser, with secrets in odd places."""
    said = []
    for method, template in addresses():
        if (
            template in {"/api/events", "/api/logs/stream", "/sign-out", "/api/access/keys"}
            or "revoke" in template
        ):
            continue
        path = re.sub(r"\{\w+\}", "x1", template)
        for accept in ("application/json", "text/html"):
            headers = {
                "Accept": accept,
                "Origin": f"http://127.0.0.1:{app.port}",
                "X-Plex-Token": C["query-token"],
            }
            if template == "/debug/watch/stop":
                continue
            async with app.http.request(
                method,
                path,
                params={"token": C["query-token"], "X-Plex-Token": C["query-token"]},
                data=""
                if method == "GET"
                else f'{{"token": "{C["query-token"]}"',  # cut off: nothing changes
                headers=headers,
                allow_redirects=False,
            ) as answer:
                headers_said = [value for name, value in answer.headers.items() if name != "Set-Cookie"]
                said += [await answer.text(errors="replace"), *headers_said]
    return said


def opened(data):
    """All that is in a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode("latin-1") for name in archive.namelist())


async def keep_and_show(app, folder, said):
    """What monitors are told, and what is made to be shown around."""
    for path in ("/metrics", "/readyz", "/api/health", "/api/v1/stats/widget", "/api/backups"):
        async with app.http.get(path) as answer:
            said[path] = await answer.text()
    async with app.http.get("/api/support-bundle") as answer:
        said["the support bundle"] = opened(await answer.read())
    bundle, backup = folder.with_name("bundle.zip"), folder.with_name("shown.zip")
    said["support-bundle"] = await run(app, "support-bundle", str(bundle))
    said["backup"] = await run(app, "backup", "--without-secrets", str(backup))
    said["the bundle of the command"] = opened(bundle.read_bytes())
    said["the backup without secrets"] = opened(backup.read_bytes())
    said["the kept notices"] = (folder / "notices.json").read_text()


async def try_to_get_in(app):
    """What is refused, with secrets of which nobody knows anything."""
    own = {"Origin": f"http://127.0.0.1:{app.port}"}
    said = []
    for path, body, headers in (
        ("/sign-in", {"name": "admin", "password": C["tried-password"]}, own),
        ("/sign-in", {"name": C["tried-password"], "password": "x"}, own),
        ("/api/config", {"plex": {"account_token": [C["tried-password"]]}}, own),
        ("/api/config", {"plex": {"server_url": f"nonsense?token={C['tried-password']}"}}, own),
        ("/api/config", {"storage": {"url": f"mysql://me:{C['tried-password']}@db"}}, own),
        ("/api/plays", None, {"X-Api-Key": C["tried-key"]}),
        ("/api/plays", None, {"Authorization": f"Bearer {C['tried-key']}"}),
        ("/api/plays", None, {"Cookie": f"crosswatch_x={C['tried-cookie']}"}),
        (f"/webhook/trakt?token={C['tried-key']}", {"event": "media.play"}, {}),
        (f"/webhook/trakt?token={C['webhook-secret']}", {"event": "media.play", "x": C["tried-key"]}, {}),
    ):
        async with app.http.request(
            "POST" if body else "GET", path, json=body, headers={"Accept": "text/html", **headers}
        ) as answer:
            said.append(await answer.text())
    async with app.http.post("/api/config", data=f'{{"plex": "{C["tried-password"]}', headers=own) as answer:
        said.append(await answer.text())
    return said


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def neighbour():
    """Where Plex and Trakt are thought to be."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everything(neighbour, tmp_path_factory):
    """Everything that was ever said: answers, pages, streams, log, console, commands, the process list."""
    folder = tmp_path_factory.mktemp("canaries") / "config"
    (folder.with_name("token")).write_text(C["environment-token"])
    variables = {"CROSSWATCH_PLEX_ACCOUNT_TOKEN_FILE": str(folder.with_name("token"))}
    said = {}
    async with ServedApp(folder, **variables) as app:
        await app.post("/setup/claim", {"password": PASSWORD})
        own = {"Origin": f"http://127.0.0.1:{app.port}"}
        listening = asyncio.gather(
            hear(app, "/api/logs/stream", 4),
            hear(app, "/api/events", 4),
            hear(app, "/api/logs/stream?channel=TRAKT", 4),
        )
        async with app.http.post("/api/config", json=document(neighbour), headers=own) as answer:
            said["the configuration"] = await answer.text()
            assert answer.status == 200
        async with asyncio.timeout(10):
            while echo.count < 3:  # noqa: ASYNC110 -- another process asks
                await asyncio.sleep(0.05)
        said["answers"] = "\n".join(await visit_everything(app))
        said["refusals"] = "\n".join(await try_to_get_in(app))
        said["streams"] = "\n".join(await listening)
        async with app.http.get("/api/logs/dump?n=5000") as answer:
            said["the log"] = await answer.text()
        for words in (
            ("doctor",),
            ("doctor", "--json"),
            ("check-config",),
            ("check-config", "--json"),
            ("keys", "list"),
        ):
            said[" ".join(words)] = await run(app, *words)
        await keep_and_show(app, folder, said)
        said["the process list"] = " ".join(psutil.Process(app.pid).cmdline())
        said["the console"] = app.output
        said["the kept register"] = (folder / "access.json").read_text()
        said["the database"] = "".join(
            path.read_bytes().decode("latin-1") for path in folder.glob("crosswatch.db*")
        )
        written = "".join(path.read_text() for path in folder.glob("config.json*"))
    return said, written


@pytest.mark.parametrize("name", CANARIES)
async def test_a_secret_comes_out_nowhere(everything, name):
    said, _ = everything
    leaks = {
        place: [text[max(0, at - 80) : at + 60] for at in [text.find(C[name])] if at >= 0]
        for place, text in said.items()
        if C[name] in text
    }
    if name == "tried-password":  # somebody also signed in under it as a name, which the form shows again
        leaks.pop("refusals", None)
    assert leaks == {}


async def test_the_password_comes_out_nowhere(everything):
    said, written = everything
    assert [place for place, text in [*said.items(), ("the file", written)] if PASSWORD in text] == []


async def test_what_the_environment_holds_is_never_written(everything):
    _, written = everything
    assert C["environment-token"] not in written
    assert C["access-token"] in written


async def test_enough_was_said_for_this_to_mean_anything(everything):
    said, _ = everything
    assert "••••••••" in said["the configuration"]
    assert "[redacted]" in said["the console"] or "redacted" in said["the log"]
    assert len(said["answers"]) > 10_000
    assert "DEBUG" in said["the log"]
    assert "event: region" in said["streams"]
    assert all(said.values())
