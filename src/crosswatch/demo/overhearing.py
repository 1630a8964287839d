"""Tells what Trakt was told, and what it said to that."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from crosswatch.demo.remarks import Remark, Tone, clock_time

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


class Overhearing:
    """Reads on in the simulated Trakt's ledger.

    Args:
        trakt: Whose.
    """

    def __init__(self, trakt: SimulatedTrakt) -> None:
        self._trakt = trakt
        self._read = 0
        self._last: RecordedRequest | None = None
        self._said = ("", 0)

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
        said, self._said = self._said, (asked, request.status)
        if not asked or said == self._said:
            return
        is_fine = request.status in range(HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
        answer = ANSWERS.get(request.status, "" if is_fine else str(request.status))
        text = f"{asked}: {answer}" if answer else asked
        yield Remark(at=request.at, who="Trakt", mark="←", text=text, tone=Tone.TRAKT)

    def _describe(self, request: RecordedRequest) -> str:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["scrobble", verb]:
                body = request.body if isinstance(request.body, dict) else {}
                return f"{verb} {self._label(body)} at {body.get('progress', 0):.0f}\u00a0%"
            case "POST", ["sync", "history"]:
                return f"add to the history {self._added(request)}"
            case "GET", ["sync", "history", *_]:
                return "read the history, to see what is there"
            case "GET", ["search", *_]:
                what = request.query.get("query") or request.path.rpartition("/")[2]
                return f"search for {unquote(what).replace(chr(92), '')}"
            case "POST", ["oauth", "token"]:
                return "ask for new tokens"
            case _:
                return ""

    def _label(self, body: dict[str, Any]) -> str:
        item = self._trakt.world.matcher.playable(body)
        if item is not None:
            return item.label
        named = body.get("movie") or body.get("show") or {}
        return str(named.get("title") or "something")

    def _added(self, request: RecordedRequest) -> str:
        """The plays that the request has made, with the times that they were given."""
        users = self._trakt.world.users.values()
        made = [play for user in users for play in user.history if play.made_at == request.at]
        named = [f"{play.label}, seen at {clock_time(play.watched_at)}" for play in made]
        return " and ".join(named) or "what it has missed"
