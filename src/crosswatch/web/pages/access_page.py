"""`/settings/access/…`: what lets people and programs in is taken away and made here."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from crosswatch.errors import AccessError
from crosswatch.web.answers import read_fields
from crosswatch.web.depends import Access, Asking, Runtime
from crosswatch.web.drawing import top_of
from crosswatch.web.errors import access_headers, access_status
from crosswatch.web.pages.settings import BY_ID
from crosswatch.web.pages.settings_page import draw_section
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.routes.access import Id, change_own_password, make_asked_key
from crosswatch.web.routes.setup import signed_in

router = APIRouter(prefix="/settings/access")

HERE = "settings/access"


@router.post("/sessions/revoke")
async def end_others(request: Request, access: Access, guest: Asking) -> Response:
    """End every session but the one that asks."""
    await access.end_other_sessions(guest.session.id if guest.session else "")
    return _back(request, "sessions")


@router.post("/sessions/{session_id}/revoke")
async def end_session(request: Request, session_id: Id, access: Access) -> Response:
    """End one session."""
    await access.end_session(session_id)
    return _back(request, "sessions")


@router.post("/keys")
async def create_key(request: Request, runtime: Runtime, access: Access, guest: Asking) -> Response:
    """Make a key, and show it this once."""
    fields = await read_fields(request, limit=SMALL_BODY)
    told = {}
    status = 200
    try:
        text, key = await make_asked_key(access, guest, fields)
        told = {"new_key": text, "new_key_name": key.name}
    except AccessError as error:
        status, told = (
            access_status(error),
            {"key_problem": error.sentence, "key_name": fields.get("name", "")},
        )
    return await draw_section(request, runtime, BY_ID["access"], status=status, beside_told=told)


@router.post("/keys/{key_id}/revoke")
async def revoke_key(request: Request, key_id: Id, access: Access) -> Response:
    """Take a key back."""
    await access.revoke_key(key_id)
    return _back(request, "keys")


@router.post("/password")
async def change_password(request: Request, runtime: Runtime, access: Access, guest: Asking) -> Response:
    """Set another password; all sessions end, and whoever asks has a new one."""
    try:
        token = await change_own_password(request, access, guest)
    except AccessError as error:
        answer = await draw_section(
            request,
            runtime,
            BY_ID["access"],
            status=access_status(error),
            beside_told={"password_problem": error.sentence},
        )
        answer.headers.update(access_headers(error))
        return answer
    return signed_in(request, access, token, f"{top_of(request)}{HERE}?done=password")


def _back(request: Request, done: str) -> Response:
    return RedirectResponse(f"{top_of(request)}{HERE}?done={done}#{done}", 303)
