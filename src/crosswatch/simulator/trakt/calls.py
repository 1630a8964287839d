"""One request as the routes see it, and the table that finds the route."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from crosswatch.simulator.trakt.answers import Answer, refuse

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.simulator.trakt.oauth import App
    from crosswatch.simulator.trakt.options import TraktOptions
    from crosswatch.simulator.trakt.state import TraktUser, World


@dataclass(slots=True, kw_only=True)
class Call:
    """A request on its way through the gate to a route.

    Attributes:
        world: Everything behind the routes.
        host: Which listener it came to.
        auth_url: Address of the OAuth listener, for the page that a device code points to.
        method: Verb in capitals.
        path: Path without the query, double slashes made one.
        query: Query arguments.
        headers: Names in lower case.
        raw: Bytes of the body.
        now: Time of arrival, aware UTC.
        params: What the route's pattern found in the path.
        body: Decoded JSON, once the gate has looked.
        app: The app of `trakt-api-key`, once the gate has looked.
        user: Who asked, once the gate has looked; None without a token.
    """

    world: World
    host: Literal["api", "auth"] = "api"
    auth_url: str = ""
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    now: datetime
    params: dict[str, str] = field(default_factory=dict)
    body: Any = None
    app: App | None = None
    user: TraktUser | None = None

    @property
    def options(self) -> TraktOptions:
        """The switches."""
        return self.world.options

    @property
    def me(self) -> TraktUser:
        """The member behind the token.

        Raises:
            RefusedError: 401, if there is none.
        """
        if self.user is None:
            raise refuse(401)
        return self.user

    @property
    def made_by(self) -> str:
        """Verb and path, for plays."""
        return f"{self.method} {self.path}"

    def object(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            RefusedError: 400, if it is something else.
        """
        if not isinstance(self.body, dict):
            raise refuse(400)
        return self.body


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One verb and path.

    Attributes:
        method: Verb in capitals.
        pattern: Path with `{name}` or `{name:regex}` parts.
        handler: What answers.
        auth: `user` needs a token, `key` an app key only, `none` nothing (OAuth).
    """

    method: str
    pattern: str
    handler: Handler
    auth: Literal["user", "key", "none"] = "user"

    def match(self, path: str) -> dict[str, str] | None:
        """The named parts of a path that fits, or None."""
        found = _compiled(self.pattern).fullmatch(path)
        return found.groupdict() if found else None


def find_route(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The first route that fits.

    Raises:
        RefusedError: 404 for an unknown path, 405 for a known one with another verb.
    """
    known = False
    for route in routes:
        params = route.match(path)
        if params is None:
            continue
        if route.method == method:
            return route, params
        known = True
    raise refuse(405 if known else 404)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(?::([^{}]+))?\}", pattern)
    text = ""
    for index in range(0, len(parts) - 1, 3):
        text += re.escape(parts[index]) + f"(?P<{parts[index + 1]}>{parts[index + 2] or '[^/]+'})"
    return re.compile(text + re.escape(parts[-1]))
