from __future__ import annotations

import asyncio
import logging

from crosswatch.service.kept import RESTART_AFTER_S, keep_going
from fakes.leaping_loop import LoopClock


async def test_what_fails_unexpectedly_is_said_and_begins_again(caplog):
    loop = asyncio.get_running_loop()
    begun, done = [], asyncio.Event()

    async def run():
        begun.append(loop.time())
        if len(begun) == 1:
            raise ZeroDivisionError
        done.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_going("counting sheep", run, LoopClock(loop=loop)))
    await done.wait()
    task.cancel()
    assert begun[1] - begun[0] >= RESTART_AFTER_S
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.ERROR,
        "counting sheep failed; it goes on in a moment",
    )
