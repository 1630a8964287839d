"""Taking in webhooks: written down first, then answered, then dealt with.

A Plex server sends each webhook once, and does not try again. So whatever can be of use is in the ledger
before the answer goes out, and nobody is asked anything until then. What cannot be written is dealt with all
the same.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswatch.core.hooked import RATE
from crosswatch.core.ignored import Ignored
from crosswatch.core.inbox import Hook
from crosswatch.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId
    from crosswatch.core.facts import WebhookFact
    from crosswatch.core.hooks import Heard
    from crosswatch.core.inbox import Inbox

MOST_WAITING = 1_000
"""Webhooks that may wait to be dealt with; each waits for some milliseconds, unless its server is away."""

MOST_SERVERS = 500
"""Servers of which it is remembered when they were heard of last."""

PATIENCE_S = 0.25
"""Real seconds for which the answer waits to name the play; it is taken in anyway."""

KNOWN_EVENTS = frozenset(
    {
        "library.new",
        "library.on.deck",
        "admin.database.backup",
        "admin.database.corrupted",
        "device.new",
        "playback.started",
    }
)
"""Events that say nothing of playing which another does not say as well."""

log = logging.getLogger("crosswatch.webhook")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the sender of a webhook is told.

    Attributes:
        play_id: The viewing that it is about, or None.
        ignored: Why it changes nothing, or None.
        problem: Why it could not be written down, or empty; it has been dealt with all the same.
    """

    play_id: PlayId | None = None
    ignored: Ignored | None = None
    problem: str = ""


@dataclass(slots=True)
class _Sender:
    """A server whose webhooks come in."""

    name: str
    last_heard_at: datetime
    last_event: str
    received: int = 0
    ignored: int = 0


class Webhooks:
    """The webhooks of all servers.

    Args:
        inbox: Where they are kept.
        deliver: Brings one to the sessions of its server; what it came to, or None if there is no room.
        clock: Tells the time.
        takes_ratings: Whether ratings are told to anybody.
        changed: Called when something changed that a page shows.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        deliver: Callable[[Hook], Awaitable[asyncio.Future[Heard] | None]],
        clock: Clock,
        takes_ratings: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._deliver = deliver
        self._clock = clock
        self._takes_ratings = takes_ratings
        self._changed = changed
        self._senders: dict[str, _Sender] = {}
        self._unkept = itertools.count(-1, -1)

    async def receive(self, fact: WebhookFact) -> Receipt:
        """Take in a webhook whose sender may send it; asks nobody anything."""
        now = self._clock.now()
        sender = self._note(fact, now)
        ignored = self._reason_to_ignore(fact)
        receipt = Receipt(ignored=ignored) if ignored is not None else await self._take(fact, now)
        if receipt.ignored is not None:
            sender.ignored += 1
        _say(fact, receipt)
        self._changed()
        return receipt

    def status(self) -> list[dict[str, Any]]:
        """Each server whose webhooks have come in since the start, the one heard of last first."""
        latest = sorted(self._senders.items(), key=lambda item: item[1].last_heard_at, reverse=True)
        return [
            {
                "server_uuid": server_uuid,
                "name": sender.name,
                "last_heard_at": sender.last_heard_at,
                "last_event": sender.last_event,
                "received": sender.received,
                "ignored": sender.ignored,
            }
            for server_uuid, sender in latest
        ]

    async def _take(self, fact: WebhookFact, now: datetime) -> Receipt:
        problem = ""
        try:
            hook = await self._inbox.put_hook(fact, now, most=MOST_WAITING)
        except StorageError as error:
            hook, problem = Hook(id=next(self._unkept), received_at=now, fact=fact), str(error)
        if hook is None:
            return Receipt(ignored=Ignored.TOO_MANY)
        answer = await self._deliver(hook)
        if answer is None:  # what is kept of it waits until there is room
            return Receipt(ignored=Ignored.TOO_MANY)
        done, _ = await asyncio.wait({answer}, timeout=PATIENCE_S)
        heard = answer.result() if done else None
        return Receipt(
            play_id=heard.play_id if heard else None,
            ignored=heard.ignored if heard else None,
            problem=problem,
        )

    def _reason_to_ignore(self, fact: WebhookFact) -> Ignored | None:
        """Why it changes nothing, whatever plays."""
        if fact.event == RATE:
            return self._reason_to_ignore_rating(fact)
        if fact.state is not None:
            return None
        return Ignored.EVENT_IGNORED if fact.event in KNOWN_EVENTS else Ignored.EVENT_UNKNOWN

    def _reason_to_ignore_rating(self, fact: WebhookFact) -> Ignored | None:
        if not self._takes_ratings():
            return Ignored.RATINGS_OFF
        if fact.rating is None:
            return Ignored.RATING_UNKNOWN
        is_scrobbled = fact.media is not None and fact.media.kind.is_scrobbled
        return None if is_scrobbled else Ignored.TYPE_UNSUPPORTED

    def _note(self, fact: WebhookFact, now: datetime) -> _Sender:
        """Remember when the server was heard of; of too many, the one silent for longest is forgotten."""
        known = self._senders.get(fact.server_uuid)
        if known is None:
            if len(self._senders) >= MOST_SERVERS:
                del self._senders[min(self._senders, key=lambda one: self._senders[one].last_heard_at)]
            known = self._senders[fact.server_uuid] = _Sender(fact.server_name, now, fact.event)
        known.name = fact.server_name or known.name
        known.last_heard_at, known.last_event = now, fact.event
        known.received += 1
        return known


def _say(fact: WebhookFact, receipt: Receipt) -> None:
    item = fact.media.label if fact.media is not None else "no item"
    if receipt.problem:
        log.error(
            "%s of %s is dealt with, but could not be written down: %s",
            fact.event[:60],
            item,
            receipt.problem,
            extra={"event": "webhook.unkept", "play": receipt.play_id},
        )
    elif receipt.ignored is not None:
        log.info(
            "%s of %s changes nothing (%s)",
            fact.event[:60],
            item,
            receipt.ignored.value,
            extra={"event": "webhook.ignored", "play": receipt.play_id},
        )
    else:
        log.info(
            "%s of %s",
            fact.event,
            item,
            extra={"event": "webhook.received", "play": receipt.play_id},
        )
