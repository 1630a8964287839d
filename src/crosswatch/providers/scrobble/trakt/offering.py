"""What Trakt has that a person may choose: titles that resemble a text, and the episodes of a show; pure.

Nothing is chosen here. What a person picks is confirmed by `choosing` before it is remembered.

Source: Trakt protocol notes, section 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.core.events import Media, MediaKind, Show
from crosswatch.core.outcomes import Hold, Refused, Retry
from crosswatch.core.phrases import say
from crosswatch.providers.scrobble.trakt.choosing import fetch_page, nothing
from crosswatch.providers.scrobble.trakt.items import parse_episode, parse_item, parse_show
from crosswatch.providers.scrobble.trakt.lookup import escape_query

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from crosswatch.providers.scrobble.trakt.answers import Reply, Request

MOST_OFFERED = 20


def search(text: str, kind: MediaKind) -> Generator[Request, Reply, list[Media | Show] | Retry | Hold]:
    """Movies, or shows for an episode, whose titles resemble the text: those of that very title first."""
    word = "movie" if kind is MediaKind.MOVIE else "show"
    exact = yield from fetch_page(f"/search/{word}/exact", query=text, limit=str(MOST_OFFERED))
    if isinstance(exact, Retry | Hold):
        return exact
    broad = yield from fetch_page(f"/search/{word}", query=escape_query(text), limit=str(MOST_OFFERED))
    if isinstance(broad, Retry | Hold):
        return broad
    found = {one.ids.trakt: one for one in (*_hits(exact), *_hits(broad))}
    return list(found.values())[:MOST_OFFERED]


def episodes_of(show_id: int) -> Generator[Request, Reply, list[Media] | Refused | Retry | Hold]:
    """All episodes of the show with that number at Trakt, in their order; the specials are season 0."""
    page = yield from fetch_page(f"/shows/{show_id}")
    if isinstance(page, Retry | Hold):
        return page
    show = parse_show(page)
    if show is None or show.ids.trakt is None:
        return nothing(say("such a show"))
    seasons = yield from fetch_page(f"/shows/{show_id}/seasons", extended="episodes")
    if isinstance(seasons, Retry | Hold):
        return seasons
    return sorted(_episodes(seasons, show), key=lambda one: (one.season or 0, one.number or 0))


def _hits(page: Any) -> Iterator[Media | Show]:
    for raw in page if isinstance(page, list) else []:
        hit = _hit(raw)
        if hit is not None and hit.ids.trakt is not None and hit.title:
            yield hit


def _hit(raw: Any) -> Media | Show | None:
    if isinstance(raw, dict) and "show" in raw:
        return parse_show(raw["show"])
    return parse_item(raw)


def _episodes(seasons: Any, show: Show) -> Iterator[Media]:
    for season in seasons if isinstance(seasons, list) else []:
        listed = season.get("episodes") if isinstance(season, dict) else None
        for raw in listed if isinstance(listed, list) else []:
            episode = parse_episode(raw, show)
            if episode is not None and episode.season is not None and episode.number is not None:
                yield episode
