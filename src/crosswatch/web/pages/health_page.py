"""`/health`: whether plays reach Trakt, the worst first, each with its mend; and some facts."""

import asyncio
import os
import platform
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

import crosswatch
from crosswatch.access.register import Scope
from crosswatch.access.verdict import Guest
from crosswatch.errors import StorageError
from crosswatch.health.checks import Level
from crosswatch.health.words import size_words, span_words
from crosswatch.storage.opening import DATABASE_NAME
from crosswatch.web.answers import form_fields, read_body
from crosswatch.web.depends import Asking, Runtime
from crosswatch.web.drawing import draw_page
from crosswatch.web.languages import mark, translate
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.ports import RuntimeLike

router = APIRouter(prefix="/health")

SHAPES = {Level.BROKEN: "✕", Level.ATTENTION: "◔", Level.SETUP: "○", Level.FINE: "●"}
WORDS = {
    Level.BROKEN: mark("Not working"),
    Level.ATTENTION: mark("Needs a look"),
    Level.SETUP: mark("Setting up"),
    Level.FINE: mark("Fine"),
}
START_WATCH = "start_watch"
TRY_ALL = "try"


@router.head("")
@router.get("")
async def show(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """All checks."""
    return await _draw(request, runtime, guest)


@router.post("")
async def act(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """Watch again, or try everything by the way that plays go."""
    wish = form_fields(await read_body(request, limit=SMALL_BODY)).get("do", "")
    if wish == START_WATCH:
        await runtime.start_watch()
        return RedirectResponse("health", 303)
    try:
        findings = [finding async for finding in runtime.examiner.examine_all()] if wish == TRY_ALL else None
    except StorageError:  # it is one of the checks
        findings = []
    return await _draw(request, runtime, guest, findings=findings)


async def _draw(request: Request, runtime: RuntimeLike, guest: Guest, *, findings: Any = None) -> Response:
    health = await runtime.upkeep.look()
    worth = [check for check in health.checks if check.level > Level.FINE or check.is_remark]
    return draw_page(
        request,
        "health_page.html",
        checks=worth,
        fine=[check for check in health.checks if check not in worth],
        is_fine=health.level is Level.FINE,
        shapes=SHAPES,
        words=WORDS,
        facts=await _facts(runtime),
        findings=findings,
        may_operate=_may(guest, Scope.OPERATE),
        may_bundle=_may(guest, Scope.ADMIN),
        now=runtime.clock.now(),
        say=translate,
    )


async def _facts(runtime: RuntimeLike) -> list[tuple[str, str]]:
    """What is asked of whoever reports a fault."""
    directory = runtime.config.directory
    size = await asyncio.to_thread(_size_of, str(directory / DATABASE_NAME))
    return [
        (mark("Version"), crosswatch.__version__),
        ("Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"),
        (mark("Running for"), span_words(runtime.clock.now() - runtime.upkeep.started_at)),
        (mark("Configuration"), str(runtime.config.path)),
        (mark("Database"), f"{directory / DATABASE_NAME}{f', {size}' if size else ''}"),
    ]


def _size_of(path: str) -> str:
    """The size of the database with what is not merged into it yet; empty if there is none."""
    sizes = []
    for name in (path, f"{path}-wal"):
        try:
            sizes.append(os.stat(name).st_size)  # noqa: PTH116 -- a plain call will do
        except OSError:
            continue
    return size_words(sum(sizes)) if sizes else ""


def _may(guest: Guest, scope: Scope) -> bool:
    return guest.scope is not None and guest.scope.covers(scope)
