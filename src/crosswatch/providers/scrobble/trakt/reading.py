"""Read an account's history: all of a span, or the reason why not.

Half of a history is worse than none, for what seems to be missing there would be added once more.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crosswatch.core.outcomes import Accepted, Outcome, Retry
from crosswatch.core.phrases import say
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify
from crosswatch.providers.scrobble.trakt.history import is_last_page, page_request, read_page

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.core.ports import RemotePlay
    from crosswatch.providers.scrobble.trakt.talk import Talk

MOST_PAGES = 100
"""Pages that are read at most, 10,000 plays."""

log = logging.getLogger("crosswatch.trakt")


async def read_history(
    talk: Talk, since: datetime, until: datetime, *, most_pages: int = MOST_PAGES
) -> list[RemotePlay] | Outcome:
    """The plays of that span, both ends included, newest first; or why they cannot be had."""
    plays: dict[int, RemotePlay] = {}
    for page in range(1, most_pages + 1):
        reply = await talk.ask(page_request(since, until, page))
        outcome = classify(CallKind.READ, reply)
        if not isinstance(reply, Answer) or not isinstance(outcome, Accepted):
            return outcome
        if not isinstance(reply.json, list):
            return unreadable(say("its history"))
        found, lost = read_page(reply)
        if lost:
            log.warning(
                "%d lines of Trakt's history made no sense", lost, extra={"event": "trakt.odd_history"}
            )
        plays |= {play.remote_id: play for play in found if since <= play.watched_at <= until}
        if is_last_page(reply, page):
            return sorted(plays.values(), key=lambda play: play.watched_at, reverse=True)
    detail = say(
        "Trakt holds more than {pages} pages of plays since {day}.",
        pages=most_pages,
        day=f"{since:%Y-%m-%d}",
    )
    return Retry(reason=Reason.TRAKT_DOWN, is_account_wide=False, detail=detail)


def unreadable(what: str) -> Retry:
    """Trakt answered with something else than was asked for."""
    detail = say("Trakt did not say {what} in a way that can be read.", what=what)
    return Retry(reason=Reason.TRAKT_DOWN, is_account_wide=False, detail=detail)
