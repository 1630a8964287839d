"""Tell Trakt what somebody thinks of an item: by what is known of it, else by what a search finds; pure.

The answer does not say what an item was taken for. So it is named by its ids alone, and what has no id that
Trakt matches is looked up and verified before.

Source: Trakt protocol notes, section 6.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.core.events import Media, MediaKind
from crosswatch.core.outcomes import Accepted, Outcome
from crosswatch.core.plays import OVERRIDE
from crosswatch.core.ratings import NONE
from crosswatch.providers.scrobble.trakt.answers import Answer, Reply, Request
from crosswatch.providers.scrobble.trakt.bodies import Address, ask_by_match, is_fit_for_good
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify, is_item_unknown
from crosswatch.providers.scrobble.trakt.flow import (
    NOT_TAKEN,
    UNKNOWN_OVERRIDE,
    Ending,
    known_ways,
    learn,
    remembered_refusal,
)
from crosswatch.providers.scrobble.trakt.items import write_moment
from crosswatch.providers.scrobble.trakt.lookup import find

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from crosswatch.core.plays import Match
    from crosswatch.core.ratings import Rating

LISTS = ("movies", "shows", "seasons", "episodes")


def rate(rating: Rating, match: Match | None, *, now: datetime) -> Generator[Request, Reply, Ending]:
    """Tell Trakt of a rating, or that there is none any more.

    Args:
        rating: What to tell.
        match: What is remembered of the item, not expired; None for nothing.
        now: For what is learned.
    """
    refusal = remembered_refusal(match)
    if refusal is not None:
        return Ending(outcome=refusal)
    for way in known_ways(rating.media, match):
        if is_fit_for_good(way):
            outcome = yield from _tell(way.address, rating)
            if outcome is not None:
                return Ending(outcome=outcome)
    if match is not None and match.evidence == OVERRIDE:
        return Ending(outcome=UNKNOWN_OVERRIDE)
    return (yield from _search(rating, now))


def _search(rating: Rating, now: datetime) -> Generator[Request, Reply, Ending]:
    found = yield from find(rating.media)
    learned = learn(rating.media, found, now)
    way = ask_by_match(rating.media, learned) if learned is not None else None
    if way is None or not isinstance(found, Media):
        return Ending(outcome=NOT_TAKEN if isinstance(found, Media) else found, learned=learned)
    outcome = yield from _tell(way.address, rating)
    return Ending(outcome=NOT_TAKEN if outcome is None else outcome, learned=learned)


def _tell(address: Address, rating: Rating) -> Generator[Request, Reply, Outcome | None]:
    """The outcome of naming the item this way; None if Trakt does not know it."""
    reply = yield rating_request(address, rating)
    if is_item_unknown(reply):
        return None
    outcome = classify(CallKind.HISTORY, reply)
    if isinstance(outcome, Accepted) and isinstance(reply, Answer) and _is_missing(reply.json):
        return None
    return outcome


def rating_request(address: Address, rating: Rating) -> Request:
    """The request that rates the item of this address, or takes its rating away."""
    is_gone = rating.value == NONE
    opinion: dict[str, Any] = (
        {} if is_gone else {"rating": rating.value, "rated_at": write_moment(rating.rated_at)}
    )
    ids = {"ids": address.ids.as_dict()}
    if address.kind is MediaKind.MOVIE:
        body: dict[str, Any] = {"movies": [{**ids, **opinion}]}
    elif address.is_numbered:
        season = {"number": address.season, "episodes": [{"number": address.number, **opinion}]}
        body = {"shows": [{**ids, "seasons": [season]}]}
    else:
        body = {"episodes": [{**ids, **opinion}]}
    return Request(method="POST", path="/sync/ratings/remove" if is_gone else "/sync/ratings", body=body)


def _is_missing(answer: Any) -> bool:
    """Whether a success names the item among those that were not found."""
    missing = answer.get("not_found") if isinstance(answer, dict) else None
    return isinstance(missing, dict) and any(missing.get(name) for name in LISTS)
