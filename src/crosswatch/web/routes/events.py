"""The one stream of a page."""

from fastapi import APIRouter

from crosswatch.web.answers import EventStream
from crosswatch.web.depends import Live

router = APIRouter(tags=["pages"])


@router.get(
    "/api/events",
    responses={200: {"content": {"text/event-stream": {}}, "description": "Never ends by itself."}},
)
async def events(live: Live) -> EventStream:
    """The pieces of the page of now, as they change: for its own script, not for programs."""
    return EventStream(live.stream())
