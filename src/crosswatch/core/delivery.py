"""The life of a delivery, as pure steps from one row to the next.

A delivery is level-triggered. It holds what a sink account should know (`desired`) and what it does know
(`acknowledged`); it is no queue of messages. Four rules keep promises P1 and P2.

1. `watched` is never superseded and never dropped. Any other desired state gives way to a newer one, and
   is dropped when it has become stale, for a sink that hears of a start an hour late is told a lie.
2. A lease is taken, durably, before a request is sent, and notes for `watched` that something is being
   sent (`sending_since`). Whatever kills the process in between, the next worker finds the note, takes the
   outcome for unknown (`unknown_since`), and asks the sink instead of hoping.
3. Each lease has a number (`fence`). Whoever writes with an older one has lost the lease and is refused.
4. A live request is trusted only near the moment that it is about. Later, or when the outcome of an earlier
   one has been unknown for long, the sink's history is read first and the play added with its real time.

Source: design notes, sections 3 and 5; Trakt protocol notes, sections 5.5, 5.7 and 6.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.plays import (
    Delivery,
    DeliveryState,
    Desired,
    DesiredAction,
    Play,
    PlayState,
    SinkAccount,
)
from crosswatch.core.reasons import Reason, Verdict

STALE_AFTER = timedelta(minutes=10)
"""Age at which a state other than `watched` is no longer worth telling."""

LATE_AFTER = timedelta(seconds=90)
"""Age at which `watched` goes to the sink's history with its real time instead of a live stop.

