"""`/logs`: what the app says, filtered by the address; as a file; and DEBUG lines for a while."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from crosswatch.logs import CHANNELS
from crosswatch.web.actions import may_operate
from crosswatch.web.answers import form_fields, read_body
from crosswatch.web.depends import Asking, Runtime
from crosswatch.web.drawing import draw_page, top_of
from crosswatch.web.pages.logs import LogFilter, look, whole
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.routes.logs import DEBUG_MIN, keep_debug_lines

router = APIRouter()


@router.head("/logs")
@router.get("/logs")
async def logs(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """The last lines that fit, complete without a script; with one they go on by themselves."""
    page = await look(runtime, LogFilter.read(request.query_params))
    return draw_page(
        request,
        "logs.html",
        here="logs",
        page=page,
        channels=[(name, name) for name in CHANNELS],
        minutes=DEBUG_MIN,
        may_operate=may_operate(guest),
    )


@router.get("/logs.txt")
async def as_text(request: Request, runtime: Runtime) -> Response:
    """Every line that fits and is still here, to be kept."""
    name = f"crosswatch-log-{runtime.clock.now().astimezone():%Y-%m-%d-%H%M}.txt"
    return PlainTextResponse(
        whole(runtime, LogFilter.read(request.query_params)),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/logs")
async def debug(request: Request, runtime: Runtime) -> Response:
    """Keep DEBUG lines for a while, or no longer; then the page as it was."""
    fields = form_fields(await read_body(request, limit=SMALL_BODY))
    keep_debug_lines(runtime, DEBUG_MIN if fields.get("debug") == "on" else 0)
    back = LogFilter.read(dict(parse_qsl(fields.get("back", ""))))
    return RedirectResponse(f"{top_of(request)}{back.address()}", 303)
