"""Where an account's tokens live in the configuration; pure.

`auth.trakt` is the account called `default`; `accounts.<name>` hold the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.config.links import told_accounts
from crosswatch.core.plays import SinkAccount
from crosswatch.providers.scrobble.trakt.items import parse_number

if TYPE_CHECKING:
    from crosswatch.config.document import Document
    from crosswatch.config.model import Settings, TokenSettings

DEFAULT_ACCOUNT = SinkAccount().name

LAST_HALF_DAY = timedelta(hours=12)
"""When to renew a token of which only the end is known."""


LATEST_MOMENT_S = 100_000_000_000
LONGEST_LIFE_S = 1_000_000_000
"""Figures beyond these are no honest ones, and count as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A pair of tokens, and how long the first one lasts; does not show them.

    Attributes:
        access_token: Goes with each request; empty for none.
        refresh_token: Is good for one renewal; empty for none.
        created_at: Unix seconds by Trakt's clock, or 0 if unknown.
        expires_in: Seconds from then, or 0 if unknown.
        expires_at: Unix seconds, or 0 if unknown.
        scope: As Trakt named it.
        token_type: As Trakt named it.
    """

    access_token: str
    refresh_token: str
    created_at: float = 0.0
    expires_in: float = 0.0
    expires_at: float = 0.0
    scope: str = "public"
    token_type: str = "bearer"  # noqa: S105 -- the kind of token, not one

    def __repr__(self) -> str:
        return f"Pair(expires_at={self.ends_at})"

    @property
    def made_at(self) -> datetime | None:
        """When Trakt gave it, aware UTC, or None if unknown."""
        return _moment(self.created_at)

    @property
    def ends_at(self) -> datetime | None:
        """When the access token ends, aware UTC, or None if unknown."""
        end = self.created_at + self.expires_in if self.created_at and self.expires_in else self.expires_at
        return _moment(end)

    @property
    def renew_at(self) -> datetime | None:
        """When to renew it: at half of its life, by Trakt's figures; None if nothing is known of its end."""
        if self.created_at and self.expires_in:
            return _moment(self.created_at + self.expires_in / 2)
        return self.ends_at - LAST_HALF_DAY if self.ends_at is not None else None

    def is_over(self, now: datetime) -> bool:
        """Whether the access token has ended, as far as that is known."""
        return self.ends_at is not None and now >= self.ends_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return self.renew_at is not None and now >= self.renew_at


def pair_of(settings: Settings, name: str) -> Pair | None:
    """The account's tokens; None if it has none."""
    found: TokenSettings | None
    found = settings.auth.trakt if name == DEFAULT_ACCOUNT else settings.accounts.get(name)
    if found is None or not (found.access_token or found.refresh_token):
        return None
    return Pair(
        access_token=found.access_token,
        refresh_token=found.refresh_token,
        created_at=found.created_at,
        expires_in=found.expires_in,
        expires_at=found.expires_at,
        scope=found.scope,
        token_type=found.token_type,
    )


def account_names(settings: Settings) -> list[str]:
    """Every account that has tokens, the default one first."""
    return [name for name in (DEFAULT_ACCOUNT, *settings.accounts) if pair_of(settings, name) is not None]


def sink_accounts(settings: Settings) -> list[SinkAccount]:
    """The accounts that have tokens, and those to which plays go whether they have tokens or not."""
    linked = [SinkAccount(name=name) for name in account_names(settings)]
    return list(dict.fromkeys((*linked, *told_accounts(settings))))


def parse_pair(body: Any, now: datetime) -> Pair | None:
    """The pair in an OAuth answer, or None if there is none.

    Source: tests/recordings/trakt/oauth-refresh-200.json; Trakt protocol notes, section 3.1.
    """
    if not isinstance(body, dict):
        return None
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if (
        not isinstance(access, str)
        or not isinstance(refresh, str)
        or not access.strip()
        or not refresh.strip()
    ):
        return None
    created_at = _within(body.get("created_at"), LATEST_MOMENT_S) or float(int(now.timestamp()))
    expires_in = _within(body.get("expires_in"), LONGEST_LIFE_S)
    scope, kind = body.get("scope"), body.get("token_type")
    return Pair(
        access_token=access.strip(),
        refresh_token=refresh.strip(),
        created_at=created_at,
        expires_in=expires_in,
        expires_at=created_at + expires_in if expires_in else 0.0,
        scope=scope if isinstance(scope, str) else "public",
        token_type=kind if isinstance(kind, str) else "bearer",
    )


def write_pair(document: Document, name: str, pair: Pair) -> None:
    """Put the pair where the account's tokens live; keys that we do not know stay."""
    if name == DEFAULT_ACCOUNT:
        place = document.setdefault("auth", {}).setdefault("trakt", {})
    else:
        place = document.setdefault("accounts", {}).setdefault(name, {})
    place.update(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        scope=pair.scope,
        token_type=pair.token_type,
        expires_at=int(pair.expires_at),
        created_at=int(pair.created_at),
        expires_in=int(pair.expires_in),
    )


def stored_refresh_token(document: Document, name: str) -> str:
    """The account's refresh token in a raw document, or an empty text."""
    holder = document.get("auth") if name == DEFAULT_ACCOUNT else document.get("accounts")
    key = "trakt" if name == DEFAULT_ACCOUNT else name
    place = holder.get(key) if isinstance(holder, dict) else None
    token = place.get("refresh_token") if isinstance(place, dict) else None
    return token.strip() if isinstance(token, str) else ""


def _within(raw: Any, limit: int) -> float:
    number = parse_number(raw)
    return float(number) if number is not None and number <= limit else 0.0


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
