"""Tells what CrossWatch decided: each play's verdict, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

from crosswatch.demo.remarks import Remark, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.demo.stage import Stage

LOOKED_AT = 60
"""How many of the last plays may still change."""

MARKS = {
    "delivered": ("●", Tone.DELIVERED),
    "queued": ("◔", Tone.QUEUED),
    "skipped": ("–", Tone.SKIPPED),  # noqa: RUF001 -- a dash, as the page shows it
    "failed": ("✕", Tone.FAILED),
}
"""Verdicts that are told, with the shapes of the page."""

PASSING = frozenset({"live", "identifying"})
"""Reasons that are over before anybody has read them."""


class Verdicts:
    """Reads the app's plays, and tells what is new about them.

    Args:
        stage: Where the app runs.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._known: dict[str, tuple[str, str]] = {}

    async def read(self) -> list[Remark]:
        """What was decided since the last time; nothing while the app does not answer."""
        try:
            plays = (await self._stage.get("/api/plays", limit=LOOKED_AT))["plays"]
        except (aiohttp.ClientError, TimeoutError):
            return []
        remarks = [remark for play in reversed(plays) for remark in self._tell(play)]
        self._known = {play["id"]: (play["verdict"], play["reason"]) for play in plays}
        return remarks

    def _tell(self, play: dict[str, Any]) -> Iterator[Remark]:
        verdict, reason = play["verdict"], play["reason"]
        is_known = self._known.get(play["id"]) == (verdict, reason)
        if is_known or verdict not in MARKS or reason in PASSING:
            return
        mark, tone = MARKS[verdict]
        yield Remark(
            at=self._stage.clock.now(), who="CrossWatch", mark=mark, text=play["sentence"], tone=tone
        )
