"""What a server runs loads the web app when somebody asks for it, and not before."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import crosswatch
from crosswatch.web.front import create_front
from crosswatch.web.headers import HEADERS
from fakes.asgi import Caller

TESTS = Path(__file__).parents[2]
SOURCES = Path(crosswatch.__file__).parents[1]

IS_LOADED = """
import asyncio, sys, crosswatch
from fakes.asgi import Caller
async def main():
    async with crosswatch.app.lifespan_context(crosswatch.app):
        for path in ("/healthz", "/api/logs/dump"):
            status = (await Caller(crosswatch.app).get(path)).status
            print(path, status, "fastapi" in sys.modules)
asyncio.run(main())
"""


@asynccontextmanager
async def served(monkeypatch, folder):
    monkeypatch.setenv("CROSSWATCH_CONFIG_DIR", str(folder))
    front = create_front()
    async with front.lifespan_context(front):
        yield Caller(front)


def test_an_app_of_which_only_its_health_is_asked_loads_no_web_framework(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", IS_LOADED],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={"PYTHONPATH": f"{SOURCES}:{TESTS}", "CROSSWATCH_CONFIG_DIR": str(tmp_path)},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("/")]
    assert lines == ["/healthz 200 False", "/api/logs/dump 200 True"], done.stderr


async def test_health_is_told_alike_by_the_front_and_below_a_path_by_the_web_app(monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text('{"web": {"base_path": "/watch"}}')
    async with served(monkeypatch, tmp_path) as front:
        direct, below = await front.get("/healthz"), await front.get("/watch/healthz")
        assert direct.json() == below.json() == {"status": "ok", "version": crosswatch.__version__}
        assert direct.headers["cache-control"] == below.headers["cache-control"] == "no-store"
        for name, value in HEADERS.items():
            assert direct.headers[name.lower()] == below.headers[name.lower()] == value


async def test_health_can_only_be_asked_for(monkeypatch, tmp_path):
    async with served(monkeypatch, tmp_path) as front:
        assert (await front("HEAD", "/healthz")).status == 200
        assert (await front.post("/healthz")).status == 405


async def test_first_requests_that_come_together_meet_one_web_app(monkeypatch, tmp_path):
    async with served(monkeypatch, tmp_path) as front:
        answers = await asyncio.gather(*(front.get("/debug/watch/status") for _ in range(5)))
        assert {answer.status for answer in answers} == {200}


async def test_a_stream_ends_when_the_app_does(monkeypatch, tmp_path):
    async with served(monkeypatch, tmp_path) as front, front.stream("/api/logs/stream") as pieces:
        assert await asyncio.wait_for(pieces.get(), 5)
        front.app.default.end_streams()
        while await asyncio.wait_for(pieces.get(), 5) is not None:
            pass
