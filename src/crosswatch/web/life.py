"""The life of the running parts, whoever serves them, and what tells that they live."""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import crosswatch
from crosswatch.web.peers import take_peers_from_sockets
from crosswatch.web.stopping import early_notice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from crosswatch.web.ports import RuntimeLike

SIGNS_OF_LIFE = {"status": "ok", "version": crosswatch.__version__}
"""What `/healthz` answers. A Plex or Trakt that is away does not change that."""


@asynccontextmanager
async def life(runtime: RuntimeLike, end_streams: Callable[[], None]) -> AsyncIterator[None]:
    """The parts run within.

    Args:
        runtime: The parts.
        end_streams: Called first when the end has come: streams never end by themselves.
    """
    take_peers_from_sockets()
    with early_notice(end_streams):
        await _call_startup_hook()
        try:
            await runtime.start()
            yield
        finally:
            end_streams()
            await runtime.stop()


def build_runtime() -> RuntimeLike:
    """The real parts, from the folder that `CROSSWATCH_CONFIG_DIR` names."""
    from crosswatch.runtime import Runtime  # noqa: PLC0415 -- loads the HTTP client and the database

    return Runtime.from_environment()


async def _call_startup_hook() -> None:
    """Run `crosswatch._on_startup`, if somebody has put it there before the start (hand-over, "Startup")."""
    hook = vars(crosswatch).get("_on_startup")
    if hook is not None:
        done = hook()
        if inspect.isawaitable(done):
            await done
