"""Trakt's JSON objects to the words of the house; pure.

Unknown keys are ignored, ids may be null or empty, and a value of the wrong type counts as missing: an
answer is foreign text, and a later step decides whether enough is left.

Source: Trakt protocol notes, section 1 (standard objects).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from crosswatch.core.events import Media, MediaKind, Show
from crosswatch.core.ids import Ids

_IMDB = re.compile(r"tt\d{7,10}", re.ASCII)


def parse_ids(raw: Any) -> Ids:
    """The ids that are there and look like ids."""
    found = raw if isinstance(raw, dict) else {}
    imdb = found.get("imdb")
    return Ids(
        trakt=_positive(found.get("trakt")),
        imdb=imdb if isinstance(imdb, str) and _IMDB.fullmatch(imdb) else None,
        tmdb=_positive(found.get("tmdb")),
        tvdb=_positive(found.get("tvdb")),
    )


def parse_movie(raw: Any) -> Media | None:
    """A movie object, or None if it is none."""
    if not isinstance(raw, dict):
        return None
    return Media(
        kind=MediaKind.MOVIE,
        title=_text(raw.get("title")),
        year=_positive(raw.get("year")),
        ids=parse_ids(raw.get("ids")),
    )


def parse_show(raw: Any) -> Show | None:
    """A show object, or None if it is none."""
    if not isinstance(raw, dict):
        return None
    return Show(title=_text(raw.get("title")), year=_positive(raw.get("year")), ids=parse_ids(raw.get("ids")))


def parse_episode(raw: Any, show: Show | None) -> Media | None:
    """An episode object of that show, or None if it is none."""
    if not isinstance(raw, dict):
        return None
    return Media(
        kind=MediaKind.EPISODE,
        title=_text(raw.get("title")),
        ids=parse_ids(raw.get("ids")),
        show=show,
        season=_count(raw.get("season")),
        number=_count(raw.get("number")),
    )


def parse_item(raw: Any) -> Media | None:
    """What a search hit, a line of the history or the answer to a scrobble is about, or None.

    The movie or episode stands under its kind, an episode's show beside it.
    """
    if not isinstance(raw, dict):
        return None
    if raw.get("type", "movie") == "movie" and "movie" in raw:
        return parse_movie(raw["movie"])
    if raw.get("type", "episode") == "episode" and "episode" in raw:
        return parse_episode(raw["episode"], parse_show(raw.get("show")))
    return None


def parse_moment(raw: Any) -> datetime | None:
    """A time as Trakt writes it, aware UTC, or None if it is none."""
    if not isinstance(raw, str):
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def write_moment(moment: datetime) -> str:
    """A time as Trakt wants it: UTC, milliseconds, `Z`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_number(raw: Any) -> int | None:
    """The number of a play; None for 0, which Trakt answers where there is no play."""
    return _positive(raw)


def _positive(raw: Any) -> int | None:
    """A number above 0, which older answers wrote as text at times."""
    if isinstance(raw, str) and raw.isascii() and raw.isdecimal() and len(raw) <= 20:  # noqa: PLR2004
        raw = int(raw)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0 else None


def _count(raw: Any) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0 else None


def _text(raw: Any) -> str:
    return raw if isinstance(raw, str) else ""
