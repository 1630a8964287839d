"""What routes are given: the running app, and its live page."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from crosswatch.web.live import LivePage
from crosswatch.web.ports import RuntimeLike


def _runtime(request: Request) -> RuntimeLike:
    return cast("RuntimeLike", request.app.state.runtime)


def _live(request: Request) -> LivePage:
    return cast("LivePage", request.app.state.live)


Runtime = Annotated[RuntimeLike, Depends(_runtime)]
Live = Annotated[LivePage, Depends(_live)]
