"""The Trakt sink on real sockets: the simulated Trakt, a real configuration file, one linked member."""

from __future__ import annotations

import json
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from crosswatch.clock import Clock
from crosswatch.config.file import ConfigFile
from crosswatch.core.events import Media, MediaKind, Percent, PlayId, Show
from crosswatch.core.ids import Ids
from crosswatch.core.plays import DesiredAction, SinkAccount
from crosswatch.core.ports import Order
from crosswatch.errors import StorageError
from crosswatch.providers.scrobble.trakt.client import Patience, TraktClient
from crosswatch.providers.scrobble.trakt.sink import TraktSink
from crosswatch.providers.scrobble.trakt.tokens import Tokens
from crosswatch.simulator.trakt import SimulatedTrakt, TraktOptions

CLOCK = Clock()

IMPATIENT = Patience(connect_s=1.0, silence_s=0.3, total_s=0.6)


class Matches:
    """A store of matches in memory; `is_broken` makes it fail as a database does."""

    def __init__(self):
        self.kept = {}
        self.is_broken = False

    async def match(self, key, now):
        self._check()
        match = self.kept.get(key)
        return match if match and (match.expires_at is None or now < match.expires_at) else None

    async def save_match(self, match):
        self._check()
        self.kept[match.key] = match

    def _check(self):
        if self.is_broken:
            raise StorageError("The disk is full.")


@pytest.fixture
def clock():
    """The time, the same for Trakt and for us."""
    return CLOCK


@pytest.fixture
async def trakt(clock):
    """A Trakt with two members and one app, whose writes need no pause between them."""
    async with SimulatedTrakt(clock=clock, options=TraktOptions(enforce_write_limit=False)) as trakt:
        trakt.add_user("alice")
        trakt.add_user("bob")
        trakt.register_app("sample-client-id", "sample-client-secret")
        yield trakt


@pytest.fixture
def tokens_of():
    """The tokens of a grant as the configuration holds them, possibly older than they are."""

    def make(grant, age=timedelta()):
        created_at = int((grant.created_at - age).timestamp())
        return {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "scope": "public",
            "token_type": "bearer",
            "created_at": created_at,
            "expires_in": grant.expires_in_s,
            "expires_at": created_at + grant.expires_in_s,
        }

    return make


@pytest.fixture
def config(trakt, tokens_of, tmp_path):
    """A configuration with the app, and alice as the default account."""
    document = {
        "trakt": {
            "client_id": "sample-client-id",
            "client_secret": "sample-client-secret",
            "api_url": trakt.api_url,
            "auth_url": trakt.auth_url,
            "write_interval_seconds": 0,
        },
        "auth": {"trakt": tokens_of(trakt.link("alice"))},
        "note": "mine",
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document))
    path.chmod(0o600)
    config = ConfigFile(tmp_path, clock=CLOCK)
    config.load()
    assert config.problem is None
    return config


@pytest.fixture
def edit(config):
    """Change the configuration as somebody with an editor does, and have it noticed."""

    def run(change):
        document = json.loads(config.path.read_text())
        change(document)
        config.path.write_text(json.dumps(document))
        config.poll()

    return run


@pytest.fixture
async def session():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


@pytest.fixture
def client(session, config):
    """A client that does not wait long."""
    return TraktClient(session, lambda: config.settings.trakt, patience=IMPATIENT)


@pytest.fixture
async def tokens(config, client):
    tokens = Tokens(config, client, CLOCK)
    yield tokens
    await tokens.aclose()


@pytest.fixture
def matches():
    return Matches()


@pytest.fixture
def sink(client, tokens, matches):
    return TraktSink(client, tokens, matches, CLOCK)


@pytest.fixture
def movie():
    def make(**given):
        facts = {
            "title": "Arrival",
            "year": 2016,
            "ids": Ids(imdb="tt2543164", tmdb=329865),
            "duration_ms": 116 * 60_000,
        }
        return Media(kind=MediaKind.MOVIE, **{**facts, **given})

    return make


@pytest.fixture
def episode():
    def make(**given):
        facts = {
            "title": "Half Loop",
            "ids": Ids(tvdb=9900102),
            "show": Show(title="Severance", year=2022, ids=Ids(tmdb=95396, tvdb=371980)),
            "season": 1,
            "number": 2,
        }
        return Media(kind=MediaKind.EPISODE, **{**facts, **given})

    return make


@pytest.fixture
def order():
    def make(media, action=DesiredAction.WATCHED, progress=95.0, **given):
        now = CLOCK.now()
        facts = {"account": SinkAccount(), "at": now, "started_at": now - timedelta(hours=1)}
        play_id = PlayId("play-1")
        return Order(
            media=media, action=action, progress=Percent(progress), play_id=play_id, **{**facts, **given}
        )

    return make


@pytest.fixture
async def odd(edit):
    """What is said in Trakt's place, to everything that is asked: arguments of a response."""
    said = {}

    async def answer(_):
        return web.Response(**said)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    address = f"http://127.0.0.1:{port}"
    edit(lambda document: document["trakt"].update(api_url=address, auth_url=address))
    yield said
    await runner.cleanup()
