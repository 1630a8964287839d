"""What routes are given: the running app, its live page, who may come in, and who asks."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from crosswatch.access.desk import AccessDesk
from crosswatch.access.verdict import Guest
from crosswatch.web.live import LivePage
from crosswatch.web.ports import RuntimeLike
from crosswatch.web.undoing import UndoShelf


def _runtime(request: Request) -> RuntimeLike:
    return cast("RuntimeLike", request.app.state.runtime)


def _access(request: Request) -> AccessDesk:
    return _runtime(request).access


def _guest(request: Request) -> Guest:
    return cast("Guest", request.state.guest)


def _live(request: Request) -> LivePage:
    return cast("LivePage", request.app.state.live)


def shelf_of(request: Request) -> UndoShelf:
    """Where the last change is kept, so that it can be taken back."""
    return cast("UndoShelf", request.app.state.undo)


Runtime = Annotated[RuntimeLike, Depends(_runtime)]
Access = Annotated[AccessDesk, Depends(_access)]
Asking = Annotated[Guest, Depends(_guest)]
Live = Annotated[LivePage, Depends(_live)]
Shelf = Annotated[UndoShelf, Depends(shelf_of)]


async def note_health(request: Request, live: Live, guest: Asking) -> None:
    """Have the head of the page say how everything stands, to whoever may know."""
    if guest.scope is not None:
        request.state.health = await live.health()
