"""The first password, which is the first step of the set-up. Once there is one, these addresses are gone."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from crosswatch.access.desk import FIRST_USER, AccessDesk
from crosswatch.access.tokens import form_token
from crosswatch.errors import AccessError
from crosswatch.upkeep.folder import look_at
from crosswatch.web.answers import Json, read_fields, wants_page
from crosswatch.web.depends import Access, Asking, Runtime
from crosswatch.web.drawing import draw_page, top_of
from crosswatch.web.errors import access_headers, access_status
from crosswatch.web.pages.setup import steps_from
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.ports import RuntimeLike
from crosswatch.web.sessions import caller_of, set_session

router = APIRouter(prefix="/setup", tags=["access"])


@router.get("/claim", include_in_schema=False)
async def ask(request: Request, runtime: Runtime, guest: Asking) -> Response:
    """The form for the first password."""
    _require_unclaimed(runtime)
    return draw_page(
        request,
        "claim.html",
        needs_code=not guest.is_at_home,
        problem="",
        lost=await _lost_folder(runtime),
        user=FIRST_USER,
        steps=steps_from(runtime, "claim"),
    )


@router.post(
    "/claim",
    responses={
        200: {"description": "It is set, and whoever has set it is signed in by a cookie."},
        401: {"description": "The set-up code is missing or wrong."},
        404: {"description": "Somebody has set it already."},
        422: {"description": "The password is too short."},
        429: {"description": "Too many wrong codes; `Retry-After` says when the next one counts."},
    },
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def claim(request: Request, runtime: Runtime, access: Access, guest: Asking) -> Response:
    """Set the first password: `password`, and if you like `name` (`admin` if left out), as JSON or as a form.

    From outside the private network, or by way of a proxy, `code` has to be the set-up code. The answer signs
    in by a cookie, and its `token` is what changes have to carry as `X-CSRF-Token` where no browser says
    which page asks.
    """
    _require_unclaimed(runtime)
    fields = await read_fields(request, limit=SMALL_BODY)
    name, code = fields.get("name", ""), fields.get("code", "")
    try:
        token = await access.claim(
            name,
            fields.get("password", ""),
            code=None if guest.is_at_home else code,
            caller=caller_of(request),
        )
    except AccessError as error:
        if not wants_page(request):
            raise
        answer: Response = draw_page(
            request,
            "claim.html",
            status=access_status(error),
            needs_code=not guest.is_at_home,
            problem=error.sentence,
            lost=await _lost_folder(runtime),
            user=name or FIRST_USER,
            steps=steps_from(runtime, "claim"),
        )
        answer.headers.update(access_headers(error))
        return answer
    return signed_in(request, access, token, f"{top_of(request)}setup")


def signed_in(request: Request, access: AccessDesk, token: str, way: str) -> Response:
    """The answer to somebody who is signed in from now on."""
    answer: Response = (
        RedirectResponse(way, 303) if wants_page(request) else Json({"ok": True, "token": form_token(token)})
    )
    set_session(answer, request, access, token)
    return answer


async def _lost_folder(runtime: RuntimeLike) -> str:
    """The folder of everything, if it ends with its container; else empty."""
    folder = await asyncio.to_thread(look_at, runtime.config.directory)
    return folder.path if folder.is_lost_with_container else ""


def _require_unclaimed(runtime: RuntimeLike) -> None:
    if runtime.access.is_claimed or runtime.config.settings.access.external:
        raise HTTPException(404)
