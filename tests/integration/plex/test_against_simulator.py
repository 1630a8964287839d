"""The Plex source against the simulated server, which knows more kinds of item than any recording."""

from __future__ import annotations

import pytest

from crosswatch.clock import Clock
from crosswatch.core.events import Account, MediaKind, Numbering, PlayerState
from crosswatch.providers.scrobble.plex.watch import WatchOptions, WatchService
from crosswatch.simulator.plex import SimulatedPlex
from fakes.plex_server import until


@pytest.fixture
async def simulated():
    async with SimulatedPlex() as server:
        yield server


@pytest.fixture
def source(simulated, connect):
    return connect(None, url=simulated.base_url, token=simulated.owner_token, tv_url=simulated.plextv_url)


async def test_every_item_of_the_library_is_understood(simulated, source):
    items = [item for item in simulated.world.library.everything() if item.rating_key]
    found = [await source.fetch_media(item.rating_key) for item in items]
    assert {media.kind for media in found} >= {
        MediaKind.MOVIE,
        MediaKind.EPISODE,
        MediaKind.CLIP,
        MediaKind.TRACK,
        MediaKind.PHOTO,
    }
    episodes = [media for media in found if media.kind is MediaKind.EPISODE]
    assert {media.numbering for media in episodes} == set(Numbering)
    assert all(media.show and media.show.title for media in episodes)
    assert not [media.label for media in episodes if media.ids and media.ids.agrees_with(media.show.ids)]


async def test_a_viewing_is_heard_and_listed_with_its_viewer(simulated, source):
    heard = []

    class Listener:
        async def on_connected(self, server_uuid, name):
            """Nothing to prepare."""

        def on_notifications(self, notifications):
            heard.extend(notifications)

        def on_forget(self, rating_keys):
            """Nothing is cached here."""

        def on_disconnected(self, reason):
            """Nothing to mend."""

    watch = WatchService(source, clock=Clock(), options=WatchOptions(), handler=Listener())
    watch.start()
    await until(lambda: watch.status.connected)
    player = simulated.player("bob", "web")
    await player.start(simulated.item("The Matrix"))
    await until(lambda: heard)
    (row,) = await source.fetch_sessions()
    assert (row.session_key, row.media.rating_key) == (heard[0].session_key, heard[0].rating_key)
    assert row.account == Account(id=1000002, name="bob")
    assert row.player.client_id == heard[0].client_id
    await player.stop()
    await until(lambda: heard[-1].state is PlayerState.STOPPED)
    await watch.stop()


async def test_a_friends_token_shows_the_friend_only(simulated, connect):
    bob = simulated.person("bob")
    source = connect(None, url=simulated.base_url, token=bob.server_token, tv_url=simulated.plextv_url)
    viewer = await source.fetch_sole_viewer()
    assert (viewer.id, viewer.name) == (1000002, "bob")


async def test_a_small_picture_is_fetched_once_and_anew_when_the_item_was_changed(simulated, source):
    key = simulated.item("The Matrix").rating_key
    asked = simulated.ledger.requests
    first = await source.fetch_poster(key)
    assert first.startswith(b"\x89PNG")
    assert await source.fetch_poster(key) is first
    assert len([one for one in asked if one.path.startswith("/photo/")]) == 1
    source.forget(key)
    await source.fetch_poster(key)
    assert len([one for one in asked if one.path.startswith("/photo/")]) == 2
