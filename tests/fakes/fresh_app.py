"""An app on an empty folder, with a Plex and a Trakt that it may be linked to, and browsers that look at it.

Everything is joined by real sockets; time runs faster, so that codes are asked for often and expire soon.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import uvicorn

from crosswatch.clock import Clock
from crosswatch.runtime import Runtime
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt, TraktOptions
from fakes.served import free_port
from fakes.shown import running

SPEED = 40.0
PATIENCE_S = 10.0
CLIENT_ID, CLIENT_SECRET = "example-client-id", "example-client-secret"


class FreshApp:
    """As an asynchronous context manager: the app serves on a port of its own.

    Args:
        folder: For config.json and the database; it may hold a config.json already.
        environment: Variables that set keys.
        plex: Switches of the server.
        trakt: Switches of Trakt.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environment: dict[str, str] | None = None,
        plex: dict[str, Any] | None = None,
        trakt: dict[str, Any] | None = None,
    ) -> None:
        self.clock = Clock(scale=SPEED, epoch=Clock().timestamp())
        self.plex = SimulatedPlex(clock=self.clock, options=PlexOptions(**(plex or {})))
        self.trakt = SimulatedTrakt(clock=self.clock, options=TraktOptions(**(trakt or {})))
        self.folder = folder
        self.runtime = Runtime(folder, clock=self.clock, environment=environment or {})
        self.url = f"http://127.0.0.1:{free_port()}"
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self.plex)
            await stack.enter_async_context(self.trakt)
            self.trakt.add_user("maya_w", vip=True)
            self.trakt.add_user("tom_t")
            self.trakt.register_app(CLIENT_ID, CLIENT_SECRET, owner="maya_w")
            self.edit(
                plex={"tv_url": self.plex.plextv_url},
                trakt={"api_url": self.trakt.api_url, "auth_url": self.trakt.auth_url},
            )
            app = await stack.enter_async_context(running(self.runtime))
            stack.push_async_callback(self._serve(app))
            await self._answers()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.__aexit__(*error)

    def _serve(self, app):
        port = int(self.url.rpartition(":")[2])
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            lifespan="off",  # the runtime is running already
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext
        task = asyncio.create_task(server.serve())

        async def stop() -> None:
            server.should_exit = True
            await task

        return stop

    async def _answers(self) -> None:
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/healthz"):
                        return
                await asyncio.sleep(0.02)

    def edit(self, **sections: dict[str, Any]) -> None:
        """Write into config.json before the app reads it."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "config.json"
        document = self.document() if path.exists() else {}
        for name, values in sections.items():
            document[name] = {**document.get(name, {}), **values} if isinstance(values, dict) else values
        path.touch(0o600)
        path.write_text(json.dumps(document))

    def document(self) -> dict[str, Any]:
        """What config.json says now."""
        return json.loads((self.folder / "config.json").read_text())

    def browser(self) -> Browser:
        """A new browser, which knows nothing yet."""
        return Browser(self.url)


@dataclass
class Page:
    """An answer that a browser shows."""

    url: str
    status: int
    text: str

    @property
    def step(self) -> str:
        """Which step of the set-up it is."""
        return self.url.partition("?")[0].rpartition("/")[2]

    @property
    def words(self) -> str:
        """What a person reads."""
        text = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())

    @property
    def code(self) -> str:
        """The code that is to be typed elsewhere."""
        found = re.search(r"<output[^>]*>(\w+)</output>", self.text)
        return found[1] if found else ""

    def forms(self) -> list[dict[str, Any]]:
        """The forms, as a browser without a script would send them."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms


class _Forms(HTMLParser):
    """Collects forms: where they go, what they hold, and what their buttons say."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._in_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given.get("action"), "fields": [], "button": ""})
        elif self.forms and tag == "input" and given.get("name"):
            is_off = given.get("type") == "checkbox" and "checked" not in given
            if not is_off:
                self.forms[-1]["fields"].append((given["name"], given.get("value") or ""))
        elif tag == "button":
            self._in_button = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._in_button = False

    def handle_data(self, data: str) -> None:
        if self._in_button and self.forms:
            self.forms[-1]["button"] += data


class Browser:
    """A browser without scripts: follows redirects, keeps cookies, fills in and sends the forms of a page."""

    def __init__(self, url: str) -> None:
        self.top = url
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def open(self, path: str) -> Page:
        """A page, by its address."""
        async with self._http.get(urljoin(f"{self.top}/", path), headers={"Accept": "text/html"}) as answer:
            return Page(str(answer.url), answer.status, await answer.text())

    async def send(self, page: Page, button: str, **filled: Any) -> Page:
        """Fill in the form with that button and press it; a list stands for several boxes that are ticked."""
        form = next(one for one in page.forms() if button in one["button"])
        fields = [(name, value) for name, value in form["fields"] if name not in filled]
        for name, value in filled.items():
            fields += [(name, one) for one in (value if isinstance(value, list) else [value])]
        async with self._http.post(
            urljoin(page.url, form["action"] or page.url),
            data=fields,
            headers={"Accept": "text/html", "Origin": self.top},
        ) as answer:
            return Page(str(answer.url), answer.status, await answer.text())

    async def until(self, path: str, fits: Any, within_s: float = PATIENCE_S) -> Page:
        """Check again and again until the page is as it should be."""
        async with asyncio.timeout(within_s):
            while not fits(page := await self.open(path)):  # noqa: ASYNC110 -- it is the page that is asked
                await asyncio.sleep(0.05)
        return page
