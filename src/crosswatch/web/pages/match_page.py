"""`/history/{play_id}/match`: say what an item is: search at Trakt, pick, see what would follow, save."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crosswatch.core.events import PlayId
from crosswatch.errors import CorrectionError
from crosswatch.web.answers import form_fields, read_body
from crosswatch.web.depends import Runtime
from crosswatch.web.drawing import draw_page
from crosswatch.web.errors import correction_status, refuse
from crosswatch.web.now import build_card
from crosswatch.web.pages.match import MatchPage, Wanted, blank, look
from crosswatch.web.pages.play_page import NO_PLAY, Id
from crosswatch.web.permissions import SMALL_BODY

router = APIRouter()


@router.head("/history/{play_id}/match")
@router.get("/history/{play_id}/match")
async def choose(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """The step that the address names."""
    play = await runtime.ledger.play(PlayId(play_id))
    if play is None:
        return refuse(request, 404, NO_PLAY)
    wanted = Wanted.read(request.query_params, play)
    try:
        page = await look(runtime, play, wanted)
    except CorrectionError as error:
        return _draw(request, runtime, blank(play, wanted), problem=error)
    return _draw(request, runtime, page)


@router.post("/history/{play_id}/match")
async def save(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """Remember what was picked, send whatever waited for it, and show the play."""
    play = await runtime.ledger.play(PlayId(play_id))
    if play is None:
        return refuse(request, 404, NO_PLAY)
    wanted = Wanted.read(form_fields(await read_body(request, limit=SMALL_BODY)), play)
    choice = wanted.choice()
    if choice is None:
        return _draw(request, runtime, blank(play, wanted), status=422)
    try:
        matched = await runtime.corrections.match(play.id, choice)
    except CorrectionError as error:
        return _draw(request, runtime, blank(play, wanted), problem=error)
    return RedirectResponse(f"../{play_id}?done=match&n={matched.retried}", 303)


def _draw(
    request: Request,
    runtime: Runtime,
    page: MatchPage,
    *,
    problem: CorrectionError | None = None,
    status: int = 200,
) -> Response:
    return draw_page(
        request,
        "play_match.html",
        status=status if problem is None else correction_status(problem),
        here="history",
        page=page,
        card=build_card(page.play, [], runtime.rules()),
        problem=problem.sentence if problem else "",
    )
