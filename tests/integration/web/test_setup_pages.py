"""The set-up from an empty folder to a first play, in browsers without scripts, against simulated servers."""

from __future__ import annotations

import pytest

from crosswatch.simulator.plex import Fault, FaultKind
from crosswatch.simulator.plex.plextv import connection
from crosswatch.simulator.trakt import Fault as TraktFault
from fakes.fresh_app import CLIENT_ID, CLIENT_SECRET, FreshApp

PASSWORD = "correct horse battery"
REBOUND = "https://127-0-0-1.0123456789abcdef.plex.direct:32400"


@pytest.fixture
async def make(tmp_path):
    """Makes an app and a browser; both end with the test."""
    import contextlib

    async with contextlib.AsyncExitStack() as stack:

        async def make(**options):
            app = await stack.enter_async_context(FreshApp(tmp_path / "config", **options))
            return app, await stack.enter_async_context(app.browser())

        yield make


async def sign_in(app, browser):
    """The step of Plex, done."""
    page = await browser.open("setup/plex")
    app.plex.pins.claim(page.code, app.plex.person("alice"), app.clock.now())
    return await browser.until("setup/plex", lambda page: "Signed in as alice" in page.words)


async def choose_server(browser):
    page = await browser.until("setup/server", lambda page: "works" in page.words)
    return await browser.send(page, "Use")


async def choose_people(browser, *names):
    page = await browser.open("setup/people")
    numbers = {"alice": "1000001", "bob": "1000002", "Kids": "1000003"}
    return await browser.send(page, "Save", on=[numbers[name] for name in names])


async def set_app(browser, client_id=CLIENT_ID, client_secret=CLIENT_SECRET):
    page = await browser.open("setup/trakt")
    return await browser.send(page, "Use this app", client_id=client_id, client_secret=client_secret)


async def link(app, browser, user="maya_w"):
    page = await browser.send(await browser.open("setup/trakt"), "Get a code")
    app.trakt.approve_device(page.code, user)
    return await browser.until("setup/trakt", lambda page: f"go to {user}" in page.words)


async def test_an_empty_folder_becomes_a_first_delivered_play(make):
    app, browser = await make()

    page = await browser.open("setup/claim")
    page = await browser.send(page, "Set it", password=PASSWORD)
    assert page.step == "plex"
    await sign_in(app, browser)
    page = await browser.open("setup")
    assert page.step == "server"
    page = await choose_server(browser)
    assert page.step == "people"
    page = await choose_people(browser, "alice")
    assert page.step == "trakt"
    await set_app(browser)
    await link(app, browser)
    page = await browser.open("setup/try")
    assert "Press play on anything" in page.words

    player = app.plex.player("alice")
    app.plex.spawn(player.watch(app.plex.item("Arrival")))
    await browser.until("setup/try", lambda page: "Trakt accepted : done" in page.words)
    page = await browser.open("setup/done")

    assert "All set" in page.words
    assert "Arrival" in page.words
    document = app.document()
    assert document["people"] == [{"name": "alice", "plex_ids": [1000001], "accounts": ["default"]}]
    assert document["features"]["watch"]["enabled"] is True
    assert document["features"]["scrobble"]["enabled"] is True
    assert document["plex"]["server_uuid"]
