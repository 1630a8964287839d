"""CrossWatch as a process, linked to whatever servers a benchmark has for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.processes import HOST, Child, free_port, uvicorn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from crosswatch.simulator.trakt import SimulatedTrakt

CLIENT_ID = "bench-client-id"
CLIENT_SECRET = "bench-client-secret"  # noqa: S105 -- of an app that exists in the simulated Trakt only
CONNECTS_WITHIN_S = 180.0
LOOK_EVERY_S = 0.1


class App(Child):
    """The app on a folder of its own; see `running_app`."""

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        config = folder / "config.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(document), encoding="utf-8")
        self.port = free_port()
        super().__init__(
            *uvicorn("crosswatch:app", self.port), environment={"CROSSWATCH_CONFIG_DIR": str(folder)}
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    async def status(self) -> dict[str, Any]:
        """What it says of its watching."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self.url}/debug/watch/status", raise_for_status=True) as answer,
        ):
            status: dict[str, Any] = await answer.json()
            return status

    async def connected(self) -> None:
        """Wait until it hears all its servers.

        Raises:
            TimeoutError: If it does not.
        """
        async with asyncio.timeout(CONNECTS_WITHIN_S):
            while not (await self.status())["connected"]:  # noqa: ASYNC110 -- it is another process
                await asyncio.sleep(LOOK_EVERY_S)


@contextlib.asynccontextmanager
async def running_app(document: dict[str, Any], folder: Path | None = None) -> AsyncIterator[App]:
    """The app with this configuration, from its first 200 until it has ended.

    Args:
        document: Its `config.json`.
        folder: Where it keeps its things; None makes a folder and throws it away.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crosswatch-bench-")))
        async with App(folder, document) as app:
            await app.answers(app.port)
            yield app


def register(trakt: SimulatedTrakt) -> None:
    """Make our app known at the simulated Trakt."""
    trakt.register_app(CLIENT_ID, CLIENT_SECRET)


def tokens_of(trakt: SimulatedTrakt, account: str) -> dict[str, Any]:
    """Tokens of an account, as `config.json` holds them; a new account is made."""
    if account not in trakt.world.users:
        trakt.add_user(account)
    answer = trakt.link(account, CLIENT_ID).answer()
    return {**answer, "expires_at": answer["created_at"] + answer["expires_in"]}


def document(
    servers: Sequence[dict[str, Any]],
    trakt: SimulatedTrakt,
    account: str,
    *,
    write_interval_s: float | None = None,
    listed: Sequence[str] = (),
) -> dict[str, Any]:
    """A `config.json` with watching and scrobbling on.

    Args:
        servers: The `plex` sections of the media servers; at least one.
        trakt: Where plays go.
        account: Name of a new account there.
        write_interval_s: Least time between two writes to it; None is the product's own.
        listed: Whose plays count; empty for everybody's.
    """
    pace = {} if write_interval_s is None else {"write_interval_seconds": write_interval_s}
    return {
        "plex": servers[0],
        "servers": [{"name": f"server {n}", **one} for n, one in enumerate(servers[1:], start=2)],
        "trakt": {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "api_url": trakt.api_url,
            "auth_url": trakt.auth_url,
            **pace,
        },
        "auth": {"trakt": tokens_of(trakt, account)},
        "features": {
            "watch": {"enabled": True},
            "scrobble": {
                "enabled": True,
                "providers": {"trakt": {"enabled": True}},
                "filters": {"username_whitelist": list(listed)},
            },
        },
    }
