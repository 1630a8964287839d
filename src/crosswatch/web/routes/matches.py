"""Matches: what people said that items are; and the lists of anime that say it of thousands."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from crosswatch.providers.anime.lists import SourceStatus
from crosswatch.web.answers import Json
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse
from crosswatch.web.wishes import KeptMatches, match_shape

router = APIRouter(prefix="/api", tags=["matches"])


@router.get("/matches")
async def show(runtime: Runtime) -> Json:
    """Everything that people chose, by key; what comes out here can be put back as it is."""
    return Json({"matches": [match_shape(match) for match in await runtime.corrections.matches()]})


@router.put("/matches")
async def adopt(wish: KeptMatches, runtime: Runtime) -> Json:
    """Remember these matches, in place of those of the same keys; the others stay.

    `adopted` says how many there were, `retried` how many deliveries are tried again because of them.
    """
    now = runtime.clock.now()
    retried = await runtime.corrections.adopt([one.as_match(now) for one in wish.matches])
    return Json({"ok": True, "adopted": len(wish.matches), "retried": retried})


@router.delete("/matches", responses={404: {"description": "There is no such match."}})
async def forget(
    request: Request,
    runtime: Runtime,
    key: Annotated[str, Query(max_length=500, description="The match's key.")],
) -> Response:
    """Forget one match; the item goes by its own name again."""
    if not await runtime.corrections.forget(key):
        return refuse(request, 404, f"There is no match {key!r}.")
    return Json({"ok": True})


@router.get("/anime")
async def lists(runtime: Runtime) -> Json:
    """How each list of anime stands that the configuration names."""
    return Json({"lists": [_list_shape(one) for one in runtime.anime_status()]})


@router.post("/anime/refresh")
async def refresh(runtime: Runtime) -> Json:
    """Read the lists of anime anew, and try again what was not known; a broken one leaves all as it was."""
    return Json({"lists": [_list_shape(one) for one in await runtime.refresh_anime()]})


def _list_shape(status: SourceStatus) -> dict[str, Any]:
    return {
        "source": status.source,
        "ok": not status.problem,
        "titles": status.titles,
        "read_at": status.read_at,
        "problem": status.problem,
    }
