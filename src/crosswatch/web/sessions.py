"""Sessions in answers: the cookie that signs a browser in, and the way to where its user wanted to go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswatch.access.desk import Caller
from crosswatch.access.register import SESSION_LIFE
from crosswatch.web.drawing import top_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from crosswatch.access.desk import AccessDesk
    from crosswatch.access.visitors import Visitor

_PLAIN_ADDRESS = re.compile(r"/(?:[\w~-][\w.~%-]*/?)*(?:\?[\w.~%=&,:+-]*)?", re.ASCII)


def caller_of(request: Request) -> Caller:
    """Where a try at a password comes from."""
    visitor: Visitor = request.state.visitor
    return Caller(
        source=visitor.source,
        address=str(visitor.address or ""),
        agent=request.headers.get("user-agent", ""),
        is_at_hand=visitor.is_at_hand,
    )


def set_session(answer: Response, request: Request, desk: AccessDesk, token: str) -> None:
    """Sign the browser in.

    `Lax` and not `Strict`: a dashboard's link to here must not find its user signed out. Only the path below
    which the browser sees our pages is told, for on the same host there may be others.
    """
    answer.set_cookie(
        desk.cookie_name,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path=cookie_path(request),
        secure=request.state.visitor.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def clear_session(answer: Response, request: Request, desk: AccessDesk) -> None:
    """Have the browser forget its cookie."""
    answer.delete_cookie(
        desk.cookie_name,
        path=cookie_path(request),
        secure=request.state.visitor.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def way_on(request: Request, wanted: str | None) -> str:
    """The relative address of the page that somebody wanted before they were asked to sign in.

    Args:
        request: The request that is answered.
        wanted: An address of ours, as the door wrote it; anything else leads to the first page.
    """
    address = wanted if wanted and _PLAIN_ADDRESS.fullmatch(wanted) else "/"
    return top_of(request) + address[1:]


def cookie_path(request: Request) -> str:
    """The path below which a browser sees our pages, and sends their cookies back."""
    return f"{request.scope.get('root_path', '')}/"
