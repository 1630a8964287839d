"""`/posters/{play_id}`: what was played, as its server pictures it."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from crosswatch.core.events import PlayId
from crosswatch.web.depends import Runtime
from crosswatch.web.posters import poster_of, type_of

router = APIRouter()

KEPT = {"Cache-Control": "private, max-age=86400"}
ASKED_AGAIN = {"Cache-Control": "private, max-age=60"}


@router.get("/posters/{play_id}")
async def poster(play_id: Annotated[str, Path(max_length=64)], runtime: Runtime) -> Response:
    """The picture; 204 if there is none, so that the page keeps the letter that it has in its place."""
    play = await runtime.ledger.play(PlayId(play_id))
    picture = await poster_of(runtime, play) if play is not None else b""
    kind = type_of(picture)
    if kind is None:
        return Response(status_code=204, headers=ASKED_AGAIN)
    return Response(picture, media_type=kind, headers=KEPT)
