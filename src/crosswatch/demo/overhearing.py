"""Tells what Trakt was told, and what it said to that."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from crosswatch.demo.remarks import Remark, Tone, clock_time
from crosswatch.simulator.trakt.items import Movie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.simulator.ledger import RecordedRequest
    from crosswatch.simulator.trakt import SimulatedTrakt

ANSWERS = {
    0: "no answer",
    HTTPStatus.CREATED: "done",
    HTTPStatus.CONFLICT: "has it already",
    HTTPStatus.NOT_FOUND: "does not know it",
    HTTPStatus.UNAUTHORIZED: "does not accept the token",
    HTTPStatus.UNPROCESSABLE_ENTITY: "refuses it",
    HTTPStatus.TOO_MANY_REQUESTS: "asks for patience",
    HTTPStatus.SERVICE_UNAVAILABLE: "out of order (503)",
}

YEARS_APART = 1
"""Years of one film differ by no more, from country to country."""


class Overhearing:
    """Reads on in the simulated Trakt's ledger.

    Args:
        trakt: Whose.
    """

    def __init__(self, trakt: SimulatedTrakt) -> None:
        self._trakt = trakt
        self._read = 0
        self._last: RecordedRequest | None = None
        self._said: dict[str | None, tuple[str, int]] = {}

    def listen(self) -> list[Remark]:
        """What was asked since the last time, without what only repeats itself."""
        requests = self._trakt.ledger.requests
        if self._last not in requests[self._read - 1 : self._read]:  # the ledger has been cleared
            self._read = 0
        fresh, self._read = requests[self._read :], len(requests)
        self._last = requests[-1] if requests else None
        return [remark for request in fresh for remark in self._tell(request)]

    def _tell(self, request: RecordedRequest) -> Iterator[Remark]:
        asked = self._describe(request)
        said = self._said.get(request.account)
        self._said[request.account] = (asked, request.status)
        if not asked or said == (asked, request.status):
            return
        is_fine = request.status in range(HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
        answer = ANSWERS.get(request.status, "" if is_fine else str(request.status))
        text = f"{asked}: {answer}" if answer else asked
        yield Remark(at=request.at, who="Trakt", mark="←", text=text, tone=Tone.TRAKT)

    def _describe(self, request: RecordedRequest) -> str:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["scrobble", verb]:
                body = request.body if isinstance(request.body, dict) else {}
                place = f"{body.get('progress', 0):.0f}\u00a0%"
                return f"{verb} {self._label(body, request.status)} at {place} for {request.account}"
            case "POST", ["sync", "history"]:
                return f"add to the history of {request.account} {self._added(request)}"
            case "GET", ["sync", "history", *_]:
                return f"read the history of {request.account}, to see what is there"
            case "GET", ["search", *_]:
                what = request.query.get("query") or request.path.rpartition("/")[2]
                return f"search for {unquote(what).replace(chr(92), '')}"
            case "POST", ["oauth", "token"]:
                return "ask for new tokens"
            case _:
                return ""

    def _label(self, body: dict[str, Any], status: int) -> str:
        """What Trakt takes it for; where that is a film of another year, what it was called as well."""
        item = self._trakt.world.matcher.playable(body)
        named = body.get("movie") or body.get("show") or {}
        if item is None:
            return str(named.get("title") or "something")
        year = named.get("year")
        if not isinstance(item, Movie) or not isinstance(year, int) or abs(year - item.year) <= YEARS_APART:
            return item.label
        called = f"{named.get('title')} ({year})"
        return f"{called}, taken for {item.label}," if status == HTTPStatus.CREATED else called

    def _added(self, request: RecordedRequest) -> str:
        """The plays that the request has made, with the times that they were given."""
        users = self._trakt.world.users.values()
        mine = [play for user in users if user.username == request.account for play in user.history]
        made = [play for play in mine if play.made_at == request.at]
        named = [f"{play.label}, seen at {clock_time(play.watched_at)}" for play in made]
        return " and ".join(named) or "what it has missed"
