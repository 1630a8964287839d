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

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC).timestamp()
"""When each loop begins, in Unix seconds."""

LOOK_S = 1.0
"""Real seconds between two looks at a thread that is at work."""

NEAR_S = 1.0
"""A leap so short does no harm where something was on its way after all."""

ARRIVES_WITHIN_S = 0.001
"""Real seconds within which it has arrived, also where the kernel is busy: waited before each longer leap."""

THREADED = ("crosswatch.storage.threads", "crosswatch.beside")
"""The modules whose futures are settled by threads of their own."""


class _LeapingSelector(selectors.DefaultSelector):
    loop: LeapingLoop

    def select(self, timeout=None):
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.loop.is_held or timeout is None:
            return super().select(LOOK_S)
        os.sched_yield()  # what was sent on the loopback has arrived, or the kernel gets its turn now
        ready = super().select(0 if timeout <= NEAR_S else ARRIVES_WITHIN_S)
        if ready:
            return ready
        self.loop.leap(timeout)
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its seconds are those of the household, not of the world."""

    def __init__(self):
        selector = _LeapingSelector()
        selector.loop = self
        self._now = 0.0
        self._held = 0
        super().__init__(selector)

    def time(self):
        return self._now

    @property
    def is_held(self):
        """Whether a thread is at work for somebody who waits."""
        return self._held > 0

    def leap(self, seconds):
        self._now += seconds

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
