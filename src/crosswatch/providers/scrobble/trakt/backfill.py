"""Add late plays to the history: all in one request, those that Trakt does not know once more.

The answer to adding does not say what an item was taken for. So what has no id is looked up and verified
before, nothing is named by its title (`history`), and in the end the history is read back: it names what
was added, and gives the number by which a play can be taken out again. What was taken for something else is
taken back, if it can be nobody else's: it was not there before, and has the very second of ours.

Source: design notes, section 5, last line of the table; Trakt protocol notes, section 6.2.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.events import Media
from crosswatch.core.outcomes import Accepted, Hold, Outcome, Refused, Retry
from crosswatch.core.phrases import say
from crosswatch.core.plays import OVERRIDE
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer
from crosswatch.providers.scrobble.trakt.bodies import Asked, ask_by_match, is_fit_for_good
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify
from crosswatch.providers.scrobble.trakt.compare import same_item
from crosswatch.providers.scrobble.trakt.flow import (
    NOT_TAKEN,
    TAKEN_FOR_ANOTHER,
    UNKNOWN_OVERRIDE,
    Ending,
    known_ways,
    learn,
    remembered_nothing,
    remembered_refusal,
    taken_back_words,
)
from crosswatch.providers.scrobble.trakt.history import (
    Entry,
    add_request,
    is_removed,
    read_added,
    remove_request,
)
from crosswatch.providers.scrobble.trakt.lookup import find
from crosswatch.providers.scrobble.trakt.reading import read_history

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crosswatch.core.plays import Match
    from crosswatch.core.ports import Exchange, Order, RemotePlay
    from crosswatch.providers.scrobble.trakt.talk import Talk

SAME_MOMENT = timedelta(seconds=1)
"""Trakt keeps whole seconds."""

READ_BACK_PAGES = 5

UNSURE = Retry(
    reason=Reason.OUTCOME_UNKNOWN,
    is_unknown=True,
    is_account_wide=False,
    detail=say("Trakt added fewer plays than it was given, without saying which."),
)

NO_TIME = Retry(
    reason=Reason.TRAKT_DOWN,
    is_account_wide=False,
    detail=say("There was no time left to search Trakt for it."),
)

log = logging.getLogger("crosswatch.trakt")


class Backfill:
    """One batch.

    Args:
        talk: The conversation that it is.
        orders: What to add, one account's.
        matches: What is remembered of each, in the same order.
        now: For what is learned.
        held: Numbers of the plays that the history held before.
    """

    def __init__(
        self,
        talk: Talk,
        orders: Sequence[Order],
        matches: Sequence[Match | None],
        now: datetime,
        *,
        held: Collection[int],
    ) -> None:
        self._talk = talk
        self._orders = orders
        self._matches = matches
        self._now = now
        self._held = held
        self._ways: dict[int, Asked] = {}
        self._learned: dict[int, Match] = {}
        self._endings: dict[int, Ending] = {}
        self._owners: dict[int, int] = {}
        self._trouble: Retry | Hold | None = None

    async def run(self) -> list[Ending]:
        """An ending for each order, in order."""
        for place, (order, match) in enumerate(zip(self._orders, self._matches, strict=True)):
            await self._find_way(place, order, match)
        unknown = await self._add(self._ways)
        again = [place for place in unknown if place not in self._learned]
        for place in again:
            await self._search(place)
        still_unknown = await self._add([place for place in again if place not in self._endings])
        for place in {*unknown, *still_unknown} - self._endings.keys():
            self._end(place, NOT_TAKEN)
        await self._read_back()
        return [self._endings[place] for place in range(len(self._orders))]

    def story(self, place: int) -> tuple[Exchange, ...]:
        """What was said about one order: the common requests, and the searches for it."""
        return tuple(
            exchange
            for index, exchange in enumerate(self._talk.exchanges)
            if self._owners.get(index, place) == place
        )

    # ------------------------------------------------------------------------------ naming

    async def _find_way(self, place: int, order: Order, match: Match | None) -> None:
        """Settle how the order is named; where it cannot be, it is ended."""
        refusal = remembered_refusal(match)
        if refusal is not None:
            self._endings[place] = Ending(outcome=refusal)
            return
        way = next((way for way in known_ways(order.media, match) if is_fit_for_good(way)), None)
        if way is not None:
            self._ways[place] = way
        else:
            await self._search(place)

    async def _search(self, place: int) -> None:
        """Settle by a search how the order is named; where that fails, it is ended."""
        media = self._orders[place].media
        if self._is_override(place):
            self._endings[place] = Ending(outcome=UNKNOWN_OVERRIDE)
            return
        if self._trouble is not None or self._talk.is_late:
            self._endings[place] = Ending(outcome=self._trouble or NO_TIME)
            return
        begin = len(self._talk.exchanges)
        found = await self._talk.follow(find(media))
        self._owners |= dict.fromkeys(range(begin, len(self._talk.exchanges)), place)
        learned = learn(media, found, self._now)
        way = ask_by_match(media, learned) if learned is not None else None
        if isinstance(found, Media) and learned is not None and way is not None:
            self._learned[place] = learned
            self._ways[place] = way
            return
        if isinstance(found, Retry | Hold):
            self._trouble = found
        outcome = NOT_TAKEN if isinstance(found, Media) else found
        self._endings[place] = Ending(outcome=outcome, learned=learned)

    # ------------------------------------------------------------------------------ adding

    async def _add(self, wanted: Iterable[int]) -> list[int]:
        """Add them, and end all but those that Trakt does not know; these are returned."""
        places = list(wanted)
        if not places:
            return []
        entries = [
            Entry(address=self._ways[place].address.without_title(), watched_at=self._orders[place].at)
            for place in places
        ]
        reply = await self._talk.ask(add_request(entries))
        outcome = classify(CallKind.HISTORY, reply)
        added = read_added(reply.json, entries) if isinstance(reply, Answer) and reply.is_success else None
        if not isinstance(outcome, Accepted) or added is None:
            for place in places:
                self._end(place, UNSURE if isinstance(outcome, Accepted) else outcome)
            return []
        for index in added.done:
            self._end(places[index], Accepted(match=self._learned.get(places[index])))
        for index in added.unsure:
            self._end(places[index], UNSURE)
        return [places[index] for index in sorted(added.unknown)]

    def _end(self, place: int, outcome: Outcome) -> None:
        self._endings[place] = Ending(outcome=outcome, learned=self._learned.get(place))

    # ------------------------------------------------------------------------------ reading back

    async def _read_back(self) -> None:
        """Find the added plays in the history: their numbers, and whether they are about the right items.

        They have been added in any case; where they cannot be read, that is all that is known.
        """
        done = {
            place: end.outcome for place, end in self._endings.items() if isinstance(end.outcome, Accepted)
        }
        if not done:
            return
        times = [self._orders[place].at for place in done]
        plays = await read_history(
            self._talk, min(times) - SAME_MOMENT, max(times) + SAME_MOMENT, most_pages=READ_BACK_PAGES
        )
        if not isinstance(plays, list):
            log.debug("what was added to %s could not be read back", self._talk.account)
            return
        for place, outcome in done.items():
            ours = next((play for play in plays if self._is_about(place, play)), None)
            if ours is not None:
                plays.remove(ours)
                self._end(place, replace(outcome, remote_id=ours.remote_id))
            elif others := [play for play in plays if self._is_mistaken(place, play)]:
                await self._end_mistaken(place, others[0])

    def _is_about(self, place: int, play: RemotePlay) -> bool:
        return self._is_then(place, play) and same_item(self._ways[place].media, play.media) is True

    def _is_mistaken(self, place: int, play: RemotePlay) -> bool:
        """Whether the play can only be what an order was taken for: its very time, and nobody's item."""
        is_new = play.remote_id not in self._held
        is_another = same_item(self._ways[place].media, play.media) is False
        is_ours = any(self._is_about(other, play) for other in self._ways)
        return is_new and self._is_then(place, play) and is_another and not is_ours

    def _is_then(self, place: int, play: RemotePlay) -> bool:
        return abs(play.watched_at - self._orders[place].at) <= SAME_MOMENT

    async def _end_mistaken(self, place: int, play: RemotePlay) -> None:
        reply = await self._talk.ask(remove_request(play.remote_id))
        what = taken_back_words(play.remote_id, is_gone=is_removed(reply, play.remote_id))
        nothing = remembered_nothing(self._orders[place].media, TAKEN_FOR_ANOTHER, self._now)
        self._endings[place] = Ending(
            outcome=Refused(
                reason=Reason.WRONG_MATCH,
                detail=say("It added {title}. {what}", title=play.media.label, what=what),
            ),
            learned=None if self._is_override(place) else nothing,
        )

    def _is_override(self, place: int) -> bool:
        match = self._matches[place]
        return match is not None and match.evidence == OVERRIDE
