"""`/setup/…`: the steps of the set-up, each with its address; what they show is in `setup` and `trial`.

Whatever is waited for goes on in the app (`crosswatch.linking`), so that each page may be closed, reloaded or
opened on another device. A page that waits is followed by its script, or by "Check again".
"""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crosswatch.linking.attempts import Stage
from crosswatch.linking.search import Tried
from crosswatch.web.depends import Runtime
from crosswatch.web.drawing import draw_page, top_of
from crosswatch.web.pages import setup, trial
from crosswatch.web.ports import RuntimeLike

router = APIRouter()

AT_ONCE_S = 2.5
"""Real seconds for which a page waits for what mostly comes at once."""


@router.get("/setup")
async def begin(request: Request, runtime: Runtime) -> Response:
    """To the first step at which something is missing; to the first page if nothing is.

    The password comes first where nothing was done yet; whoever has skipped it is not asked again and again.
    """
    step = setup.next_step(runtime.config.settings)
    steps = setup.steps_from(runtime, "claim")
    if not steps.is_claimed and not steps.done:
        step = steps.here
    return RedirectResponse(f"{top_of(request)}setup/{step}" if step else top_of(request), 303)


@router.get("/setup/plex")
async def plex(request: Request, runtime: Runtime) -> Response:
    """Sign in to Plex."""
    return await show_plex(request, runtime)


@router.get("/setup/server")
async def server(request: Request, runtime: Runtime) -> Response:
    """Choose a server, at an address that works from here."""
    return await show_server(request, runtime)


@router.get("/setup/people")
async def people(request: Request, runtime: Runtime) -> Response:
    """Choose whose plays count."""
    return await show_people(request, runtime)


@router.get("/setup/trakt")
async def trakt(request: Request, runtime: Runtime) -> Response:
    """Link each person's Trakt account."""
    return await show_trakt(request, runtime)


@router.get("/setup/try")
async def try_it(request: Request, runtime: Runtime) -> Response:
    """Follow a first play to Trakt."""
    desk = runtime.linking
    desk.trial_began_at = desk.trial_began_at or runtime.clock.now()
    return _draw(request, runtime, "try", page=await trial.follow(runtime, desk.trial_began_at))


@router.get("/setup/done")
async def done(request: Request, runtime: Runtime) -> Response:
    """What was reached."""
    card = await trial.first_delivered(runtime)
    steps = setup.steps_from(runtime, "try")
    return draw_page(
        request,
        "setup_done.html",
        card=card,
        missing=setup.next_step(runtime.config.settings),
        steps=replace(steps, done=steps.done | {"try"}) if card else steps,
    )


async def show_plex(request: Request, runtime: RuntimeLike, problem: str = "") -> Response:
    """The page of that step; a new code is asked for if nobody is signed in and none is under way."""
    desk, settings = runtime.linking, runtime.config.settings
    attempt = desk.plex
    if not settings.plex.account_token and (attempt is None or attempt.stage is Stage.LINKED):
        attempt = await desk.sign_in_to_plex(anew=True)
    if attempt is not None:
        await attempt.has_code(AT_ONCE_S)
    return _draw(
        request,
        runtime,
        "plex",
        problem=problem,
        link=setup.link_of(attempt),
        is_signed_in=bool(settings.plex.account_token),
        username=settings.plex.username,
        variable=setup.variable_of(runtime.config, "plex.account_token"),
    )


async def show_server(
    request: Request, runtime: RuntimeLike, problem: str = "", *, typed: str = "", tried: Tried | None = None
) -> Response:
    """The page of that step; the addresses are tried if that was not done yet."""
    settings = runtime.config.settings
    search = await runtime.linking.look_for_servers() if settings.plex.account_token else None
    if search is not None:
        await search.looked(AT_ONCE_S)
    return _draw(
        request,
        runtime,
        "server",
        problem=problem,
        search=search,
        rows=setup.server_rows(search, settings) if search is not None else [],
        current=settings.plex.server_url,
        typed=typed,
        tried=tried,
        variable=setup.variable_of(runtime.config, "plex.server_url"),
    )


async def show_people(request: Request, runtime: RuntimeLike, problem: str = "") -> Response:
    """The page of that step."""
    settings = runtime.config.settings
    members, trouble = await setup.known_people(runtime)
    return _draw(
        request,
        runtime,
        "people",
        problem=problem,
        trouble=trouble,
        is_signed_in=bool(settings.plex.account_token),
        rows=setup.person_rows(members, settings),
        others=setup.others_of(members, settings),
    )


async def show_trakt(request: Request, runtime: RuntimeLike, problem: str = "") -> Response:
    """The page of that step."""
    config = runtime.config
    for attempt in runtime.linking.trakt.values():
        await attempt.has_code(AT_ONCE_S)
    rows = await setup.link_rows(runtime)
    asked = request.query_params.get("who", "")
    alone = next((setup.alone_of(row.name) for row in rows if asked and row.name == asked), None)
    return _draw(
        request,
        runtime,
        "trakt",
        problem=problem,
        has_people=setup.has_people(config.settings),
        has_app=bool(config.settings.trakt.client_id),
        has_secret=bool(config.settings.trakt.client_secret),
        client_id=config.settings.trakt.client_id,
        redirect_uri=config.settings.trakt.redirect_uri,
        variable=setup.variable_of(config, "trakt.client_id"),
        rows=[row for row in rows if alone is None or row.name == alone.name],
        alone=alone,
    )


def _draw(
    request: Request, runtime: RuntimeLike, step: str, *, problem: str = "", **values: object
) -> Response:
    return draw_page(
        request,
        f"setup_{step}.html",
        status=422 if problem else 200,
        problem=problem,
        steps=setup.steps_from(runtime, step),
        now=runtime.clock.now(),
        **values,
    )
