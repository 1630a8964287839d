"""What somebody thinks of an item: a level that a sink account is brought up to, like a delivery.

A server's ratings go from 0 to 10 by halves of a star; a sink's are whole, from 1 to 10, and 0 stands for
none here. The newest counts, whatever came before it. To tell a rating twice does no harm, so there are no
leases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import floor
from typing import Protocol

from crosswatch.core.events import Media
from crosswatch.core.identity import media_key
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.plays import DeliveryState, Match, SinkAccount
from crosswatch.core.ports import Attempt
from crosswatch.core.reasons import Reason

NONE = 0
"""Stands for "not rated"."""

LEAST, MOST = 1, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one sink account should know of somebody's opinion of an item, and whether it does.

    Attributes:
        account: Whose.
        key: The item: `core.identity.media_key`.
        media: The item.
        value: 1 to 10, or `NONE`.
        rated_at: When that was, aware UTC.
        state: As of a delivery.
        version: Counts changes of `value`, from 1.
        attempts: Requests since the last change or success.
        next_attempt_at: Not before this moment, aware UTC.
        reason: Why it waits, or how it ended.
        detail: Facts for the reason's sentence; no secrets.
        updated_at: Last change of the row.
    """

    account: SinkAccount
    key: str
    media: Media
    value: int
    rated_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    version: int = 1
    attempts: int = 0
    next_attempt_at: datetime
    reason: Reason = Reason.LIVE
    detail: str = ""
    updated_at: datetime


class RatingBook(Protocol):
    """Where ratings are kept; the ledger is one. Each call is one durable transaction.

    Raises:
        StorageError: From any call, if the database cannot be used now. Nothing is changed then.
    """

    async def put_ratings(self, ratings: Sequence[Rating], *, hooks: Sequence[int]) -> None:
        """Write what accounts should know (`with_newer`), and keep the webhooks that said so no longer."""

    async def due_rating(self, account: SinkAccount, now: datetime) -> Rating | None:
        """What the account is to be told next; None if nothing is due."""

    async def next_rating_due(self, account: SinkAccount) -> datetime | None:
        """When the next one is due; None if none waits."""

    async def settle_rating(
        self, told: Rating, outcome: Outcome, *, now: datetime, retry_at: datetime
    ) -> None:
        """Write what came of telling it (`with_outcome`), unless it has changed meanwhile."""


class RatingSink(Protocol):
    """Where ratings go. Nothing is raised for what a sink is known to do: it is an outcome."""

    async def rate(self, rating: Rating, match: Match | None) -> Attempt:
        """Tell the sink of a rating, or that there is none any more.

        Args:
            rating: What to tell, and whom.
            match: What the sink calls the item, as far as that is remembered.
        """


def value_of(rating: float) -> int:
    """A server's rating in whole numbers; whatever is not above 0 stands for none.

    Source: Trakt protocol notes, section 6.3; Plex protocol notes, section 12.2.
    """
    return NONE if rating <= 0 else min(MOST, max(LEAST, floor(rating + 0.5)))


def new_rating(account: SinkAccount, media: Media, value: int, rated_at: datetime) -> Rating:
    """A rating of which the account has heard nothing yet; due at once."""
    return Rating(
        account=account,
        key=media_key(media),
        media=media,
        value=value,
        rated_at=rated_at,
        next_attempt_at=rated_at,
        updated_at=rated_at,
    )


def with_newer(stored: Rating | None, newer: Rating) -> Rating:
    """The row once this is what the account should know; what came before, or says the same, changes nothing.

    A row that was put off stays so: a newer opinion must not be a way around a sink that asked to wait.
    """
    if stored is None:
        return newer
    is_known = newer.value == stored.value and stored.state is not DeliveryState.DEAD
    if newer.rated_at < stored.rated_at or is_known:
        return stored
    waits = stored.state is DeliveryState.PENDING and stored.attempts > 0
    return replace(
        newer,
        version=stored.version + 1,
        attempts=stored.attempts if waits else 0,
        next_attempt_at=stored.next_attempt_at if waits else newer.next_attempt_at,
    )


def with_outcome(
    stored: Rating, outcome: Outcome, *, told: Rating, now: datetime, retry_at: datetime
) -> Rating:
    """The row after the sink was told; one that has changed meanwhile still waits."""
    if stored.version != told.version:
        return stored
    match outcome:
        case Accepted() | AlreadyThere():
            return replace(
                stored, state=DeliveryState.SETTLED, attempts=0, reason=Reason.LIVE, detail="", updated_at=now
            )
        case Retry() | Hold():
            return replace(
                stored,
                attempts=stored.attempts + 1,
                next_attempt_at=retry_at,
                reason=outcome.reason,
                detail=outcome.detail,
                updated_at=now,
            )
        case Refused():
            return replace(
                stored,
                state=DeliveryState.DEAD,
                attempts=stored.attempts + 1,
                reason=outcome.reason,
                detail=outcome.detail,
                updated_at=now,
            )
