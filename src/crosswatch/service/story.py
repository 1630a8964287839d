"""How an attempt to deliver reads in a play's trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.plays import SinkAccount, TraceEntry

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.core.ports import Attempt, Claim, Exchange


def tell_attempt(
    account: SinkAccount, claim: Claim, attempt: Attempt | None, now: datetime
) -> tuple[TraceEntry, ...]:
    """The steps of an attempt; None as attempt means that the state had become stale."""
    desired = claim.delivery.desired
    if attempt is None:
        text = f"{desired.action.value} was not worth telling {account} any more."
        return (TraceEntry(at=now, step="dropped", text=text),)
    steps = [
        TraceEntry(
            at=now,
            step="sent",
            text=f"{exchange.request.partition(chr(10))[0]} → {exchange.status or 'no answer'}",
            ok=_is_success(exchange),
            data={"request": exchange.request, "status": exchange.status, "answer": exchange.answer},
        )
        for exchange in attempt.exchanges
    ]
    outcome = attempt.outcome
    ok = isinstance(outcome, Accepted | AlreadyThere)
    text = f"{account}: {desired.action.value} {_said(outcome)}"
    return (*steps, TraceEntry(at=now, step="answered", text=text, ok=ok))


def _said(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "accepted."
        case AlreadyThere():
            return "was there already."
        case Retry() | Hold() | Refused():
            return f"{outcome.reason.value}. {outcome.detail}".strip()


def _is_success(exchange: Exchange) -> bool:
    return HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES
