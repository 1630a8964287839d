"""Time that passes only when a test says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 20, 15, tzinfo=UTC))
    scale: float = 1.0

    def now(self):
        return self.moment

    def timestamp(self):
        return self.moment.timestamp()

    def real_seconds(self, seconds):
        return seconds / self.scale

    async def sleep(self, seconds):
        """Let the time pass, and everybody else have a turn."""
        self.move(max(0.0, seconds))
        await asyncio.sleep(0)

    def move(self, seconds):
        self.moment += timedelta(seconds=seconds)
        return self.moment
