"""People with a browser: every change without a script, and the way from a person to a code for Trakt."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("way", ["root", "ingress"])
async def test_somebody_is_paused_and_counts_again_without_a_script(look, way):
    window = await look(way, width=390, java_script_enabled=False)
    page = await window.go("people")
    await page.get_by_role("link", name="Together", exact=True).click()
    await page.get_by_role("button", name="Pause", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="Paused")).to_be_visible()
    await page.get_by_role("button", name="Count again").click()
    await expect(page.get_by_role("status").filter(has_text="count again")).to_be_visible()
    await page.get_by_label("Others, with commas between").first.fill("Nowhere")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_label("Nowhere").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Nowhere")).to_have_count(0)
    assert window.complaints == []


async def test_two_windows_that_change_one_person_lose_nothing(look):
    first, second = [await (await look()).go("people/bob") for _ in range(2)]
    for page, mark in ((first, "70"), (second, "75")):
        await page.get_by_label("Watched from, in percent").fill(mark)
    await first.get_by_role("button", name="Save").click()
    await expect(first.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await second.get_by_role("button", name="Save").click()
    await expect(second.get_by_role("alert")).to_contain_text("changed by somebody else meanwhile")
    await expect(second.get_by_label("Watched from, in percent")).to_have_value("75")
    await second.get_by_role("link", name="Show theirs").click()
    await expect(second.get_by_label("Watched from, in percent")).to_have_value("70")
    await second.get_by_label("Watched from, in percent").fill("")
    await second.get_by_role("button", name="Save").click()
    await expect(second.get_by_role("status").filter(has_text="Saved")).to_be_visible()


async def test_one_button_leads_from_a_person_to_a_code_for_trakt(look):
    page = await (await look()).go("people/Together")
    await page.get_by_role("button", name="Link another account").click()
    await expect(page).to_have_url(re.compile(r"/setup/trakt\?who=Together$"))
    await expect(page.locator(".typed").first).to_be_visible()
    await expect(page.locator(".linkee")).to_have_count(1)
    await page.get_by_role("link", name="Back to Together").click()
    await expect(page.get_by_role("heading", name="Together").first).to_be_visible()
