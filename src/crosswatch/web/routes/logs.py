"""The log: its last lines, and its lines as they come."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Header, Query, Request, Response

from crosswatch.logs import CHANNELS, EVERYTHING, is_channel
from crosswatch.logs.hub import CAPACITY
from crosswatch.logs.records import channel_key
from crosswatch.web.answers import EventStream, Json
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse
from crosswatch.web.ports import RuntimeLike

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

router = APIRouter(prefix="/api/logs", tags=["logs"])

DEFAULT_LINES = 200
LONGEST_ID = 18
DEBUG_MIN = 15
LONGEST_DEBUG_MIN = 24 * 60
NAMES = ", ".join((EVERYTHING, *CHANNELS))

log = logging.getLogger("crosswatch.web")

Channel = Annotated[str | None, Query(description=f"One of {NAMES}; all of them if left out.")]
Tag = Annotated[str | None, Query(description="Another name for `channel`.")]


@router.get("/dump", responses={422: {"description": "There is no such channel."}})
async def dump(
    request: Request,
    runtime: Runtime,
    channel: Channel = None,
    tag: Tag = None,
    n: Annotated[int, Query(ge=0, description="How many lines at most.")] = DEFAULT_LINES,
) -> Response:
    """The last lines, oldest first: `lines` as texts, and the same as `records` for programs.

    A record has `id` (for `Last-Event-ID`), `at`, `level`, `channel`, `event`, `message` and `play`.
    """
    name = channel or tag
    if not is_channel(name):
        return _no_channel(request, name)
    records = runtime.logs.dump(name, min(n, CAPACITY))
    return Json(
        {
            "channel": channel_key(name),
            "lines": [record.line for record in records],
            "records": [record.as_dict() for record in records],
        }
    )


@router.get(
    "/stream",
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Never ends by itself."},
        422: {"description": "There is no such channel."},
    },
)
async def stream(
    request: Request,
    runtime: Runtime,
    *,
    channel: Channel = None,
    tag: Tag = None,
    after: Annotated[str, Query(description="The same as `Last-Event-ID`, which comes first.")] = "",
    last_event_id: Annotated[str, Header(description="The last line that the reader has.")] = "",
) -> Response:
    """Lines as server-sent events: the last few first, or those after `Last-Event-ID`, then each new one.

    Each has an id. An event `gap` says that lines in between are no longer here; a comment comes when
    nothing was said for 15 s.
    """
    name = channel or tag
    if not is_channel(name):
        return _no_channel(request, name)
    lines = runtime.logs.stream(name, _line_number(last_event_id or after))
    return EventStream(cast("AsyncGenerator[bytes, None]", lines))


@router.get("/debug")
async def debug(runtime: Runtime) -> Json:
    """Whether DEBUG lines are kept (`debug`), and until when, if that ends by itself (`until`)."""
    return _debug_answer(runtime)


@router.post(
    "/debug", responses={422: {"description": "Not a number of minutes; `key` names the parameter."}}
)
async def debug_for(
    runtime: Runtime,
    minutes: Annotated[int, Query(ge=0, le=LONGEST_DEBUG_MIN, description="For how long.")] = DEBUG_MIN,
) -> Json:
    """Keep DEBUG lines for some minutes, whatever `runtime.debug` says; none take that back.

    Nothing is written: it ends by itself, and with a restart.
    """
    keep_debug_lines(runtime, minutes)
    return _debug_answer(runtime)


def keep_debug_lines(runtime: RuntimeLike, minutes: int) -> None:
    """Keep DEBUG lines for so many minutes, and say so in the log."""
    runtime.logs.debug_for(timedelta(minutes=minutes))
    if minutes:
        log.info("DEBUG lines are kept for %d min", minutes, extra={"event": "logs.debug"})


def _debug_answer(runtime: RuntimeLike) -> Json:
    return Json({"debug": runtime.logs.debug, "until": runtime.logs.debug_until})


def _line_number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
    return int(text) if is_number else None


def _no_channel(request: Request, name: str | None) -> Response:
    return refuse(request, 422, f"There is no channel {name!r}; there are {NAMES}.", key="channel")
