"""One request as the routes see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from crosswatch.simulator.plex.answers import Answer, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.world import World

T = TypeVar("T")


class Access(StrEnum):
    """What a route asks of the token."""

    ANYBODY = "anybody"
    MEMBER = "member"
    """A token of the server."""
    OWNER = "owner"
    """The owner's token; others get a 403."""
    PLEXTV = "plextv"
    """A token of plex.tv."""


@dataclass(slots=True, kw_only=True)
class Call:
    """A request on its way to a route.

    Attributes:
        world: Everything behind the routes.
        method: Verb in capitals.
        path: Path without the query.
        query: Query arguments; the last value of each name.
        headers: Names in lower case.
        params: Named parts of the path.
        form: Fields of a form in the body, each with all its values.
        now: Time of arrival, aware UTC.
        person: Whose token came with it, or None.
    """

    world: World
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    form: dict[str, list[str]] = field(default_factory=dict)
    now: datetime
    person: Person | None = None

    @property
    def me(self) -> Person:
        """Whose token it is.

        Raises:
            RefusedError: 401, if there is none.
        """
        if self.person is None:
            raise refuse(401)
        return self.person

    @property
    def is_owner(self) -> bool:
        """True for the owner's token."""
        return self.person is self.world.people.owner

    @property
    def wants_json(self) -> bool:
        """True if JSON was asked for; XML is the default."""
        return "application/json" in self.headers.get("accept", "")

    def plex(self, name: str) -> str | None:
        """An `X-Plex-…` argument, from the header or the query.

        Args:
            name: The part after `X-Plex-`, such as `Client-Identifier`.

        Source: Plex protocol notes, section 1.1.
        """
        return argument(self.headers, self.query, f"X-Plex-{name}")

    def flag(self, name: str) -> bool:
        """True if a query argument such as `includeGuids` is 1."""
        return self.query.get(name) == "1"


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One verb and path, in the notation of aiohttp's router.

    Attributes:
        method: Verb in capitals.
        path: Path with `{name}` parts.
        handler: What answers.
        access: What it asks of the token.
    """

    method: str = "GET"
    path: str
    handler: Handler
    access: Access = Access.MEMBER


def argument(headers: Mapping[str, str], query: Mapping[str, str], name: str) -> str | None:
    """A header, or the query argument of the same name in any case, or None."""
    wanted = name.lower()
    if wanted in headers:
        return headers[wanted]
    return next((value for key, value in query.items() if key.lower() == wanted), None)


def paged(entries: Sequence[T], call: Call) -> tuple[list[T], int]:
    """The page that a request asks for, and where it begins; everything where it names no size.

    Raises:
        RefusedError: 400, if start or size is no number.

    Source: Plex protocol notes, section 1.3.
    """
    try:
        start = int(call.plex("Container-Start") or 0)
        size = int(call.plex("Container-Size") or len(entries))
    except ValueError as error:
        raise refuse(400) from error
    return list(entries[start : start + size]), start
