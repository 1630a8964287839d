"""Where in a text of JSON a key stands, for an error that is about its value. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswatch.config.validation import Path

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def place_of(text: str, path: Path) -> tuple[int, int]:
    """Line and column, counted from 1, of the value there, or of the last one on the way that there is.

    Args:
        text: Valid JSON.
        path: The steps to the value.
    """
    best = (0, 0)  # how many steps were found, and where
    steps: Path = []
    is_key = False
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in ":,":
            if piece == "," and steps:
                is_key = isinstance(steps[-1], str)
                steps[-1] = "" if is_key else int(steps[-1]) + 1
            continue
        if piece in "]}":
            if steps:
                steps.pop()
            is_key = False
            continue
        if is_key:
            steps[-1], is_key = json.loads(piece), False
            continue
        if steps == path[: len(steps)] and len(steps) > best[0]:
            best = (len(steps), match.start())
        if piece in "[{":
            is_key = piece == "{"
            steps.append("" if is_key else 0)
    before = text[: best[1]]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
