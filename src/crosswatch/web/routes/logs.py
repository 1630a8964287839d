"""The log: its last lines, and its lines as they come."""

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Header, Query, Request, Response

from crosswatch.logs import CHANNELS, EVERYTHING, is_channel
from crosswatch.logs.hub import CAPACITY
from crosswatch.logs.records import channel_key
from crosswatch.web.answers import EventStream, Json
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

router = APIRouter(prefix="/api/logs", tags=["logs"])

DEFAULT_LINES = 200
LONGEST_ID = 18
NAMES = ", ".join((EVERYTHING, *CHANNELS))

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
    channel: Channel = None,
    tag: Tag = None,
    last_event_id: Annotated[str, Header(description="The last line that the reader has.")] = "",
) -> Response:
    """Lines as server-sent events: the last few first, or those after `Last-Event-ID`, then each new one.

    Each has an id. An event `gap` says that lines in between are no longer here; a comment comes when
    nothing was said for 15 s.
    """
    name = channel or tag
    if not is_channel(name):
        return _no_channel(request, name)
    is_number = last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= LONGEST_ID
    after = int(last_event_id) if is_number else None
    lines = runtime.logs.stream(name, after)
    return EventStream(cast("AsyncGenerator[bytes, None]", lines))


def _no_channel(request: Request, name: str | None) -> Response:
    return refuse(request, 422, f"There is no channel {name!r}; there are {NAMES}.", key="channel")
