"""The whole product in one place: simulated Plex and Trakt in this process, and the real app in its own.

Whoever wants to see CrossWatch at work plays on this stage: the demo, the chaos run, the browser's tests and
the benchmarks. Everything listens on the loopback, and everything is gone afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import aiohttp

import crosswatch
from crosswatch.clock import CLOCK_VARIABLE, Clock, describe_clock
from crosswatch.config.file import DIRECTORY_VARIABLE
from crosswatch.errors import CrossWatchError
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from types import TracebackType

T = TypeVar("T")

HOST = "127.0.0.1"
CLIENT_ID = "demo-client-id"
CLIENT_SECRET = "demo-client-secret"  # noqa: S105 -- of an app that exists in the simulated Trakt only
ACCOUNT = "the-household"
PORTS_TRIED = 50
ANSWERS_WITHIN_S = 30.0
STOPS_WITHIN_S = 10.0
PATIENCE = aiohttp.ClientTimeout(total=10.0)
LOOK_EVERY_S = 0.05
LAST_LINES = 15


class AppDiedError(CrossWatchError):
    """The app ended although nobody asked it to, or never came up; the text holds its last lines."""


class Stage:
    """Simulators, configuration and app, as an asynchronous context manager.

    Entering starts the simulators and makes `document`, the hand-over's `config.json` with everything on;
    it may be changed before `start_app` writes it.

    Attributes:
        clock: Time for everybody, the app included.
        plexes: The media servers; the first one is `plex` in the configuration.
        trakt: Where plays go.
        directory: The app's folder, gone after leaving.
        document: What `config.json` is to hold.
        port: The app's port.
    """

    directory: Path
    document: dict[str, Any]

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        plexes: Sequence[SimulatedPlex] = (),
        trakt: SimulatedTrakt | None = None,
        listed: Sequence[str] = ("alice",),
        account: str = ACCOUNT,
        port: int = 0,
    ) -> None:
        """A stage on which nothing runs yet.

        Args:
            clock: Time for everybody; None is the ordinary one.
            plexes: Media servers on that clock; none makes one with all switches at their defaults.
            trakt: A Trakt on that clock; None makes one with all switches at their defaults.
            listed: Whose plays count.
            account: Name of the Trakt account that is linked.
            port: The app's port, 0 for any that is free.
        """
        self.clock = clock or Clock()
        self.plexes = tuple(plexes) or (SimulatedPlex(clock=self.clock),)
        self.trakt = trakt or SimulatedTrakt(clock=self.clock)
        self.port = port or free_port()
        self._listed = list(listed)
        self._account = account
        self._stack = contextlib.AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None
        self._died = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def plex(self) -> SimulatedPlex:
        """The first media server."""
        return self.plexes[0]

    @property
    def url(self) -> str:
        """Address of the app, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_path(self) -> Path:
        """What the app has printed."""
        return self.directory / "app.log"

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="crosswatch-"))
            self.directory = Path(folder)
            for plex in self.plexes:
                await stack.enter_async_context(plex)
            await stack.enter_async_context(self.trakt)
            self._http = await stack.enter_async_context(aiohttp.ClientSession(timeout=PATIENCE))
            stack.push_async_callback(self.stop_app)
            self.trakt.register_app(CLIENT_ID, CLIENT_SECRET)
            self.document = self._document(self.link(self._account))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # ------------------------------------------------------------ configuration

    def link(self, account: str) -> dict[str, Any]:
        """Tokens of a new Trakt account, as `config.json` holds them."""
        self.trakt.add_user(account)
        answer = self.trakt.link(account, CLIENT_ID).answer()
        return {**answer, "expires_at": answer["created_at"] + answer["expires_in"]}

    def _document(self, tokens: dict[str, Any]) -> dict[str, Any]:
        return {
            "plex": _connection(self.plex),
            "servers": [
                {"name": plex.options.friendly_name, **_connection(plex)} for plex in self.plexes[1:]
            ],
            "trakt": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "api_url": self.trakt.api_url,
                "auth_url": self.trakt.auth_url,
            },
            "auth": {"trakt": tokens},
            "features": {
                "watch": {"enabled": True},
                "webhook": {"enabled": False},
                "scrobble": {
                    "enabled": True,
                    "providers": {"trakt": {"enabled": True}},
                    "filters": {"username_whitelist": self._listed, "server_uuid": ""},
                },
            },
            "runtime": {"debug": False},
        }

    # ------------------------------------------------------------ the app

    async def start_app(self) -> None:
        """Start the app, and wait until it answers.

        The first time `config.json` is written; later the app finds there what it has left itself.

        Raises:
            AppDiedError: If it ends instead, or does not answer in time.
            RuntimeError: If it runs already.
        """
        if self._process is not None:
            raise RuntimeError("the app runs already")
        config = self.directory / "config.json"
        if not config.exists():
            config.touch(mode=0o600)
            config.write_text(json.dumps(self.document, indent=2) + "\n", encoding="utf-8")
        with self.log_path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command(),
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we tell the app
            )
        self._process = process
        self._died.clear()
        self._watcher = asyncio.create_task(self._watch_over(process), name="watch over the app")
        await self.while_alive(self._until(self._answers, "answer"))

    async def until_connected(self) -> None:
        """Wait until the app hears every media server.

        Raises:
            AppDiedError: If it ends instead, or does not hear them in time.
        """
        await self.while_alive(self._until(self._is_connected, "hear its media servers"))

    async def kill_app(self) -> None:
        """`kill -9`: the app ends in the middle of whatever it does; nothing happens if it does not run."""
        await self._end(signal.SIGKILL)

    async def stop_app(self) -> None:
        """Ask the app to end, and wait until it has; nothing happens if it does not run."""
        await self._end(signal.SIGTERM)

    async def restart_app(self) -> None:
        """Stop the app and start it again."""
        await self.stop_app()
        await self.start_app()

    def signal_app(self, number: int) -> None:
        """Send the app a signal, as somebody else would; nothing happens if it does not run."""
        if self._process is not None:
            self._process.send_signal(number)

    async def while_alive(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work comes to, unless the app dies of itself before.

        Raises:
            AppDiedError: If it does; the work is cancelled then.
        """
        return await first_of(work, self._death())

    async def get(self, path: str, **query: str | int) -> Any:
        """What the app answers to `GET path`, decoded.

        Raises:
            aiohttp.ClientError: If it does not answer, or not with success.
            TimeoutError: If it takes connections and does not answer.
        """
        async with self._http.get(self.url + path, params=query, raise_for_status=True) as response:
            return await response.json()

    def last_lines(self) -> str:
        """The end of what the app has printed, indented."""
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LAST_LINES:]) or "  (nothing)"

    async def _death(self) -> NoReturn:
        await self._died.wait()
        raise AppDiedError(self._epitaph("The app ended although nobody asked it to."))

    async def _until(self, fits: Callable[[], Coroutine[Any, Any, bool]], what: str) -> None:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                while not await fits():  # noqa: ASYNC110 -- another process cannot set an event of ours
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            sentence = f"The app did not {what} within {ANSWERS_WITHIN_S:g} s."
            raise AppDiedError(self._epitaph(sentence)) from None

    async def _answers(self) -> bool:
        try:
            await self.get("/healthz")
        except aiohttp.ClientError:
            return False
        return True

    async def _is_connected(self) -> bool:
        return bool((await self.get("/debug/watch/status"))["connected"])

    async def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            await asyncio.wait_for(process.wait(), STOPS_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _watch_over(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        if self._process is process:
            self._process = None
            self._died.set()

    def _command(self) -> list[str]:
        """The hand-over's way to start the app."""
        source = Path(crosswatch.__file__).parents[1]
        options = ["--host", HOST, "--port", str(self.port), "--workers", "1", "--log-level", "warning"]
        return [sys.executable, "-m", "uvicorn", "crosswatch:app", "--app-dir", str(source), *options]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            DIRECTORY_VARIABLE: str(self.directory),
            CLOCK_VARIABLE: describe_clock(self.clock),
        }

    def _epitaph(self, sentence: str) -> str:
        return f"{sentence} Its last lines:\n{self.last_lines()}"


def free_port(first: int = 0) -> int:
    """The first port from that one on at which nobody listens on the loopback; any if 0.

    Raises:
        OSError: If all of the next ones are taken.
    """
    for port in range(first, first + PORTS_TRIED) if first else (0,):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise OSError(f"no port from {first} to {first + PORTS_TRIED - 1} is free")


def _connection(plex: SimulatedPlex) -> dict[str, Any]:
    return {
        "server_url": plex.base_url,
        "account_token": plex.owner_token,
        "username": plex.world.people.owner.username,
        "server_uuid": "",
        "tv_url": plex.plextv_url,
    }


async def first_of(*work: Coroutine[Any, Any, T]) -> T:
    """What the one that ends first comes to, be it a failure; the others are cancelled."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
