"""The door: whom every request passes on its way in.

It finds out who asks, from where, and for what (`arrivals`); `crosswatch.access.verdict` says whether they
may. Nothing behind the door asks again. What it found out is in the request's state, as `visitor` and
`guest`.

It also takes away the path below which a proxy shows the pages, so that the router knows one set of
addresses, and puts the limits on bodies in place.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from crosswatch.access.verdict import NO_PROOF, Refusal, Why, needs_token
from crosswatch.web.answers import wants_page
from crosswatch.web.arrivals import Arrival
from crosswatch.web.bodies import Body, replayed
from crosswatch.web.drawing import top_of
from crosswatch.web.errors import NOTHING_HERE
from crosswatch.web.errors import refuse as answer_refusal
from crosswatch.web.stays import run_while_welcome

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from crosswatch.access.headers import Heads
    from crosswatch.web.ports import RuntimeLike

FORM = "application/x-www-form-urlencoded"
POLICY_VIOLATION = 1008

STATUS = {Why.SIGN_IN: 401, Why.CLAIM: 401, Why.FORBIDDEN: 403, Why.BROKEN: 503}
WAY_IN = {Why.SIGN_IN: "sign-in", Why.CLAIM: "setup/claim"}

log = logging.getLogger("crosswatch.web")


class Door:
    """Lets in whom `crosswatch.access.verdict` lets in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks anything else
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        runtime: RuntimeLike = scope["app"].state.runtime
        arrival = Arrival(scope, runtime)
        peer = (scope.get("client") or ("",))[0]
        runtime.upkeep.door.note(arrival.visitor, arrival.guest, peer, runtime.clock.now())
        _write_down(scope, arrival)
        body = Body(arrival.heads, receive, largest=arrival.rule.largest_body)
        send = body.closing(send)
        answer = _answer_at_once(scope, arrival)
        if answer is not None:
            await answer(scope, receive, send)
            return
        receive = body.receive
        if needs_token(arrival.knock, arrival.guest):
            form = await _read_form(arrival.heads, body)
            receive = replayed(form, receive) if form else receive
            if not arrival.has_token(form):
                refusal = Refusal(why=Why.FORBIDDEN, sentence=NO_PROOF)
                await _turn_away(scope, arrival, refusal)(scope, receive, send)
                return
        await run_while_welcome(self._app, scope, receive, send, arrival.is_still_welcome)


def _write_down(scope: Scope, arrival: Arrival) -> None:
    """Give the scope the router's address, and what was found out, for everybody behind the door."""
    root = arrival.visitor.prefix or scope.get("root_path", "")
    scope["root_path"], scope["path"] = root, root + arrival.path
    scope["state"] = {
        **scope.get("state", {}),
        "visitor": arrival.visitor,
        "guest": arrival.guest,
        "cookie": arrival.cookie,
    }


def _answer_at_once(scope: Scope, arrival: Arrival) -> Response | None:
    """The answer to a request that goes no further than the door, or None."""
    if not arrival.path:  # the prefix without its slash, from which relative addresses lead astray
        return RedirectResponse(f"{arrival.visitor.prefix}/", 307)
    if not arrival.path.isprintable():  # the router would take `/api/config` with a line break behind it
        return answer_refusal(Request(scope), 404, NOTHING_HERE)
    return _turn_away(scope, arrival, arrival.refusal) if arrival.refusal is not None else None


async def _read_form(heads: Heads, body: Body) -> bytes:
    """The body, if it is a form that came whole; what is too large or too slow has no token."""
    if not (heads.get("content-type") or "").startswith(FORM):
        return b""
    try:
        return await body.read()
    except HTTPException:
        return b""


def _turn_away(scope: Scope, arrival: Arrival, refusal: Refusal) -> Response:
    """The answer to somebody who may not come in: for whoever can sign in, the way there."""
    request = Request(scope)
    severity = logging.WARNING if refusal.why is Why.FORBIDDEN else logging.DEBUG
    log.log(
        severity,
        "refused %s %s: %s",
        scope["method"],
        scope["path"],
        refusal.sentence,
        extra={"event": "web.refused"},
    )
    way = WAY_IN.get(refusal.why)
    if way and wants_page(request) and not arrival.knock.is_change:
        query = scope["query_string"].decode("latin-1")
        asked = arrival.path + (f"?{query}" if query else "")
        address = f"{top_of(request)}{way}"
        return RedirectResponse(address if asked == "/" else f"{address}?next={quote(asked, safe='')}", 303)
    headers = {"WWW-Authenticate": "Bearer"} if STATUS[refusal.why] == STATUS[Why.SIGN_IN] else None
    return answer_refusal(request, STATUS[refusal.why], refusal.sentence, headers=headers)
