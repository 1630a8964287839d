"""Every screen, at each place, in each light, on each width: what must hold for all of them."""

from __future__ import annotations

import pytest

from fakes.english import english_in
from fakes.screens import SCREENS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDTHS = (320, 390, 1280)
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("way", ["root", "sub-path", "ingress"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_a_screen_is_clean_and_usable_wherever_it_is_shown(screen, way, look, home, screenshots):
    window = await look(way)
    page = await window.go(screen.path.format(**home.ids), screen.status)
    await page.locator(screen.shows).first.wait_for(state="attached")
    wrong = {}
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            found = await window.judge()
            if found:
                wrong[f"{scheme} {width}"] = found
            if way == "root":
                await page.screenshot(path=screenshots / picture(screen, scheme, width), full_page=True)
    assert wrong == {}


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_a_screen_speaks_another_language_and_fits_its_longer_words(screen, look, home, screenshots):
    window = await look(locale="de-DE")
    page = await window.go(screen.path.format(**home.ids), screen.status)
    await page.locator(screen.shows).first.wait_for(state="attached")
    assert await page.locator("html").get_attribute("lang") == "de"
    assert english_in(await page.content(), await home.titles()) == []
    wrong = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        if found := await window.judge():
            wrong[width] = found
        await page.screenshot(path=screenshots / picture(screen, "de", width), full_page=True)
    assert wrong == {}


def picture(screen, kind, width):
    """The name of a picture's file."""
    return f"{screen.name} {kind} {width}.png".replace(": ", " ").replace(" ", "-")
