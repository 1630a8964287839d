"""The app as the hand-over starts it: a real `uvicorn crosswatch:app` process on a folder of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, Self

import aiohttp

BIN = Path(sys.executable).parent
SOURCES = Path(__file__).parents[2] / "src"
PATIENCE_S = 20.0
_LEFT_OUT = ("CROSSWATCH_", "PYTHONDONTWRITEBYTECODE")  # compiling it all anew at each start takes long


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServedApp:
    """One process, and questions to it.

    Args:
        directory: Its `CROSSWATCH_CONFIG_DIR`.
        serve: Whether it is started by `crosswatch serve` instead.
        environment: Further variables.

    Attributes:
        started_within_s: How long it took to answer for the first time.
    """

    def __init__(self, directory: Path, *, serve: bool = False, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.started_within_s = 0.0
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        plain = (
            str(BIN / "uvicorn"),
            "crosswatch:app",
            "--app-dir",
            str(SOURCES),
            *address,
            "--workers",
            "1",
        )
        self._command = (sys.executable, "-m", "crosswatch", "serve", *address) if serve else plain
        self._environment = environment
        self._log = directory.with_name(f"{directory.name}.log")
        self._process: asyncio.subprocess.Process | None = None
        self.http: aiohttp.ClientSession

    # ---------------------------------------------------------------- life

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(
            f"http://127.0.0.1:{self.port}",
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # as browsers do, also for an address
        )
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def start(self) -> None:
        """Start the process, and wait until it answers."""
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(_LEFT_OUT)},
            "CROSSWATCH_CONFIG_DIR": str(self.directory),
            **self._environment,
        }
        began = time.monotonic()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=environment, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL
            )
        while not await self._answers():
            assert self._process.returncode is None, self.output
            assert time.monotonic() - began < PATIENCE_S, self.output
            await asyncio.sleep(0.01)
        self.started_within_s = time.monotonic() - began

    def signal(self, number: signal.Signals) -> None:
        """Tell the process something."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self, within_s: float) -> int:
        """The exit code, which must come within that time."""
        assert self._process is not None
        async with asyncio.timeout(within_s):
            return await self._process.wait()

    @property
    def output(self) -> str:
        """All that the process has printed."""
        return self._log.read_text()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def _answers(self) -> bool:
        try:
            async with self.http.get("/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    # ---------------------------------------------------------------- questions

    async def get(self, path: str, status: int = 200) -> Any:
        """The JSON of an answer with that status."""
        async with self.http.get(path) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The same for a POST."""
        data = None if body is None else json.dumps(body)
        async with self.http.post(path, data=data, headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def until(self, path: str, fits: Any, within_s: float = 5.0) -> Any:
        """The first answer that fits, which must come within that time."""
        async with asyncio.timeout(within_s):
            while not fits(found := await self.get(path)):  # noqa: ASYNC110 -- it happens in another process
                await asyncio.sleep(0.05)
        return found
