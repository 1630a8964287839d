"""What a simulator was asked, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


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
        account: Whose token was sent, dead or alive; None without one that was ever given out.
        status: What was answered; 0 where the connection was cut instead.
        applied: True if the request changed the simulated state (also where the answer was lost).
        fault: Kind of the fault that met it, or None.
        listener: Which of several listeners it came to, such as `auth`; empty where there is one only.
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
    fault: str | None = None
    listener: str = ""


class Ledger:
    """Every request in order of arrival."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []
        self._arrivals: set[asyncio.Future[None]] = set()

    def add(self, request: RecordedRequest) -> None:
        """Remember one request."""
        self.requests.append(request)
        for arrival in self._arrivals:
            if not arrival.done():
                arrival.set_result(None)

    def of(self, method: str | None = None, path_prefix: str = "") -> list[RecordedRequest]:
        """Requests with that verb (any, if None) whose path begins with the prefix."""
        return [r for r in self.requests if method in (None, r.method) and r.path.startswith(path_prefix)]

    def clear(self) -> None:
        """Forget all requests."""
        self.requests.clear()

    async def wait_for(
        self, fits: Callable[[RecordedRequest], bool], *, count: int = 1, within_s: float = 5.0
    ) -> list[RecordedRequest]:
        """So many fitting requests, those of the past included, as soon as they are there.

        Args:
            fits: Which requests count.
            count: How many are needed.
            within_s: How long to wait at most, in real seconds.

        Raises:
            TimeoutError: With what did arrive, if they do not come in time.
        """
        try:
            async with asyncio.timeout(within_s):
                while len(found := [r for r in self.requests if fits(r)]) < count:
                    await self._next_arrival()
        except TimeoutError as error:
            seen = ", ".join(f"{r.method} {r.path} {r.status}" for r in self.requests) or "nothing"
            raise TimeoutError(f"waited {within_s} s for {count} requests and saw {seen}") from error
        return found

    async def _next_arrival(self) -> None:
        arrival = asyncio.get_running_loop().create_future()
        self._arrivals.add(arrival)
        try:
            await arrival
        finally:
            self._arrivals.discard(arrival)
