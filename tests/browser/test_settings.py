"""Settings in a real browser: saved, reviewed and taken back without scripts; tried before a real server."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_without_scripts_a_setting_is_reviewed_saved_and_taken_back(look):
    page = await (await look(java_script_enabled=False)).go("settings/rules")
    await page.get_by_text("Advanced").nth(1).click()
    days = page.get_by_label("Days to catch up")
    before = await days.input_value()
    await days.fill("3,5")

    await page.get_by_role("button", name="Review").click()
    review = page.locator(".review")
    await expect(review).to_contain_text("features.scrobble.options.catch_up_days")
    await expect(review.locator("ins")).to_have_text("3.5")

    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("It is in force.")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Taken back.")).to_be_visible()
    await page.get_by_text("Advanced").nth(1).click()
    await expect(page.get_by_label("Days to catch up")).to_have_value(before)


async def test_what_is_wrong_is_said_beside_the_field_that_it_is_about(look):
    page = await (await look(width=390)).go("settings/plex")
    await page.get_by_label("Address", exact=True).first.fill("nas:32400")
    await page.get_by_role("button", name="Save").click()
    field = page.get_by_label("Address", exact=True).first
    await expect(field).to_have_value("nas:32400")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("[id='plex.server_url-problem']")).to_contain_text("It must be an address")


async def test_a_server_is_tried_by_the_way_that_plays_go(look):
    page = await (await look()).go("settings/plex")
    await page.locator("#test button").first.click()
    steps = page.locator(".findings li")
    await expect(steps.last).to_contain_text("It opens its notification socket.")
    assert await steps.count() >= 4
