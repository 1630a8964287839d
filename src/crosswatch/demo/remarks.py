"""What the narrator says: one remark is one line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Tone(StrEnum):
    """How a remark is to be read; a colour where there are colours."""

    PERSON = "person"
    TRAKT = "trakt"
    STAGE = "stage"
    """Something happens to the house: an outage, a crash."""
    DELIVERED = "delivered"
    QUEUED = "queued"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One line.

    Attributes:
        at: When it happened, aware UTC, by the stage's clock.
        who: Who does or says it.
        mark: One character that says it at a glance.
        text: The rest, for people.
        tone: How it is to be read.
    """

    at: datetime
    who: str
    mark: str
    text: str
    tone: Tone


def clock_time(at: datetime) -> str:
    """Hour and minute where the reader is."""
    return f"{at.astimezone():%H:%M}"


def whole_percent(part: float, whole: float) -> str:
    """A share for people, rounded down, so that 79.9 never reads as the watched mark of 80."""
    return f"{int(100 * part / whole) if whole else 0}\u00a0%"
