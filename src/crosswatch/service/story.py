"""How what happens to a play reads in its trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.plays import SinkAccount, TraceEntry

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.core.events import Account, ScrobbleEvent
    from crosswatch.core.judging import Judgement
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Attempt, Claim, Exchange


def person_of(account: Account) -> str:
    """What to call somebody."""
    return account.name or (f"account {account.id}" if account.id is not None else "somebody")


def tell_event(event: ScrobbleEvent, judgement: Judgement) -> TraceEntry:
    """The step of something that a player did, whose it is, and what sinks should know because of it."""
    progress = "an unknown position" if event.progress is None else f"{event.progress:g} %"
    why = event.why.replace("_", " ")
    told = {str(account): desired.action.value for account, desired in judgement.wanted}
    text = f"{person_of(event.account)}: {event.action.value} at {progress} ({why})."
    if judgement.people:
        text += f" Linked to {' and '.join(judgement.people)}."
    return TraceEntry(
        at=event.at,
        step="heard",
        text=text,
        data={
            "action": event.action.value,
            "why": event.why,
            "progress": event.progress,
            "account_id": event.account.id,
            "people": list(judgement.people),
            "told": told,
        },
    )


def tell_counted(now: datetime) -> TraceEntry:
    """The step of a play that ended early, but counts."""
    return TraceEntry(at=now, step="counted", text="Plex itself counted it as watched.", ok=True)


def tell_found(play: Play, now: datetime) -> TraceEntry:
    """The step of a play that nobody heard of while it went on."""
    text = f"Found in the play history of the server, watched by {person_of(play.account)}."
    return TraceEntry(at=now, step="heard", text=text, ok=True)


def tell_known(play: Play, judgement: Judgement, now: datetime) -> TraceEntry:
    """The step of a play that had ended before it was known whose it is."""
    text = f"It is known by now that {person_of(play.account)} watched it."
    if judgement.people:
        text += f" Linked to {' and '.join(judgement.people)}."
    return TraceEntry(at=now, step="judged", text=text)


def tell_attempt(
    account: SinkAccount, claim: Claim, attempt: Attempt | None, now: datetime
) -> tuple[TraceEntry, ...]:
    """The steps of an attempt; None as attempt means that the state had become stale."""
    desired = claim.delivery.desired
    if attempt is None:
        text = f"{desired.action.value} was not worth telling {account} any more."
        return (TraceEntry(at=now, step="dropped", text=text),)
    steps = _tell_exchanges(attempt, now)
    if attempt.how:
        steps.insert(0, TraceEntry(at=now, step="named", text=attempt.how))
    outcome = attempt.outcome
    ok = isinstance(outcome, Accepted | AlreadyThere)
    text = f"{account}: {desired.action.value} {_said(outcome)}"
    return (*steps, TraceEntry(at=now, step="answered", text=text, ok=ok))


def _tell_exchanges(attempt: Attempt, now: datetime) -> list[TraceEntry]:
    """A step for each request; no secrets."""
    return [
        TraceEntry(
            at=now,
            step="sent",
            text=f"{exchange.request.partition(chr(10))[0]} → {exchange.status or 'no answer'}",
            ok=_is_success(exchange),
            data={"request": exchange.request, "status": exchange.status, "answer": exchange.answer},
        )
        for exchange in attempt.exchanges
    ]


def tell_taken_back(account: SinkAccount, attempt: Attempt, now: datetime) -> tuple[TraceEntry, ...]:
    """The steps of taking a play out of an account's history."""
    text = f"{account}: taken back, because you said so."
    return (*_tell_exchanges(attempt, now), TraceEntry(at=now, step="taken_back", text=text, ok=True))


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
