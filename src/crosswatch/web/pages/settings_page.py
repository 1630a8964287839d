"""`/settings`: what `config.json` says, by sections; looked through, saved, and taken back."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from crosswatch.config.changes import differences, take_back
from crosswatch.config.document import (
    LARGEST_DOCUMENT_BYTES,
    Document,
    decode_document,
    encode_document,
)
from crosswatch.config.file import ConfigFile
from crosswatch.config.model import parse_settings
from crosswatch.config.places import place_of
from crosswatch.config.schema import key_at, path_of
from crosswatch.config.secrets import mask, unmask
from crosswatch.core.phrases import say
from crosswatch.errors import BackupError, ConfigError, ConflictError
from crosswatch.web.answers import form_lists, read_body
from crosswatch.web.depends import Runtime, Shelf, shelf_of
from crosswatch.web.drawing import draw_page
from crosswatch.web.errors import NOTHING_HERE
from crosswatch.web.forms import (
    REMOVE,
    conflicts,
    fulfil,
    is_below,
    problems,
    read_was,
    require_places,
    save,
    values_of,
    wishes_of,
)
from crosswatch.web.languages import translate
from crosswatch.web.pages.settings import (
    BY_ID,
    SECTIONS,
    Section,
    form_of,
    keys_of,
    lines_of,
    plain,
    search,
)
from crosswatch.web.pages.settings_beside import BACKUP, beside, try_out
from crosswatch.web.ports import RuntimeLike
from crosswatch.web.undoing import UndoShelf

router = APIRouter(prefix="/settings")

MOST_FIELDS = 5_000
"""Enough for some hundred servers."""

REVIEW = "review"
TRY = "try "


@router.head("")
@router.get("")
async def overview(request: Request, runtime: Runtime, q: str = "") -> Response:
    """The sections, or the settings that hold the words of the search."""
    return draw_page(
        request,
        "settings.html",
        here="settings",
        **_frame(runtime, None),
        q=q,
        found=search(q),
    )


@router.post("/undo")
async def undo(request: Request, runtime: Runtime, shelf: Shelf) -> Response:
    """Take the last change back, if half a minute has not passed."""
    fields = form_lists(await read_body(request, limit=LARGEST_DOCUMENT_BYTES))
    section = BY_ID.get(fields.get("section", [""])[0])
    word = fields.get("word", [""])[0]
    changes = shelf.take(word)
    told = "late"
    if changes is not None:
        try:
            await asyncio.to_thread(runtime.config.update, lambda document: take_back(document, changes))
            told = "yes"
        except ConflictError:
            told = "newer"
        except ConfigError as error:
            shelf.give_back(word, changes, error.sentence)
            told = f"not&saved={quote(word)}"
    return RedirectResponse(f"{section.id if section else '../settings'}?undone={told}", 303)


@router.head("/raw")
@router.get("/raw")
async def raw(request: Request, runtime: Runtime, shelf: Shelf) -> Response:
    """The document as text."""
    return _draw_raw(request, runtime, shelf, text=_raw_text(runtime), revision=runtime.config.revision)


@router.post("/raw")
async def write_raw(request: Request, runtime: Runtime, shelf: Shelf) -> Response:
    """Look through, or save, the document as it was typed."""
    fields = form_lists(await read_body(request, limit=2 * LARGEST_DOCUMENT_BYTES))
    text = fields.get("text", [""])[0].replace("\r\n", "\n")
    revision = fields.get("revision", [""])[0]
    config = runtime.config
    before = config.document
    try:
        document = decode_document(text.encode())
        _require_newest(config, revision)
        if fields.get("do", [""])[0] == REVIEW:
            changes = differences(before, _checked(document, before))
            return _draw_raw(request, runtime, shelf, text=text, revision=revision, lines=lines_of(changes))
        after = await asyncio.to_thread(lambda: config.replace(document, revision=revision))
    except ConflictError:
        return _draw_raw(
            request, runtime, shelf, text=text, revision=config.revision, is_contested=True, status=409
        )
    except ConfigError as error:
        return _draw_raw(
            request, runtime, shelf, text=text, revision=revision, problem=_placed(error, text), status=422
        )
    return RedirectResponse(f"raw?saved={shelf.keep(differences(before, after))}", 303)


@router.head("/{section_id}")
@router.get("/{section_id}")
async def show(request: Request, section_id: str, runtime: Runtime) -> Response:
    """A section's form."""
    return await draw_section(request, runtime, _section(section_id))


