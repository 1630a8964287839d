"""Signing in and out, and what lets people and programs in: sessions, keys, the password."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from crosswatch.access.desk import FIRST_USER, AccessDesk
from crosswatch.access.register import ApiKey, Scope, Session
from crosswatch.access.verdict import By, Guest
from crosswatch.core.phrases import say
from crosswatch.errors import AccessError, UnfitError
from crosswatch.web.answers import Json, read_fields, wants_page
from crosswatch.web.depends import Access, Asking, Runtime
from crosswatch.web.drawing import draw_page, top_of
from crosswatch.web.errors import access_headers, access_status, refuse
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.routes.setup import signed_in
from crosswatch.web.sessions import caller_of, clear_session, way_on

router = APIRouter(tags=["access"])

Id = Annotated[str, Path(max_length=64)]
FIELDS = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


# -------------------------------------------------------------------- in and out


@router.get("/sign-in", include_in_schema=False)
async def ask(request: Request, runtime: Runtime, guest: Asking, next: str = "") -> Response:  # noqa: A002
    """The form."""
    if guest.scope is not None and guest.by is not By.NO_PASSWORD_YET:
        return RedirectResponse(way_on(request, next), 303)
    access = runtime.access
    if not access.is_claimed and not access.problem and not runtime.config.settings.access.external:
        return RedirectResponse(f"{top_of(request)}setup/claim", 303)
    return draw_page(
        request,
        "sign_in.html",
        problem=access.problem,
        by_password=access.is_claimed,
        user=FIRST_USER,
        next=next,
    )


@router.post(
    "/sign-in",
    responses={
        200: {"description": "Signed in, by a cookie."},
        401: {"description": "The name or the password is wrong."},
        429: {"description": "Too many were wrong; `Retry-After` says when the next try counts."},
    },
    openapi_extra=FIELDS,
)
async def sign_in(request: Request, access: Access) -> Response:
    """Sign in with `name` and `password`, as JSON or as a form; the browser's old session ends.

    The answer sets a cookie. Its `token` is what changes have to carry as `X-CSRF-Token` where no browser
    says which page asks. Programs are better served by an API key.
    """
    fields = await read_fields(request, limit=SMALL_BODY)
    name, wanted = fields.get("name", ""), fields.get("next", "")
    try:
        token = await access.sign_in(
            name,
            fields.get("password", ""),
            caller=caller_of(request),
            old_token=request.state.cookie,
        )
    except AccessError as error:
        if not wants_page(request):
            raise
        answer: Response = draw_page(
            request,
            "sign_in.html",
            status=access_status(error),
            problem=error.sentence,
            by_password=True,
            user=name,
            next=wanted,
        )
        answer.headers.update(access_headers(error))
        return answer
    return signed_in(request, access, token, way_on(request, wanted))


@router.post("/sign-out")
async def sign_out(request: Request, access: Access, guest: Asking) -> Response:
    """End the session that asks."""
    if guest.session is not None:
        await access.end_session(guest.session.id)
    answer: Response = (
        RedirectResponse(f"{top_of(request)}sign-in", 303) if wants_page(request) else Json({"ok": True})
    )
    clear_session(answer, request, access)
    return answer


# -------------------------------------------------------------------- who, and the password


@router.get("/api/access/me")
async def me(guest: Asking, access: Access) -> Json:
    """Who asks, as the door sees it: `by` what they are let in, their `name` and `scope`."""
    return Json(
        {
            "by": guest.by,
            "name": guest.name,
            "scope": guest.scope,
            "session": guest.session.id if guest.session else None,
            "claimed": access.is_claimed,
        }
    )


@router.post(
    "/api/access/password",
    responses={
        401: {"description": "The current password is wrong."},
        422: {"description": "The new one is too short, or nobody is signed in by a password."},
        429: {"description": "Too many were wrong; `Retry-After` says when the next try counts."},
    },
    openapi_extra=FIELDS,
)
async def change_password(request: Request, access: Access, guest: Asking) -> Response:
    """Set another password (`current`, `new`); all sessions end, and whoever asks has a new one."""
    token = await change_own_password(request, access, guest)
    return signed_in(request, access, token, top_of(request))


# -------------------------------------------------------------------- sessions


@router.get("/api/access/sessions")
async def sessions(runtime: Runtime, guest: Asking) -> Json:
    """Every browser that is signed in, the one used last first; `current` is the one that asks."""
    now = runtime.clock.now()
    mine = guest.session.id if guest.session else ""
    alive = [session for session in runtime.access.sessions() if session.ends_at() > now]
    return Json({"sessions": [_session_shape(session, mine) for session in alive]})


@router.post("/api/access/sessions/revoke")
async def end_others(access: Access, guest: Asking) -> Json:
    """End every session but the one that asks."""
    await access.end_other_sessions(guest.session.id if guest.session else "")
    return Json({"ok": True})


@router.post(
    "/api/access/sessions/{session_id}/revoke", responses={404: {"description": "There is no such session."}}
)
async def end_session(request: Request, session_id: Id, access: Access) -> Response:
    """End one session."""
    if not await access.end_session(session_id):
        return refuse(request, 404, f"There is no session {session_id!r}.")
    return Json({"ok": True})


# -------------------------------------------------------------------- keys


@router.get("/api/access/keys")
async def keys(access: Access) -> Json:
    """Every API key, oldest first, without the keys themselves."""
    return Json({"keys": [_key_shape(key) for key in access.api_keys()]})


@router.post(
    "/api/access/keys",
    responses={422: {"description": "The name is missing or taken, or there is no such scope."}},
    openapi_extra=FIELDS,
)
async def create_key(request: Request, access: Access, guest: Asking) -> Json:
    """Make a key: `name`, and `scope` (`read`, `operate` or `admin`). Its `key` is shown this once."""
    text, key = await make_asked_key(access, guest, await read_fields(request, limit=SMALL_BODY))
    return Json({**_key_shape(key), "key": text})


@router.post("/api/access/keys/{key_id}/revoke", responses={404: {"description": "There is no such key."}})
async def revoke_key(request: Request, key_id: Id, access: Access) -> Response:
    """Take a key back; it lets nobody in from now on."""
    if not await access.revoke_key(key_id):
        return refuse(request, 404, f"There is no key {key_id!r}.")
    return Json({"ok": True})


# -------------------------------------------------------------------- what pages do as well


async def change_own_password(request: Request, access: AccessDesk, guest: Guest) -> str:
    """Set another password, as the body says; the new session's token.

    Raises:
        AccessError: If whoever asks has not come in by a password, or one of the two will not do.
    """
    if guest.session is None:
        raise UnfitError(
            say("Sign in with a password first; `crosswatch reset-password` sets one on the machine.")
        )
    fields = await read_fields(request, limit=SMALL_BODY)
    return await access.change_password(
        guest.name, fields.get("current", ""), fields.get("new", ""), caller=caller_of(request)
    )


async def make_asked_key(access: AccessDesk, guest: Guest, fields: dict[str, str]) -> tuple[str, ApiKey]:
    """Make the key that the fields ask for; the key itself, and what is kept of it.

    Raises:
        AccessError: If nobody may make one now, the name will not do, or there is no such scope.
    """
    if guest.by is By.NO_PASSWORD_YET:
        raise UnfitError(
            say("Set a password first: until there is one, everybody here could make a key to keep.")
        )
    try:
        scope = Scope(fields.get("scope", ""))
    except ValueError:
        raise UnfitError(say("The scope must be one of {choices}.", choices=", ".join(Scope))) from None
    return await access.create_key(fields.get("name", ""), scope)


def _session_shape(session: Session, mine: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "user": session.user,
        "created_at": session.created_at,
        "seen_at": session.seen_at,
        "ends_at": session.ends_at(),
        "address": session.address,
        "agent": session.agent,
        "current": session.id == mine,
    }


def _key_shape(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scope": key.scope,
        "created_at": key.created_at,
        "used_at": key.used_at,
    }
