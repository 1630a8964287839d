"""What a simulator was asked, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request and what came of it.

    Attributes:
        at: When it arrived, aware UTC, by the simulator's clock.
        method: The verb, in capitals.
        path: Path without the query.
        query: Query arguments; the last value of each name.
        headers: Names in lower case.
        body: Decoded JSON, or the text where it is not JSON, or None.
        account: Who asked, as far as the token told; None without a valid one.
        status: What was answered; 0 where the connection was cut instead.
        applied: True if the request changed the simulated state (also where the answer was lost).
    """

    at: datetime
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    account: str | None = None
    status: int = 0
    applied: bool = False


class Ledger:
    """Every request in order of arrival."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []

    def add(self, request: RecordedRequest) -> None:
        """Remember one request."""
        self.requests.append(request)

    def of(self, method: str | None = None, path_prefix: str = "") -> list[RecordedRequest]:
        """Requests with that verb (any, if None) whose path begins with the prefix."""
        return [r for r in self.requests if method in (None, r.method) and r.path.startswith(path_prefix)]

    def clear(self) -> None:
        """Forget all requests."""
        self.requests.clear()
