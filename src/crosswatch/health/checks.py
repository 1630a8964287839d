"""A check, and all of them together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2s
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Level(IntEnum):
    """How bad it is; the greatest decides."""

    FINE = 0
    SETUP = 1
    ATTENTION = 2
    BROKEN = 3


WORDS = {
    Level.FINE: "Healthy",
    Level.SETUP: "Setting up",
    Level.ATTENTION: "Needs a look",
    Level.BROKEN: "Not working",
}

SETUP_KINDS = ("plex_server", "plex_token", "trakt_app", "trakt_link", "watch", "scrobble")
"""What a first set-up still needs, in order."""

WAY_KINDS = ("storage", "watcher", "server", "link", "backlog")
"""What a play passes on its way to Trakt; if one of these is not fine, plays do not reach it now."""

OTHER_KINDS = (
    "config",
    "access",
    "unclaimed",
    "open_networks",
    "exposed",
    "proxy",
    "folder",
    "root",
    "clock",
    "webhooks",
    "everyone",
    "notices",
    "backup",
)
KINDS = (*SETUP_KINDS, *WAY_KINDS, *OTHER_KINDS)
"""Every kind of check that there is; `docs/monitoring.md` explains each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, and how it is.

    Attributes:
        id: Stable, for programs and for a page's element; holds no name of anybody or anything.
        level: How bad it is.
        title: A few words.
        sentence: What is so.
        action: What to do; text in backticks is to be typed.
        since: Since when it is at this level, or None if that is not known.
        next_try_at: When the app tries again by itself, or None.
        button: `start_watch` if that is the mend, else empty.
        is_remark: Whether it is worth a word although it is fine.
        proved_at: When something last went well that shows that it is fine; None where nothing shows it.
    """

    id: str
    level: Level = Level.FINE
    title: str
    sentence: str
    action: str = ""
    since: datetime | None = None
    next_try_at: datetime | None = None
    button: str = ""
    is_remark: bool = False
    proved_at: datetime | None = None

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is; several servers or accounts have a check of one kind each."""
        return self.id.partition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as the watcher sees it now."""

    name: str
    connected: bool
    last_frame_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All checks, the worst first."""

    checks: tuple[Check, ...]
    servers: tuple[Server, ...] = ()

    @property
    def level(self) -> Level:
        """How bad the worst is."""
        return self.checks[0].level if self.checks else Level.FINE

    @property
    def word(self) -> str:
        """What stands beside the dot."""
        return WORDS[self.level]

    @property
    def notices(self) -> tuple[Check, ...]:
        """What is worth a word on the page of now: whatever is not fine, and remarks."""
        return tuple(check for check in self.checks if check.level > Level.FINE or check.is_remark)


def opaque(*names: str) -> str:
    """A short text that stands for something with a name, always the same, and does not tell the name.

    It is for readers who may read the names elsewhere; strangers are shown kinds only, for a short name could
    be guessed.
    """
    return blake2s("\0".join(names).encode(), digest_size=4).hexdigest()


def check_id(kind: str, *names: str) -> str:
    """The id of a check of which there is one for each name."""
    return f"{kind}-{opaque(*names)}"
