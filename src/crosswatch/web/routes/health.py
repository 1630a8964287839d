"""Whether the process lives, whether plays reach Trakt, and figures for monitors and home pages."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from crosswatch.access.register import Scope
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Verdict
from crosswatch.errors import StorageError
from crosswatch.web.answers import Json, refusal
from crosswatch.web.depends import Asking, Runtime
from crosswatch.web.life import SIGNS_OF_LIFE
from crosswatch.web.readiness import (
    READY,
    SETUP_NEEDED,
    check_shape,
    considered,
    names_in,
    status_of,
    strangers_view,
    unknown_names,
)

router = APIRouter(tags=["health"])

FAILURES_FOR = timedelta(days=7)
STATUS_WORDS = {READY: "ok", SETUP_NEEDED: "setup"}

Names = Annotated[
    list[str], Query(max_length=50, description="Kinds or ids of checks; commas may stand between them.")
]
WAITING: dict[int | str, dict[str, Any]] = {
    400: {"description": "There is no check of such a name."},
    503: {
        "description": "Plays do not reach Trakt now; `status` and `checks` say why.",
        "content": {"application/json": {}},
    },
}


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def alive() -> Json:
    """200 while the app turns. A Plex or Trakt that is away does not change that."""
    return Json(SIGNS_OF_LIFE)


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses=WAITING)
async def ready(runtime: Runtime, guest: Asking, only: Names = [], ignore: Names = []) -> Json:  # noqa: B006
    """200 if plays reach Trakt now, else 503; either way what was looked at.

    Whoever may not read sees kinds and levels only. `only` has other checks decide, `ignore` leaves some out.
    """
    named, left_out = names_in(only), names_in(ignore)
    may_read = guest.scope is not None and guest.scope.covers(Scope.READ)
    health = await (runtime.upkeep.look() if may_read else runtime.upkeep.glance())
    if unknown := unknown_names({*named, *left_out}, health, may_read=may_read):
        return Json(refusal(f"There is no check called {', '.join(unknown)[:200]}."), 400)
    checks = considered(health, only=named, ignore=left_out)
    status = status_of(checks)
    shown = [check_shape(check) for check in checks] if may_read else strangers_view(checks)
    return Json({"status": status, "checks": shown}, 200 if status == READY else 503)


@router.get("/api/health")
async def health(runtime: Runtime) -> Json:
    """All checks, the worst first, with what to do about each."""
    found = await runtime.upkeep.look()
    checks = [
        {
            **check_shape(check),
            "kind": check.kind,
            "title": check.title,
            "message": check.sentence,
            "action": check.action,
            "next_try_at": check.next_try_at,
        }
        for check in found.checks
    ]
    return Json({"level": found.level.name.lower(), "word": found.word, "checks": checks})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(runtime: Runtime) -> Response:
    """Figures as Prometheus reads them; what waits is left out while the database cannot be read."""
    rendering = await asyncio.to_thread(_load_metrics)
    backlog, health = None, None
    with suppress(StorageError):  # it is one of the checks
        backlog = await runtime.ledger.backlog()
        health = runtime.upkeep.judge(backlog)
    readings = rendering.Readings(
        health=health or await runtime.upkeep.look(),
        watch=runtime.watch_status(),
        sinks=runtime.sink_status(),
        backlog=backlog,
        tallies=runtime.upkeep.tallies,
        now=runtime.clock.now(),
    )
    return Response(rendering.render(readings), media_type=rendering.MEDIA_TYPE)


@router.get("/api/v1/stats/widget")
async def widget(runtime: Runtime) -> Json:
    """A few figures in a flat object, for a home page. Nobody else is asked for them."""
    now, ledger = runtime.clock.now(), runtime.ledger
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    week = await ledger.tally(PlayQuery(since=now - FAILURES_FOR))
    watching = await ledger.tally(PlayQuery(verdict=Verdict.WATCHING))
    delivered = await ledger.plays(PlayQuery(verdict=Verdict.DELIVERED, limit=1))
    backlog = await ledger.backlog()
    status = status_of(considered(runtime.upkeep.judge(backlog), only=(), ignore=()))
    return Json(
        {
            "watching": sum(one.count for one in watching),
            "delivered_today": sum(
                one.count for one in week if one.verdict is Verdict.DELIVERED and one.at >= today
            ),
            "queued": sum(waits.watched for waits in backlog.values()),
            "failed_7d": sum(one.count for one in week if one.verdict is Verdict.FAILED),
            "status": STATUS_WORDS.get(status, "attention"),
            "last_delivered_at": next((play.ended_at or play.last_seen_at for play in delivered), None),
        }
    )


def _load_metrics() -> Any:
    """The module that needs the library; reading it takes a moment, which frames must not wait for."""
    from crosswatch.web import metrics as module  # noqa: PLC0415 -- the whole point

    return module
