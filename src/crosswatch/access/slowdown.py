"""Slowing down whoever tries passwords. Pure: the moment is an argument.

Each source (an address; a household's network with IPv6) has some tries free, then must wait longer after
each failure, up to a minute. Beside that, each account is slowed down over all sources, so that many machines
do not help. Nobody is ever locked out: every wait ends, and a source that is known to be the user's own is
not slowed down for what others do.

Source: UX notes, section 7.3.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(minutes=30)
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How failures slow somebody down.

    Attributes:
        free: So many failures cost nothing.
        longest: No wait is longer.
    """

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long to wait after so many failures in a row: a second, then twice as long each time."""
        if failures < self.free:
            return timedelta(0)
        doubled = min(failures - self.free, 16)
        return min(timedelta(seconds=2**doubled), self.longest)


OF_SOURCE = Pace(free=5, longest=timedelta(seconds=60))
OF_ACCOUNT = Pace(free=30, longest=timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last_at: datetime


class SlowDown:
    """Remembers failures, as long as the process lives."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def wait(self, source: str, account: str, now: datetime, *, is_known: bool = False) -> timedelta:
        """How long this source has to wait before it may try this account; zero if not at all.

        Args:
            source: Where the try comes from.
            account: What is tried.
            now: This moment, aware.
            is_known: Whether the source is the user's own, as far as can be told.
        """
        wait = self._left(("source", source), OF_SOURCE, now)
        return wait if is_known else max(wait, self._left(("account", account), OF_ACCOUNT, now))

    def failed(self, source: str, account: str, now: datetime) -> None:
        """Remember a try that was wrong."""
        for kind in (("source", source), ("account", account)):
            before = self._recent(kind, now)
            self._failures[kind] = _Failures(before.count + 1 if before else 1, now)
            self._failures.move_to_end(kind)
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, source: str) -> None:
        """Forget what this source got wrong; what others try at the account is still remembered."""
        self._failures.pop(("source", source), None)

    def _left(self, kind: tuple[str, str], pace: Pace, now: datetime) -> timedelta:
        failures = self._recent(kind, now)
        if failures is None:
            return timedelta(0)
        return max(timedelta(0), failures.last_at + pace.wait(failures.count) - now)

    def _recent(self, kind: tuple[str, str], now: datetime) -> _Failures | None:
        failures = self._failures.get(kind)
        return failures if failures is not None and now - failures.last_at < FORGOTTEN_AFTER else None
