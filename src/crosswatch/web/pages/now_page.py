"""`/`: what is playing, what waits, what needs somebody, and what came last."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from crosswatch.web.depends import Runtime
from crosswatch.web.drawing import draw_page
from crosswatch.web.now import look

router = APIRouter()


@router.head("/")
@router.get("/")
async def now(request: Request, runtime: Runtime) -> HTMLResponse:
    """What is playing, what waits and what came last; complete without a script."""
    page = await look(runtime)
    return draw_page(request, "now.html", here="now", page=page, health=page.health, is_live=True)
