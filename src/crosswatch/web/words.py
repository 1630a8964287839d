"""Numbers and moments as people read them; the filters of the templates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MS_PER_S = 1000
WEEKDAY_WITHIN = timedelta(days=6)


def moment_words(at: datetime, now: datetime) -> str:
    """`20:14` for today, `Mon 20:14` within a week of now, else `12 May`, in this machine's zone.

    The page's script says the same in the reader's zone and language.
    """
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if abs(today - local) < WEEKDAY_WITHIN else f"{local.day} {local:%b}"


def clock_words(at: datetime) -> str:
    """`20:14`, in this machine's zone."""
    return f"{at.astimezone():%H:%M}"


def epoch_ms(at: datetime) -> int:
    """The moment in Unix milliseconds, as scripts count it."""
    return round(at.timestamp() * MS_PER_S)


def position_words(position_ms: int | None) -> str:
    """`21:02`, `1:46:00`; a dash where it is unknown."""
    if position_ms is None:
        return "–"  # noqa: RUF001 -- a dash, for people
    minutes, seconds = divmod(position_ms // MS_PER_S, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
