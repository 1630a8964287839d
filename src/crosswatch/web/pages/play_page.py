"""`/history/{play_id}`: why a play stands as it stands, and what may be done about it."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from crosswatch.core.events import PlayId
from crosswatch.errors import ConfigError, CorrectionError
from crosswatch.web.actions import may_change, may_operate
from crosswatch.web.depends import Asking, Runtime, shelf_of
from crosswatch.web.drawing import draw_page
from crosswatch.web.errors import config_status, correction_status, refuse
from crosswatch.web.languages import mark
from crosswatch.web.pages.history import read_count
from crosswatch.web.pages.ignoring import told_of
from crosswatch.web.pages.play import look

router = APIRouter()

NO_PLAY = mark(
    "CrossWatch knows no play by this address. It may have been made by another CrossWatch, or before its "
    "database was replaced."
)
DONE = ("retry", "ignore", "undo", "match", "forget")

Id = Annotated[str, Path(max_length=64)]


@router.head("/history/{play_id}")
@router.get("/history/{play_id}")
async def play(request: Request, play_id: Id, runtime: Runtime, guest: Asking) -> Response:
    """One play, and what was done about it if that is why somebody comes back."""
    return await draw_play(request, play_id, runtime, guest)


@router.post("/history/{play_id}/retry")
async def retry(request: Request, play_id: Id, runtime: Runtime, guest: Asking) -> Response:
    """Try again what waits, was refused or was ignored of the play."""
    wish = runtime.corrections.retry(PlayId(play_id))
    return await _carry_out(request, play_id, runtime, guest, done="retry", wish=wish)


@router.post("/history/{play_id}/ignore")
async def ignore(request: Request, play_id: Id, runtime: Runtime, guest: Asking) -> Response:
    """Tell nobody of the play."""
    wish = runtime.corrections.ignore(PlayId(play_id))
    return await _carry_out(request, play_id, runtime, guest, done="ignore", wish=wish)


@router.post("/history/{play_id}/undo")
async def undo(request: Request, play_id: Id, runtime: Runtime, guest: Asking) -> Response:
    """Take the play out of the histories into which we put it."""
    wish = runtime.corrections.undo(PlayId(play_id))
    return await _carry_out(request, play_id, runtime, guest, done="undo", wish=wish)


@router.post("/history/{play_id}/forget")
async def forget(request: Request, play_id: Id, runtime: Runtime, guest: Asking) -> Response:
    """Drop what somebody said that the play's item is."""
    wish = runtime.corrections.forget_choice(PlayId(play_id))
    return await _carry_out(request, play_id, runtime, guest, done="forget", wish=wish)


async def _carry_out(
    request: Request, play_id: str, runtime: Runtime, guest: Asking, *, done: str, wish: Awaitable[int | None]
) -> Response:
    """Do what was asked for; then the page again, which says what came of it."""
    try:
        count = await wish
    except CorrectionError as error:
        return await draw_play(request, play_id, runtime, guest, problem=error)
    return RedirectResponse(f"../{play_id}?done={done}&n={1 if count is None else int(count)}", 303)


async def draw_play(
    request: Request,
    play_id: str,
    runtime: Runtime,
    guest: Asking,
    problem: CorrectionError | ConfigError | None = None,
) -> Response:
    """The page of the play, and why nothing came of what was asked for, if so."""
    page = await look(runtime, PlayId(play_id))
    if page is None:
        return refuse(request, 404, NO_PLAY)
    asked = request.query_params
    return draw_page(
        request,
        "play.html",
        status=200 if problem is None else _status(problem),
        here="history",
        page=page,
        may_operate=may_operate(guest),
        may_change=may_change(guest),
        problem=problem.sentence if problem else "",
        done=asked.get("done") if asked.get("done") in DONE else "",
        count=read_count(asked.get("n")),
        told=told_of(page.ignoring, asked, shelf_of(request)) if problem is None else None,
    )


def _status(problem: CorrectionError | ConfigError) -> int:
    return config_status(problem) if isinstance(problem, ConfigError) else correction_status(problem)
