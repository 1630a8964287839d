"""The set-up in a real browser: it goes on by itself, on two screens at once, and ends in a first play."""

from __future__ import annotations

import asyncio
import time

import pytest
import pytest_asyncio

from crosswatch.simulator.plex.plextv import connection
from fakes.fresh_app import CLIENT_ID, CLIENT_SECRET, FreshApp
from fakes.looking import PATIENCE_MS, Looking

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "correct horse battery"
MINUTE_S = 60.0
REBOUND = "https://127-0-0-1.0123456789abcdef.plex.direct:32400"


class Walk:
    """Somebody who sets up an app, with a window before them.

    Args:
        app: The app.
        window: What they look at.
    """

    def __init__(self, app: FreshApp, window: Looking) -> None:
        self.app = app
        self.window = window
        self.page = window.page

    async def at(self, step: str) -> None:
        """Wait until that step is shown; nothing on it may be wrong, also after a reload."""
        await self.page.wait_for_url(f"**/setup/{step}")
        await self.page.locator("#step-title").wait_for()
        await self.page.reload()
        await self.page.locator("#step-title").wait_for()
        assert await self.window.judge() == []

    async def code(self) -> str:
        """The code that is shown."""
        return await self.page.locator(".typed output").inner_text()

    async def claim(self) -> None:
        """Set the first password."""
        await self.page.fill("#password", PASSWORD)
        await self.page.get_by_role("button", name="Set it and continue").click()

    async def sign_in(self) -> None:
        """Type the code at Plex, elsewhere."""
        alice = self.app.plex.person("alice")
        self.app.plex.pins.claim(await self.code(), alice, self.app.clock.now())

    async def use(self, name: str) -> None:
        """Press a button."""
        await self.page.get_by_role("button", name=name).first.click()


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(tmp_path):
    async with FreshApp(tmp_path / "config") as app:
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def walk(browser, fresh):
    """Somebody at the first step, with a window like a phone's; options as for a context."""
    contexts = []

    async def begin(**options) -> Walk:
        context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        window = await Looking.through(context, f"{fresh.url}/")
        return Walk(fresh, window)

    yield begin
    for context in contexts:
        await context.close()


async def test_a_phone_gets_from_an_empty_folder_to_a_first_play_within_a_minute(fresh, walk, screenshots):
    """With a name that DNS blocks, a server that refuses, a code that is denied, and reloads on the way."""
    fresh.plex.also_at = [{**connection(REBOUND), "address": "127.0.0.1", "port": fresh.plex.link.port}]
    one = await walk()
    began = time.monotonic()

    await one.window.go("setup/claim")
    await one.at("claim")
    await one.claim()
    await one.at("plex")
    await one.page.screenshot(path=screenshots / "set-up-plex-light-390.png")
    await one.sign_in()
    await one.at("server")
    await one.page.get_by_text("your DNS blocks", exact=False).first.wait_for()
    await fresh.plex.refuse()
    await one.use("Look again")
    await one.page.get_by_text("Nothing listens").first.wait_for()
    await fresh.plex.listen()
    await one.use("Look again")
    await one.use("Use")
    await one.at("people")
    await one.use("Save and continue")
    await one.at("trakt")
    await one.page.fill("#client_id", CLIENT_ID)
    await one.page.fill("#client_secret", CLIENT_SECRET)
    await one.use("Use this app")
    await one.use("Get a code")
    fresh.trakt.deny_device(await one.code())
    await one.page.get_by_text("Access was refused on Trakt").wait_for()
    await one.use("Try again")
    fresh.trakt.approve_device(await one.code(), "maya_w")
    await one.at("try")
    await one.page.get_by_text("Listening to Example Server").wait_for()
    fresh.plex.spawn(fresh.plex.player("alice").watch(fresh.plex.item("Arrival")))
    await one.at("done")

    assert time.monotonic() - began < MINUTE_S
    assert await one.page.locator(".card h2").inner_text() == "Arrival"


async def test_two_screens_go_on_together(walk):
    one, other = await walk(), await walk(color_scheme="dark")
    await one.window.go("setup/plex")
    await other.window.go("setup/plex")
    assert await one.code() == await other.code()

    await other.sign_in()

    await asyncio.gather(one.at("server"), other.at("server"))


async def test_a_code_that_expires_before_ones_eyes_is_said_and_renewed(fresh, walk):
    one = await walk()
    await one.window.go("setup/plex")
    for pin in fresh.plex.pins.open_pins(fresh.clock.now()):
        pin.expires_at = fresh.clock.now()
    await one.page.get_by_text("not used in time").wait_for()
    await one.use("Try again")
    await one.sign_in()
    await one.at("server")


async def test_without_a_script_each_step_can_be_checked_again(walk):
    one = await walk(java_script_enabled=False)
    page = one.page
    await one.window.go("setup/claim")
    await one.claim()
    await page.wait_for_url("**/setup/plex")
    await one.sign_in()
    while not await page.get_by_text("Signed in as alice").count():
        await page.get_by_role("link", name="Check again").click()
    await page.get_by_role("link", name="Continue").click()
    while not await page.get_by_role("button", name="Use").count():
        await page.reload()
    await one.use("Use")
    await page.wait_for_url("**/setup/people")
    await one.use("Save and continue")
    await page.wait_for_url("**/setup/trakt")


async def test_the_keyboard_alone_is_enough(walk):
    one = await walk()
    await one.window.go("setup/claim")
    await one.page.focus("#password")
    await one.page.keyboard.type(PASSWORD)
    await one.page.keyboard.press("Enter")
    await one.page.wait_for_url("**/setup/plex")
    await one.sign_in()
    await one.page.wait_for_url("**/setup/server")
    await one.page.get_by_role("button", name="Use").first.wait_for()
    for _ in range(40):
        await one.page.keyboard.press("Tab")
        if await one.page.evaluate("document.activeElement.matches('.address button')"):
            break
    await one.page.keyboard.press("Enter")
    await one.page.wait_for_url("**/setup/people")
    await one.page.focus("#on-1000003")
    await one.page.keyboard.press("Space")
    assert await one.page.is_checked("#on-1000003")


async def test_a_new_password_can_be_read_before_it_is_set(walk, screenshots):
    one = await walk()
    await one.window.go("setup/claim")
    await one.page.fill("#password", PASSWORD)
    field, button = one.page.locator("#password"), one.page.get_by_role("button", name="Show")
    await button.click()
    assert (await field.get_attribute("type"), await button.get_attribute("aria-pressed")) == ("text", "true")
    await one.page.screenshot(path=screenshots / "set-up-claim-shown-390.png")
    await button.click()
    assert await field.get_attribute("type") == "password"
    await button.click()
    await one.claim()
    await one.at("plex")
