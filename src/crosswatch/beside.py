"""Work in a thread for which the end of the process does not wait.

What `asyncio.to_thread` has begun is waited for when the loop ends, however long a disk or a neighbour takes.
What may be lost with the process (a copy that is made anew, a message that is sent again) is done here.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def run_beside(work: Callable[[], T], name: str) -> T:
    """What the work returns, or raises.

    Args:
        work: Blocks for as long as it likes.
        name: Of the thread.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(how: Callable[[Any], None], what: object) -> None:
        if not future.done():  # else whoever waited was cancelled
            how(what)

    def run() -> None:
        how: Callable[[Any], None]
        what: object
        try:
            how, what = future.set_result, work()
        except Exception as error:  # noqa: BLE001 -- whoever waits is told
            how, what = future.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop has ended, so nobody waits
            loop.call_soon_threadsafe(tell, how, what)

    threading.Thread(target=run, name=f"crosswatch-{name}", daemon=True).start()
    return await future
