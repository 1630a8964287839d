"""What an item is called here, whatever a server or a sink calls it."""

from __future__ import annotations

from crosswatch.core.events import Media, MediaKind
from crosswatch.core.ids import Ids


def media_key(media: Media) -> str:
    """A stable name of the item, under which a match is remembered.

    By its best id of its own, else by its show's with season and number, else by the server's own identity
    where that is the same on every server, else by titles. An item whose ids are corrected gets another key,
    so that what was remembered about the wrong ones does not stick to it.
    """
    kind = media.kind.value
    order = (
        ("imdb", "tmdb", "tvdb", "trakt")
        if media.kind is MediaKind.MOVIE
        else ("tvdb", "imdb", "tmdb", "trakt")
    )
    own = _best(media.ids, order)
    if own:
        return f"{kind}:{own}"
    place = f"{media.numbering.value}:s{media.season}e{media.number}"
    show = media.show
    shows = _best(show.ids, ("tmdb", "tvdb", "imdb", "trakt")) if show else ""
    if shows and media.season is not None and media.number is not None:
        return f"{kind}:show:{shows}:{place}"
    if media.guid.startswith("plex://"):
        return f"{kind}:{media.guid}"
    if media.kind is MediaKind.MOVIE:
        return f"{kind}:{_folded(media.title)}:{media.year or ''}"
    shown = f"{_folded(show.title)}:{show.year or ''}" if show else ":"
    return f"{kind}:{shown}:{place}:{_folded(media.title)}"


def _best(ids: Ids, order: tuple[str, ...]) -> str:
    named = ids.as_dict()
    return next((f"{name}-{named[name]}" for name in order if name in named), "")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
