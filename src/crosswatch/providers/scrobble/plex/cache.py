"""Answers by key: one request at a time for each, and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

V = TypeVar("V")


class KeyedCache(Generic[V]):
    """What was fetched, by key.

    Whoever asks while a request for the same key is under way gets the answer to that one. A failure is
    handed to all who wait for it and never kept. What is forgotten while it is being fetched is not kept.

    Args:
        fetch: Gets the value of a key.
        size: At most so many values, those used last; 0 only joins requests and keeps nothing.
        max_age_s: Real seconds after which a value is fetched again.
    """

    def __init__(
        self, fetch: Callable[[str], Coroutine[None, None, V]], *, size: int, max_age_s: float
    ) -> None:
        self._fetch = fetch
        self._size = size
        self._max_age_s = max_age_s
        self._kept: OrderedDict[str, tuple[float, V]] = OrderedDict()
        self._flights: dict[str, asyncio.Task[V]] = {}

    async def get(self, key: str) -> V:
        """The value, kept or fetched; raises what `fetch` raises."""
        if key in self._kept:
            at, value = self._kept[key]
            if asyncio.get_running_loop().time() - at < self._max_age_s:
                self._kept.move_to_end(key)
                return value
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._fetch(key))
            self._flights[key] = flight
            flight.add_done_callback(partial(self._land, key))
        return await asyncio.shield(flight)  # one who gives up does not take it from the others

    def age_s(self, key: str) -> float:
        """Real seconds since the value was fetched; endless if it is not kept."""
        kept = self._kept.get(key)
        return asyncio.get_running_loop().time() - kept[0] if kept else float("inf")

    def forget(self, key: str) -> None:
        """Drop the value, and the one that is just being fetched."""
        self._kept.pop(key, None)
        self._flights.pop(key, None)

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._flights.clear()

    def _land(self, key: str, flight: asyncio.Task[V]) -> None:
        is_wanted = self._flights.get(key) is flight
        if is_wanted:
            del self._flights[key]
        # Reading the exception also tells asyncio that nobody has overlooked it.
        if flight.cancelled() or flight.exception() is not None or not is_wanted or not self._size:
            return
        self._kept[key] = (flight.get_loop().time(), flight.result())
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
