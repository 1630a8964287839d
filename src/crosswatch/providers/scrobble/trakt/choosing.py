"""Whether Trakt has what a person chose, and what it calls it; pure.

Nothing is searched by title and nothing is guessed here: a choice names its item, or it is refused.

Source: Trakt protocol notes, section 7; the addresses of pages on trakt.tv.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from crosswatch.core.events import Media, MediaKind, Show
from crosswatch.core.outcomes import Hold, Refused, Retry
from crosswatch.core.phrases import say
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Reply, Request
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify
from crosswatch.providers.scrobble.trakt.items import parse_episode, parse_item, parse_movie, parse_show

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from crosswatch.core.identity import Choice
    from crosswatch.core.ids import Ids

Chosen = Media | Refused | Retry | Hold

_SITE = re.compile(r"(?:[a-z0-9-]+\.)*trakt\.tv", re.IGNORECASE)
_MOVIE = re.compile(r"/movies/(?P<movie>[\w-]+)/?", re.ASCII)
_EPISODE = re.compile(
    r"/shows/(?P<show>[\w-]+)/seasons/(?P<season>\d{1,4})/episodes/(?P<number>\d{1,5})/?", re.ASCII
)


def confirm(choice: Choice) -> Generator[Request, Reply, Chosen]:
    """The item as Trakt names it, with Trakt's own number; or why it is none."""
    if choice.link:
        found = yield from _by_link(choice.link)
    elif choice.kind is MediaKind.MOVIE:
        found = yield from _by_id("movie", choice.ids)
    elif choice.show_ids:
        found = yield from _by_show(choice)
    else:
        found = yield from _by_id("episode", choice.ids)
    if isinstance(found, Media) and found.ids.trakt is None:
        return nothing(say("a page that could be read"))
    return found


def _by_link(link: str) -> Generator[Request, Reply, Chosen]:
    address = urlsplit(link.strip())
    is_ours = address.scheme in ("http", "https") and _SITE.fullmatch(address.hostname or "") is not None
    if is_ours and (movie := _MOVIE.fullmatch(address.path)):
        page = yield from fetch_page(f"/movies/{movie['movie']}")
        return page if isinstance(page, Retry | Hold) else parse_movie(page) or nothing(say("such a movie"))
    if is_ours and (episode := _EPISODE.fullmatch(address.path)):
        page = yield from fetch_page(f"/shows/{episode['show']}")
        if isinstance(page, Retry | Hold):
            return page
        show = parse_show(page)
        return (yield from _episode(show, episode["season"], episode["number"]))
    return Refused(
        reason=Reason.NO_MATCH, detail=say("The link is not one of a movie or an episode on trakt.tv.")
    )


def _by_show(choice: Choice) -> Generator[Request, Reply, Chosen]:
    show = yield from _by_id("show", choice.show_ids)
    if not isinstance(show, Media):
        return show
    named = Show(title=show.title, year=show.year, ids=show.ids)
    return (yield from _episode(named, str(choice.season), str(choice.number)))


def _episode(show: Show | None, season: str, number: str) -> Generator[Request, Reply, Chosen]:
    if show is None or show.ids.trakt is None:
        return nothing(say("such a show"))
    page = yield from fetch_page(f"/shows/{show.ids.trakt}/seasons/{int(season)}/episodes/{int(number)}")
    if isinstance(page, Retry | Hold):
        return page
    where = say(
        "season {season}, number {number} of {show}",
        season=int(season),
        number=int(number),
        show=show.title,
    )
    return parse_episode(page, show) or nothing(where)


def _by_id(kind: str, ids: Ids) -> Generator[Request, Reply, Chosen]:
    """The one item of that kind under the first id; the others must not contradict it."""
    name, value = next(iter(ids.as_dict().items()))
    page = yield from fetch_page(f"/search/{name}/{quote(str(value), safe='')}", type=kind)
    if isinstance(page, Retry | Hold):
        return page
    hits = [_parse(kind, one) for one in page] if isinstance(page, list) else []
    found = [hit for hit in hits if hit is not None and hit.ids.as_dict().get(name) == value]
    if len(found) != 1 or _contradicts(ids, found[0].ids):
        what = say("any {kind} with the {source} id {value}", kind=kind, source=name, value=value)
        return nothing(what)
    return found[0]


def _contradicts(given: Ids, found: Ids) -> bool:
    theirs = found.as_dict()
    return any(theirs.get(name, value) != value for name, value in given.as_dict().items())


def _parse(kind: str, raw: Any) -> Media | None:
    if kind != "show":
        item = parse_item(raw)
        return item if item is not None and item.kind.value == kind else None
    show = parse_show(raw.get("show")) if isinstance(raw, dict) else None
    return (
        None
        if show is None
        else Media(kind=MediaKind.UNKNOWN, title=show.title, year=show.year, ids=show.ids)
    )


def fetch_page(path: str, **query: str) -> Generator[Request, Reply, Any]:
    """The decoded answer, None where there is nothing; or why Trakt could not be asked."""
    reply = yield Request(method="GET", path=path, query=tuple(query.items()))
    outcome = classify(CallKind.READ, reply)
    if isinstance(outcome, Retry | Hold):
        return outcome
    return reply.json if isinstance(reply, Answer) and reply.is_success else None


def nothing(what: str) -> Refused:
    """What is said of something that Trakt does not have."""
    return Refused(reason=Reason.NO_MATCH, detail=say("Trakt does not have {what}.", what=what))
