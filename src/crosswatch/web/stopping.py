"""Learning of the end early enough to end what never ends by itself.

An HTTP server lets running answers finish before it tells the app to shut down, but an event stream does
not finish. So the app listens to the same signals as its server: it ends its streams at once and hands the
signal on. A second signal, which forces an exit, still reaches the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], Any]

SIGNALS = (signal.SIGINT, signal.SIGTERM)

DRAIN_S = 1
"""Seconds that the server waits for a reader who does not take what it is sent."""


@contextlib.contextmanager
def early_notice(begin: Callable[[], None]) -> Iterator[None]:
    """Have `begin` called on the running loop when the process is told to stop.

    Does nothing where no server handles the signals: what stops the app there tells it so itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    chained = {number: _chain(number, loop, begin) for number in SIGNALS}
    try:
        yield
    finally:
        for number, (mine, previous) in chained.items():
            if mine is not None and signal.getsignal(number) is mine:
                signal.signal(number, previous)


def _chain(
    number: int, loop: asyncio.AbstractEventLoop, begin: Callable[[], None]
) -> tuple[Handler | None, Any]:
    """Put our handler before the server's; (None, …) where the server has none."""
    previous = signal.getsignal(number)
    if not callable(previous) or previous is signal.default_int_handler:
        return None, previous
    _limit_drain(previous)

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin)
        previous(number, frame)

    signal.signal(number, handle)
    return handle, previous


def _limit_drain(handler: Any) -> None:
    """Let uvicorn give up on stalled readers, unless its user has said how long to wait for them."""
    import uvicorn  # noqa: PLC0415 -- loaded already where it matters

    server = getattr(handler, "__self__", None)
    if isinstance(server, uvicorn.Server) and server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = DRAIN_S
