"""The peer: PlexTraktSync from the package registry, in an environment of its own that is thrown away.

It is run as its users run it (`plextraktsync watch`). Three things differ, none to its disadvantage: the
address of Trakt's API, which is a constant of its client library, is set before it starts; its user filter is
off, which spares it a request for each session; and the simulated Trakt lets its library's User-Agent pass.

It collects what it has to say and sends that every so many seconds: 5 as installed, 1 at least.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.app import CLIENT_ID, CLIENT_SECRET, tokens_of
from bench.processes import Child

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.simulator.plex import SimulatedPlex
    from crosswatch.simulator.trakt import SimulatedTrakt

PACKAGE = "PlexTraktSync"
QUICKEST_S = 1
AS_INSTALLED_S = 5
INSTALLED_WITHIN_S = 300.0
LISTENS_WITHIN_S = 60.0

_LAUNCH = (
    "import sys, trakt.core; trakt.core.BASE_URL = sys.argv.pop(1); "
    "from plextraktsync.cli import cli; cli(prog_name='plextraktsync')"
)
_VERSION = f"from importlib.metadata import version; print(version('{PACKAGE}'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """An installed peer.

    Attributes:
        python: The interpreter of its environment.
        version: Which version it is.
    """

    python: Path
    version: str

    @property
    def name(self) -> str:
        """What it is called in a table."""
        return f"{PACKAGE} {self.version}"

    @contextlib.asynccontextmanager
    async def watching(
        self,
        plex: SimulatedPlex,
        trakt: SimulatedTrakt,
        account: str,
        *,
        batch_s: int = AS_INSTALLED_S,
        folder: Path | None = None,
    ) -> AsyncIterator[Child]:
        """The peer, from the moment at which it hears the server until it has ended.

        Args:
            plex: The server.
            trakt: Where plays go; it must not block the User-Agents of libraries.
            account: Name of a new account there.
            batch_s: Seconds between two rounds of sending, at least 1.
            folder: Where it keeps its things, and finds them again; None throws them away.

        Raises:
            TimeoutError: If it does not come to listen.
        """
        with contextlib.ExitStack() as stack:
            if folder is None:
                folder = Path(
                    stack.enter_context(tempfile.TemporaryDirectory(prefix="crosswatch-bench-peer-"))
                )
            environment = _configure(folder, plex, trakt, account)
            command = (
                str(self.python),
                "-c",
                _LAUNCH,
                f"{trakt.api_url}/",
                "--batch-delay",
                str(batch_s),
                "watch",
            )
            async with Child(*command, environment=environment, folder=folder) as child:
                await plex.world.hub.wait_for_listener(LISTENS_WITHIN_S)
                yield child


@contextlib.asynccontextmanager
async def installed_peer() -> AsyncIterator[Peer]:
    """The peer, freshly installed; gone afterwards.

    Raises:
        RuntimeError: If it cannot be installed; the text says why.
    """
    with tempfile.TemporaryDirectory(prefix="crosswatch-bench-venv-") as folder:
        await _run(sys.executable, "-m", "venv", "--without-pip", folder)
        python = Path(folder) / "bin" / "python"
        quietly = ("--quiet", "--disable-pip-version-check", "--compile")
        await _run(sys.executable, "-m", "pip", "--python", str(python), "install", *quietly, PACKAGE)
        yield Peer(python=python, version=await _run(str(python), "-c", _VERSION))


async def _run(*command: str) -> str:
    """What the command prints.

    Raises:
        RuntimeError: If it fails or takes too long.
    """
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        printed, complaints = await asyncio.wait_for(process.communicate(), INSTALLED_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise RuntimeError(f"{' '.join(command[:4])} … took too long") from None
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} … failed: {complaints.decode(errors='replace')[-300:]}")
    return printed.decode().strip()


def _configure(folder: Path, plex: SimulatedPlex, trakt: SimulatedTrakt, account: str) -> dict[str, str]:
    """Write its files; the environment that points to them."""
    tokens = tokens_of(trakt, account)
    grant = {
        "APPLICATION_ID": None,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "OAUTH_EXPIRES_AT": tokens["expires_at"],
        "OAUTH_REFRESH": tokens["refresh_token"],
        "OAUTH_TOKEN": tokens["access_token"],
    }
    server = {
        "token": plex.owner_token,
        "urls": [plex.base_url],
        "id": plex.options.machine_identifier,
    }
    (folder / ".pytrakt.json").write_text(json.dumps(grant), encoding="utf-8")
    (folder / "servers.yml").write_text(json.dumps({"servers": {"default": server}}), encoding="utf-8")
    settings = {"watch": {"username_filter": False, "media_progressbar": False}}
    (folder / "config.yml").write_text(json.dumps(settings), encoding="utf-8")
    names = f"PLEX_SERVER=default\nPLEX_USERNAME=alice\nTRAKT_USERNAME={account}\n"
    (folder / ".env").write_text(names, encoding="utf-8")
    folders = {name: os.fspath(folder) for name in ("PTS_CONFIG_DIR", "PTS_CACHE_DIR", "PTS_LOG_DIR")}
    return {**folders, "HOME": os.fspath(folder)}