@router.post("/{section_id}")
async def change(request: Request, section_id: str, runtime: Runtime, shelf: Shelf) -> Response:
    """Look through, or save, what was typed; nothing of it is lost, whatever is wrong with it."""
    section = _section(section_id)
    typed = form_lists(await read_body(request, limit=LARGEST_DOCUMENT_BYTES), most=MOST_FIELDS)
    config = runtime.config
    was = read_was(typed, {key.name for key in keys_of(section)})
    wishes = wishes_of(typed, was, config.overlay.variables)
    draw = partial(draw_section, request, runtime, section, typed=typed, wishes=wishes)
    wanted = typed.get("do", [""])[0]
    if wanted.startswith(TRY):
        return await draw(findings=await try_out(wanted.removeprefix(TRY), runtime))
    if wanted == BACKUP:
        return await _back_up(draw, runtime, section)
    try:
        require_places(wishes, was, values_of(config.settings))
        contested = conflicts(wishes, was, values_of(config.settings))
        if contested or (found := problems(config.document, wishes)):
            status = 409 if contested else 422
            return await draw(found={} if contested else found, contested=contested, status=status)
        if wanted == REVIEW:
            after = config.document
            fulfil(after, wishes)
            return await draw(lines=lines_of(differences(config.document, after)))
        changes = await asyncio.to_thread(save, config, wishes, was)
    except ConflictError as error:
        if key_at(error.key or "") is not None:
            return await draw(contested=[error.key], status=409)
        await asyncio.to_thread(config.poll)
        kept = [wish for wish in wishes if not is_below(wish.name, error.key or "")]
        told = {name: given for name, given in typed.items() if name != REMOVE}
        return await draw(typed=told, wishes=kept, found={"": error.sentence}, status=409)
    except ConfigError as error:
        return await draw(found={"": error.sentence}, status=503)
    return RedirectResponse(f"{section.id}?saved={shelf.keep(changes) if changes else 'nothing'}", 303)


async def _back_up(
    draw: Callable[..., Awaitable[Response]], runtime: RuntimeLike, section: Section
) -> Response:
    """Make a backup now."""
    try:
        await runtime.upkeep.shelf.make()
    except BackupError as error:
        return await draw(found={"": error.sentence}, status=507)
    return RedirectResponse(f"{section.id}?done=backup", 303)


def _section(section_id: str) -> Section:
    section = BY_ID.get(section_id)
    if section is None:
        raise HTTPException(404, NOTHING_HERE)
    return section


async def draw_section(
    request: Request, runtime: RuntimeLike, section: Section, *, status: int = 200, **told: Any
) -> Response:
    """The section: its form with what was typed and what is said of that, and what is beside it.

    Args:
        request: The request that is answered.
        runtime: The running app.
        section: Which.
        status: Of the answer.
        told: `typed`, `wishes`, `found` and `contested` of the form; `lines` of a review; `findings` of
            a test; `beside_told` about what is beside the form.
    """
    form = form_of(
        section,
        runtime.config,
        typed=told.get("typed"),
        wishes=told.get("wishes", ()),
        problems=told.get("found"),
        contested=told.get("contested", ()),
    )
    return draw_page(
        request,
        "settings_section.html",
        status=status,
        here="settings",
        **_frame(runtime, section),
        **_news(request, shelf_of(request)),
        form=form,
        problem=told.get("found", {}).get("", ""),
        is_contested=bool(told.get("contested")),
        is_wrong=bool(told.get("found")),
        lines=told.get("lines"),
        show_all="all" in request.query_params,
        beside=await beside(section.id, runtime, request),
        findings=told.get("findings"),
        told=told.get("beside_told", {}),
        done=request.query_params.get("done", ""),
    )


def _draw_raw(
    request: Request, runtime: RuntimeLike, shelf: UndoShelf, *, text: str, revision: str, **told: Any
) -> Response:
    return draw_page(
        request,
        "settings_raw.html",
        status=told.get("status", 200),
        here="settings",
        **_frame(runtime, BY_ID["raw"]),
        **_news(request, shelf),
        text=text,
        revision=revision,
        problem=told.get("problem"),
        is_contested=told.get("is_contested", False),
        lines=told.get("lines"),
        told={},
    )


def _frame(runtime: RuntimeLike, section: Section | None) -> dict[str, Any]:
    """What surrounds each section."""
    config = runtime.config
    return {
        "sections": [one for one in SECTIONS if one.id == "raw" or keys_of(one)],
        "section": section,
        "say": translate,
        "plain": plain,
        "config_problem": config.problem,
        "changed_at": config.changed_at,
        "now": runtime.clock.now(),
    }


def _news(request: Request, shelf: UndoShelf) -> dict[str, Any]:
    """What was done just now, if this is the page that tells it."""
    word = request.query_params.get("saved", "") if request.method != "POST" else ""
    undone = request.query_params.get("undone", "") if request.method != "POST" else ""
    hindrance = shelf.hindrance(word) if undone else ""
    return {"saved": word, "can_undo": shelf.has(word), "undone": undone, "hindrance": hindrance}


def _raw_text(runtime: RuntimeLike) -> str:
    return encode_document(mask(runtime.config.document)).decode()


def _require_newest(config: ConfigFile, revision: str) -> None:
    if revision != config.revision:
        raise ConflictError(say("It was changed meanwhile. Nothing was written."))


def _checked(document: Document, before: Document) -> Document:
    """The document with the stored secrets, if it can be in force.

    Raises:
        ConfigError: If it cannot.
    """
    made = unmask(document, before)
    parse_settings(made)
    return made


def _placed(error: ConfigError, text: str) -> ConfigError:
    """The error with the place in the text that it is about."""
    if error.line is not None or not error.key:
        return error
    line, column = place_of(text, path_of(error.key))
    return ConfigError(error.sentence, key=error.key, line=line, column=column)
