"""Watch mode end to end: in a loop that leaps over waiting (`fakes.leaping_loop`)."""

from __future__ import annotations

import contextlib

import pytest

from fakes.household import Household
from fakes.leaping_loop import LeapingLoop


def pytest_asyncio_loop_factories(config, item):  # noqa: ARG001 -- the hook's own signature
    return {"leaping": LeapingLoop}


@pytest.fixture
async def live_in(tmp_path):
    """Moves into a household with these options; it is left, with manners, at the end of the test."""
    homes = []
    async with contextlib.AsyncExitStack() as stack:

        async def move_in(**options):
            homes.append(await stack.enter_async_context(Household(tmp_path, **options)))
            return homes[-1]

        yield move_in
    assert all(home.has_manners() for home in homes)


@pytest.fixture(autouse=True)
def _nothing_stumbles(caplog):
    """The nets of the task loops catch what they must; here nothing may fall into them."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []
