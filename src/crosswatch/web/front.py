"""What an HTTP server runs: the parts' life, `/healthz`, and the web app once somebody asks for more.

The web framework and the pages are more than a quarter of the memory and half of the start, and many an
installation is looked at by nobody but a health check. So the first request that needs them loads them, in a
thread, for frames must not wait.

Source: docs/performance.md, "What surprised us".
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route, Router

from crosswatch.web.headers import HEADERS
from crosswatch.web.life import SIGNS_OF_LIFE, build_runtime, life

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from crosswatch.web.ports import RuntimeLike


def create_front() -> Router:
    """What `uvicorn crosswatch:app` serves; the parts are built when the server starts."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        runtime = build_runtime()
        web = router.default = _WebOnDemand(runtime)
        async with life(runtime, web.end_streams):
            yield

    router = Router(routes=[Route("/healthz", _alive)], redirect_slashes=False, lifespan=lifespan)
    return router


async def _alive(_request: Request) -> JSONResponse:
    """200 while the app turns."""
    return JSONResponse(SIGNS_OF_LIFE, headers=HEADERS)


class _WebOnDemand:
    """The web app, loaded by its first request.

    Args:
        runtime: What it shows and steers; it runs.
    """

    def __init__(self, runtime: RuntimeLike) -> None:
        self._runtime = runtime
        self._app: FastAPI | None = None
        self._loading = asyncio.Lock()
        self._is_ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await self._load()
        await app(scope, receive, send)

    async def _load(self) -> FastAPI:
        async with self._loading:
            if self._app is None:
                self._app = await asyncio.to_thread(_load_app, self._runtime)
                if self._is_ending:
                    self.end_streams()
        return self._app

    def end_streams(self) -> None:
        """End what never ends by itself."""
        self._is_ending = True
        if self._app is not None:
            self._app.state.live.close()
        self._runtime.logs.close()


def _load_app(runtime: RuntimeLike) -> FastAPI:
    from crosswatch.web.factory import create_app, show  # noqa: PLC0415 -- the whole point

    app = create_app()
    show(app, runtime)
    return app
