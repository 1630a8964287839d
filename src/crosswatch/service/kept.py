"""A pipeline and the task that keeps it going."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswatch.clock import Clock
    from crosswatch.service.pipeline import ServerPipeline

RESTART_AFTER_S = 5.0

log = logging.getLogger("crosswatch.watch")


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
        self._task = asyncio.create_task(self._keep(), name=name)

    async def stop(self) -> None:
        """Have it write what was heard, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            try:
                await self.pipeline.run()
            except Exception:
                log.exception("following what plays failed; it goes on in a moment")
                await self._clock.sleep(RESTART_AFTER_S)
