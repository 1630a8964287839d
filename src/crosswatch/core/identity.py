"""What an item is called here, whatever a server or a sink calls it, and what a person's choice says of it.

A choice is remembered for an item, for a season of a show, or for a show; the most special one counts. What
season and number count belongs to the name of a show, so that a choice that was made where numbers are
AniDB's says nothing about a library where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crosswatch.core.events import Media, MediaKind
from crosswatch.core.ids import Ids
from crosswatch.core.plays import OVERRIDE, Match

GUESSES = ("not_found", "ambiguous", "mistaken")
"""Evidence of a match without ids: that a sink knows no such item, or several, or that it takes whatever
it is told for something else. All may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person says an item is at a sink.

    Attributes:
        kind: A movie or an episode.
        ids: Ids of the movie, or of the episode itself.
        show_ids: Ids of the show, where season and number are given.
        season: Season at the sink, or None.
        number: Number at the sink, or None.
        link: The address of its page at the sink; in place of all the others.
        is_of_show: Whether the whole show is meant, with each episode as far from this one as the server has
            it.
    """

    kind: MediaKind
    ids: Ids = Ids()
    show_ids: Ids = Ids()
    season: int | None = None
    number: int | None = None
    link: str = ""
    is_of_show: bool = False


def media_key(media: Media) -> str:
    """A stable name of the item, under which a match is remembered.

    By its best id of its own, else by its show's, else by the server's own identity where that is the same on
    every server, else by what AniDB or the like call it, else by titles. An item whose ids are corrected gets
    another key, so that what was remembered about the wrong ones does not stick to it. Season and number
    belong to the key of an episode, for some agents give all episodes the ids of their show.
    """
    kind = media.kind.value
    order = (
        ("imdb", "tmdb", "tvdb", "trakt")
        if media.kind is MediaKind.MOVIE
        else ("tvdb", "imdb", "tmdb", "trakt")
    )
    own = _best(media.ids, order)
    place = f"{media.numbering.value}:s{media.season}e{media.number}"
    if own:
        return f"{kind}:{own}" if media.kind is MediaKind.MOVIE else f"{kind}:{own}:{place}"
    show = media.show
    shows = _best(show.ids, ("tmdb", "tvdb", "imdb", "trakt")) if show else ""
    if shows and media.season is not None and media.number is not None:
        return f"{kind}:show:{shows}:{place}"
    if media.guid.startswith("plex://"):
        return f"{kind}:{media.guid}"
    if media.kind is MediaKind.MOVIE:
        titled = f"{_folded(media.title)}:{media.year or ''}"
        return f"{kind}:{_foreign(media) or titled}"
    if _foreign(media) and media.season is not None and media.number is not None:
        return f"{kind}:{_foreign(media)}:{place}"
    shown = f"{_folded(show.title)}:{show.year or ''}" if show else ":"
    return f"{kind}:{shown}:{place}:{_folded(media.title)}"


def is_learned_of(media: Media, match: Match) -> bool:
    """Whether what is remembered under the item's key is about this very item.

    Two items may have one key: an id that a server has wrong may be another one's right one. What was learned
    counts for the item of which it was learned only; what a person said of the key counts.
    """
    return match.evidence == OVERRIDE or match.item in ("", media.label)


def show_key(media: Media, *, season: int | None = None) -> str:
    """A stable name of the item's show, or of one of its seasons; empty if it has no show.

    By its best id, else by what AniDB or the like call it, else by title and year.
    """
    show = media.show
    if media.kind is not MediaKind.EPISODE or show is None:
        return ""
    named = _best(show.ids, ("tmdb", "tvdb", "imdb", "trakt")) or _foreign(media)
    shown = named or f"{_folded(show.title)}:{show.year or ''}"
    place = "" if season is None else f":s{season}"
    return f"show:{shown}:{media.numbering.value}{place}"


def keys_of(media: Media) -> tuple[str, ...]:
    """The names under which something may be remembered of the item, the most special first."""
    of_season = show_key(media, season=media.season) if media.season is not None else ""
    return tuple(key for key in (media_key(media), of_season, show_key(media)) if key)


def match_of(media: Media, choice: Match) -> Match | None:
    """What a choice for a whole show says of one episode; None if it leads nowhere."""
    if not choice.is_of_show or media.season is None or media.number is None:
        return None
    if media.season == 0 and choice.season_offset and choice.key == show_key(media):
        return None  # specials are no season before the first one
    season = media.season + (choice.season_offset or 0)
    number = media.number + (choice.number_offset or 0)
    if season < 0 or number < 1:
        return None
    return Match(
        key=media_key(media),
        show_ids=choice.show_ids,
        season=season,
        number=number,
        evidence=choice.evidence,
        made_at=choice.made_at,
    )


def choice_for_item(media: Media, found: Media, now: datetime) -> Match:
    """The match of one item, as a person chose it.

    Args:
        media: The item as its server has it.
        found: The same as the sink has it.
        now: The present moment.
    """
    return Match(
        key=media_key(media),
        kind=None if found.kind is media.kind else found.kind,
        ids=found.ids,
        show_ids=found.show.ids if found.show else Ids(),
        season=found.season,
        number=found.number,
        evidence=OVERRIDE,
        made_at=now,
        item=media.label,
        found=found.label,
    )


def choice_for_show(media: Media, found: Media, now: datetime) -> Match | None:
    """The match of all episodes of a show, as a person chose it for one; arguments as for `choice_for_item`.

    Where the numbers differ, only the same season is meant, for the next one is likely to differ otherwise;
    and specials are counted anew everywhere.

    Returns:
        None if one side is no episode with a season and a number.
    """
    if found.show is None or not found.show.ids or not show_key(media):
        return None
    if media.season is None or media.number is None or found.season is None or found.number is None:
        return None
    number_offset = found.number - media.number
    is_narrow = bool(number_offset) or 0 in (media.season, found.season)
    return Match(
        key=show_key(media, season=media.season if is_narrow else None),
        show_ids=found.show.ids,
        season_offset=found.season - media.season,
        number_offset=number_offset,
        evidence=OVERRIDE,
        made_at=now,
        item=media.label,
        found=found.label,
    )


def _foreign(media: Media) -> str:
    """What a database calls it that no sink knows: `anidb-69`."""
    return media.foreign_ids[0] if media.foreign_ids else ""


def _best(ids: Ids, order: tuple[str, ...]) -> str:
    named = ids.as_dict()
    return next((f"{name}-{named[name]}" for name in order if name in named), "")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
