"""What goes on whatever happens: tasks that begin again after a failure, and pipelines in them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crosswatch.clock import Clock
    from crosswatch.service.pipeline import ServerPipeline

RESTART_AFTER_S = 5.0

log = logging.getLogger("crosswatch.watch")


async def keep_going(what: str, run: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Run it, and run it again when it fails unexpectedly.

    Args:
        what: What it does, for the log.
        run: Makes a new run of it, which ends only when it fails.
        clock: Tells the time.
    """
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s failed; it goes on in a moment", what)
            await clock.sleep(RESTART_AFTER_S)


class KeptPipeline:
    """A pipeline that goes on whatever happens, from its start to its stop.

    Args:
        pipeline: What to keep going; it takes in facts even before it has started.
        clock: Tells the time.
    """

    def __init__(self, pipeline: ServerPipeline, clock: Clock) -> None:
        self.pipeline = pipeline
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Let it work."""
        name = f"pipeline {self.pipeline.server_uuid[:8]}"
        keeping = keep_going("following what plays", self.pipeline.run, self._clock)
        self._task = asyncio.create_task(keeping, name=name)

    async def stop(self) -> None:
        """Have it write what was heard, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
