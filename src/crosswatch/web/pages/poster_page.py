"""`/posters/{play_id}`: what was played, as its server pictures it."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from crosswatch.core.events import PlayId
from crosswatch.web.depends import Runtime
from crosswatch.web.posters import poster_of, type_of

router = APIRouter()

NOTHING = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
"""Browsers show a sign of their own where an answer is no picture."""

KEPT = {"Cache-Control": "private, max-age=86400"}
ASKED_AGAIN = {"Cache-Control": "private, max-age=60"}


@router.get("/posters/{play_id}")
async def poster(play_id: Annotated[str, Path(max_length=64)], runtime: Runtime) -> Response:
    """The picture; one that shows nothing if there is none, so that the letter below it is seen."""
    play = await runtime.ledger.play(PlayId(play_id))
    picture = await poster_of(runtime, play) if play is not None else b""
    kind = type_of(picture)
    if kind is None:
        return Response(NOTHING, media_type="image/svg+xml", headers=ASKED_AGAIN)
    return Response(picture, media_type=kind, headers=KEPT)
