"""Work beside the loop: its value and its errors come back, and nobody waits for it at the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import crosswatch
from crosswatch.beside import run_beside

NEVER_DONE = """
import asyncio, threading
from crosswatch.beside import run_beside
async def main():
    begun = threading.Event()
    task = asyncio.create_task(run_beside(lambda: begun.set() or threading.Event().wait(60), "x"))
    while not begun.is_set():
        await asyncio.sleep(0.01)
    task.cancel()
asyncio.run(main())
"""


async def test_what_the_work_returns_comes_back():
    assert await run_beside(lambda: threading.current_thread().name, "sums") == "crosswatch-sums"


async def test_what_it_raises_comes_back_as_well():
    with pytest.raises(ZeroDivisionError):
        await run_beside(lambda: 1 // 0, "sums")


async def test_whoever_waits_no_more_is_not_told():
    release = threading.Event()
    task = asyncio.create_task(run_beside(lambda: release.wait(5), "sums"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()


def test_the_end_of_the_process_waits_for_nothing():
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", NEVER_DONE],
        env={"PYTHONPATH": str(Path(crosswatch.__file__).parents[1])},
        timeout=30,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 20
