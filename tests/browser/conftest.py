"""A real browser before a real app in a lived-in house, once per worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from fakes.lived_in import LivedIn
from fakes.looking import PATIENCE_MS, Looking
from tools import chromium

NAS = "nas.lan"
"""A name that is no secure context, as households have them."""

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is. Whoever asks for these tests and has none is told so; nothing passes unseen."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MISSING)
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path):
    """Chromium without windows; its sandbox needs what containers do not give, and it sees only our pages."""
    options = [f"--host-resolver-rules=MAP {NAS} 127.0.0.1"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def home():
    """The house, as long as the worker works."""
    async with LivedIn() as home:
        yield home


@pytest_asyncio.fixture(loop_scope="session")
async def look(browser, home):
    """Opens a window of its own for each look; what was seen in it is asked of its `Looking`."""
    contexts = []

    async def open_window(way="root", *, width=1280, height=900, scheme="light", locale="en-GB", **options):
        context = await browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale, **options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        root = home.ways["root"].replace("127.0.0.1", NAS) if way == NAS else home.ways[way]
        return await Looking.through(context, root)

    yield open_window
    for context in contexts:
        await context.close()


@pytest.fixture(scope="session")
def screenshots():
    """The folder in which a run leaves what it saw, for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
