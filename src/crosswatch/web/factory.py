"""`create_app`: the web app, and its life around the running parts."""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

import crosswatch
from crosswatch.web.answering import LastResort
from crosswatch.web.assets import Assets
from crosswatch.web.door import Door
from crosswatch.web.drawing import STATIC
from crosswatch.web.errors import add_error_handlers
from crosswatch.web.live import LivePage
from crosswatch.web.peers import take_peers_from_sockets
from crosswatch.web.routes import add_routes
from crosswatch.web.stopping import early_notice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.web.ports import RuntimeLike


def create_app(runtime: RuntimeLike | None = None) -> FastAPI:
    """The app as an HTTP server runs it.

    Args:
        runtime: What it shows and steers. None builds the real one when the server starts, from the folder
            that `CROSSWATCH_CONFIG_DIR` names.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = app.state.runtime = runtime or _build_runtime()
        live = app.state.live = LivePage(running)

        def end_streams() -> None:
            live.close()
            running.logs.close()

        take_peers_from_sockets()
        with early_notice(end_streams):
            await _call_startup_hook()
            try:
                await running.start()
                yield
            finally:
                end_streams()
                await running.stop()

    app = FastAPI(
        title="CrossWatch",
        summary="Plays on Plex, told to Trakt exactly once.",
        version=crosswatch.__version__,
        lifespan=lifespan,
        docs_url=None,  # the stock pages load scripts from elsewhere
        redoc_url=None,
    )
    add_error_handlers(app)
    add_routes(app)
    app.mount("/static", Assets(directory=STATIC), name="static")

    app.add_middleware(Door)
    app.add_middleware(LastResort)
    return app


def _build_runtime() -> RuntimeLike:
    from crosswatch.runtime import Runtime  # noqa: PLC0415 -- loads the HTTP client and the database

    return Runtime.from_environment()


async def _call_startup_hook() -> None:
    """Run `crosswatch._on_startup`, if somebody has put it there before the start (hand-over, "Startup")."""
    hook = vars(crosswatch).get("_on_startup")
    if hook is not None:
        done = hook()
        if inspect.isawaitable(done):
            await done
