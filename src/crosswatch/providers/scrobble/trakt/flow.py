"""Tell Trakt one state of one item: by what is known, else by what a search finds; pure.

A generator yields requests and is sent replies. The order is: what is remembered, what the server's ids say,
and where Trakt does not know that, or takes it for something else, the ladder of `lookup`, once. What is
learned on the way is part of the ending, so that the next state of the item needs no search.

A play stays in the history even if Trakt took it for something else. Three rules follow for `WATCHED`: it
goes out by ids only, never by a title; what is not known by an id is looked up first; and if it was taken
for something else all the same, that play is taken back by the number in the answer, and no other is made.

Source: design notes, sections 5 and 6; Trakt protocol notes, sections 5.1, 5.4 and 5.7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosswatch.core.events import Media
from crosswatch.core.identity import GUESSES, media_key
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.phrases import say, together
from crosswatch.core.plays import OVERRIDE, DesiredAction, Match
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Reply, Request
from crosswatch.providers.scrobble.trakt.bodies import (
    MOST_POSITION,
    VERBS,
    Asked,
    ask_by_match,
    ask_for,
    is_fit_for_good,
    match_from,
    scrobble_progress,
)
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify, is_call_gone, is_item_unknown
from crosswatch.providers.scrobble.trakt.compare import same_item
from crosswatch.providers.scrobble.trakt.history import is_removed, remove_request
from crosswatch.providers.scrobble.trakt.items import parse_item
from crosswatch.providers.scrobble.trakt.lookup import Found, find

if TYPE_CHECKING:
    from collections.abc import Generator

    from crosswatch.core.ports import Order

FORGET_AFTER = timedelta(days=1)
"""How long Trakt is not asked again for what it does not know."""

SURELY_WATCHED = 81.0
"""Sent where Trakt did not take 80 for a play: nobody has written down whether the bound belongs to it."""

NOTHING_TO_TELL = say("There is nothing to tell Trakt at this position.")

NOT_FOUND, AMBIGUOUS, MISTAKEN = GUESSES
TAKEN_FOR_ANOTHER = "taken_for_another"
"""Evidence of a match without ids: Trakt does not know the item; knows several; takes even what a search
found for something else; or took our ids for another item, so that they must not be sent again, but a search
may still find it."""

ANSWER = "answer"
SEARCH = "search"
"""Evidence of a match with ids: Trakt's own answer named the item; or a search that was verified."""

NOT_TAKEN = Retry(
    reason=Reason.TRAKT_DOWN,
    is_account_wide=False,
    detail=say("Trakt does not take what its own search has just found."),
)
"""The item is known, so it is the call that fails, and that passes."""

UNKNOWN_OVERRIDE = Refused(reason=Reason.NO_MATCH, detail=say("Trakt does not know what your match names."))