A live stop is dated by its arrival, and a play must keep its time within two minutes; the design's ten
minutes would date every play of a short outage wrongly.
"""

LEAST_PROGRESS = 1.0
"""An end below this is not told: the sink would refuse it."""

UNKNOWN_FOR = timedelta(minutes=50)
"""Time after which a repeated stop might make a second play (the sink's own window is an hour)."""


class Step(StrEnum):
    """What is to be done with a due delivery."""

    LIVE = "live"
    BACKFILL = "backfill"
    DROP = "drop"


def next_step(delivery: Delivery, now: datetime) -> Step:
    """How this delivery is to be brought to its sink at this moment."""
    age = now - delivery.desired.at
    if delivery.desired.action is not DesiredAction.WATCHED:
        nothing = delivery.desired.action is DesiredAction.STOP and delivery.desired.progress < LEAST_PROGRESS
        return Step.DROP if nothing or age > STALE_AFTER else Step.LIVE
    unknown = delivery.unknown_since is not None and now - delivery.unknown_since > UNKNOWN_FOR
    return Step.BACKFILL if unknown or age > LATE_AFTER else Step.LIVE


def urgency(delivery: Delivery, now: datetime) -> tuple[int, float]:
    """Sort key among due deliveries of one account; the smallest goes first.

    `watched` that is still live goes first; then other live states, ends before starts and the newest
    first; then the backlog in the order in which it happened.
    """
    at = delivery.desired.at.timestamp()
    step = next_step(delivery, now)
    if delivery.desired.action is DesiredAction.WATCHED:
        return (0, at) if step is Step.LIVE else (3, at)
    if step is Step.DROP:
        return (4, at)
    return (2, -at) if delivery.desired.action is DesiredAction.START else (1, -at)


def first_delivery(play: Play, account: SinkAccount, desired: Desired, now: datetime) -> Delivery:
    """The row for a play of which the account has heard nothing yet; due at once."""
    return Delivery(play_id=play.id, account=account, desired=desired, next_attempt_at=now, updated_at=now)


def with_desired(delivery: Delivery, desired: Desired, now: datetime) -> Delivery:
    """The row after the play went on.

    Nothing follows `watched`. What the sink knows already, or what is refused for good, stays as it is.
    A changed desire is due at once, unless the delivery was put off: a newer state of the same play must not
    be a way around a sink that asked to wait, or an account that is on hold.
    """
    if delivery.desired.action is DesiredAction.WATCHED or delivery.desired == desired:
        return delivery
    if delivery.state is DeliveryState.DEAD and desired.action is not DesiredAction.WATCHED:
        return replace(delivery, desired=desired, version=delivery.version + 1, updated_at=now)
    put_off = delivery.attempts > 0 or delivery.next_attempt_at > now
    waits = delivery.state is DeliveryState.PENDING and put_off
    return replace(
        delivery,
        state=DeliveryState.PENDING,
        desired=desired,
        version=delivery.version + 1,
        attempts=delivery.attempts if waits else 0,
        next_attempt_at=delivery.next_attempt_at if waits else now,
        reason=delivery.reason if waits else Reason.LIVE,
        detail=delivery.detail if waits else "",
        updated_at=now,
    )


def leased(delivery: Delivery, worker: str, now: datetime, lease: timedelta) -> Delivery:
    """The row while a worker tries (rule 2)."""
    row = released(delivery, now)
    return replace(
        row,
        lease_owner=worker,
        lease_until=now + lease,
        fence=row.fence + 1,
        sending_since=now if row.desired.action is DesiredAction.WATCHED else None,
    )


def is_claimable(delivery: Delivery, now: datetime) -> bool:
    """Whether a worker may take it: due, and nobody holds it."""
    free = delivery.lease_until is None or delivery.lease_until <= now
    return delivery.state is DeliveryState.PENDING and delivery.next_attempt_at <= now and free


def released(delivery: Delivery, now: datetime) -> Delivery:
    """The row when the worker that held it is gone without a word: what it was sending is unknown."""
    return replace(
        delivery,
        lease_owner="",
        lease_until=None,
        sending_since=None,
        unknown_since=delivery.unknown_since or delivery.sending_since,
        updated_at=now,
    )


def woken(delivery: Delivery, now: datetime, *, anew: bool = False) -> Delivery:
    """The row once somebody says that now is the time; what the sink knows already needs no telling.

    Args:
        delivery: The row.
        now: The present moment.
        anew: Whether a play that was taken back is to be told all the same, for it is called something else
            now.
    """
    is_withdrawn = delivery.reason is Reason.IGNORED_BY_YOU or (anew and delivery.reason is Reason.TAKEN_BACK)
    if delivery.state is DeliveryState.SETTLED and not is_withdrawn:
        return delivery
    if delivery.state is DeliveryState.PENDING:
        return replace(delivery, next_attempt_at=now, updated_at=now)
    return replace(
        delivery,
        state=DeliveryState.PENDING,
        attempts=0,
        next_attempt_at=now,
        reason=Reason.LIVE,
        detail="",
        updated_at=now,
    )


def ignored(delivery: Delivery, now: datetime) -> Delivery:
    """The row once a person has said that the play is to be ignored; what the sink knows, it knows."""
    if delivery.state is DeliveryState.SETTLED:
        return delivery
    return replace(
        delivery,
        state=DeliveryState.SETTLED,
        reason=Reason.IGNORED_BY_YOU,
        detail="",
        updated_at=now,
    )


def is_taken_back(delivery: Delivery) -> bool:
    """Whether the sink held the play and was asked to let go of it again."""
    return delivery.reason is Reason.TAKEN_BACK


def taken_back(delivery: Delivery, now: datetime) -> Delivery:
    """The row once the sink has let go of the play; what is desired stays, so that it is never told again."""
    return replace(
        delivery,
        state=DeliveryState.SETTLED,
        acknowledged=None,
        acknowledged_version=0,
        unknown_since=None,
        remote_id=None,
        reason=Reason.TAKEN_BACK,
        detail="",
        updated_at=now,
    )


def dropped(delivery: Delivery, *, attempted: Delivery, now: datetime) -> Delivery:
    """The row of a stale state, its lease given back: what was wanted is not told any more.

    Args:
        delivery: The row as it is now. What came since the lease, and `watched`, are not dropped.
        attempted: The row as it was leased.
        now: The present moment.
    """
    row = _given_back(delivery, now)
    if row.version != attempted.version or row.desired.action is DesiredAction.WATCHED:
        return row
    return replace(row, state=DeliveryState.SETTLED, attempts=0, reason=Reason.BELOW_THRESHOLD)


def with_outcome(
    delivery: Delivery, outcome: Outcome, *, attempted: Delivery, now: datetime, retry_at: datetime
) -> Delivery:
    """The row after an attempt, its lease given back.

    Args:
        delivery: The row as it is now; `desired` may have moved on since the lease.
        outcome: What came of the attempt.
        attempted: The row as it was leased; its `desired` is what the sink was told.
        now: The moment of the answer.
        retry_at: When to try again if the outcome asks for that.
    """
    row = _given_back(delivery, now)
    match outcome:
        case Accepted():
            return _acknowledged(row, attempted, Reason.WATCHED, outcome.remote_id, outcome.detail)
        case AlreadyThere():
            return _acknowledged(row, attempted, Reason.ALREADY_RECORDED, outcome.remote_id, "")
        case Retry():
            return replace(
                row,
                attempts=row.attempts + 1,
                next_attempt_at=retry_at,
                unknown_since=row.unknown_since or (delivery.sending_since if outcome.is_unknown else None),
                reason=outcome.reason,
                detail=outcome.detail,
            )
        case Hold():
            return replace(row, next_attempt_at=retry_at, reason=outcome.reason, detail=outcome.detail)
        case Refused():
            moved_on = row.version != attempted.version
            return replace(
                row,
                state=DeliveryState.PENDING if moved_on else DeliveryState.DEAD,
                attempts=0 if moved_on else row.attempts + 1,
                reason=outcome.reason,
                detail=outcome.detail,
            )


def _given_back(row: Delivery, now: datetime) -> Delivery:
    """The row without its lease, by the worker itself: it knows what came of its request."""
    return replace(row, lease_owner="", lease_until=None, sending_since=None, updated_at=now)


def _acknowledged(
    row: Delivery, attempted: Delivery, watched_reason: Reason, remote_id: int | None, detail: str
) -> Delivery:
    """The row once the sink knows what was attempted; if `desired` has moved on, that still waits."""
    known = replace(
        row,
        acknowledged=attempted.desired,
        acknowledged_version=attempted.version,
        attempts=0,
        remote_id=remote_id or row.remote_id,
    )
    if row.version != attempted.version:
        return known
    reasons = {DesiredAction.WATCHED: watched_reason, DesiredAction.START: Reason.LIVE}
    return replace(
        known,
        state=DeliveryState.SETTLED,
        unknown_since=None,
        reason=reasons.get(row.desired.action, Reason.POSITION_SAVED),
        detail=detail,
    )


_FROM_DELIVERIES = (Reason.TOO_SHORT, Reason.BELOW_THRESHOLD, Reason.TAKEN_BACK)
"""Reasons of a skipped play that follow from its deliveries, and pass when those go on."""


def speaking(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those of a play's deliveries that say how it stands: the worst one, and all that stand just like it.

    Of several accounts one that refused the play speaks before one that waits for it, one in trouble before
    one whose turn comes, and what waits before what is done; for what is worst needs somebody. What was taken
    back speaks only where nothing else is left.
    """
    left = [row for row in deliveries if not is_taken_back(row)] or list(deliveries)
    dead = [row for row in left if row.state is DeliveryState.DEAD]
    waiting = [row for row in left if row.state is DeliveryState.PENDING]
    troubled = [row for row in waiting if row.reason is not Reason.LIVE]
    finished = [row for row in left if row.desired.action is DesiredAction.WATCHED]
    group = dead or troubled or waiting or finished or left
    return [row for row in group if row.reason is group[0].reason]


def verdict_of(play: Play, deliveries: list[Delivery]) -> tuple[Verdict, Reason, str]:
    """How the play stands, from its deliveries; a play that was skipped by a rule keeps its reason."""
    by_rule = play.verdict is Verdict.SKIPPED and play.reason not in _FROM_DELIVERIES
    if by_rule or not deliveries:
        return play.verdict, play.reason, play.detail
    row = speaking(deliveries)[0]
    ended = play.state is PlayState.ENDED
    match row.state:
        case _ if is_taken_back(row):
            return Verdict.SKIPPED, Reason.TAKEN_BACK, ""
        case DeliveryState.DEAD:
            return Verdict.FAILED, row.reason, row.detail
        case DeliveryState.PENDING:
            return (Verdict.QUEUED if ended else Verdict.WATCHING), row.reason, row.detail
        case DeliveryState.SETTLED if not ended:
            return Verdict.WATCHING, Reason.LIVE, ""
    if row.reason is Reason.BELOW_THRESHOLD or row.desired.action is DesiredAction.START:
        is_short = (play.progress or 0) < LEAST_PROGRESS
        return Verdict.SKIPPED, Reason.TOO_SHORT if is_short else Reason.BELOW_THRESHOLD, row.detail
    return Verdict.DELIVERED, row.reason, row.detail
