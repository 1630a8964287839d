"""Lines on a terminal, or in a file: aligned, and in colours only where somebody can see them."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from crosswatch.demo.remarks import Tone, clock_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswatch.demo.remarks import Remark

BOLD, DIM = "1", "2"

COLOURS = {
    Tone.PERSON: "36",
    Tone.TRAKT: DIM,
    Tone.STAGE: "1;35",
    Tone.DELIVERED: "32",
    Tone.QUEUED: "33",
    Tone.SKIPPED: DIM,
    Tone.FAILED: "1;31",
}
"""Select Graphic Rendition of each tone."""

WHO_WIDTH = 10
LEAST_ROOM = 30


class Terminal:
    """Where the narrator writes.

    Args:
        stream: Standard output if None.
        is_colourful: Whether colours may be used; None finds out.
    """

    def __init__(self, stream: TextIO | None = None, *, is_colourful: bool | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_colourful = shows_colours(self._stream, os.environ) if is_colourful is None else is_colourful
        self._width = shutil.get_terminal_size().columns if self._stream.isatty() else None

    def write(self, text: str = "", style: str = "") -> None:
        """One line, or several, in a style of `COLOURS`."""
        for line in text.split("\n"):
            print(self.styled(line, style), file=self._stream, flush=True)

    def row(self, text: str, style: str = "") -> None:
        """One line of a table: cut at the terminal's edge, so that columns stay columns."""
        width = self._width or len(text)
        self.write(text if len(text) <= width else f"{text[: width - 1]}…", style)

    def styled(self, text: str, style: str) -> str:
        """The text in that style, or as it is where there are no colours."""
        return f"\x1b[{style}m{text}\x1b[0m" if self._is_colourful and style and text else text

    def remark(self, remark: Remark) -> None:
        """One remark, on as many lines as the terminal's width asks for."""
        head = f"{clock_time(remark.at)}  {remark.who:<{WHO_WIDTH}}  {remark.mark} "
        room = max(LEAST_ROOM, self._width - len(head)) if self._width else len(remark.text) + 1
        text = f"\n{' ' * len(head)}".join(textwrap.wrap(remark.text, room))
        self.write(f"{head}{text}", COLOURS[remark.tone])


def shows_colours(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether colours are wanted: on a terminal that has them, unless `NO_COLOR` is set to anything."""
    is_plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
    return stream.isatty() and not is_plain
