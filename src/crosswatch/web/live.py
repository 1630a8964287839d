"""The live page: one stream per tab that brings the pieces of the page which have changed, ready-made.

Level-triggered, as deliveries are: there is one present state of each region, and every reader is brought up
to it. A slow reader misses states in between and nothing else; no queue grows. While nobody looks, nothing
is read and nothing is drawn.

Events: `region` (the first line names the element, the rest is its content) and `time` (the app's clock in
Unix milliseconds and how fast it runs), which comes at least every 15 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from typing import TYPE_CHECKING

from crosswatch.web import languages
from crosswatch.web.drawing import draw
from crosswatch.web.now import look
from crosswatch.web.words import epoch_ms

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from crosswatch.health.checks import Health
    from crosswatch.web.now import NowPage
    from crosswatch.web.ports import RuntimeLike

REGIONS = ("health", "notices", "now", "needs", "waiting", "last")

SPACING_S = 0.2
"""At least so long between two drawings, however much happens."""

REFRESH_S = 10.0
"""At most so long between two looks while somebody watches, for what nobody announces."""

HEARTBEAT_S = 15.0

HEALTH_HOLDS_S = 2.0
"""So long one look at how everything stands is good for the head of other pages; real seconds."""

log = logging.getLogger("crosswatch.web")


def draw_region(name: str, page: NowPage) -> str:
    """The content of one region of the page."""
    return draw(f"_{name}.html", page=page, health=page.health, top="./").strip()


class LivePage:
    """The present state of the page's regions, kept up to date while there are readers.

    Args:
        runtime: What the page shows.
    """

    def __init__(self, runtime: RuntimeLike) -> None:
        self._runtime = runtime
        self._regions: dict[str, dict[str, tuple[int, str]]] = {}
        self._languages: Counter[str] = Counter()
        self._version = 0
        self._dirty = asyncio.Event()
        self._wake = asyncio.Event()
        self._closed = False
        self._tasks: list[asyncio.Task[None]] = []
        self._health: tuple[float, Health] | None = None

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return self._languages.total()

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """All regions as they are, then each as it changes; ends when the page is closed."""
        seen, language = 0, languages.current()
        with self._reading(language):
            yield b"retry: 2000\n\n"
            yield self._time()
            while not self._closed:
                wake = self._wake  # taken before looking, so that no change falls between
                regions = self._regions.get(language, {})
                fresh = {name: html for name, (version, html) in regions.items() if version > seen}
                seen = self._version
                if fresh:
                    yield b"".join(_event(name, html) for name, html in fresh.items())
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await wake.wait()
                except TimeoutError:
                    yield self._time()

    async def health(self) -> Health:
        """How everything stands, or stood a moment ago."""
        at = asyncio.get_running_loop().time()
        if self._health is None or at - self._health[0] > HEALTH_HOLDS_S:
            self._health = at, await self._runtime.upkeep.look()
        return self._health[1]

    def close(self) -> None:
        """End all streams at once, and open no more."""
        self._closed = True
        self._stop_tasks()
        self._wake_readers()

    @contextlib.contextmanager
    def _reading(self, language: str) -> Iterator[None]:
        self._languages[language] += 1
        if self._languages[language] == 1:
            self._dirty.set()
        if not self._tasks and not self._closed:
            self._tasks = [
                asyncio.create_task(self._listen(), name="page changes"),
                asyncio.create_task(self._keep_drawn(), name="page drawing"),
            ]
        try:
            yield
        finally:
            self._languages[language] -= 1
            if not self._languages[language]:
                self._regions.pop(language, None)
            if not self.readers:
                self._stop_tasks()

    def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _listen(self) -> None:
        async for _ in self._runtime.changes():
            self._dirty.set()

    async def _keep_drawn(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_S):
                    await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._draw()
            except Exception:  # the page must come back with the next change
                log.exception("the page could not be drawn", extra={"event": "web.draw_failed"})
            await asyncio.sleep(SPACING_S)

    async def _draw(self) -> None:
        changed = False
        for language in [one for one, readers in self._languages.items() if readers]:
            with languages.speaking(language):
                changed |= self._take_in(language, await look(self._runtime))
        if changed:
            self._wake_readers()

    def _take_in(self, language: str, page: NowPage) -> bool:
        """Draw the regions in the language in force; whether any is another than before."""
        self._health = asyncio.get_running_loop().time(), page.health
        known = self._regions.get(language, {})
        drawn = {name: draw_region(name, page) for name in REGIONS}
        changed = {name: html for name, html in drawn.items() if known.get(name, (0, None))[1] != html}
        if changed:
            self._version += 1
            self._regions[language] = known | {name: (self._version, html) for name, html in changed.items()}
        return bool(changed)

    def _wake_readers(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()

    def _time(self) -> bytes:
        clock = self._runtime.clock
        return f"event: time\ndata: {epoch_ms(clock.now())} {clock.scale:g}\n\n".encode()


def _event(name: str, html: str) -> bytes:
    data = "".join(f"data: {row}\n" for row in (name, *html.splitlines()))
    return f"event: region\n{data}\n".encode()
