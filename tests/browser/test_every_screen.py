"""Every screen, at each place, in each light, on each width: what must hold for all of them."""

from __future__ import annotations

import pytest

from fakes.screens import SCREENS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDTHS = (320, 390, 1280)
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("way", ["root", "sub-path", "ingress"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_a_screen_is_clean_and_usable_wherever_it_is_shown(screen, way, look, home, screenshots):
    wrong = {}
    for scheme in SCHEMES:
        for width in WIDTHS:
            window = await look(way, width=width, scheme=scheme)
            page = await window.go(screen.path.format(**home.ids), screen.status)
            await page.locator(screen.shows).first.wait_for(state="attached")
            found = await window.judge()
            name = f"{screen.name} {way} {scheme} {width}"
            await page.screenshot(path=screenshots / f"{name.replace(' ', '-')}.png", full_page=True)
            if found:
                wrong[name] = found
    assert wrong == {}
