"""An event loop that leaps over waiting, so that an evening takes a second and nothing depends on luck.

Sockets, threads and the database are real. Only time is not: it stands still while there is anything to
do, in this process or in a thread that was asked, and leaps to the next timer once there is nothing. A
faster clock would multiply every hiccup of the machine; here a hiccup lasts no time at all.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from crosswatch.clock import Clock
from fakes.in_flight import CountedSocket, InFlight

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC).timestamp()
"""When each loop begins, in Unix seconds."""

LOOK_S = 1.0
"""Real seconds between two looks at a thread that is at work."""

DELIVERED_WITHIN_S = 0.02
"""Real seconds within which a busy kernel has delivered what is known to be in flight."""

NEAR_S = 1.0
"""A leap so short does no harm where something was on its way after all."""

KNOWN_WITHIN_S = 0.001
"""Real seconds within which a peer knows of a socket that was opened or closed: waited before a long leap."""

THREADED = ("crosswatch.storage.threads", "crosswatch.beside")
"""The modules whose futures are settled by threads of their own."""


class _LeapingSelector(selectors.DefaultSelector):
    """Leaps once nothing is on its way.

    Attributes:
        loop: Whose selector it is.
        in_flight: What was sent over the connections of that loop, and not read.
        is_stirred: Whether a socket was opened or closed, of which its peer may not know yet.
    """

    loop: LeapingLoop
    is_stirred = True

    def __init__(self):
        super().__init__()
        self.in_flight = InFlight()

    def register(self, fileobj, events, data=None):
        self.is_stirred = True
        return super().register(fileobj, events, data)

    def unregister(self, fileobj):
        self.is_stirred = True
        return super().unregister(fileobj)

    def select(self, timeout=None):
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.loop.is_held or timeout is None:
            return super().select(LOOK_S)
        if self.is_stirred or self.in_flight:
            os.sched_yield()  # what was sent on the loopback has arrived, or the kernel gets its turn now
            ready = super().select(self._patience_s(timeout))
            if ready:
                return ready
            self.is_stirred = timeout <= NEAR_S
        self.loop.leap(timeout)
        return []

    def _patience_s(self, leap_s):
        """How long to wait for what may be on its way, in real seconds."""
        if self.in_flight:
            return DELIVERED_WITHIN_S
        return 0 if leap_s <= NEAR_S else KNOWN_WITHIN_S


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its seconds are those of the household, not of the world."""

    def __init__(self):
        selector = _LeapingSelector()
        selector.loop = self
        self._now = 0.0
        self._held = 0
        self._pools = []
        super().__init__(selector)

    def time(self):
        return self._now

    @property
    def is_held(self):
        """Whether a thread is at work for somebody who waits."""
        return self._held > 0 or any(pool.borrowed_tokens for pool in self._pools)

    def hold_for(self, pool):
        """Stand still as well while a thread of that pool, a limiter of anyio's, is at work."""
        self._pools.append(pool)

    def leap(self, seconds):
        self._now += seconds

    def _make_socket_transport(self, sock, *args, **options):
        counted = CountedSocket(sock, self._selector.in_flight)
        return super()._make_socket_transport(counted, *args, **options)

    def create_future(self):
        future = super().create_future()
        if sys._getframe(1).f_globals.get("__name__") in THREADED:
            self._hold(future)
        return future

    def run_in_executor(self, executor, func, *args):
        future = super().run_in_executor(executor, func, *args)
        self._hold(future)
        return future

    def _hold(self, future):
        self._held += 1
        future.add_done_callback(self._let_go)

    def _let_go(self, _future):
        self._held -= 1


@dataclass(frozen=True, slots=True)
class LoopClock(Clock):
    """The time of a loop as a time of day, in each of its threads."""

    loop: LeapingLoop | None = None

    def timestamp(self):
        return EVENING + self.loop.time()
