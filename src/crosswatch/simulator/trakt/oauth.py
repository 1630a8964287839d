"""Apps, device codes and token pairs.

Source: Trakt protocol notes, sections 3.1 to 3.5.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from crosswatch.simulator.trakt.answers import refuse

if TYPE_CHECKING:
    from crosswatch.simulator.trakt.options import TraktOptions
    from crosswatch.simulator.trakt.state import TraktUser

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"

AppState = Literal["active", "unapproved", "deleted"]

REFUSAL_TEXTS = {
    400: "session not found",
    401: "The grant is not valid: it has expired, was revoked, or belongs to another client.",
}


@dataclass(slots=True, kw_only=True)
class App:
    """A registered app.

    Attributes:
        client_id: What clients send as `trakt-api-key`.
        client_secret: Its secret, or None for an app that has none.
        redirect_uri: The one registered address.
        state: `unapproved` and `deleted` answer 403 on calls, `deleted` also `invalid_client`.
        owner: The account that registered it, or None.
    """

    client_id: str
    client_secret: str | None
    redirect_uri: str = OUT_OF_BAND
    state: AppState = "active"
    owner: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Grant:
    """One pair of tokens.

    Attributes:
        user: Who it speaks for.
        client_id: The app it was given to.
        access_token: Opaque text.
        refresh_token: Opaque text, good for one use.
        created_at: Aware UTC.
        expires_at: End of the access token, aware UTC.
        expires_in_s: Life that was promised, in seconds.
        access_revoked: True once the access token is dead before its time.
        refresh_spent: True once the refresh token was used or revoked.
    """

    user: TraktUser
    client_id: str
    access_token: str
    refresh_token: str
    created_at: datetime
    expires_at: datetime
    expires_in_s: int
    access_revoked: bool = False
    refresh_spent: bool = False

    def answer(self) -> dict[str, Any]:
        """The token answer."""
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": self.expires_in_s,
            "refresh_token": self.refresh_token,
            "scope": "public",
            "created_at": int(self.created_at.timestamp()),
        }

    def revoke(self) -> None:
        """Both tokens die."""
        self.access_revoked = self.refresh_spent = True


@dataclass(slots=True, kw_only=True, eq=False)
class DeviceCode:
    """One attempt to log in by device.

    Attributes:
        device_code: What the client polls with.
        user_code: What the user types.
        client_id: The app that asked.
        expires_at: Aware UTC.
        state: Where it stands.
        user: Who approved.
        polled_at: Time of the last poll.
    """

    device_code: str
    user_code: str
    client_id: str
    expires_at: datetime
    state: Literal["pending", "approved", "denied", "used"] = "pending"
    user: TraktUser | None = None
    polled_at: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class AuthorizationCode:
    """A code that a browser brought back.

    Attributes:
        code: Opaque text, good for one use.
        user: Who agreed.
        client_id: The app it was given to.
        challenge: PKCE challenge (S256), or None.
        used: True after the exchange.
    """

    code: str
    user: TraktUser
    client_id: str
    challenge: str | None = None
    used: bool = False


class OAuth:
    """All apps and all tokens."""

    def __init__(self, options: TraktOptions) -> None:
        self.options = options
        self.apps: dict[str, App] = {}
        self.grants: list[Grant] = []
        self.devices: dict[str, DeviceCode] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.refusals: dict[str, int | None] = {}
        """Username to how many refreshes are still to be refused; None for all."""

    def add_app(
        self, client_id: str, client_secret: str | None, *, redirect_uri: str, owner: str | None
    ) -> App:
        """A new active app.

        Raises:
            ValueError: If the client_id is taken.
        """
        if client_id in self.apps:
            raise ValueError(f"there is an app {client_id!r} already")
        app = App(client_id=client_id, client_secret=client_secret, redirect_uri=redirect_uri, owner=owner)
        self.apps[client_id] = app
        return app

    def app(self, client_id: str) -> App:
        """The app of that client_id, whatever its state.

        Raises:
            KeyError: If there is none.
        """
        if client_id not in self.apps:
            raise KeyError(f"there is no app {client_id!r}")
        return self.apps[client_id]

    def usable_app(self, client_id: Any) -> App | None:
        """The active app of that client_id, or None."""
        app = self.apps.get(client_id) if isinstance(client_id, str) else None
        return app if app and app.state == "active" else None

    def app_of(self, body: dict[str, Any], *, secret: bool = True) -> App:
        """The app that an OAuth body names, with its secret checked.

        Raises:
            RefusedError: 400 `invalid_client`.
        """
        app = self.apps.get(str(body.get("client_id")))
        if app is None or app.state == "deleted":
            raise refuse(400, {"error": "invalid_client", "error_description": "client_id is required"})
        wanted = app.client_secret if secret and self.options.secret_required else None
        sent = body.get("client_secret")
        if (wanted is not None and sent != wanted) or (secret and sent and sent != app.client_secret):
            raise refuse(400, {"error": "invalid_client", "error_description": "client_secret does not fit"})
        return app

    def issue(self, user: TraktUser, client_id: str, now: datetime) -> Grant:
        """A new pair of tokens."""
        life = self.options.expires_in_s
        grant = Grant(
            user=user,
            client_id=client_id,
            access_token=secrets.token_hex(32),
            refresh_token=secrets.token_hex(32),
            created_at=now.replace(microsecond=0),
            expires_at=now.replace(microsecond=0) + timedelta(seconds=life),
            expires_in_s=life,
        )
        self.grants.append(grant)
        return grant

    def connect(self, user: TraktUser, client_id: str) -> None:
        """Apply the one-app rule of accounts without VIP before a new link.

        Raises:
            ValueError: If the rule refuses the link.

        Source: Trakt protocol notes, section 3.5.
        """
        others = [
            g for g in self.grants if g.user is user and g.client_id != client_id and not g.refresh_spent
        ]
        if user.vip or not others or self.options.one_app_rule == "off":
            return
        if self.options.one_app_rule == "refuse":
            raise ValueError(f"{user.username} is not VIP and has connected another community app already")
        for grant in others:
            grant.revoke()

    def bearer(self, token: str, now: datetime) -> Grant | None:
        """The live grant of an access token, or None."""
        grant = self.by_access(token)
        return grant if grant and not grant.access_revoked and now < grant.expires_at else None

    def by_access(self, token: Any) -> Grant | None:
        """The grant of an access token, dead or alive."""
        return next((g for g in self.grants if g.access_token == token), None)

    def by_refresh(self, token: Any) -> Grant | None:
        """The grant of a refresh token, spent or not."""
        return next((g for g in self.grants if g.refresh_token == token), None)

    def undecided(self, user_code: str, now: datetime) -> DeviceCode:
        """The attempt of a user code, which waits for a yes or no.

        Args:
            user_code: As typed: case and outer blanks do not count.
            now: The time, aware UTC.

        Raises:
            KeyError: If nobody was given that code.
            ValueError: If it has expired or was decided before.
        """
        wanted = user_code.strip().upper()
        device = next((d for d in self.devices.values() if d.user_code == wanted), None)
        if device is None:
            raise KeyError(f"there is no user code {user_code!r}")
        if device.state != "pending":
            raise ValueError(f"the code {device.user_code} was {device.state} before")
        if now >= device.expires_at:
            raise ValueError(f"the code {device.user_code} has expired")
        return device

    def refusal_due(self, user: TraktUser) -> bool:
        """Whether this refresh is to be refused on command; counts down."""
        if user.username not in self.refusals:
            return False
        left = self.refusals[user.username]
        if left is None:
            return True
        if left <= 1:
            del self.refusals[user.username]
        else:
            self.refusals[user.username] = left - 1
        return left > 0

    def invalid_grant(self) -> Exception:
        """The refusal of a refresh or code, in the form the options ask for.

        Source: Trakt protocol notes, section 3.3.
        """
        status = self.options.refusal_status
        return refuse(status, {"error": "invalid_grant", "error_description": REFUSAL_TEXTS[status]})


def challenge_of(verifier: str) -> str:
    """The PKCE challenge (S256) of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
