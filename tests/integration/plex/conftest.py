from __future__ import annotations

import ssl

import aiohttp
import pytest
import trustme

from crosswatch.providers.scrobble.plex import transport
from crosswatch.providers.scrobble.plex.plextv import PlexTv
from crosswatch.providers.scrobble.plex.pms import PlexServer
from fakes.plex_server import OWNER_TOKEN, FakePlex


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """What is waited for between two tries of a question is not what these tests are about."""
    monkeypatch.setattr(transport, "RETRY_AFTER_S", 0.0)


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def plex():
    async with FakePlex() as server:
        yield server


@pytest.fixture
def server_tls():
    """What a server with a certificate of its own making shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def connect(http):
    """Makes our side of a server; plex.tv answers at the same port, unless somebody says where else."""

    def make(plex, token=OWNER_TOKEN, url=None, **options):
        if plex is not None:
            options = {"tv_url": plex.url, **options}
        return PlexServer(http, url=url or plex.url, token=token, client_id="test-client", **options)

    return make


@pytest.fixture
def tv(http, plex):
    return PlexTv(http, url=plex.url, client_id="test-client")
