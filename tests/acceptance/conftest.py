from __future__ import annotations

import pytest
import pytest_asyncio

from crosswatch.config.model import default_document
from fakes.served import ServedApp


@pytest.fixture
async def app(tmp_path):
    """A fresh instance: an empty folder, and the command of the hand-over."""
    async with ServedApp(tmp_path / "config") as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_process(tmp_path_factory):
    """One process for all tests of a module that only ask and answer."""
    async with ServedApp(tmp_path_factory.mktemp("shared") / "config") as app:
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def shared_app(one_process):
    """That process, set back to what a fresh instance is like."""
    await one_process.post("/api/config", default_document())
    await one_process.post("/debug/watch/start")
    return one_process
