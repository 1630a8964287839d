"""The simulated Trakt without its sockets: requests as values in, replies as values out.

`crosswatch.simulator.trakt.server` puts it on real sockets. Everything that a test, a demo or another
process may do to it is a method here.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from crosswatch.clock import Clock
from crosswatch.simulator.ledger import Ledger, RecordedRequest
from crosswatch.simulator.trakt import (
    routes_history,
    routes_lists,
    routes_oauth,
    routes_scrobble,
    routes_titles,
    routes_users,
)
from crosswatch.simulator.trakt.answers import HTML_TYPE, Answer, RefusedError
from crosswatch.simulator.trakt.calls import Call, Route, find_route
from crosswatch.simulator.trakt.faults import ActiveFault, Fault, FaultKind, FaultPlan
from crosswatch.simulator.trakt.gate import Gate
from crosswatch.simulator.trakt.oauth import OUT_OF_BAND, App, AppState, AuthorizationCode, Grant
from crosswatch.simulator.trakt.options import TraktOptions
from crosswatch.simulator.trakt.spoiling import spoil
from crosswatch.simulator.trakt.state import Play, Playback, TraktUser, Watching, World
from crosswatch.simulator.trakt.stock import default_catalogue

if TYPE_CHECKING:
    from crosswatch.simulator.trakt.catalogue import Catalogue

API_ROUTES = [
    *routes_scrobble.ROUTES,
    *routes_history.ROUTES,
    *routes_lists.ROUTES,
    *routes_titles.ROUTES,
    *routes_users.ROUTES,
]

CUTTING = frozenset({FaultKind.HANG, FaultKind.RESET})
"""Kinds of faults after which nothing has been answered."""

TITLED = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
"""Errors that get a page where `error_bodies` asks for one (Trakt protocol notes, section 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back, and what happens to it on the way.

    Attributes:
        answer: Status, headers and body.
        fault: What has met the request, or None.
    """

    answer: Answer
    fault: Fault | None = None


class TraktService:
    """A Trakt with its members, apps, tokens, switches, faults and ledger."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        options: TraktOptions | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """A Trakt without members or apps.

        Args:
            clock: Its time; None is the ordinary one.
            options: Its switches; None leaves all at their defaults.
            catalogue: What it knows; None is everything of the sample library.
        """
        self.clock = clock or Clock()
        self.world = World(
            clock=self.clock,
            catalogue=catalogue or default_catalogue(),
            options=options or TraktOptions(),
        )
        self.ledger = Ledger()
        self.faults = FaultPlan(self.world.options.seed)
        self._gate = Gate()

    # ---------------------------------------------------------------- requests

    def serve(
        self,
        *,
        host: Literal["api", "auth"] = "api",
        auth_url: str = "",
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes = b"",
    ) -> Reply:
        """The reply to one request, which is in the ledger by then.

        Args:
            host: Which listener it came to.
            auth_url: Address of the OAuth listener.
            method: Verb in capitals.
            path: Decoded path without the query.
            query: Query arguments.
            headers: Names in lower case.
            raw: Bytes of the body.
        """
        call = Call(
            world=self.world,
            host=host,
            auth_url=auth_url,
            method=method,
            path=re.sub(r"/{2,}", "/", path),
            query=query or {},
            headers=headers or {},
            raw=raw,
            now=self.clock.now(),
        )
        owner = self._owner_of(call)
        fault = self.faults.pick(call.method, call.path, owner.username if owner else None, call.now)
        answer = Answer(status=0) if fault and fault.prevents else self._answer(call)
        if fault:
            answer = spoil(answer, fault, self.world.catalogue)
        self._remember(call, owner, answer, fault)
        return Reply(answer=answer, fault=fault)

    def _answer(self, call: Call) -> Answer:
        headers: dict[str, str] = {}
        try:
            self._gate.edge(call)
            route, call.params = find_route(_routes_at(call), call.method, call.path)
            headers = self._gate.check(call, route)
            answer = route.handler(call)
        except RefusedError as refused:
            answer = refused.answer
        answer = replace(answer, headers={**headers, **answer.headers})
        if answer.status in TITLED and call.options.error_bodies == "html" and not answer.body():
            page = f"<!DOCTYPE html><html><head><title>{TITLED[answer.status]}</title></head></html>"
            answer = replace(answer, text=page, headers={**answer.headers, "Content-Type": HTML_TYPE})
        return answer

    def _owner_of(self, call: Call) -> TraktUser | None:
        """Whose token a request carries, dead or alive, in its header or in an OAuth body."""
        oauth = self.world.oauth
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        grant = oauth.by_access(token.strip()) if scheme.lower() == "bearer" else None
        sent = _decoded(call.raw) if call.path.startswith("/oauth/") else None
        if grant is None and isinstance(sent, dict):
            device = oauth.devices.get(str(sent.get("code")))
            if device is not None:
                return device.user
            grant = oauth.by_refresh(sent.get("refresh_token") or sent.get("token"))
            grant = grant or oauth.by_access(sent.get("token"))
        return grant.user if grant else None

    def _remember(self, call: Call, owner: TraktUser | None, answer: Answer, fault: Fault | None) -> None:
        asker = call.user or owner
        is_cut = fault is not None and fault.kind in CUTTING
        self.ledger.add(
            RecordedRequest(
                at=call.now,
                method=call.method,
                path=call.path,
                query=call.query,
                headers=call.headers,
                body=_decoded(call.raw),
                account=asker.username if asker else None,
                status=0 if is_cut else answer.status,
                applied=answer.applied,
                fault=fault.kind.value if fault else None,
                listener=call.host,
            )
        )

    # ---------------------------------------------------------------- members and apps

    def add_user(self, username: str, *, vip: bool = False) -> TraktUser:
        """A new member with nothing watched.

        Raises:
            ValueError: If the name is taken or empty.
        """
        return self.world.add_user(username, vip=vip)

    def user(self, username: str) -> TraktUser:
        """The member of that name.

        Raises:
            KeyError: If there is none.
        """
        return self.world.user(username)

    def history(self, username: str) -> list[Play]:
        """What a member has watched, the latest first."""
        return self.user(username).newest_first()

    def watching(self, username: str) -> Watching | None:
        """What a member watches now."""
        return self.user(username).watching

    def playback(self, username: str) -> list[Playback]:
        """A member's saved positions, the latest first."""
        return sorted(self.user(username).playback.values(), key=lambda p: (p.paused_at, p.id), reverse=True)

    def register_app(
        self,
        client_id: str,
        client_secret: str | None,
        *,
        redirect_uri: str = OUT_OF_BAND,
        owner: str | None = None,
    ) -> App:
        """A new active app.

        Args:
            client_id: What clients send as `trakt-api-key`.
            client_secret: Its secret, or None for an app that has none.
            redirect_uri: The one registered address.
            owner: Who registers it; None is somebody who may.

        Raises:
            KeyError: If there is no such owner.
            ValueError: If the client_id is taken, or the owner may not have apps.

        Source: Trakt protocol notes, section 3.5.
        """
        if owner is not None and self.world.options.vip_only_apps and not self.user(owner).vip:
            raise ValueError(f"{owner} is not VIP and may not register an app")
        return self.world.oauth.add_app(client_id, client_secret, redirect_uri=redirect_uri, owner=owner)

    def set_app_state(self, client_id: str, state: AppState) -> None:
        """Approve, suspend or delete an app.

        Raises:
            KeyError: If there is no such app.
        """
        self.world.oauth.app(client_id).state = state

    # ---------------------------------------------------------------- tokens

    def link(self, username: str, client_id: str | None = None) -> Grant:
        """A pair of tokens as if the member had logged in; None is the app that was registered first.

        Raises:
            KeyError: If there is no such member or app.
            ValueError: If the one-app rule refuses the link.
        """
        oauth, user = self.world.oauth, self.user(username)
        app = oauth.app(next(iter(oauth.apps), "") if client_id is None else client_id)
        oauth.connect(user, app.client_id)
        return oauth.issue(user, app.client_id, self.clock.now())

    def approve_device(self, user_code: str, username: str) -> None:
        """The member types the code and agrees.

        Raises:
            KeyError: If there is no such code or member.
            ValueError: If the code has expired or was decided before, or the one-app rule refuses.
        """
        user = self.user(username)
        device = self.world.oauth.undecided(user_code, self.clock.now())
        self.world.oauth.connect(user, device.client_id)
        device.user = user
        device.state = "approved"

    def deny_device(self, user_code: str) -> None:
        """The member types the code and refuses.

        Raises:
            KeyError: If there is no such code.
            ValueError: If the code has expired or was decided before.
        """
        self.world.oauth.undecided(user_code, self.clock.now()).state = "denied"

    def authorize(self, username: str, client_id: str, *, challenge: str | None = None) -> AuthorizationCode:
        """The member agrees in a browser, which brings back a code.

        Args:
            username: Who agrees.
            client_id: The app that asked.
            challenge: PKCE challenge (S256), or None.

        Raises:
            KeyError: If there is no such member or app.
            ValueError: If the one-app rule refuses the link.
        """
        user, oauth = self.user(username), self.world.oauth
        oauth.connect(user, oauth.app(client_id).client_id)
        code = AuthorizationCode(
            code=secrets.token_hex(32), user=user, client_id=client_id, challenge=challenge
        )
        oauth.codes[code.code] = code
        return code

    def grants(self, username: str) -> list[Grant]:
        """All pairs of tokens a member's apps were ever given, in order."""
        user = self.user(username)
        return [grant for grant in self.world.oauth.grants if grant.user is user]

    def expire_tokens(self, username: str) -> None:
        """The member's access tokens end now; refreshing still works."""
        now = self.clock.now()
        for grant in self.grants(username):
            grant.expires_at = min(grant.expires_at, now)

    def revoke_tokens(self, username: str) -> None:
        """The member disconnects all apps: access and refresh tokens are dead."""
        for grant in self.grants(username):
            grant.revoke()

    def refuse_refreshes(self, username: str, times: int | None = None) -> None:
        """The member's next refreshes are refused although the token is good; None is all, 0 is none."""
        self.world.oauth.refusals[self.user(username).username] = times

    # ---------------------------------------------------------------- switches and trouble

    @property
    def options(self) -> TraktOptions:
        """The switches as they are."""
        return self.world.options

    def set_options(self, **changes: Any) -> None:
        """Turn switches while it is running.

        Raises:
            ValueError: If there is no such switch or position; nothing is changed then.
        """
        self.world.change_options(changes)

    def add_fault(self, fault: Fault) -> ActiveFault:
        """Put a fault in force."""
        return self.faults.add(fault, self.clock.now())

    def clear_faults(self) -> None:
        """End all faults."""
        self.faults.clear()


def _routes_at(call: Call) -> list[Route]:
    """The routes of the listener that a request came to (`oauth_host`)."""
    oauth_here = call.options.oauth_host in ("both", call.host)
    return (routes_oauth.ROUTES if oauth_here else []) + (API_ROUTES if call.host == "api" else [])


def _decoded(raw: bytes) -> Any:
    """A body for the ledger: JSON, else text, else None."""
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode(errors="replace")
