"""Webhooks while the app restarts, dies, loses the socket, or cannot write: nothing lost, nothing doubled."""

from __future__ import annotations

import pytest

from crosswatch.errors import StorageError
from fakes.hooked_household import BOTH, HOOKS, STRANGER

PAPERMAN, FIRST = "Paperman (2012)", "M*A*S*H S01E01"
LENGTH_S = 1_500
HOOKED = (HOOKS, BOTH, STRANGER)


@pytest.fixture
def watching():
    """Somebody watches something at a pace that a test sets."""

    async def begin(home, name=FIRST, start=0.0):
        player = home.plex.player("alice", "web")
        await player.start(home.item(name), offset_ms=round(start * home.item(name).length_ms))
        await home.later(5)
        await home.plex.webhooks.idle()
        return player

    return begin


@pytest.mark.parametrize("mode", HOOKED)
async def test_a_viewing_goes_on_after_the_app_was_killed(live_in, watching, mode):
    home = await live_in(mode=mode)
    player = await watching(home, start=0.5)
    await home.later(minutes=3)
    await home.kill_app()
    await home.start_app()
    await home.later(minutes=9)
    await player.stop()
    await home.settled()
    assert home.watched() == [FIRST]
    assert len([row for row in await home.plays() if row.verdict.value == "delivered"]) == 1


@pytest.mark.parametrize("mode", HOOKED)
async def test_a_webhook_that_was_answered_outlives_the_process(live_in, mode):
    """Killed in the same instant, before the server was asked anything."""
    home = await live_in(mode=mode)
    status, answer = await home.send(payload_of(home, "media.scrobble"))
    await home.kill_app()
    assert (status, answer["ok"]) == (200, True)
    await home.start_app()
    await home.later(minutes=90)
    await home.settled()
    assert home.watched() == [PAPERMAN]


def payload_of(home, event, **metadata):
    """A payload about a player that the server knows nothing of."""
    item = home.item(PAPERMAN)
    return {
        "event": event,
        "user": True,
        "owner": True,
        "Account": {"id": 1, "title": "alice"},
        "Server": {"title": "Example", "uuid": home.plex.world.options.machine_identifier},
        "Player": {"uuid": "unheard-of", "title": "TV"},
        "Metadata": {
            "type": "movie",
            "ratingKey": item.rating_key,
            "title": item.title,
            "year": item.year,
            "duration": item.length_ms,
            "Guid": [{"id": guid} for guid in item.guids],
            "librarySectionID": 1,
            **metadata,
        },
    }


@pytest.mark.parametrize("mode", [HOOKS, STRANGER])
async def test_an_end_that_came_while_the_app_was_down_is_made_good_or_left_open(live_in, watching, mode):
    """Plex sends a webhook once. Where the server can be asked, its history tells what was missed."""
    home = await live_in(mode=mode)
    player = await watching(home, start=0.7)
    await home.later(minutes=1)
    await home.stop_app()
    await home.later(minutes=8)
    await player.stop()
    await home.plex.webhooks.idle()
    await home.start_app()
    await home.later(minutes=10)
    assert home.watched() == ([FIRST] if mode is HOOKS else [])


async def test_while_the_socket_is_down_webhooks_tell_the_end(live_in, watching):
    home = await live_in(mode=BOTH)
    player = await watching(home, start=0.5)
    await home.later(minutes=9)
    await home.plex.refuse(300.0)
    await home.later(minutes=2)
    await player.stop()
    await home.plex.webhooks.idle()
    await home.later(1)
    assert home.watched() == [FIRST]
    await home.later(minutes=10)
    await home.settled()
    assert home.watched() == [FIRST]


async def test_what_cannot_be_written_down_is_dealt_with_and_no_success(live_in, monkeypatch):
    home = await live_in(mode=STRANGER)

    async def fail(*_args, **_options):
        raise StorageError("There is no room left.")

    monkeypatch.setattr(home.app.ledger, "put_hook", fail)
    status, answer = await home.send(payload_of(home, "media.play", viewOffset=60_000))
    await home.later(3)
    assert (status, answer["ok"]) == (503, False)
    assert "There is no room left." in answer["detail"]
    assert [play.id for play in await home.plays()] == [answer["play"]]


async def test_nothing_is_kept_once_it_has_been_dealt_with(live_in):
    home = await live_in(mode=STRANGER)
    await home.watch(PAPERMAN, start=0.5)
    await home.settled()
    assert await home.app.ledger.hooks(home.plex.world.options.machine_identifier) == []
    assert await home.app.ledger.unfinished_servers() == []


async def test_a_server_that_is_configured_later_takes_up_what_webhooks_began(live_in, watching):
    home = await live_in(mode=STRANGER)
    player = await watching(home, start=0.5)
    home.edit(
        plex={"server_url": home.plex.base_url, "account_token": home.plex.owner_token},
        features={"watch": {"enabled": True}},
    )
    await home.connected()
    await home.later(minutes=13)
    await player.stop()
    await home.settled()
    assert home.watched() == [FIRST]
    assert len(await home.plays()) == 1


async def test_when_watching_is_stopped_webhooks_go_on(live_in, watching):
    home = await live_in(mode=BOTH)
    player = await watching(home, start=0.5)
    await home.later(minutes=1)
    await home.app.stop_watch()
    assert home.app.watch_status()["alive"] is False
    await home.later(minutes=12)
    await player.stop()
    await home.settled()
    assert home.watched() == [FIRST]
    assert len(await home.plays()) == 1
