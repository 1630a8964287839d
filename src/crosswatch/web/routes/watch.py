"""Watching: how it stands, on and off."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from crosswatch.web.answers import Json, wants_page
from crosswatch.web.depends import Runtime

router = APIRouter(prefix="/debug/watch", tags=["watch"])

BACK_TO_NOW = "../../"


@router.get("/status")
async def status(runtime: Runtime) -> Json:
    """`has_watch`, `alive` and `stop_set` as ever; beside them how each server stands.

    `alive` is true only while the watcher runs; `connected` only while every server's socket is open.
    """
    return Json(runtime.watch_status())


@router.post("/start")
async def start(request: Request, runtime: Runtime) -> Response:
    """Watch from now on, whatever `features.watch.enabled` says, until the next restart."""
    alive = await runtime.start_watch()
    return _done(request, alive=alive)


@router.post("/stop")
async def stop(request: Request, runtime: Runtime) -> Response:
    """Close the sockets and watch no more, until `start` or the next restart."""
    await runtime.stop_watch()
    return _done(request, alive=False)


def _done(request: Request, *, alive: bool) -> Response:
    if wants_page(request):
        return RedirectResponse(BACK_TO_NOW, 303)
    return Json({"ok": True, "alive": alive})
