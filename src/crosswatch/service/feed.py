"""Telling pages and streams that something changed, without making anybody wait for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.core.events import PlayId

CAPACITY = 1_000


class ChangeFeed:
    """Each play that changes, to everybody who listens; a listener that falls behind is told so once."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[PlayId | None]] = set()
        self._closed = asyncio.Event()

    def publish(self, play_id: PlayId | None) -> None:
        """Tell everybody; None stands for anything that is not one play."""
        for queue in self._listeners:
            was_full = queue.full()
            while was_full and not queue.empty():
                queue.get_nowait()
            # Who fell behind is told to look at everything again, so what it missed does not matter.
            queue.put_nowait(None if was_full else play_id)

    async def listen(self) -> AsyncIterator[PlayId | None]:
        """What changes from now on, until the feed is closed."""
        queue: asyncio.Queue[PlayId | None] = asyncio.Queue(CAPACITY)
        self._listeners.add(queue)
        closing = asyncio.ensure_future(self._closed.wait())
        getting: asyncio.Future[PlayId | None] | None = None
        try:
            while not self._closed.is_set():
                getting = asyncio.ensure_future(queue.get())
                await asyncio.wait((getting, closing), return_when=asyncio.FIRST_COMPLETED)
                if getting.done():
                    yield getting.result()
        finally:
            self._listeners.discard(queue)
            closing.cancel()
            if getting is not None:
                getting.cancel()

    def close(self) -> None:
        """End all listening."""
        self._closed.set()
