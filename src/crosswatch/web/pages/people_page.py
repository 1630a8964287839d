"""`/people`: who is linked to what and who is new; and a page for each person, with what may be changed.

Whatever is changed is written to `config.json` at once, by the same way as everything else, and refused where
somebody else was quicker.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from crosswatch.access.verdict import Guest
from crosswatch.config.document import Document
from crosswatch.core.events import Account
from crosswatch.errors import ConfigError, ConflictError
from crosswatch.linking import people as changes
from crosswatch.linking.changes import free_name
from crosswatch.web.actions import may_change
from crosswatch.web.answers import form_lists, read_body
from crosswatch.web.depends import Asking, Runtime
from crosswatch.web.drawing import draw_page, top_of
from crosswatch.web.errors import config_status
from crosswatch.web.languages import mark
from crosswatch.web.languages import translate as _
from crosswatch.web.pages.people import find_other, look, who_counts_by_now
from crosswatch.web.pages.person import KINDS, LARGEST_FORM, PersonForm, look_at
from crosswatch.web.people import entry_for, way_to, whitelist_entry
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.ports import RuntimeLike

router = APIRouter()

Fields = Mapping[str, Sequence[str]]

DONE = {
    "added": mark("Added. Link a Trakt account, and their plays count from then on."),
    "same": mark("Noted. Plays of that account are theirs from now on."),
    "never": mark("You won't be asked about them again."),
    "ask": mark("You will be asked again when they press play."),
    "saved": mark("Saved, and in force."),
    "paused": mark("Paused: nothing of theirs counts until you say so."),
    "paused_until": mark(
        "Paused: nothing of theirs counts until tomorrow morning. Then it does again by itself."
    ),
    "resumed": mark("Their plays count again."),
    "removed": mark("Removed. Their plays are skipped from now on."),
    "gone": mark("Nobody knows that account any more. Nothing was changed."),
}
"""What a change came to, by the word in the address."""


PAUSES = {"pause": "paused", "pause_until": "paused_until", "resume": "resumed"}
"""Buttons that pause somebody, or end that, and what each comes to."""


@router.head("/people")
@router.get("/people")
async def people(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """Who is linked to what, and who is new; complete without a script."""
    return await _draw_list(request, runtime, guest)


@router.post("/people")
async def decide(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """Add somebody, take them for somebody, or ask about them no more, or again."""
    fields = form_lists(await read_body(request, limit=SMALL_BODY))
    wish = _one(fields, "do")
    try:
        if wish == "ask":
            await _write(runtime, changes.ignore_person(_one(fields, "known_as"), ignored=False))
            return _back(request, "people", done="ask")
        found = await find_other(runtime, _one(fields, "key"))
        if found is None:
            return _back(request, "people", done="gone")
        return await _decide_about(request, runtime, found, fields)
    except ConfigError as error:
        return await _draw_list(request, runtime, guest, problem=error)


@router.head("/people/{name}")
@router.get("/people/{name}")
async def person(request: Request, runtime: Runtime, guest: Asking, name: str) -> Response:
    """One person: links, pause, what counts, who they are, and what they played last."""
    return await _draw_person(request, runtime, guest, _meant(request, name))


@router.post("/people/{name}")
async def change(request: Request, runtime: Runtime, guest: Asking, name: str) -> Response:
    """Save what the form says, pause, go on, or take the person out."""
    fields = form_lists(await read_body(request, limit=LARGEST_FORM))
    who, wish = _meant(request, name), _one(fields, "do")
    form = PersonForm.read(fields) if wish == "save" else None
    try:
        if form is not None:
            await _write(runtime, changes.edit_person(who, form.revision, form.values()))
            return _back(request, way_to(form.name), done="saved")
        if wish == "remove":
            await _write(runtime, changes.remove_person(who))
            return _back(request, "people", done="removed")
        if wish in PAUSES:
            until = changes.next_morning(runtime.clock.now()) if wish == "pause_until" else None
            await _write(runtime, changes.pause_person(who, paused=wish != "resume", until=until))
            return _back(request, way_to(who), done=PAUSES[wish])
    except ConfigError as error:
        return await _draw_person(request, runtime, guest, who, problem=error, typed=form)
    return _back(request, way_to(who))


async def _decide_about(request: Request, runtime: RuntimeLike, account: Account, fields: Fields) -> Response:
    """Do with the account as somebody wishes."""
    wish, person = _one(fields, "do"), _one(fields, "person")
    entry, known_as = entry_for(account), whitelist_entry(account)
    if wish == "never" and known_as:
        await _write(runtime, changes.ignore_person(known_as, ignored=True))
        return _back(request, "people", done="never")
    if wish == "same" and entry and person:
        await _write(runtime, changes.recognise_person(person, entry))
        return _back(request, way_to(person), done="same")
    if wish != "add" or not entry:
        return _back(request, "people")
    others = [] if runtime.config.settings.people else who_counts_by_now(runtime)
    same = next((one for one in others if changes.is_same(one, entry)), None)
    taken = [str(one["name"]) for one in (*others, *_entries(runtime)) if one is not same]
    named = same or {**entry, "name": free_name(str(entry["name"]), taken)}
    await _write(runtime, changes.add_person(named, others=others, listed=known_as))
    return _back(request, way_to(str(named["name"])), done="" if same else "added")


def _entries(runtime: RuntimeLike) -> list[Document]:
    return [{"name": one.name} for one in runtime.config.settings.people]


async def _write(runtime: RuntimeLike, change: Callable[[Document], None]) -> None:
    await asyncio.to_thread(runtime.config.update, change)


async def _draw_list(
    request: Request, runtime: RuntimeLike, guest: Guest, *, problem: ConfigError | None = None
) -> Response:
    return draw_page(
        request,
        "people.html",
        status=200 if problem is None else config_status(problem),
        here="people",
        page=await look(runtime),
        problem=problem.sentence if problem else "",
        done=_done(request, problem),
        may_change=may_change(guest),
    )


async def _draw_person(
    request: Request,
    runtime: RuntimeLike,
    guest: Guest,
    name: str,
    *,
    problem: ConfigError | None = None,
    typed: PersonForm | None = None,
) -> Response:
    page = await look_at(runtime, name, typed)
    if page is None:
        raise HTTPException(404, _("Nobody of that name is listed."))
    if isinstance(problem, ConflictError) and typed is not None:
        page = await look_at(runtime, name, typed.renewed(runtime.config.document, name)) or page
    return draw_page(
        request,
        "person.html",
        status=200 if problem is None else config_status(problem),
        here="people",
        page=page,
        moment_at=runtime.clock.now(),
        kinds=[(kind, _(word)) for kind, word in KINDS.items()],
        problem=problem.sentence if problem else "",
        is_conflict=isinstance(problem, ConflictError),
        done=_done(request, problem),
        may_change=may_change(guest),
    )


def _meant(request: Request, name: str) -> str:
    """Who is meant: a name that is no step of an address stands behind it."""
    return request.query_params.get("name") or name


def _one(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _done(request: Request, problem: ConfigError | None) -> str:
    """What the last change came to; nothing where this one came to nothing."""
    sentence = DONE.get(request.query_params.get("done", "")) if problem is None else None
    return _(sentence) if sentence else ""


def _back(request: Request, way: str, done: str = "") -> Response:
    mark = "&" if "?" in way else "?"
    told = f"{mark}{urlencode({'done': done})}" if done else ""
    return RedirectResponse(f"{top_of(request)}{way}{told}", 303)
