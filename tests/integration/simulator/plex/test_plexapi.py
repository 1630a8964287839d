"""A Plex client that we did not write gets along with the simulated server and with plex.tv's routes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import plexapi.exceptions
import pytest
import requests
from plexapi.alert import AlertListener
from plexapi.myplex import MyPlexAccount, MyPlexPinLogin, MyPlexResource, MyPlexUser
from plexapi.server import PlexServer

from crosswatch.simulator.plex import Ending
from crosswatch.simulator.plex.noise import make_noise

OWNER = "EXAMPLE-TOKEN-OWNER"


@pytest.fixture
def session():
    with requests.Session() as session:
        yield session


@pytest.fixture
def connect(plex, session):
    """Connects plexapi to the server, in a thread of its own."""

    async def connect(token=OWNER):
        return await asyncio.to_thread(PlexServer, plex.base_url, token, session)

    return connect


@pytest.fixture(autouse=True)
def _our_plextv(plex, monkeypatch):
    """Points plexapi to our plex.tv."""
    for owner in (MyPlexAccount, MyPlexPinLogin, MyPlexResource, MyPlexUser):
        for name in ("key", "PINS", "LINK", "FRIENDINVITE", "WEBHOOKS"):
            address = getattr(owner, name, None)
            if isinstance(address, str):
                monkeypatch.setattr(owner, name, address.replace("https://plex.tv", plex.plextv_url))


@pytest.fixture
def sign_in(session):
    async def sign_in(token=OWNER):
        return await asyncio.to_thread(MyPlexAccount, token=token, session=session)

    return sign_in


# ---------------------------------------------------------------- the server


async def test_it_connects_and_reads_who_the_server_is(plex, connect):
    server = await connect()
    assert server.machineIdentifier == plex.options.machine_identifier
    assert (server.friendlyName, server.myPlexUsername) == ("Example Server", "alice@example.com")
    identity = await asyncio.to_thread(server.identity)
    assert (identity.claimed, identity.version) == (True, plex.options.version)


async def test_a_wrong_token_is_unauthorized(connect):
    with pytest.raises(plexapi.exceptions.Unauthorized):
        await connect("WRONG")


async def test_it_lists_sessions(plex, connect):
    server = await connect()
    assert await asyncio.to_thread(server.sessions) == []
    await plex.player("bob", "tv", transcode=True).start(plex.item("147967"), offset_ms=60_000)
    await plex.player("alice", "web").start(plex.item("1357"))

    def look():
        episode, movie = server.sessions()
        assert (episode.title, episode.grandparentTitle) == ("Half Loop", "Severance")
        assert (episode.usernames, episode.player.title, episode.player.state) == (
            ["bob"],
            "Living Room",
            "playing",
        )
        assert episode.transcodeSession.videoDecision == "transcode"
        assert (movie.sessionKey, movie.session.location, movie.transcodeSession) == (2, "lan", None)

    await asyncio.to_thread(look)


async def test_it_fetches_items_of_every_kind(connect):
    server = await connect()

    def look():
        movie = server.fetchItem(1357)
        assert [guid.id for guid in movie.guids] == ["imdb://tt0133093", "tmdb://603", "tvdb://169"]
        episode = server.fetchItem(147967)
        assert (episode.seasonEpisode, episode.hasIntroMarker, episode.hasCreditsMarker) == (
            "s01e02",
            True,
            True,
        )
        show = episode.show()
        assert (show.title, show.childCount, show.leafCount) == ("Severance", 2, 19)
        special = server.fetchItem(30177)
        assert (special.parentIndex, special.index) == (0, 8)
        several = server.fetchItems([1357, 73894, 8355])
        assert [item.type for item in several] == ["movie", "track", "clip"]
        with pytest.raises(plexapi.exceptions.NotFound):
            server.fetchItem(404404)

    await asyncio.to_thread(look)


async def test_it_walks_the_libraries(plex, connect):
    server = await connect()

    def look():
        sections = server.library.sections()
        assert [(section.key, section.title) for section in sections] == [
            (1, "Movies"),
            (2, "TV Shows"),
            (5, "Anime"),
            (7, "Home Videos"),
            (8, "YouTube"),
            (10, "Music"),
            (11, "Photos"),
        ]
        listed = plex.world.library.listed(plex.world.library.sections[1], "movie")
        assert [movie.title for movie in sections[0].all()] == [item.title for item in listed]
        severance = next(show for show in sections[1].all() if show.title == "Severance")
        assert [episode.seasonEpisode for episode in severance.episodes()][:3] == [
            "s01e01",
            "s01e02",
            "s01e03",
        ]
        assert [season.title for season in severance.seasons()] == ["Season 1", "Season 2"]

    await asyncio.to_thread(look)


async def test_it_reads_the_history(plex, connect):
    server = await connect()
    for number, (person, key) in enumerate([("alice", "1357"), ("bob", "147967"), ("alice", "147968")]):
        plex.world.history.add(plex.person(person), plex.item(key), 1_700_000_000 + number)
    plex.world.delete_item("147968")
    since = datetime.fromtimestamp(1_700_000_001, UTC)

    def look():
        assert [(row.title, row.accountID, row.ratingKey) for row in server.history()] == [
            ("In Perpetuity", 1, None),
            ("Half Loop", 1_000_002, 147967),
            ("The Matrix", 1, 1357),
        ]
        narrowed = ({"mindate": since}, {"accountID": 1}, {"ratingKey": 1357}, {"maxresults": 1})
        assert [len(server.history(**arguments)) for arguments in narrowed] == [2, 2, 1, 1]

    await asyncio.to_thread(look)


async def test_it_lists_the_accounts_and_preferences(connect):
    server = await connect()

    def look():
        assert [(account.id, account.name) for account in server.systemAccounts()] == [
            (0, ""),
            (1, "alice"),
            (1_000_002, "bob"),
            (1_000_003, "Kids"),
            (1_000_004, ""),
        ]
        assert server.settings.get("LibraryVideoPlayedThreshold").value == 90

    await asyncio.to_thread(look)


async def test_a_shared_user_may_connect_but_not_see_the_sessions(connect):
    server = await connect("EXAMPLE-TOKEN-BOB")
    with pytest.raises(plexapi.exceptions.BadRequest, match="403"):
        await asyncio.to_thread(server.sessions)


async def test_its_alert_listener_understands_the_frames(plex, connect, listen):
    """The listener needs a package that is no dependency of ours, so that it is handed what we heard."""
    server = await connect()
    heard = []
    alerts = AlertListener(server, callback=heard.append, callbackError=pytest.fail)
    ear = await listen(plex, path=f"{AlertListener.key}?X-Plex-Token={OWNER}")
    await plex.player("alice", "kodi").watch(plex.item("28841"), seconds=5, ending=Ending.TRIPLE)
    make_noise(plex.world, 20)
    await ear.until_stopped(3)
    for message in ear.messages:
        alerts._onMessage(None, message)
    assert len(heard) == len(ear.messages)
    assert heard[0]["PlaySessionStateNotification"][0]["ratingKey"] == "28841"
    assert {data["size"] for data in heard} == {1}


# ---------------------------------------------------------------- plex.tv


async def test_its_pin_login_gets_a_token(plex, session):
    login = MyPlexPinLogin(session=session)
    code = await asyncio.to_thread(lambda: login.pin)
    assert len(code) == 4
    assert await asyncio.to_thread(login.checkLogin) is False
    plex.pins.claim(code, plex.person("alice"), plex.clock.now())
    assert await asyncio.to_thread(login.checkLogin) is True
    assert login.token == OWNER


async def test_its_oauth_login_gets_a_strong_code_and_expires(plex, session):
    login = MyPlexPinLogin(session=session, oauth=True)
    url = await asyncio.to_thread(login.oauthUrl)
    assert f"code={plex.pins.open_pins(plex.clock.now())[0].code}" in url
    plex.pins._pins[login._id and int(login._id)].expires_at = plex.clock.now()
    assert await asyncio.to_thread(login.checkLogin) is False
    assert login.expired


async def test_its_account_can_link_the_typed_code(sign_in, session):
    login = MyPlexPinLogin(session=session)
    code = await asyncio.to_thread(lambda: login.pin)
    account = await sign_in()
    await asyncio.to_thread(account.link, code)
    assert await asyncio.to_thread(login.checkLogin) is True


async def test_it_reads_the_account_and_its_friends(plex, sign_in):
    account = await sign_in()
    assert (account.id, account.username, account.friendlyName) == (1_000_001, "alice", "Alice A.")
    assert account.subscriptionActive is True

    def look():
        bob, carol = account.users()
        assert (bob.id, bob.title, bob.servers[0].name) == (1_000_002, "bob", "Example Server")
        assert (carol.id, carol.title, carol.username, carol.servers) == (
            1_000_004,
            "Carol C.",
            "carol84",
            [],
        )
        assert bob.get_token(plex.options.machine_identifier) == "EXAMPLE-TOKEN-BOB"

    await asyncio.to_thread(look)


@pytest.mark.parametrize(
    ("token", "owned", "server_token"),
    [(OWNER, True, "EXAMPLE-TOKEN-SERVER"), ("EXAMPLE-TOKEN-BOB-ACCOUNT", False, "EXAMPLE-TOKEN-BOB")],
)
async def test_it_finds_the_server_among_the_resources(plex, sign_in, token, owned, server_token):
    account = await sign_in(token)

    def look():
        resource = account.resource("Example Server")
        assert (resource.owned, resource.accessToken, resource.provides) == (owned, server_token, "server")
        assert [connection.uri for connection in resource.connections] == [plex.base_url]
        if owned:
            server = resource.connect(ssl=False, timeout=5)
            assert server.machineIdentifier == plex.options.machine_identifier

    await asyncio.to_thread(look)


async def test_it_sets_webhooks_where_there_is_a_plex_pass(plex, sign_in):
    account = await sign_in()
    url = "http://127.0.0.1:1/hook"
    assert await asyncio.to_thread(account.addWebhook, url) == [url]
    assert plex.webhooks.urls(plex.person("alice")) == [url]
    assert await asyncio.to_thread(account.deleteWebhook, url) == []
    carol = await sign_in("EXAMPLE-TOKEN-CAROL84-ACCOUNT")
    with pytest.raises(plexapi.exceptions.BadRequest, match="403"):
        await asyncio.to_thread(carol.addWebhook, url)


async def test_a_wrong_token_is_unauthorized_at_plextv(sign_in):
    with pytest.raises(plexapi.exceptions.Unauthorized):
        await sign_in("WRONG")
