"""A window of a browser that writes down whatever a page must not do."""

from __future__ import annotations

from typing import Any, Self

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request

PATIENCE_MS = 15_000

_NOTE_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
_AXE = """async () => {
  const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`));
}"""
_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > room + 1)
    .map((one) => one.outerHTML.slice(0, 120));
}"""
_SQUEEZED = """() => [...document.querySelectorAll("main :is(h1, h2, h3)")]
  .filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    return height > 3 * Math.max(width, 8) && one.textContent.trim().length > 3;
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
"""Headings that stand letter below letter, for their neighbours took all the room."""


class Looking:
    """A page in a window of its own.

    Attributes:
        page: The page.
        root: Where the screens begin, with a slash at its end.
        complaints: What its console said and what it asked of others.
    """

    def __init__(self, page: Page, root: str) -> None:
        self.page = page
        self.root = root
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._see)

    @classmethod
    async def through(cls, context: BrowserContext, root: str) -> Self:
        """A window in that context."""
        page = await context.new_page()
        await page.add_init_script(_NOTE_VIOLATIONS)
        return cls(page, root)

    async def go(self, path: str = "", status: int = 200) -> Page:
        """Open a screen, which must answer with that status."""
        answer = await self.page.goto(self.root + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    async def axe(self) -> list[str]:
        """What keeps some people from using the page, as it is now."""
        if not await self.page.evaluate("() => 'axe' in window"):  # it takes longer to load than to run
            await self.page.evaluate(AXE_SCRIPT)
        found: list[str] = await self.page.evaluate(_AXE)
        return found

    async def too_wide(self) -> list[str]:
        """What sticks out to the right, if the page has to be scrolled sideways."""
        found: list[str] = await self.page.evaluate(_TOO_WIDE)
        return found

    async def judge(self) -> list[str]:
        """Everything that is wrong with the page, as it is now."""
        wide = [f"too wide: {one}" for one in await self.too_wide()]
        squeezed: list[str] = await self.page.evaluate(_SQUEEZED)
        wide += [f"squeezed: {one}" for one in squeezed]
        barred = [f"axe: {one}" for one in await self.axe()]
        return [*self.complaints, *wide, *barred]

    def _hear(self, message: ConsoleMessage) -> None:
        is_itself = message.location.get("url", "").rstrip("/") == self.page.url.rstrip("/")
        if message.type in ("error", "warning") and not (
            is_itself and "the server responded" in message.text
        ):
            self.complaints.append(f"console: {message.text} {message.location.get('url', '')}")

    def _see(self, request: Request) -> Any:
        origin = "/".join(self.root.split("/")[:3])
        if not request.url.startswith((f"{origin}/", "data:", "blob:")):
            self.complaints.append(f"off-origin: {request.url}")
