"""`/history`: every play with its verdict, filtered by the address; and what is done about many at once."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crosswatch.core.events import PlayId
from crosswatch.errors import CorrectionError
from crosswatch.web import exporting
from crosswatch.web.actions import may_operate
from crosswatch.web.answers import Download, form_lists, read_body
from crosswatch.web.charts import ORDER
from crosswatch.web.depends import Asking, Runtime
from crosswatch.web.drawing import draw_page
from crosswatch.web.languages import translate
from crosswatch.web.now import WORDS
from crosswatch.web.pages.history import KINDS, Filters, look, read_count, reasons, since_choices
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.ports import RuntimeLike

router = APIRouter()

AT_ONCE = 8
"""So many plays are read anew from their servers side by side."""

WISHES = ("retry", "ignore")
DONE = (*WISHES, "none")
LONGEST_CURSOR = 64


@router.head("/history")
@router.get("/history")
async def history(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """Plays that fit the filters of the address, newest first."""
    asked = request.query_params
    cursor = asked.get("cursor", "")[:LONGEST_CURSOR]
    page = await look(runtime, Filters.read(asked), cursor)
    return draw_page(
        request,
        "history.html",
        here="history",
        page=page,
        cursor=cursor,
        may_operate=may_operate(guest),
        outcomes=[(verdict.value, translate(WORDS[verdict])) for verdict in ORDER],
        sinces=since_choices(page.filters.since),
        kinds=[(kind.value, translate(word)) for kind, word in KINDS.items()],
        reasons=reasons(),
        done=asked.get("done") if asked.get("done") in DONE else "",
        count=read_count(asked.get("n")),
        left=read_count(asked.get("left")),
    )


@router.post("/history")
async def act(request: Request, runtime: Runtime) -> Response:
    """Try again, or ignore, the plays that were chosen; then the list as it is."""
    fields = form_lists(await read_body(request, limit=SMALL_BODY))
    one = fields.get("retry")
    wish = "retry" if one else fields.get("do", [""])[0]
    ids = [PlayId(text) for text in dict.fromkeys(one or fields.get("play", []))]
    back = dict(parse_qsl(fields.get("back", [""])[0]))
    told = {}
    if wish in WISHES and not ids:
        told = {"done": "none"}
    elif wish in WISHES:
        corrections = runtime.corrections
        count = await _try_each(ids, corrections.retry if wish == "retry" else corrections.ignore)
        told = {"done": wish, "n": str(count), "left": str(len(ids) - count)}
    cursor = back.get("cursor", "")[:LONGEST_CURSOR]
    return RedirectResponse(Filters.read(back).address(cursor=cursor, **told), 303)


@router.get("/history.csv")
async def as_csv(request: Request, runtime: Runtime) -> Response:
    """The plays that fit, as a table."""
    return await _export(request, runtime, "csv")


@router.get("/history.jsonl")
async def as_lines(request: Request, runtime: Runtime) -> Response:
    """The plays that fit, as the API shows them, one a line."""
    return await _export(request, runtime, "jsonl")


async def _export(request: Request, runtime: RuntimeLike, form: str) -> Response:
    now = runtime.clock.now()
    query = Filters.read(request.query_params).query(now)
    pieces = await exporting.export(runtime.ledger, runtime.rules(), query, form)
    name = f"crosswatch-plays-{now.astimezone():%Y-%m-%d}.{form}"
    return Download(pieces, name=name, media_type=exporting.MEDIA_TYPES[form])


async def _try_each(ids: list[PlayId], do: Callable[[PlayId], Awaitable[int | None]]) -> int:
    """For how many it was done; what is refused stays as it is."""
    places = asyncio.Semaphore(AT_ONCE)

    async def is_done(play_id: PlayId) -> bool:
        async with places:
            try:
                return await do(play_id) != 0  # a retry says of how many deliveries
            except CorrectionError:
                return False

    return sum(await asyncio.gather(*map(is_done, ids)))
