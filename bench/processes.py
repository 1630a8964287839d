"""Processes that are measured: started, waited for, weighed and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[1]
COMES_UP_WITHIN_S = 60.0
STOPS_WITHIN_S = 10.0
LOOK_EVERY_S = 0.001
LAST_LINES = 15


class Child:
    """A process of its own, as an asynchronous context manager that ends it.

    Attributes:
        began: `time.perf_counter()` right before it was started.
    """

    def __init__(
        self, *command: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT
    ) -> None:
        """Nothing runs yet.

        Args:
            *command: What to run; `sys.executable` is put before it if it begins with `-`.
            environment: Added to our own.
            folder: Where it runs.
        """
        self._command = (sys.executable, *command) if command[0].startswith("-") else command
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder
        self.began = 0.0

    async def __aenter__(self) -> Self:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 -- closed when the process has ended
        self.began = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._info = psutil.Process(self._process.pid)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOPS_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._log.close()

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        await self._process.wait()

    def resident(self) -> int:
        """Its resident memory in bytes."""
        return int(self._info.memory_info().rss)

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used, in and for itself."""
        used = self._info.cpu_times()
        return float(used.user + used.system)

    async def answers(self, port: int, path: str = "/healthz") -> float:
        """Seconds from its start until it answered 200 to `GET path` on the loopback.

        Raises:
            RuntimeError: If it ends instead, or does not answer in time; the text holds its last lines.
        """
        while time.perf_counter() - self.began < COMES_UP_WITHIN_S and self._process.returncode is None:
            if await _is_answered(port, path):
                return time.perf_counter() - self.began
            await asyncio.sleep(LOOK_EVERY_S)
        raise RuntimeError(f"{' '.join(self._command)} does not answer. Its last lines:\n{self.last_lines()}")

    def last_lines(self) -> str:
        """The end of what it has printed."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LAST_LINES:])


async def _is_answered(port: int, path: str) -> bool:
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


def free_port() -> int:
    """A port of the loopback at which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def uvicorn(target: str, port: int) -> tuple[str, ...]:
    """The command that serves an app in the hand-over's way."""
    options = ("--host", HOST, "--port", str(port), "--workers", "1", "--log-level", "warning")
    return ("-m", "uvicorn", target, *options)
