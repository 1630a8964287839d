"""`create_app`: the web app, as FastAPI, with the life of the running parts around it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

import crosswatch
from crosswatch.web.answering import LastResort
from crosswatch.web.assets import Assets
from crosswatch.web.described import describe_door
from crosswatch.web.door import Door
from crosswatch.web.drawing import STATIC
from crosswatch.web.errors import add_error_handlers
from crosswatch.web.life import build_runtime, life
from crosswatch.web.live import LivePage
from crosswatch.web.pages import add_pages
from crosswatch.web.routes import add_routes
from crosswatch.web.undoing import UndoShelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.web.ports import RuntimeLike


def create_app(runtime: RuntimeLike | None = None) -> FastAPI:
    """The app with all its addresses; `crosswatch.web.front` serves it on demand.

    Args:
        runtime: What it shows and steers. None builds the real one when the server starts, from the folder
            that `CROSSWATCH_CONFIG_DIR` names.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = runtime or build_runtime()
        live = show(app, running)

        def end_streams() -> None:
            live.close()
            running.logs.close()

        async with life(running, end_streams):
            yield

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
    add_pages(app)
    app.mount("/static", Assets(directory=STATIC), name="static")

    describe_door(app)
    app.add_middleware(Door)
    app.add_middleware(LastResort)
    return app


def show(app: FastAPI, runtime: RuntimeLike) -> LivePage:
    """Let the app show and steer these parts; the page that follows them live."""
    live = LivePage(runtime)
    app.state.runtime, app.state.live = runtime, live
    app.state.undo = UndoShelf()
    return live
