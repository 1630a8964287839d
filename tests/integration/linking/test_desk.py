"""Hurried hands: whatever is begun twice at once leaves one attempt under way, which ends with the app."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from crosswatch.clock import Clock
from crosswatch.config.file import ConfigFile
from crosswatch.linking.desk import LinkingDesk
from crosswatch.providers.scrobble.trakt.client import TraktClient


@pytest.fixture
async def silence():
    """The address of somebody who takes connections, and never answers."""
    writers = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in writers:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
async def desk(tmp_path, silence):
    config = ConfigFile(tmp_path)
    config.load()
    config.update(lambda document: document["plex"].update(tv_url=silence, account_token="EXAMPLE"))
    config.update(lambda document: document["trakt"].update(api_url=silence, client_id="example"))

    async def ask_name(account):
        return account.name

    async with aiohttp.ClientSession() as http:
        made = LinkingDesk(
            config=config,
            http=http,
            trakt=TraktClient(http, lambda: config.settings.trakt),
            clock=Clock(),
            client_id="test-client",
            ask_name=ask_name,
        )
        yield made
        await made.aclose()


def under_way():
    """The tasks of attempts and searches."""
    names = ("link an account", "look for servers")
    return [task for task in asyncio.all_tasks() if task.get_name() in names and not task.done()]


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(lambda desk: desk.sign_in_to_plex(anew=True), id="a sign-in to Plex"),
        pytest.param(lambda desk: desk.look_for_servers(anew=True), id="a search"),
        pytest.param(lambda desk: desk.link_trakt("Maya", "default"), id="a link to Trakt"),
    ],
)
async def test_what_is_begun_twice_at_once_is_under_way_once(desk, begin):
    await begin(desk)
    await asyncio.gather(begin(desk), begin(desk), begin(desk))
    assert len(under_way()) == 1
    await desk.aclose()
    assert under_way() == []
