"""Trakt as far as deliveries can tell: histories, the hour in which a play is not taken twice, and faults."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict, deque
from datetime import timedelta
from enum import StrEnum

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.plays import DesiredAction
from crosswatch.core.ports import Attempt, Exchange, RemotePlay
from crosswatch.core.reasons import Reason

WINDOW = timedelta(hours=1)
"""Within this time after a play of an item no other is taken."""


class Fault(StrEnum):
    """What goes wrong with one request."""

    NONE = "none"
    BEFORE = "before"
    """The connection breaks before anything has happened."""
    AFTER = "after"
    """It breaks when all has been done."""
    SERVER_ERROR = "server_error"
    """An answer of 500, with nothing done; the client cannot know that."""
    UNAVAILABLE = "unavailable"
    """An answer of 503, with nothing done."""
    LIMITED = "limited"
    """An answer of 429, which asks to wait for half a minute."""
    HELD = "held"
    """The account cannot be used until somebody acts."""
    REFUSED = "refused"
    """The item is not known."""
    CRASH = "crash"
    """The sink itself has a slip."""
    CUT_BEFORE = "cut_before"
    """No answer ever comes, and nothing was done: whoever waits has to be killed."""
    CUT_AFTER = "cut_after"
    """No answer ever comes, and all was done."""


class ModelSink:
    """Implements `core.ports.ScrobbleSink`.

    Attributes:
        faults: What goes wrong with the next requests, in order; nothing with those after.
        always: What goes wrong with every request while nothing is in `faults`.
        ahead: How far its clock is ahead of ours.
        latency_s: How long a request takes.
        takes_starts: Whether a start is taken within the hour; else it is answered like a stop.
        tells_time: Whether "already there" names the play that is there.
        catalogue: What is found under each choice of a person.
        offers: What is found for each text and kind.
        shows: The episodes of each show.
        requests: Every request: what it was, the action or number of plays, and when it came.
    """

    def __init__(self, clock):
        self.faults = deque()
        self.always = Fault.NONE
        self.ahead = timedelta(0)
        self.latency_s = 0.2
        self.takes_starts = True
        self.tells_time = True
        self.catalogue = {}
        self.offers = {}
        self.shows = {}
        self.requests = []
        self._clock = clock
        self._histories = defaultdict(list)
        self._numbers = itertools.count(2**33)

    # ---------------------------------------------------------------- what a test looks at

    def plays(self, account):
        """What the account's history holds, as `(item, when)`, oldest first."""
        entries = sorted(self._histories[account], key=lambda one: (one.watched_at, one.remote_id))
        return [(_item(one.media), one.watched_at) for one in entries]

    def titles(self, account):
        """The items of the account's history, oldest first."""
        return [item for item, _ in self.plays(account)]

    def of(self, kind):
        """The details of every request of that kind."""
        return [detail for name, detail, _ in self.requests if name == kind]

    def add(self, account, media, watched_at):
        """A play that somebody else made."""
        entry = RemotePlay(remote_id=next(self._numbers), watched_at=watched_at, media=media)
        self._histories[account].append(entry)
        return entry

    # ---------------------------------------------------------------- what it is asked

    async def send(self, order):
        outcome, failed = await self._request("send", order.action, lambda: self._scrobble(order))
        return self._attempt(failed or outcome)

    async def fetch_history(self, account, since, until):
        found, failed = await self._request("read", account, lambda: list(self._histories[account]))
        if failed is not None:
            return [], self._attempt(failed)
        return [one for one in found if since <= one.watched_at <= until], None

    async def backfill(self, orders, *, held=()):  # noqa: ARG002 -- nothing is ever taken for another here
        actions = [order.action for order in orders]
        outcomes, failed = await self._request("add", actions, lambda: [self._add(one) for one in orders])
        return [self._attempt(outcome) for outcome in outcomes or [failed] * len(orders)]

    async def look_up(self, account, choice):  # noqa: ARG002 -- everybody finds the same
        found, failed = await self._request("look up", choice, lambda: self.catalogue.get(choice))
        if found is None:
            return self._attempt(failed or Refused(reason=Reason.NO_MATCH, detail="Trakt has no such item."))
        return found

    async def search(self, account, text, kind):  # noqa: ARG002 -- everybody finds the same
        found, failed = await self._request("search", (text, kind), lambda: self.offers.get((text, kind), []))
        return found if failed is None else self._attempt(failed)

    async def episodes(self, account, show_id):  # noqa: ARG002 -- everybody finds the same
        found, failed = await self._request("episodes", show_id, lambda: self.shows.get(show_id))
        if found is None:
            return self._attempt(failed or Refused(reason=Reason.NO_MATCH, detail="Trakt has no such show."))
        return found

    async def forget_play(self, account, remote_id):
        def remove():
            history = self._histories[account]
            history[:] = [entry for entry in history if entry.remote_id != remote_id]

        _, failed = await self._request("remove", remote_id, remove)
        return self._attempt(failed or Accepted())

    # ---------------------------------------------------------------- inside

    async def _request(self, kind, detail, carry_out):
        """What came of it, or how it failed."""
        self.requests.append((kind, detail, self._clock.now()))
        fault = self.faults.popleft() if self.faults else self.always
        await asyncio.sleep(self.latency_s)
        match fault:
            case Fault.NONE:
                return carry_out(), None
            case Fault.AFTER | Fault.CUT_AFTER:
                carry_out()
            case Fault.CRASH:
                raise RuntimeError("a slip")
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
            await asyncio.Future()
        return None, _failure(fault, kind)

    def _scrobble(self, order):
        history = self._histories[order.account]
        if order.action is not DesiredAction.WATCHED and (
            self.takes_starts or order.action is not DesiredAction.START
        ):
            return Accepted()
        now = self._clock.now() + self.ahead
        last = max(
            (one.watched_at for one in history if _item(one.media) == _item(order.media)), default=None
        )
        if last is not None and now - last < WINDOW:
            return AlreadyThere(watched_at=last if self.tells_time else None)
        if order.action is not DesiredAction.WATCHED:
            return Accepted()
        return Accepted(remote_id=self.add(order.account, order.media, now).remote_id)

    def _add(self, order):
        return Accepted(remote_id=self.add(order.account, order.media, order.at).remote_id)

    def _attempt(self, outcome):
        exchange = Exchange(request=self.requests[-1][0], status=200, answer=str(outcome))
        return Attempt(outcome=outcome, exchanges=(exchange,))


def _failure(fault, kind):
    is_unknown = kind != "read"
    match fault:
        case Fault.LIMITED:
            return Retry(reason=Reason.RATE_LIMITED, after_s=30.0)
        case Fault.HELD:
            return Hold(reason=Reason.LINK_EXPIRED, detail="Trakt refuses the login.")
        case Fault.REFUSED:
            return Refused(reason=Reason.NO_MATCH)
        case Fault.SERVER_ERROR:
            return Retry(reason=Reason.TRAKT_DOWN, is_unknown=is_unknown, is_account_wide=False)
        case Fault.UNAVAILABLE:
            return Retry(reason=Reason.TRAKT_DOWN, is_unknown=is_unknown)
        case _:
            return Retry(reason=Reason.OUTCOME_UNKNOWN, is_unknown=is_unknown)


def _item(media):
    return media.label