_NEGATIVE = {
    NOT_FOUND: Reason.NO_MATCH,
    AMBIGUOUS: Reason.AMBIGUOUS_MATCH,
    MISTAKEN: Reason.WRONG_MATCH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How it went.

    Attributes:
        outcome: For the delivery.
        learned: What is to be remembered of the item, or None.
        is_pause_gone: Whether `/scrobble/pause` was found missing on the way.
    """

    outcome: Outcome
    learned: Match | None = None
    is_pause_gone: bool = False


def scrobble(
    order: Order, match: Match | None, *, now: datetime, is_pause_gone: bool = False
) -> Generator[Request, Reply, Ending]:
    """Tell Trakt of a state.

    Args:
        order: What to tell.
        match: What is remembered of the item, not expired; None for nothing.
        now: For what is learned.
        is_pause_gone: Whether `/scrobble/pause` is known to be missing.
    """
    progress = scrobble_progress(order.action, order.progress)
    if progress is None:
        return Ending(outcome=Accepted(detail=NOTHING_TO_TELL))
    refusal = remembered_refusal(match)
    if refusal is not None:
        return Ending(outcome=refusal)
    return (yield from _Scrobble(order, match, progress, now, is_pause_gone).run())


def remembered_refusal(match: Match | None) -> Refused | None:
    """The refusal that follows from a remembered search without a result."""
    if match is None or match.ids or match.show_ids or match.evidence not in _NEGATIVE:
        return None
    asked = say(
        "Trakt was asked at {moment}; it is asked again a day later.",
        moment=f"{match.made_at.astimezone():%Y-%m-%d %H:%M}",
    )
    return Refused(reason=_NEGATIVE[match.evidence], detail=together([match.found, asked]))


def remembered_nothing(media: Media, evidence: str, now: datetime, *, found: str = "") -> Match:
    """A match that says what is not there, for a day; `found` is what was there instead, in sentences."""
    return Match(
        key=media_key(media),
        evidence=evidence,
        made_at=now,
        expires_at=now + FORGET_AFTER,
        item=media.label,
        found=found,
    )


def learn(media: Media, found: Found, now: datetime) -> Match | None:
    """What is to be remembered of a search; nothing if it was not finished."""
    if isinstance(found, Media):
        return match_from(media, found, evidence=SEARCH, now=now)
    if isinstance(found, Refused):
        evidence = AMBIGUOUS if found.reason is Reason.AMBIGUOUS_MATCH else NOT_FOUND
        return remembered_nothing(media, evidence, now, found=found.detail)
    return None


def known_ways(media: Media, match: Match | None) -> list[Asked]:
    """How the item can be named without a search, the surest way first."""
    if match is not None and match.evidence == TAKEN_FOR_ANOTHER:
        return []
    by_match = ask_by_match(media, match) if match is not None else None
    if match is not None and match.evidence == OVERRIDE and by_match is not None:
        return [by_match]
    return [way for way in (by_match, ask_for(media)) if way is not None]


class _Scrobble:
    """One telling; `run` is the generator."""

    def __init__(
        self, order: Order, match: Match | None, progress: float, now: datetime, is_pause_gone: bool
    ) -> None:
        self._order = order
        self._match = match
        self._progress = progress
        self._now = now
        self._verb = VERBS[order.action]
        self._for_good = order.action is DesiredAction.WATCHED
        self._kind = CallKind.PLAY if self._for_good else CallKind.POSITION
        self._is_pause_gone = is_pause_gone

    def run(self) -> Generator[Request, Reply, Ending]:
        mistaken: Refused | None = None
        for way in known_ways(self._order.media, self._match):
            if self._for_good and not is_fit_for_good(way):
                continue
            outcome = yield from self._tell(way)
            if outcome is None:
                continue
            if not isinstance(outcome, Refused) or outcome.reason is not Reason.WRONG_MATCH:
                return self._end(outcome)
            mistaken = outcome
            if self._for_good:
                nothing = remembered_nothing(self._order.media, TAKEN_FOR_ANOTHER, self._now)
                return self._end(outcome, None if self._is_override else nothing)
        if self._is_override:
            return self._end(mistaken or UNKNOWN_OVERRIDE)
        return (yield from self._search(mistaken))

    @property
    def _is_override(self) -> bool:
        return self._match is not None and self._match.evidence == OVERRIDE

    def _search(self, mistaken: Refused | None) -> Generator[Request, Reply, Ending]:
        media = self._order.media
        found = yield from find(media)
        learned = learn(media, found, self._now)
        way = ask_by_match(media, learned) if learned is not None else None
        if way is None or isinstance(found, Refused | Retry | Hold):
            if isinstance(found, Refused) and mistaken is not None:
                learned = remembered_nothing(media, MISTAKEN, self._now, found=mistaken.detail)
                return self._end(mistaken, learned)
            return self._end(_as_outcome(found), learned)
        outcome = yield from self._tell(way)
        if outcome is None:
            return self._end(NOT_TAKEN, learned)
        if isinstance(outcome, Accepted | AlreadyThere):
            outcome = replace(outcome, match=learned)
        elif isinstance(outcome, Refused) and outcome.reason is Reason.WRONG_MATCH:
            learned = remembered_nothing(media, MISTAKEN, self._now, found=outcome.detail)
        return self._end(outcome, learned)

    def _end(self, outcome: Outcome, learned: Match | None = None) -> Ending:
        if learned is None and isinstance(outcome, Accepted | AlreadyThere):
            learned = outcome.match
        return Ending(outcome=outcome, learned=learned, is_pause_gone=self._is_pause_gone)

    # ------------------------------------------------------------------------------ one way

    def _tell(self, way: Asked) -> Generator[Request, Reply, Outcome | None]:
        """The outcome of naming the item this way; None if Trakt does not know it."""
        reply = yield from self._post(way)
        if is_item_unknown(reply):
            return None
        outcome = classify(self._kind, reply)
        if not isinstance(outcome, Accepted) or not isinstance(reply, Answer):
            return outcome
        checked = self._checked(way, outcome, reply)
        if isinstance(checked, Refused) and checked.reason is Reason.WRONG_MATCH and outcome.remote_id:
            return (yield from _take_back(outcome.remote_id, checked))
        return checked

    def _post(self, way: Asked) -> Generator[Request, Reply, Reply]:
        """The reply to the call; a missing pause and a play that was none are asked for in another way."""
        verb = "stop" if self._verb == "pause" and self._is_pause_gone else self._verb
        reply = yield self._request(way, verb, self._progress)
        if verb == "pause" and is_call_gone(reply):
            may_be_item = is_item_unknown(reply)
            reply = yield self._request(way, "stop", min(self._progress, MOST_POSITION))
            self._is_pause_gone = not may_be_item or (isinstance(reply, Answer) and reply.is_success)
        elif self._for_good and _is_position(reply) and self._progress < SURELY_WATCHED:
            reply = yield self._request(way, verb, SURELY_WATCHED)
        return reply

    def _request(self, way: Asked, verb: str, progress: float) -> Request:
        address = way.address.without_title() if self._for_good else way.address
        return Request(method="POST", path=f"/scrobble/{verb}", body={**address.body(), "progress": progress})

    def _checked(self, way: Asked, outcome: Accepted, answer: Answer) -> Outcome:
        """The success, if it is about what was asked and is what was asked."""
        found = parse_item(answer.json)
        is_same = same_item(way.media, found) if found is not None else None
        if found is not None and is_same is False:
            return Refused(
                reason=Reason.WRONG_MATCH, detail=say("It answered with {title}.", title=found.label)
            )
        if self._for_good and _is_position(answer):
            detail = say(
                "Trakt saved a position and made no play at {percent} %.",
                percent=str(max(self._progress, SURELY_WATCHED)),
            )
            return Refused(reason=Reason.REJECTED, detail=detail)
        if found is None or not is_same or not is_fit_for_good(way) or self._is_remembered(found):
            return outcome  # two movies may share a title and a year, so that alone teaches nothing
        return replace(outcome, match=match_from(self._order.media, found, evidence=ANSWER, now=self._now))

    def _is_remembered(self, found: Media) -> bool:
        if self._match is None:
            return False
        return self._is_override or self._match.ids == found.ids


def _as_outcome(found: Found) -> Outcome:
    return NOT_TAKEN if isinstance(found, Media) else found


def _is_position(reply: Reply) -> bool:
    """Whether a stop was answered as a pause."""
    if not isinstance(reply, Answer) or not reply.is_success or not isinstance(reply.json, dict):
        return False
    return reply.json.get("action") in ("pause", "start")


def _take_back(remote_id: int, mistake: Refused) -> Generator[Request, Reply, Refused]:
    """The mistake, with what became of the play that Trakt made by it."""
    reply = yield remove_request(remote_id)
    what = taken_back_words(remote_id, is_gone=is_removed(reply, remote_id))
    return replace(mistake, detail=together([mistake.detail, what]))


def taken_back_words(remote_id: int, *, is_gone: bool) -> str:
    """What became of a play that was recorded by mistake."""
    if is_gone:
        return say("That play was taken back.")
    return say("Take that play (number {number}) out of the history on Trakt.", number=remote_id)
