"""Plays: what became of them, why, and what a person may do about it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime

from crosswatch.core.events import MediaKind, PlayId
from crosswatch.core.people import watched_mark
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.web.answers import Json, wants_page
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse
from crosswatch.web.shapes import play_shape, trace_shape
from crosswatch.web.wishes import MatchWish, match_shape

router = APIRouter(prefix="/api/plays", tags=["plays"])

BACK_TO_NOW = "../../../"
SPAN = {"ge": datetime(1970, 1, 1, tzinfo=UTC), "lt": datetime(9999, 1, 1, tzinfo=UTC)}
"""Moments outside it cannot be put into every zone."""

MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such play."}}
IN_THE_WAY: dict[int | str, dict[str, Any]] = {409: {"description": "It cannot be done; `detail` says why."}}
NOT_NOW: dict[int | str, dict[str, Any]] = {503: {"description": "Trakt cannot be asked now."}}

Id = Annotated[str, Path(max_length=64, description="The play's id.")]
Text = Annotated[str | None, Query(max_length=200)]


@router.get("")
async def find(
    *,
    runtime: Runtime,
    who: Text = None,
    verdict: Verdict | None = None,
    outcome: Annotated[Verdict | None, Query(description="Another name for `verdict`.")] = None,
    reason: Reason | None = None,
    server: Text = None,
    kind: MediaKind | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the title or the show's.")] = None,
    text: Annotated[str | None, Query(max_length=200, description="Another name for `q`.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Such as 2026-11-24T20:00:00Z.", **SPAN)] = None,
    before: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="Another name for `before`.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Json:
    """Plays that fit every filter, newest first, with what became of them.

    `next` is what to give as `before` for the next page, or null at the end.
    """
    query = PlayQuery(
        who=who or None,
        verdict=verdict or outcome,
        reason=reason,
        server=server or None,
        kind=kind.value if kind else None,
        text=q or text or None,
        since=since,
        before=PlayId(before or cursor or "") or None,
        limit=limit,
    )
    plays = await runtime.ledger.plays(query)
    deliveries = await runtime.ledger.deliveries([play.id for play in plays])
    rules = runtime.rules()
    return Json(
        {
            "plays": [
                play_shape(play, deliveries.get(play.id, []), watched_mark(rules, play)) for play in plays
            ],
            "next": plays[-1].id if len(plays) == limit else None,
        }
    )


@router.get("/{play_id}", responses=MISSING)
async def show(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """One play, with its `trace`: what was decided, when and why."""
    found = PlayId(play_id)
    play = await runtime.ledger.play(found)
    if play is None:
        return _no_play(request, play_id)
    deliveries = await runtime.ledger.deliveries([found])
    trace = await runtime.ledger.trace(found)
    shape = play_shape(play, deliveries.get(found, []), watched_mark(runtime.rules(), play))
    return Json({**shape, "trace": [trace_shape(entry) for entry in trace]})


@router.post("/{play_id}/retry", responses=MISSING)
async def retry(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """Try at once what waits, was refused or was ignored of the play; `retried` says how many deliveries.

    What a setting had left out is sent, with the time that it had, if the settings in force let it count.
    """
    if await runtime.ledger.play(PlayId(play_id)) is None:
        return _no_play(request, play_id)
    retried = await runtime.corrections.retry(PlayId(play_id))
    sentence = "Trying again now." if retried else "Nothing of this play is left to be tried."
    return _done(request, sentence, retried=retried)


@router.post("/{play_id}/ignore", responses=MISSING | IN_THE_WAY)
async def ignore(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """Tell nobody of the play, now or later; a retry takes that back."""
    if await runtime.ledger.play(PlayId(play_id)) is None:
        return _no_play(request, play_id)
    await runtime.corrections.ignore(PlayId(play_id))
    return _done(request, "Ignored.")


@router.post("/{play_id}/undo", responses=MISSING | IN_THE_WAY | NOT_NOW)
async def undo(request: Request, play_id: Id, runtime: Runtime) -> Response:
    """Take the play out of the histories into which we put it; `taken_back` says how many those were.

    Nothing that somebody else recorded is touched, and the play is not sent again.
    """
    if await runtime.ledger.play(PlayId(play_id)) is None:
        return _no_play(request, play_id)
    count = await runtime.corrections.undo(PlayId(play_id))
    return _done(request, "Taken back.", taken_back=count)


@router.post("/{play_id}/match", responses=MISSING | IN_THE_WAY | NOT_NOW)
async def match(request: Request, play_id: Id, wish: MatchWish, runtime: Runtime) -> Response:
    """Say what the play's item is; checked at Trakt first, remembered, and whatever waited for it is sent.

    `match` is what is remembered, `retried` how many deliveries are tried again because of it.
    """
    play = await runtime.ledger.play(PlayId(play_id))
    if play is None:
        return _no_play(request, play_id)
    matched = await runtime.corrections.match(play.id, wish.as_choice(play.media.kind))
    sentence = f"{matched.match.item} is {matched.match.found}."
    return _done(request, sentence, match=match_shape(matched.match), retried=matched.retried)


def _done(request: Request, sentence: str, **facts: Any) -> Response:
    """What was asked for is done: a sentence and facts for programs, the page again for whoever pressed."""
    if wants_page(request):
        return RedirectResponse(BACK_TO_NOW, 303)
    return Json({"ok": True, **facts, "detail": sentence})


def _no_play(request: Request, play_id: str) -> Response:
    return refuse(request, 404, f"There is no play {play_id!r}.")
