from __future__ import annotations

import pytest

from fakes.asgi import Caller
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.runtime import FakeRuntime
from fakes.shown import running


@pytest.fixture
def runtime(tmp_path):
    """A runtime on a fresh folder, at a quarter past eight in the evening."""
    clock = HandClock()
    return FakeRuntime(tmp_path / "config", MemoryLedger(clock), clock=clock)


@pytest.fixture
async def web(runtime):
    """The app around that runtime, called without sockets."""
    async with running(runtime) as app:
        yield Caller(app)
