"""What surrounds every screen: who looks, how it should look, and how CrossWatch stands.

It is drawn for failures too, so it is made of what is at hand and asks nothing that could fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from crosswatch.access.tokens import form_token
from crosswatch.access.verdict import By
from crosswatch.web import languages
from crosswatch.web.words import epoch_ms

if TYPE_CHECKING:
    from starlette.requests import Request

    from crosswatch.access.verdict import Guest
    from crosswatch.web.ports import RuntimeLike

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "crosswatch_theme"
LANGUAGE_COOKIE = "crosswatch_language"
NAMED = frozenset({By.SESSION, By.PROXY})


def frame_of(request: Request) -> dict[str, Any]:
    """What `base.html` shows beside the screen itself."""
    state = request.scope.get("state", {})
    guest = cast("Guest | None", state.get("guest"))
    runtime = cast("RuntimeLike", request.app.state.runtime)
    clock = runtime.clock
    now = clock.now()
    cookie = state.get("cookie")
    may_read = guest is not None and guest.scope is not None
    way = way_of(request)
    query = request.url.query if request.method == "GET" else ""
    return {
        "prefix": request.scope.get("root_path", ""),
        "way": way,
        "back": f"{way}?{query}" if query and runtime.logs.redact(query) == query else way,
        "method": request.method,
        "may_read": may_read,
        "who": guest.name if guest is not None and guest.by in NAMED else "",
        "token": form_token(cookie) if cookie else "",
        "theme": theme_of(request),
        "health": state.get("health") if may_read else None,
        "languages": languages.LANGUAGES,
        "here": "",
        "is_live": False,
        "at": now.isoformat(timespec="seconds"),
        "moment_ms": epoch_ms(now),
        "rate": clock.scale,
    }


def way_of(request: Request) -> str:
    """The address that was asked for, as the router sees it."""
    return str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))


def theme_of(request: Request) -> str:
    """How this browser wants its pages: as the reader's system says, light or dark."""
    wanted = request.cookies.get(THEME_COOKIE, "")
    return wanted if wanted in THEMES else THEMES[0]


def language_of(request: Request) -> str:
    """In which language this browser wants its pages."""
    accepted = request.headers.get("accept-language", "")
    return languages.choose(request.cookies.get(LANGUAGE_COOKIE, ""), accepted)
