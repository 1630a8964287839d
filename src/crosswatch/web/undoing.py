"""What was changed last on the pages, kept for half a minute so that it can be taken back."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswatch.config.changes import Change

KEPT_S = 30.0
"""Real seconds; somebody reads them off a clock on the wall."""


class UndoShelf:
    """Holds the last change, and only that one; it is forgotten by itself."""

    def __init__(self) -> None:
        self._kept: tuple[str, tuple[Change, ...], str] | None = None
        self._forget: asyncio.TimerHandle | None = None

    def keep(self, changes: tuple[Change, ...]) -> str:
        """Keep what was changed; the word for which it is given back."""
        word = secrets.token_urlsafe(9)
        self._keep(word, changes, "")
        return word

    def has(self, word: str) -> bool:
        """Whether it can be taken back still."""
        return self._kept is not None and self._kept[0] == word

    def take(self, word: str) -> tuple[Change, ...] | None:
        """Give back what was changed, once; None if it is too late."""
        if not self.has(word) or self._kept is None:
            return None
        changes = self._kept[1]
        self._drop()
        return changes

    def give_back(self, word: str, changes: tuple[Change, ...], hindrance: str) -> None:
        """Keep what could not be taken back just now, for another half minute, unless something is newer."""
        if self._kept is None:
            self._keep(word, changes, hindrance)

    def hindrance(self, word: str) -> str:
        """Why it could not be taken back when somebody tried last; empty if nobody has."""
        return self._kept[2] if self._kept is not None and self.has(word) else ""

    def _keep(self, word: str, changes: tuple[Change, ...], hindrance: str) -> None:
        self._drop()
        self._kept = (word, changes, hindrance)
        self._forget = asyncio.get_running_loop().call_later(KEPT_S, self._drop)

    def _drop(self) -> None:
        self._kept = None
        if self._forget is not None:
            self._forget.cancel()
            self._forget = None
