"""An attempt to link an account, which goes on whether anybody looks or not.

A page that is reloaded, closed or opened a second time shows the same attempt. It ends by itself: the account
is linked, the code has expired, or somebody has said no.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto
from typing import TYPE_CHECKING

from crosswatch.errors import CrossWatchError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crosswatch.linking.codes import ShownCode

log = logging.getLogger("crosswatch")


class Stage(Enum):
    """How far an attempt has come."""

    STARTING = auto()
    WAITING = auto()
    LINKED = auto()
    FAILED = auto()


class Attempt:
    """One attempt; it begins when it is made, on the running loop.

    Args:
        begin: Gets the code to show.
        finish: Waits until it was used, and keeps what came of it.
        tell: The sentence for an error.

    Attributes:
        stage: How far it has come.
        code: What to show; None before there is one.
        problem: Why it has failed, or empty.
    """

    def __init__(
        self,
        begin: Callable[[], Awaitable[ShownCode]],
        finish: Callable[[], Awaitable[None]],
        *,
        tell: Callable[[CrossWatchError], str] = str,
    ) -> None:
        self.stage = Stage.STARTING
        self.code: ShownCode | None = None
        self.problem = ""
        self._tell = tell
        self._has_code = asyncio.Event()
        self._task = asyncio.create_task(self._run(begin, finish), name="link an account")

    @property
    def is_open(self) -> bool:
        """Whether it may still succeed."""
        return self.stage in (Stage.STARTING, Stage.WAITING)

    async def has_code(self, within_s: float) -> None:
        """Wait until there is a code to show, or none to come; for so many real seconds at most."""
        try:
            async with asyncio.timeout(within_s):
                await self._has_code.wait()
        except TimeoutError:
            return

    async def aclose(self) -> None:
        """Give it up; what was linked stays linked."""
        self._task.cancel()
        await asyncio.wait({self._task})
        if self.is_open:
            self.stage = Stage.FAILED

    async def _run(
        self, begin: Callable[[], Awaitable[ShownCode]], finish: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            self.code = await begin()
            self.stage = Stage.WAITING
            self._has_code.set()
            await finish()
            self.stage = Stage.LINKED
        except CrossWatchError as error:
            self._fail(self._tell(error))
        except Exception:  # the one place where an attempt ends, whatever it was
            log.exception("an attempt to link an account failed", extra={"event": "link.failed"})
            self._fail("Something went wrong here that should not have. The log says more.")
        finally:
            self._has_code.set()

    def _fail(self, problem: str) -> None:
        self.stage, self.problem = Stage.FAILED, problem
