"""Trakt as a `ScrobbleSink`: the pure flows, driven over the network, and what is kept between them.

No pace is set and nothing is tried again here: the delivery loop does both, by the outcome. The exceptions
belong to one conversation: a renewed token after a 401, another body after a 404.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from crosswatch.core.events import Media
from crosswatch.core.identity import is_learned_of, media_key
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome
from crosswatch.core.phrases import say
from crosswatch.core.ports import Attempt
from crosswatch.errors import StorageError
from crosswatch.providers.scrobble.trakt.answers import Answer, Request
from crosswatch.providers.scrobble.trakt.backfill import Backfill
from crosswatch.providers.scrobble.trakt.choosing import confirm
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify
from crosswatch.providers.scrobble.trakt.flow import Ending, scrobble
from crosswatch.providers.scrobble.trakt.history import read_removed, remove_request
from crosswatch.providers.scrobble.trakt.offering import episodes_of, search
from crosswatch.providers.scrobble.trakt.ratings import rate
from crosswatch.providers.scrobble.trakt.reading import read_history, unreadable
from crosswatch.providers.scrobble.trakt.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import MediaKind, Show
    from crosswatch.core.identity import Choice
    from crosswatch.core.plays import Match, SinkAccount
    from crosswatch.core.ports import Order, RemotePlay
    from crosswatch.core.ratings import Rating
    from crosswatch.providers.scrobble.trakt.client import TraktClient
    from crosswatch.providers.scrobble.trakt.tokens import LinkStatus, Tokens

log = logging.getLogger("crosswatch.trakt")


class MatchStore(Protocol):
    """Where it is remembered what Trakt calls an item; `core.ports.Ledger` is one."""

    async def match(self, key: str, now: datetime) -> Match | None:
        """What is remembered of the item and has not expired."""

    async def save_match(self, match: Match) -> None:
        """Remember it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Whose account it is.

    Attributes:
        username: As Trakt writes it.
        name: What the person calls themself, or empty.
        is_vip: Whether the account has VIP.
    """

    username: str
    name: str
    is_vip: bool


class TraktSink:
    """Tells Trakt accounts what their people watch.

    Args:
        client: Makes the requests.
        tokens: Gives the tokens.
        matches: Remembers what Trakt calls an item.
        clock: Tells the time.
    """

    def __init__(self, client: TraktClient, tokens: Tokens, matches: MatchStore, clock: Clock) -> None:
        self._client = client
        self._tokens = tokens
        self._matches = matches
        self._clock = clock
        self._is_pause_gone = False
        self._holds: dict[SinkAccount, tuple[Hold, tuple[object, ...]]] = {}

    async def send(self, order: Order) -> Attempt:
        """Tell Trakt of a state as it happens; `WATCHED` makes a play dated now."""
        talk = self._talk(order.account, order.media.label, order.play_id)
        match = order.match or await self._recall(order.media)
        flow = scrobble(order, match, now=self._clock.now(), is_pause_gone=self._is_pause_gone)
        ending = await talk.follow(flow)
        self._note_pause(is_gone=ending.is_pause_gone)
        await self._remember(ending)
        return self._attempt(talk, ending.outcome)

    async def rate(self, rating: Rating, match: Match | None) -> Attempt:
        """Tell Trakt of a rating, or that there is none any more; implements `core.ratings.RatingSink`."""
        talk = self._talk(rating.account, f"the rating of {rating.media.label}")
        remembered = match or await self._recall(rating.media)
        ending = await talk.follow(rate(rating, remembered, now=self._clock.now()))
        await self._remember(ending)
        return self._attempt(talk, ending.outcome)

    async def fetch_history(
        self, account: SinkAccount, since: datetime, until: datetime
    ) -> tuple[list[RemotePlay], Attempt | None]:
        """What the account's history holds in that span, all of it or nothing.

        Returns:
            The plays, newest first; and, if they could not be had, an attempt that says why.
        """
        talk = self._talk(account, "the history")
        found = await read_history(talk, since, until)
        if isinstance(found, list):
            self._attempt(talk, Accepted())
            return found, None
        return [], self._attempt(talk, found)

    async def backfill(self, orders: Sequence[Order], *, held: Collection[int] = ()) -> list[Attempt]:
        """Add finished plays of one account with their own times; an outcome for each.

        Trakt looks for no duplicates here: the caller has read the history and found that they are missing.

        Args:
            orders: The plays.
            held: Numbers of the plays that the history held then.
        """
        if not orders:
            return []
        matches = [order.match or await self._recall(order.media) for order in orders]
        late = "1 late play" if len(orders) == 1 else f"{len(orders)} late plays"
        talk = self._talk(orders[0].account, late)
        batch = Backfill(talk, orders, matches, self._clock.now(), held=held)
        endings = await batch.run()
        for ending in endings:
            await self._remember(ending)
        return [
            replace(self._attempt(talk, ending.outcome), exchanges=batch.story(place))
            for place, ending in enumerate(endings)
        ]

    async def look_up(self, account: SinkAccount, choice: Choice) -> Media | Attempt:
        """What Trakt has under the ids that a person chose; or why that is nothing."""
        talk = self._talk(account, "a match")
        found = await talk.follow(confirm(choice))
        attempt = self._attempt(talk, Accepted() if isinstance(found, Media) else found)
        return found if isinstance(found, Media) else attempt

    async def search(
        self, account: SinkAccount, text: str, kind: MediaKind
    ) -> Sequence[Media | Show] | Attempt:
        """Movies, or shows for an episode, whose titles resemble the text; or why Trakt cannot be asked."""
        talk = self._talk(account, f"a search for {text!r}")
        found = await talk.follow(search(text, kind))
        attempt = self._attempt(talk, Accepted() if isinstance(found, list) else found)
        return found if isinstance(found, list) else attempt

    async def episodes(self, account: SinkAccount, show_id: int) -> Sequence[Media] | Attempt:
        """The episodes of the show with that number at Trakt, in order; or why they cannot be had."""
        talk = self._talk(account, "the episodes of a show")
        found = await talk.follow(episodes_of(show_id))
        attempt = self._attempt(talk, Accepted() if isinstance(found, list) else found)
        return found if isinstance(found, list) else attempt

    async def forget_play(self, account: SinkAccount, remote_id: int) -> Attempt:
        """Take one play out of the account's history.

        Returns:
            `Accepted` if it is gone, with a detail if it had been gone before.
        """
        talk = self._talk(account, f"play {remote_id}")
        reply = await talk.ask(remove_request(remote_id))
        outcome = classify(CallKind.HISTORY, reply)
        if isinstance(reply, Answer) and isinstance(outcome, Accepted):
            removed = read_removed(reply.json, remote_id)
            if removed is None:
                outcome = unreadable(say("whether it removed the play"))
            elif not removed:
                outcome = Accepted(detail=say("Trakt did not have the play any more."))
        return self._attempt(talk, outcome)

    async def fetch_profile(self, account: SinkAccount) -> Profile | Attempt:
        """Whose account it is, or why that cannot be told; the way to try a link without writing."""
        talk = self._talk(account, "the account")
        reply = await talk.ask(Request(method="GET", path="/users/settings"))
        outcome = classify(CallKind.READ, reply)
        user = reply.json.get("user") if isinstance(reply, Answer) and isinstance(reply.json, dict) else None
        if not isinstance(outcome, Accepted):
            return self._attempt(talk, outcome)
        if not isinstance(user, dict) or not isinstance(user.get("username"), str):
            return self._attempt(talk, unreadable("whose account it is"))
        self._attempt(talk, outcome)
        name = user.get("name")
        return Profile(
            username=user["username"],
            name=name if isinstance(name, str) else "",
            is_vip=user.get("vip") is True,
        )

    def status(self, account: SinkAccount) -> LinkStatus:
        """How the account stands, by what is known without asking: its link, and the last word of Trakt."""
        status = self._tokens.status(account)
        hold, identity = self._holds.get(account, (None, ()))
        if status.hold is not None or hold is None or identity != self._tokens.identity(account):
            return status
        return replace(status, hold=hold)

    # ------------------------------------------------------------------------------ parts

    def _talk(self, account: SinkAccount, label: str, play: str = "") -> Talk:
        return Talk(self._client, self._tokens, self._clock, account, label=label, play=play)

    def _attempt(self, talk: Talk, outcome: Outcome) -> Attempt:
        """The outcome with its story; what it says about the account is kept for `status`."""
        match outcome:
            case Hold():
                self._holds[talk.account] = (outcome, self._tokens.identity(talk.account))
            case Accepted() | AlreadyThere() if talk.exchanges:
                self._holds.pop(talk.account, None)
        return Attempt(outcome=outcome, exchanges=tuple(talk.exchanges))

    def _note_pause(self, *, is_gone: bool) -> None:
        if is_gone and not self._is_pause_gone:
            log.info(
                "Trakt has no /scrobble/pause now; positions are saved by a stop instead",
                extra={"event": "trakt.pause_gone"},
            )
        self._is_pause_gone = is_gone

    async def _recall(self, media: Media) -> Match | None:
        try:
            found = await self._matches.match(media_key(media), self._clock.now())
        except StorageError as error:
            log.warning("what Trakt calls %s cannot be looked up: %s", media.label, error)
            return None
        return found if found is not None and is_learned_of(media, found) else None

    async def _remember(self, ending: Ending) -> None:
        """Keep what was learned, unless the outcome carries it, for the ledger keeps that with the delivery.

        Where it cannot be kept, it is looked up again; what Trakt has done stays done.
        """
        learned, outcome = ending.learned, ending.outcome
        if learned is None or (isinstance(outcome, Accepted | AlreadyThere) and outcome.match == learned):
            return
        try:
            await self._matches.save_match(learned)
        except StorageError as error:
            log.warning("what Trakt calls %s cannot be kept: %s", learned.key, error)
