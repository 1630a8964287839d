"""What a virtual player is told to do: from where to where, with which interruptions, and how it ends.

Source: Plex protocol notes, sections 5.3 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Ending(StrEnum):
    """How a player, or the server on its behalf, ends a session."""

    NORMAL = "normal"
    """One `stopped` frame with everything in it."""
    REPEATED = "repeated"
    """The same frame three times within seconds."""
    ZERO = "zero"
    """A `stopped` frame that says offset 0."""
    NO_FRAME = "no_frame"
    """The session leaves the list, and nobody says so."""
    NO_ITEM = "no_item"
    """`stopped` with the session's key, but without the item."""
    NO_KEY = "no_key"
    """`stopped` that names neither session nor item; Kodi sends several a minute."""
    NEW_KEY = "new_key"
    """`paused` at the last offset, then `stopped` under a session key never seen before."""
    TRIPLE = "triple"
    """The Kodi add-on's three stops: old key without item, new key with it, newer key without."""
    GHOST = "ghost"
    """An ordinary stop, and 8 s later one for the next episode, which never played."""
    ERROR = "error"
    """State `error`, then nothing."""
    CRASH = "crash"
    """Nothing at all; the session stays on the list for a while."""
    OFFLINE = "offline"
    """The player loses the server at `lost_at`, is watched to the end, and reports it afterwards."""


class Autoplay(StrEnum):
    """How a player goes on to the next item of its queue."""

    NEW_KEY = "new_key"
    """Variant A: a stop near the end, then a new session."""
    SAME_KEY = "same_key"
    """Variant B: the same session names another item, without a stop."""
    OVERRUN = "overrun"
    """Variant C: as B, but the offset runs on past the old item's end first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One viewing. Places are fractions of the item's length; more than 1.0 is past its end.

    Attributes:
        start: Where it begins.
        until: Where it ends.
        seconds: How long to play, in place of `until`; for what has no length.
        pauses: Where to pause, and for how many seconds.
        seeks: Where to seek from, and to.
        buffers: Where to buffer, and how many times the state flips.
        ending: How it ends.
        lost_at: With `Ending.OFFLINE`: where the connection is lost; half-way to the end where None.
        sync_after_s: With `Ending.OFFLINE`: seconds after the end until the player reports it.
    """

    start: float = 0.0
    until: float = 1.0
    seconds: float | None = None
    pauses: tuple[tuple[float, float], ...] = ()
    seeks: tuple[tuple[float, float], ...] = ()
    buffers: tuple[tuple[float, int], ...] = ()
    ending: Ending = Ending.NORMAL
    lost_at: float | None = None
    sync_after_s: float = 60.0

    def end_ms(self, length_ms: int) -> int:
        """Where it ends, for an item of this length."""
        if self.seconds is None:
            return int(self.until * length_ms)
        return int(self.start * length_ms + self.seconds * 1000)

    def interruptions(self) -> list[tuple[float, str, float]]:
        """Pauses, seeks and buffering in order: where, what, and its number."""
        found = [(at, "pause", seconds) for at, seconds in self.pauses]
        found += [(at, "seek", to) for at, to in self.seeks]
        found += [(at, "buffer", float(flips)) for at, flips in self.buffers]
        if self.ending is Ending.OFFLINE:
            lost_at = (self.start + self.until) / 2 if self.lost_at is None else self.lost_at
            found.append((lost_at, "lose", 0.0))
        return sorted(found)

    @classmethod
    def from_json(cls, sent: Mapping[str, Any]) -> Script:
        """A script described by a driver in another process: field names to values.

        Raises:
            ValueError: If a name or a value makes no sense.
        """
        unknown = sorted(set(sent) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown fields of a script: {', '.join(unknown)}")
        pairs = {
            name: tuple((float(pair[0]), float(pair[1])) for pair in sent[name])
            for name in ("pauses", "seeks", "buffers")
            if name in sent
        }
        ending = {"ending": Ending(sent["ending"])} if "ending" in sent else {}
        return cls(**{**sent, **pairs, **ending})
