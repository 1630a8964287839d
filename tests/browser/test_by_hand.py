"""By keyboard alone, without scripts, and on a name that browsers take for unsafe."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from fakes.lived_in import BASE_PATH
from fakes.proxy import PathProxy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_first_key_leads_past_the_head_of_the_page(look):
    page = await (await look()).go()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('main') !== null")


async def test_letters_lead_to_screens_until_they_are_switched_off(look):
    window = await look()
    page = await window.go()
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await page.wait_for_url("**/history")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.type") == "search"
    await page.keyboard.press("Escape")
    await page.evaluate("document.activeElement.blur()")

    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.locator("#keys input").uncheck()
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_hidden()


async def test_everything_that_can_be_pressed_is_reached_by_tab_and_shows_it(look):
    page = await (await look()).go()
    wanted = await page.locator("main :is(a, button, summary):visible").count()
    reached = set()
    for _ in range(wanted + 20):
        await page.keyboard.press("Tab")
        found = await page.evaluate(
            "(() => { const one = document.activeElement; const style = getComputedStyle(one);"
            " return [one.closest('main') ? one.textContent + one.href : '', style.outlineStyle]; })()"
        )
        if found[0]:
            assert found[1] != "none", found
            reached.add(found[0])
    assert len(reached) >= wanted * 0.8  # rows of one title say the same


async def test_without_scripts_all_is_shown_and_buttons_post_and_come_back(look):
    page = await (await look(java_script_enabled=False)).go()
    for region in ("now", "needs", "waiting", "last"):
        await expect(page.locator(f"#{region}-title")).to_be_visible()
    await page.get_by_role("button", name="Try now").first.click()
    await expect(page.get_by_role("heading", name="Now watching")).to_be_visible()


@pytest.mark.parametrize("way", ["root", "sub-path", "ingress", "nas.lan"])
async def test_light_or_dark_is_chosen_without_a_script_and_kept(look, way):
    window = await look(way, java_script_enabled=False)
    page = await window.go("history?outcome=delivered")
    await page.get_by_role("button", name="Appearance and account").click()
    await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url == f"{window.root}history?outcome=delivered"
    page = await window.go()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_what_cannot_be_copied_is_selected(look):
    page = await (await look("nas.lan")).go("logs")
    assert await page.evaluate("isSecureContext") is False
    button = page.locator("button[data-copy]")
    await button.click()
    await expect(button).to_have_text("Copied")
    assert "INFO" in await page.evaluate("getSelection().toString()")


@pytest.mark.parametrize("width", [320, 1280])
async def test_what_can_be_done_with_chosen_plays_is_in_sight_where_they_are_chosen(look, screenshots, width):
    page = await (await look(width=width, java_script_enabled=False)).go("history")
    buttons = page.get_by_role("group", name="Selected plays")
    await expect(buttons).not_to_be_in_viewport()
    await page.get_by_role("checkbox").first.check()
    await expect(buttons.get_by_role("button", name="Ignore")).to_be_in_viewport(ratio=1)
    await page.screenshot(path=screenshots / f"history-chosen-{width}.png")
    await buttons.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("status")).to_contain_text("play")


@pytest.mark.parametrize("path", ["", "history", "people", "logs", "settings"])
async def test_another_language_fits_a_phone_as_well(look, path):
    window = await look(width=320, locale="de-DE")
    page = await window.go(path)
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    assert await window.too_wide() == []


async def test_a_proxy_that_does_not_say_where_it_shows_the_pages_is_noticed(look, home):
    async with PathProxy(home.stage.url, "/elsewhere", says_so=False) as proxy:
        home.ways["astray"] = proxy.url
        page = await (await look("astray")).go()
        await expect(page.locator("#astray")).to_be_visible()
        told = await page.locator("#astray").inner_text()
        assert f"at /elsewhere/, and CrossWatch takes {BASE_PATH}/ for the beginning" in told
    page = await (await look("ingress")).go()
    await expect(page.locator("#live")).to_have_text("Live")
    await expect(page.locator("#astray")).to_be_hidden()
