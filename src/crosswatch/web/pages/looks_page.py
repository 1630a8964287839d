"""`/looks`: how the pages look in one browser. It changes nothing here, so whoever sees a page may choose."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from crosswatch.web.answers import read_fields
from crosswatch.web.frame import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from crosswatch.web.languages import LANGUAGES
from crosswatch.web.permissions import SMALL_BODY
from crosswatch.web.sessions import cookie_path, way_on

KEPT_S = 365 * 24 * 3600

CHOICES = (("theme", THEME_COOKIE, THEMES), ("language", LANGUAGE_COOKIE, LANGUAGES))

router = APIRouter()


@router.post("/looks")
async def choose(request: Request) -> RedirectResponse:
    """Take each choice down in a cookie, and lead back to the page that was left."""
    fields = await read_fields(request, limit=SMALL_BODY)
    answer = RedirectResponse(way_on(request, fields.get("back")), 303)
    for name, cookie, known in CHOICES:
        if fields.get(name) in known:
            answer.set_cookie(
                cookie,
                fields[name],
                max_age=KEPT_S,
                path=cookie_path(request),
                secure=request.state.visitor.scheme == "https",
                httponly=True,
                samesite="lax",
            )
    return answer
