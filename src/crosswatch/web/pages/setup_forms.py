"""What is sent by the steps of the set-up: each writes what was decided, and leads to what comes next.

What cannot be done is said on the step itself, with what was typed still there.
"""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crosswatch.errors import ConfigError, LoginError, SourceError
from crosswatch.linking import changes
from crosswatch.linking.addresses import UnfitAddressError, repair
from crosswatch.linking.probing import Candidate, Found, probe
from crosswatch.linking.search import Tried
from crosswatch.web.answers import form_lists, read_body, read_fields
from crosswatch.web.depends import Runtime
from crosswatch.web.drawing import top_of
from crosswatch.web.languages import translate as _
from crosswatch.web.pages.setup import alone_of, has_people
from crosswatch.web.pages.setup_page import show_people, show_plex, show_server, show_trakt
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.ports import RuntimeLike

router = APIRouter()

LONGEST_NAME = 100


@router.post("/setup/plex/code")
async def new_plex_code(request: Request, runtime: Runtime) -> Response:
    """A new code to sign in with; the one before is given up."""
    await runtime.linking.sign_in_to_plex(anew=True)
    return _to(request, "plex")


@router.post("/setup/plex/token")
async def take_plex_token(request: Request, runtime: Runtime) -> Response:
    """Take a token that somebody has already."""
    fields = await read_fields(request, limit=SMALL_BODY)
    token = "".join(fields.get("account_token", "").split())
    if not token:
        return await show_plex(request, runtime, _("Paste the token, or use the code."))
    try:
        await runtime.linking.use_plex_token(token)
    except (LoginError, ConfigError) as error:
        return await show_plex(request, runtime, error.sentence)
    return _to(request, "server")


@router.post("/setup/server/search")
async def search_again(request: Request, runtime: Runtime) -> Response:
    """Ask plex.tv for servers, and try their addresses, once more."""
    if runtime.config.settings.plex.account_token:
        await runtime.linking.look_for_servers(anew=True)
    return _to(request, "server")


@router.post("/setup/server/use")
async def use_server(request: Request, runtime: Runtime) -> Response:
    """Watch a server at an address that was tried; somebody else's takes the token that is for it."""
    fields = await read_fields(request, limit=SMALL_BODY)
    url, server_uuid = fields.get("address", ""), fields.get("server_uuid", "")
    search = runtime.linking.search
    found = search.find(server_uuid, url) if search is not None else None
    if found is None:
        return await show_server(
            request, runtime, _("Look for servers again; this one is not known any more.")
        )
    offer, result = found
    return await _choose(
        request,
        runtime,
        url,
        server_uuid=server_uuid,
        token="" if offer.is_owned else offer.token,
        allow_self_signed=result.found is Found.OWN_CERTIFICATE,
    )


@router.post("/setup/server/address")
async def use_address(request: Request, runtime: Runtime) -> Response:
    """Watch the server at an address that was typed, repaired where it is certain what was meant."""
    fields = await read_fields(request, limit=SMALL_BODY)
    typed = fields.get("address", "")[:LONGEST_NAME]
    try:
        repaired = repair(typed)
    except UnfitAddressError as error:
        return await show_server(request, runtime, _(error.args[0]), typed=typed)
    candidate = Candidate(url=repaired.url)
    found = await probe(runtime.linking.connect, candidate, "")
    takes_certificate = bool(fields.get("own_certificate")) and found.found is Found.OWN_CERTIFICATE
    if found.found is Found.WORKS or takes_certificate:
        return await _choose(
            request, runtime, repaired.url, typed=repaired.url, allow_self_signed=takes_certificate
        )
    problem = found.detail or _("It answers, with a certificate that nobody vouches for.")
    if repaired.is_own and runtime.linking.is_in_container:
        problem = _(
            "localhost is this container, not your NAS. Try the address of the machine, such as "
            "192.168.1.20, or host.docker.internal."
        )
    tried = Tried(candidate=candidate, probe=found)
    return await show_server(request, runtime, problem, typed=repaired.url, tried=tried)


@router.post("/setup/people")
async def choose_people(request: Request, runtime: Runtime) -> Response:
    """Have the plays of those count who are switched on."""
    fields = form_lists(await read_body(request, limit=SMALL_BODY))
    wanted = fields.get("on", [])
    name = fields.get("name", [""])[0].strip()[:LONGEST_NAME]
    kept = set(fields.get("kept", []))
    try:
        members = await runtime.linking.fetch_people() if wanted else []
    except LoginError as error:
        return await show_people(request, runtime, error.sentence)
    chosen = [member.number for member in members if str(member.number) in wanted]
    if not (chosen or name or kept):
        return await show_people(
            request,
            runtime,
            _(
                "Switch on at least one person. To decide later, skip this step; nobody's plays are sent "
                "until then."
            ),
        )
    try:
        await runtime.linking.write(changes.choose_people(members, sorted(chosen), [name] if name else []))
    except ConfigError as error:
        return await show_people(request, runtime, error.sentence)
    return _to(request, "trakt")


@router.post("/setup/trakt/app")
async def set_app(request: Request, runtime: Runtime) -> Response:
    """Ask Trakt in the name of that app; an empty secret keeps the one of the same app."""
    fields = await read_fields(request, limit=SMALL_BODY)
    trakt = runtime.config.settings.trakt
    client_id = "".join(fields.get("client_id", "").split())
    secret = "".join(fields.get("client_secret", "").split())
    if not client_id:
        return await show_trakt(request, runtime, _("Paste the client id of the app."))
    keeps = not secret and client_id == trakt.client_id
    redirect_uri = fields.get("redirect_uri", "").strip() or trakt.redirect_uri
    try:
        await runtime.linking.use_app(changes.set_app(client_id, None if keeps else secret, redirect_uri))
    except ConfigError as error:
        return await show_trakt(request, runtime, error.sentence)
    return _to(request, "trakt")


@router.post("/setup/trakt/link")
async def link_trakt(request: Request, runtime: Runtime) -> Response:
    """A code for an account of somebody's: one of theirs to be linked again, or a further one."""
    fields = await read_fields(request, limit=SMALL_BODY)
    name, again = fields.get("person", ""), fields.get("account", "")
    settings = runtime.config.settings
    if not has_people(settings):
        return await show_trakt(request, runtime, _("Choose first whose plays count."))
    if not settings.people:  # a list of names, all of whose plays go to one account
        await runtime.linking.link_trakt("", changes.DEFAULT_ACCOUNT)
        return _to(request, "trakt")
    person = next((one for one in settings.people if one.name == name), None)
    if person is None:
        return await show_trakt(request, runtime, _("Nobody of that name counts here any more."))
    account = again if again in person.accounts else changes.account_for(settings, person)
    await runtime.linking.link_trakt(person.name, account)
    return _to(request, alone_of(person.name).step if fields.get("alone") else "trakt")


@router.post("/setup/try")
async def try_again(request: Request, runtime: Runtime) -> Response:
    """Wait for another play."""
    runtime.linking.trial_began_at = None
    return _to(request, "try")


async def _choose(
    request: Request,
    runtime: RuntimeLike,
    url: str,
    *,
    server_uuid: str = "",
    token: str = "",
    typed: str = "",
    allow_self_signed: bool = False,
) -> Response:
    try:
        await runtime.linking.choose_server(
            url, server_uuid, token=token, allow_self_signed=allow_self_signed
        )
    except (SourceError, ConfigError) as error:
        return await show_server(request, runtime, error.sentence, typed=typed)
    return _to(request, "people")


def _to(request: Request, step: str) -> Response:
    return RedirectResponse(f"{top_of(request)}setup/{step}", 303)
