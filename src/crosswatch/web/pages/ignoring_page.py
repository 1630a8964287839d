"""`/history/{play_id}/ignoring`: ignore the title or the library of a play, or let it count again."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from crosswatch.config.changes import take_back
from crosswatch.core.events import PlayId
from crosswatch.core.filters import Stopped
from crosswatch.core.people import decide
from crosswatch.core.plays import Play
from crosswatch.errors import ConfigError, ConflictError, CorrectionError
from crosswatch.web.actions import possible
from crosswatch.web.answers import read_fields
from crosswatch.web.depends import Asking, Runtime, Shelf
from crosswatch.web.errors import refuse
from crosswatch.web.ignoring import offers_for, write
from crosswatch.web.pages.ignoring import way_back
from crosswatch.web.pages.play_page import NO_PLAY, draw_play
from crosswatch.web.permissions import SMALL_BODY

router = APIRouter()

WISHES = ("ignore", "count")

Id = Annotated[str, Path(max_length=64)]


@router.post("/history/{play_id}/ignoring")
async def change(request: Request, play_id: Id, runtime: Runtime, guest: Asking, shelf: Shelf) -> Response:
    """Put the title or the library on somebody's list or everyone's, or take it off; or undo that."""
    fields = await read_fields(request, limit=SMALL_BODY)
    play = await runtime.ledger.play(PlayId(play_id))
    if play is None:
        return refuse(request, 404, NO_PLAY)
    wish, person = fields.get("do", ""), fields.get("who", "")
    try:
        if wish == "undo":
            undone = await _undo(runtime, shelf, play, fields)
            return RedirectResponse(f"../{play_id}?undone={undone}", 303)
        offers = offers_for(play, runtime.rules(), runtime.config.overlay.variables)
        offer = next((one for one in offers if one.what == fields.get("what")), None)
        ignored = wish == "ignore"
        is_possible = offer is not None and offer.place_of(person, is_listed=not ignored) is not None
        if offer is None or not is_possible or wish not in WISHES:
            return RedirectResponse(f"../{play_id}", 303)  # somebody else was quicker
        changes = await asyncio.to_thread(write, runtime.config, offer.change(person, ignored=ignored))
    except ConfigError as error:
        return await draw_play(request, play_id, runtime, guest, problem=error)
    with_play = ignored and await _ignore_play(runtime, play)
    told = way_back(offer, person, ignored=ignored, word=shelf.keep(changes), with_play=with_play)
    return RedirectResponse(f"../{play_id}?{told}", 303)


async def _ignore_play(runtime: Runtime, play: Play) -> bool:
    """Ignore the very play as well, if it counts for nobody now and somebody might still be told of it."""
    deliveries = (await runtime.ledger.deliveries([play.id])).get(play.id, [])
    rules = runtime.rules()
    is_stopped = isinstance(decide(rules, play), Stopped)
    if not (is_stopped and possible(play, deliveries, rules).can_ignore):
        return False
    try:
        await runtime.corrections.ignore(play.id)
    except CorrectionError:  # it is on its way at this moment
        return False
    return True


async def _undo(runtime: Runtime, shelf: Shelf, play: Play, fields: dict[str, str]) -> str:
    """Take the last change back, and the play with it if that was ignored by it; what came of that."""
    word = fields.get("word", "")
    changes = shelf.take(word)
    if changes is None:
        return "late"
    try:
        await asyncio.to_thread(runtime.config.update, lambda document: take_back(document, changes))
    except ConflictError:
        return "newer"
    except ConfigError as error:
        shelf.give_back(word, changes, error.sentence)
        raise
    if fields.get("n") == "1":
        await runtime.corrections.retry(play.id)
    return "yes"
