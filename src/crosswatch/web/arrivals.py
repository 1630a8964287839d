"""A request at the door: who asks, from where, for what, and whether they may, as long as it lasts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette._utils import get_route_path

from crosswatch.access.headers import Heads
from crosswatch.access.pages import asker
from crosswatch.access.tokens import form_token, is_same
from crosswatch.access.verdict import House, Knock, recognise, refuse
from crosswatch.access.visitors import Trust, is_below, meet
from crosswatch.config.addresses import clean_prefix, networks_of
from crosswatch.web.answers import form_fields
from crosswatch.web.permissions import rule_for

if TYPE_CHECKING:
    from starlette.types import Scope

    from crosswatch.access.verdict import Guest, Refusal
    from crosswatch.config.model import Settings
    from crosswatch.web.permissions import Rule
    from crosswatch.web.ports import RuntimeLike

TOKEN_HEADER = "x-csrf-token"  # noqa: S105 -- the name of it
TOKEN_FIELD = "token"  # noqa: S105 -- the name of it


class Arrival:
    """A request at the door.

    Args:
        scope: As the server gives it.
        runtime: What knows who may come in.

    Attributes:
        heads: Its headers.
        method: Its method.
        path: Its address, as the router sees it.
        visitor: From where it comes.
        rule: What its address needs.
        knock: What is asked for and shown, as it was looked up last.
        guest: Who asks.
        cookie: The token of their session, or None.
        refusal: Why they may not, or None.
    """

    knock: Knock
    guest: Guest
    cookie: str | None
    refusal: Refusal | None

    def __init__(self, scope: Scope, runtime: RuntimeLike) -> None:
        settings = runtime.config.settings
        peer = scope.get("client")
        self._runtime = runtime
        self.heads = Heads(scope["headers"])
        self.method: str = scope["method"]
        asked = get_route_path(scope)
        self.visitor = meet(
            peer[0] if peer else None, scope["scheme"], asked, self.heads, _trust_of(settings)
        )
        prefix = self.visitor.prefix
        self.path = asked.removeprefix(prefix) if prefix and is_below(asked, prefix) else asked
        self.rule = _rule_of(self.method, self.path, settings)
        self._asker = asker(self.heads, self.visitor)
        self._key = _key_of(self.heads)
        self._address = str(self.visitor.address or "")
        self.look()

    def look(self) -> None:
        """Look the credentials up as they are now, and judge by that."""
        settings, desk = self._runtime.config.settings, self._runtime.access
        shown = self.heads.cookies(desk.cookie_name) if self._key is None else []
        self.cookie = next((one for one in shown if desk.session(one, self._address) is not None), None)
        self.knock = Knock(
            method=self.method,
            needed=self.rule.scope,
            is_for_neighbours=self.rule.is_for_neighbours,
            visitor=self.visitor,
            asker=self._asker,
            session=desk.session(self.cookie, self._address),
            key=desk.key(self._key, self._address) if self._key is not None else None,
            gave_key=self._key is not None,
        )
        house = House(
            is_claimed=desk.is_claimed or settings.access.external,
            problem=desk.problem,
            open_networks=networks_of(settings.access.open_networks),
            allowed_hosts=settings.web.allowed_hosts,
        )
        self.guest = recognise(self.knock, house)
        self.refusal = refuse(self.knock, self.guest, house)

    def is_still_welcome(self) -> bool:
        """Whether whoever was let in would be let in now."""
        self.look()
        return self.refusal is None

    def has_token(self, form: bytes) -> bool:
        """Whether the request carries the token of a form of its session."""
        given = self.heads.get(TOKEN_HEADER)
        if given is None:
            given = form_fields(form).get(TOKEN_FIELD, "")
        return is_same(given, form_token(self.cookie or ""))


def _trust_of(settings: Settings) -> Trust:
    return Trust(
        proxies=networks_of(settings.web.trusted_proxies),
        base_path=clean_prefix(settings.web.base_path) or "",
        user_header=settings.access.external_header if settings.access.external else "",
    )


def _rule_of(method: str, path: str, settings: Settings) -> Rule:
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
