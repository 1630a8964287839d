"""The door: whom every request passes on its way in.

It finds out who asks, from where, and for what; then `crosswatch.access.verdict` says whether they may.
Nothing behind the door asks again. What it found out is in the request's state, as `visitor` and `guest`.

It also takes away the path below which a proxy shows the pages, so that the router knows one set of
addresses, and puts the limits on bodies in place.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from crosswatch.access.headers import Heads
from crosswatch.access.pages import asker
from crosswatch.access.tokens import form_token, is_same
from crosswatch.access.verdict import NO_PROOF, House, Knock, Refusal, Why, needs_token, recognise, refuse
from crosswatch.access.visitors import Trust, is_below, meet
from crosswatch.config.addresses import clean_prefix, networks_of
from crosswatch.web.answers import form_fields, wants_page
from crosswatch.web.bodies import Body, replayed
from crosswatch.web.drawing import top_of
from crosswatch.web.errors import NOTHING_HERE
from crosswatch.web.errors import refuse as answer_refusal
from crosswatch.web.permissions import rule_for

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from crosswatch.access.verdict import Guest
    from crosswatch.access.visitors import Visitor
    from crosswatch.config.model import Settings
    from crosswatch.web.permissions import Rule
    from crosswatch.web.ports import RuntimeLike

FORM = "application/x-www-form-urlencoded"
TOKEN_HEADER = "x-csrf-token"  # noqa: S105 -- the name of it
TOKEN_FIELD = "token"  # noqa: S105 -- the name of it
POLICY_VIOLATION = 1008

STATUS = {Why.SIGN_IN: 401, Why.CLAIM: 401, Why.FORBIDDEN: 403, Why.BROKEN: 503}
WAY_IN = {Why.SIGN_IN: "sign-in", Why.CLAIM: "setup/claim"}

log = logging.getLogger("crosswatch.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """A request at the door.

    Attributes:
        heads: Its headers.
        rule: What its address needs.
        path: Its address, as the router sees it.
        visitor: From where.
        knock: What is asked for, and shown.
        guest: Who asks.
        house: How the door stands.
        cookie: The session's token, as shown.
    """

    heads: Heads
    rule: Rule
    path: str
    visitor: Visitor
    knock: Knock
    guest: Guest
    house: House
    cookie: str | None


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
        arrival = _receive(scope, scope["app"].state.runtime)
        body = Body(arrival.heads, receive, largest=arrival.rule.largest_body)
        send = body.closing(send)
        if not arrival.path:  # the prefix without its slash, from which relative addresses lead astray
            await RedirectResponse(f"{arrival.visitor.prefix}/", 307)(scope, receive, send)
            return
        if not arrival.path.isprintable():  # the router would take `/api/config` with a line break behind it
            await answer_refusal(Request(scope), 404, NOTHING_HERE)(scope, receive, send)
            return
        receive = body.receive
        refusal = refuse(arrival.knock, arrival.guest, arrival.house)
        if refusal is None and needs_token(arrival.knock, arrival.guest):
            form = await _read_form(arrival.heads, body)
            receive = replayed(form, receive) if form else receive
            if not _has_token(arrival, form):
                refusal = Refusal(why=Why.FORBIDDEN, sentence=NO_PROOF)
        app = self._app if refusal is None else _turn_away(scope, arrival, refusal)
        await app(scope, receive, send)


def _receive(scope: Scope, runtime: RuntimeLike) -> _Arrival:
    """Who is there, and for what; the scope has the router's address and what was found out afterwards."""
    settings, desk = runtime.config.settings, runtime.access
    heads = Heads(scope["headers"])
    peer = scope.get("client")
    asked = get_route_path(scope)
    visitor = meet(peer[0] if peer else None, scope["scheme"], asked, heads, _trust(settings))
    path = asked
    if visitor.prefix and is_below(asked, visitor.prefix):
        path = asked.removeprefix(visitor.prefix)
    rule = _rule(scope["method"], path, settings)
    address = str(visitor.address or "")
    key_text = _key_of(heads)
    shown = heads.cookies(desk.cookie_name) if key_text is None else []
    cookie = next((one for one in shown if desk.session(one, address) is not None), None)
    knock = Knock(
        method=scope["method"],
        needed=rule.scope,
        is_for_neighbours=rule.is_for_neighbours,
        visitor=visitor,
        asker=asker(heads, visitor),
        session=desk.session(cookie, address),
        key=desk.key(key_text, address) if key_text is not None else None,
        gave_key=key_text is not None,
    )
    house = House(
        is_claimed=desk.is_claimed or settings.access.external,
        problem=desk.problem,
        open_networks=networks_of(settings.access.open_networks),
        allowed_hosts=settings.web.allowed_hosts,
    )
    guest = recognise(knock, house)
    root = visitor.prefix or scope.get("root_path", "")
    scope["root_path"], scope["path"] = root, root + path
    scope["state"] = {
        **scope.get("state", {}),
        "visitor": visitor,
        "guest": guest,
        "cookie": cookie,
    }
    return _Arrival(
        heads=heads,
        rule=rule,
        path=path,
        visitor=visitor,
        knock=knock,
        guest=guest,
        house=house,
        cookie=cookie,
    )


def _trust(settings: Settings) -> Trust:
    return Trust(
        proxies=networks_of(settings.web.trusted_proxies),
        base_path=clean_prefix(settings.web.base_path) or "",
        user_header=settings.access.external_header if settings.access.external else "",
    )


def _rule(method: str, path: str, settings: Settings) -> Rule:
    """What the address needs; a webhook with a secret is guarded by that, and looks at it itself."""
    rule = rule_for(method, path)
    if rule.is_for_neighbours and any(server.webhook_secret for server in (settings.plex, *settings.servers)):
        return replace(rule, scope=None)
    return rule


def _key_of(heads: Heads) -> str | None:
    """The API key that was given, in either of the usual headers; None if there was none."""
    if "x-api-key" in heads:
        return heads.get("x-api-key")
    scheme, _, credentials = (heads.get("authorization") or "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


async def _read_form(heads: Heads, body: Body) -> bytes:
    """The body, if it is a form that came whole; what is too large or too slow has no token."""
    if not (heads.get("content-type") or "").startswith(FORM):
        return b""
    try:
        return await body.read()
    except HTTPException:
        return b""


def _has_token(arrival: _Arrival, form: bytes) -> bool:
    """Whether the request carries the token of a form of this session."""
    given = arrival.heads.get(TOKEN_HEADER)
    if given is None:
        given = form_fields(form).get(TOKEN_FIELD, "")
    return is_same(given, form_token(arrival.cookie or ""))


def _turn_away(scope: Scope, arrival: _Arrival, refusal: Refusal) -> Response:
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
