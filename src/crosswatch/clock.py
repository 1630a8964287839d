"""The one place that reads the time, so that everything else can be told what time it is.

Decisions take `now` as an argument; tasks take a `Clock`. The demo and the chaos run make whole
evenings pass in seconds by giving the app and the simulators the same faster clock, through the
environment variable `CROSSWATCH_CLOCK` (`<scale>@<epoch>`), so that a process that is killed and
started again finds itself at the right moment. Network time-outs stay in real seconds.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

CLOCK_VARIABLE = "CROSSWATCH_CLOCK"


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, possibly faster than life.

    Attributes:
        scale: Seconds that pass here per real second, more than 0.
        epoch: Unix time in seconds at which this clock and the real one agree.
    """

    scale: float = 1.0
    epoch: float = 0.0

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def timestamp(self) -> float:
        """The current moment as Unix seconds."""
        real = time.time()  # noqa: TID251 -- this is the edge that owns the clock
        return real if self.scale == 1.0 else self.epoch + (real - self.epoch) * self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait for so many of this clock's seconds; less than 0 counts as 0."""
        await asyncio.sleep(max(0.0, self.real_seconds(seconds)))

    def real_seconds(self, seconds: float) -> float:
        """How many real seconds so many of this clock's seconds last."""
        return seconds / self.scale


def clock_from_environment() -> Clock:
    """The clock named by `CROSSWATCH_CLOCK`, or the ordinary one.

    Raises:
        ValueError: If the variable is set and is not `<scale>@<epoch>` with a scale above 0.
    """
    text = os.environ.get(CLOCK_VARIABLE, "")
    if not text:
        return Clock()
    scale_text, _, epoch_text = text.partition("@")
    clock = Clock(scale=float(scale_text), epoch=float(epoch_text))
    if clock.scale <= 0:
        raise ValueError(f"{CLOCK_VARIABLE} is {text!r}: the scale must be more than 0")
    return clock


def describe_clock(clock: Clock) -> str:
    """The value of `CROSSWATCH_CLOCK` that gives another process the same clock."""
    return f"{clock.scale!r}@{clock.epoch!r}"
