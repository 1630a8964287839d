"""Webhook mode end to end: in a loop that leaps over waiting (`fakes.leaping_loop`)."""

from __future__ import annotations

import contextlib

import pytest

from fakes.hooked_household import HookedHousehold
from fakes.leaping_loop import LeapingLoop


def pytest_asyncio_loop_factories(config, item):  # noqa: ARG001 -- the hook's own signature
    return {"leaping": LeapingLoop}


@pytest.fixture
async def live_in(tmp_path):
    """Moves into a household with these options; it is left at the end of the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def move_in(**options):
            return await stack.enter_async_context(HookedHousehold(tmp_path, **options))

        yield move_in


@pytest.fixture(autouse=True)
def _nothing_stumbles(caplog):
    """The nets of the task loops catch what they must; here nothing may fall into them."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []
