"""Plays: what became of them, why, and another try."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime

from crosswatch.core.events import MediaKind, PlayId
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.web.answers import Json, wants_page
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse
from crosswatch.web.ports import RuntimeLike
from crosswatch.web.shapes import play_shape, trace_shape

router = APIRouter(prefix="/api/plays", tags=["plays"])

BACK_TO_NOW = "../../../"
SPAN = {"ge": datetime(1970, 1, 1, tzinfo=UTC), "lt": datetime(9999, 1, 1, tzinfo=UTC)}
"""Moments outside it cannot be put into every zone."""

Id = Annotated[str, Path(max_length=64, description="The play's id.")]
Text = Annotated[str | None, Query(max_length=200)]


@router.get("")
async def find(
    *,
    runtime: Runtime,
    who: Text = None,
    verdict: Verdict | None = None,
    reason: Reason | None = None,
    server: Text = None,
    kind: MediaKind | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the title or the show's.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Such as 2026-11-24T20:00:00Z.", **SPAN)] = None,
    before: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Json:
    """Plays that fit every filter, newest first, with what became of them.

    `next` is what to give as `before` for the next page, or null at the end.
    """
    query = PlayQuery(
        who=who or None,
        verdict=verdict,
        reason=reason,
        server=server or None,
        kind=kind.value if kind else None,
        text=q or None,
        since=since,
        before=PlayId(before) if before else None,
        limit=limit,
    )
    plays = await runtime.ledger.plays(query)
    deliveries = await runtime.ledger.deliveries([play.id for play in plays])
    mark = _mark(runtime)
    return Json(
        {
            "plays": [play_shape(play, deliveries.get(play.id, []), mark) for play in plays],
            "next": plays[-1].id if len(plays) == limit else None,
        }
    )


@router.get("/{play_id}", responses={404: {"description": "There is no such play."}})
async def show(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """One play, with its `trace`: what was decided, when and why."""
    found = PlayId(play_id)
    play = await runtime.ledger.play(found)
    if play is None:
        return _no_play(request, play_id)
    deliveries = await runtime.ledger.deliveries([found])
    trace = await runtime.ledger.trace(found)
    shape = play_shape(play, deliveries.get(found, []), _mark(runtime))
    return Json({**shape, "trace": [trace_shape(entry) for entry in trace]})


@router.post("/{play_id}/retry", responses={404: {"description": "There is no such play."}})
async def retry(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """Try at once what waits or was refused of the play; `retried` says how many deliveries that were."""
    if await runtime.ledger.play(PlayId(play_id)) is None:
        return _no_play(request, play_id)
    retried = await runtime.retry(PlayId(play_id))
    if wants_page(request):
        return RedirectResponse(BACK_TO_NOW, 303)
    sentence = "Trying again now." if retried else "Nothing of this play is left to be tried."
    return Json({"ok": True, "retried": retried, "detail": sentence})


def _mark(runtime: RuntimeLike) -> float:
    return runtime.config.settings.features.scrobble.options.watched_at_percent


def _no_play(request: Request, play_id: str) -> Response:
    return refuse(request, 404, f"There is no play {play_id!r}.")
