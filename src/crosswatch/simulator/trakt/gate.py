"""What is checked before a route is reached, in the order of Trakt protocol notes, section 10, rule 1.

Edge rules, then content type, app key, token, account lock, rate limit and body. The real order is
unknown; tests must not lean on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from crosswatch.simulator.trakt.answers import Answer, RefusedError, edge_blocked, iso_short, refuse

if TYPE_CHECKING:
    from crosswatch.simulator.trakt.calls import Call, Route

LIBRARY_AGENTS = re.compile(
    r"(python(-\w+)?|aiohttp|curl|wget|go-http-client|java|okhttp|axios|node(-fetch)?|undici|libwww-perl)(/|$)",
    re.IGNORECASE,
)

WRITE_METHODS = frozenset({"POST", "PUT", "DELETE"})


@dataclass(slots=True)
class Quota:
    """A read quota in its current window."""

    until: datetime
    used: int = 0


class Gate:
    """The checks, with the memory that the quotas need."""

    def __init__(self) -> None:
        self._quotas: dict[str, Quota] = {}

    def edge(self, call: Call) -> None:
        """The firewall's rule about User-Agents.

        Raises:
            RefusedError: 403 with the firewall's page.

        Source: Trakt protocol notes, section 1 (User-Agent and the firewall).
        """
        agent = call.headers.get("user-agent", "").strip()
        suspicious = not agent or LIBRARY_AGENTS.match(agent)
        if call.options.block_library_user_agents and suspicious:
            raise RefusedError(edge_blocked())

    def check(self, call: Call, route: Route) -> dict[str, str]:
        """All other checks; fills `call.app`, `call.user` and `call.body`.

        Returns:
            Headers that go with the answer whatever it will be.

        Raises:
            RefusedError: 412, 403, 401, 423, 429 or 400.
        """
        self._content_type(call, route)
        headers: dict[str, str] = {}
        if route.auth != "none":
            self._key(call)
            self._token(call, route)
            self._lock(call)
            headers = self._limits(call)
        self._decode(call)
        return headers

    def _content_type(self, call: Call, route: Route) -> None:
        if route.method not in ("POST", "PUT"):
            return
        sent = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent != "application/json":
            raise refuse(412)

    def _key(self, call: Call) -> None:
        call.app = call.world.oauth.usable_app(call.headers.get("trakt-api-key"))
        if call.app is None:
            raise refuse(403)

    def _token(self, call: Call, route: Route) -> None:
        header = call.headers.get("authorization", "")
        if not header and route.auth == "key":
            return
        scheme, _, token = header.partition(" ")
        grant = call.world.oauth.bearer(token.strip(), call.now) if scheme.lower() == "bearer" else None
        if grant is None:
            raise refuse(401)
        call.user = grant.user
        call.world.settle(grant.user, call.now)

    def _lock(self, call: Call) -> None:
        user = call.user
        if user and (user.locked or user.deactivated):
            flags = {"X-Account-Locked": user.locked, "X-Account-Deactivated": user.deactivated}
            headers = {name: str(value).lower() for name, value in flags.items()}
            raise refuse(423, headers=headers)

    def _limits(self, call: Call) -> dict[str, str]:
        if call.method in WRITE_METHODS:
            self._write_limit(call)
            return {}
        return self._read_limit(call)

    def _write_limit(self, call: Call) -> None:
        user, options = call.me, call.options
        free_at = user.last_write_at and user.last_write_at + timedelta(seconds=options.write_interval_s)
        if options.enforce_write_limit and free_at and call.now < free_at:
            described = describe_limit("AUTHED_API_POST_LIMIT", options.write_interval_s, 1, 0, free_at)
            raise RefusedError(limited(described, max(1.0, (free_at - call.now).total_seconds())))
        user.last_write_at = call.now

    def _read_limit(self, call: Call) -> dict[str, str]:
        options = call.options
        if call.user:
            who, name = f"user {call.user.username}", "AUTHED_API_GET_LIMIT"
        else:
            who, name = f"app {call.app.client_id if call.app else ''}", "UNAUTHED_API_GET_LIMIT"
        quota = self._quotas.get(who)
        if quota is None or call.now >= quota.until:
            quota = self._quotas[who] = Quota(call.now + timedelta(seconds=options.read_period_s))
        left = options.read_limit - quota.used
        if options.enforce_read_limit and left <= 0:
            described = describe_limit(name, options.read_period_s, options.read_limit, 0, quota.until)
            raise RefusedError(limited(described, (quota.until - call.now).total_seconds()))
        quota.used += 1
        remaining = max(0, left - 1)
        return {
            "X-Ratelimit": describe_limit(
                name, options.read_period_s, options.read_limit, remaining, quota.until
            )
        }

    def _decode(self, call: Call) -> None:
        if call.method not in ("POST", "PUT") or not call.raw:
            return
        try:
            call.body = msgspec.json.decode(call.raw)
        except msgspec.DecodeError as error:
            raise refuse(400) from error


def describe_limit(name: str, period_s: float, limit: int, remaining: int, until: datetime) -> str:
    """Value of the `X-Ratelimit` header.

    Source: Trakt protocol notes, section 4.
    """
    fields = {
        "name": name,
        "period": round(period_s),
        "limit": limit,
        "remaining": remaining,
        "until": iso_short(until),
    }
    return msgspec.json.encode(fields).decode()


def limited(described: str, wait_s: float) -> Answer:
    """A 429 as Trakt itself sends it; the wait is rounded up to whole seconds."""
    return Answer(status=429, headers={"X-Ratelimit": described, "Retry-After": str(int(-(-wait_s // 1)))})
