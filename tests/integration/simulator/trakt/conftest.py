from __future__ import annotations

import aiohttp
import pytest

from crosswatch.simulator.trakt import SimulatedTrakt, TraktOptions


@pytest.fixture
async def trakt():
    """A Trakt with one member and one app, whose writes need no pause between them."""
    async with SimulatedTrakt(options=TraktOptions(enforce_write_limit=False)) as trakt:
        trakt.add_user("sample-user")
        trakt.register_app("sample-client-id", "sample-client-secret")
        yield trakt


@pytest.fixture
async def browser():
    """A client without any headers of its own, for pages and for the control interface."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(trakt):
    """A proper client of the member, at the API."""
    headers = {
        "User-Agent": "CrossWatchTests/1.0",
        "Content-Type": "application/json",
        "trakt-api-key": "sample-client-id",
        "trakt-api-version": "2",
        "Authorization": f"Bearer {trakt.link('sample-user').access_token}",
    }
    async with aiohttp.ClientSession(trakt.api_url, headers=headers) as session:
        yield session
