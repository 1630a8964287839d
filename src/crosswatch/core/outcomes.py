"""What came of one attempt at a sink; each kind says what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crosswatch.core.plays import Match
from crosswatch.core.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The sink took it, and its answer names what was asked.

    Attributes:
        remote_id: Number of the play at the sink; None where it gave none.
        match: What the sink calls the item, to be remembered; None if nothing new was learned.
        detail: Facts for people.
    """

    remote_id: int | None = None
    match: Match | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyThere:
    """The sink holds a recent play of the item and took no other.

    Attributes:
        watched_at: When that play was, aware UTC, or None if the sink did not say.
        remote_id: Its number, where known.
        match: As in `Accepted`.
    """

    watched_at: datetime | None = None
    remote_id: int | None = None
    match: Match | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Not now.

    Attributes:
        reason: Why.
        after_s: Seconds that the sink asked to wait; None leaves it to the back-off.
        is_unknown: True if the request may have been carried out all the same.
        is_account_wide: True if no request of this account would fare better now.
        detail: Facts for people; no secrets.
    """

    reason: Reason
    after_s: float | None = None
    is_unknown: bool = False
    is_account_wide: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The account cannot be used until somebody acts; its deliveries wait, however long.

    Attributes:
        reason: Why; names the account's trouble, not the play's.
        detail: Facts for people; no secrets.
    """

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """This play will never be taken as it is.

    Attributes:
        reason: Why.
        detail: Facts for people; no secrets.
    """

    reason: Reason
    detail: str = ""


Outcome = Accepted | AlreadyThere | Retry | Hold | Refused
