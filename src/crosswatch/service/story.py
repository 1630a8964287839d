"""How what happens to a play reads in its trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from crosswatch.core.events import ScrobbleAction
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.phrases import Phrase, listed, say, together
from crosswatch.core.plays import DesiredAction, SinkAccount, TraceEntry
from crosswatch.core.sentences import account_words, percent_words, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crosswatch.core.events import Account, ScrobbleEvent
    from crosswatch.core.judging import Judgement
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Attempt, Claim, Exchange


_DONE = {
    ScrobbleAction.START: "{person} is playing it, at {position}[ ({why})].",
    ScrobbleAction.PAUSE: "{person} paused at {position}[ ({why})].",
    ScrobbleAction.STOP: "{person} stopped at {position}[ ({why})].",
}

CAUSES = {
    "counted": say("Plex counted it as watched"),
    "error": say("the player reported an error"),
    "item_changed": say("the player went on to something else"),
    "known_by_now": say("it is known by now who it was"),
    "next_episode": say("the next episode of the file began"),
    "seek": say("after a jump"),
    "skipped": say("nearly all of it was jumped over"),
    "vanished": say("the server did not list it any more"),
}
"""What is said of an event's cause; a plain frame needs no word."""

_WHAT = {
    DesiredAction.START: say("start"),
    DesiredAction.PAUSE: say("pause"),
    DesiredAction.STOP: say("position"),
    DesiredAction.WATCHED: say("play"),
}

TEMPLATES = tuple(_DONE.values())
"""What is filled here besides what stands in calls, for whoever translates it."""


def person_of(account: Account) -> str:
    """What to call somebody."""
    if account.name:
        return account.name
    return say("somebody") if account.id is None else say("number {number} at Plex", number=account.id)


def tell_event(event: ScrobbleEvent, judgement: Judgement) -> TraceEntry:
    """The step of something that a player did, whose it is, and what sinks should know because of it."""
    facts = {
        "person": person_of(event.account),
        "position": percent_words(None) if event.progress is None else f"{event.progress:g} %",
        "why": CAUSES.get(event.why, ""),
    }
    told = {str(account): desired.action.value for account, desired in judgement.wanted}
    text = together([Phrase(_DONE[event.action], "", facts), _linked(judgement)])
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
    return TraceEntry(at=now, step="counted", text=say("Plex itself counted it as watched."), ok=True)


def tell_found(play: Play, now: datetime) -> TraceEntry:
    """The step of a play that nobody heard of while it went on."""
    text = say(
        "Found in the play history of the server, watched by {person}.", person=person_of(play.account)
    )
    return TraceEntry(at=now, step="heard", text=text, ok=True)


def tell_known(play: Play, judgement: Judgement, now: datetime) -> TraceEntry:
    """The step of a play that had ended before it was known whose it is."""
    text = say("It is known by now that {person} watched it.", person=person_of(play.account))
    return TraceEntry(at=now, step="judged", text=together([text, _linked(judgement)]))


def tell_after_all(judgement: Judgement, now: datetime) -> TraceEntry:
    """The step of a play that a rule had stopped, and somebody wants to count now that it may."""
    text = say("The settings let it count now, and you said that it should.")
    return TraceEntry(at=now, step="judged", text=together([text, _linked(judgement)]))


def _linked(judgement: Judgement) -> str:
    people = listed(judgement.people)
    return say("Linked to {people}.", people=people) if people else ""


def tell_attempt(
    account: SinkAccount, claim: Claim, attempt: Attempt | None, now: datetime
) -> tuple[TraceEntry, ...]:
    """The steps of an attempt; None as attempt means that the state had become stale."""
    facts = {"account": account_words(account), "what": _WHAT[claim.delivery.desired.action]}
    if attempt is None:
        dropped = say("{account}: {what} not worth telling any more.", **facts)
        return (TraceEntry(at=now, step="dropped", text=dropped),)
    steps = _tell_exchanges(attempt, now)
    if attempt.how:
        steps.insert(0, TraceEntry(at=now, step="named", text=attempt.how))
    outcome = attempt.outcome
    ok = isinstance(outcome, Accepted | AlreadyThere)
    text = _answered(outcome, facts)
    return (*steps, TraceEntry(at=now, step="answered", text=text, ok=ok))


def _tell_exchanges(attempt: Attempt, now: datetime) -> list[TraceEntry]:
    """A step for each request; no secrets."""
    return [
        TraceEntry(
            at=now,
            step="sent",
            text=_sent(exchange),
            ok=_is_success(exchange),
            data={"request": exchange.request, "status": exchange.status, "answer": exchange.answer},
        )
        for exchange in attempt.exchanges
    ]


def _sent(exchange: Exchange) -> str:
    line = exchange.request.partition("\n")[0]
    return f"{line} → {exchange.status}" if exchange.status else say("{request} → no answer", request=line)


def tell_taken_back(account: SinkAccount, attempt: Attempt, now: datetime) -> tuple[TraceEntry, ...]:
    """The steps of taking a play out of an account's history."""
    text = say("{account}: taken back, because you said so.", account=account_words(account))
    return (*_tell_exchanges(attempt, now), TraceEntry(at=now, step="taken_back", text=text, ok=True))


def _answered(outcome: Outcome, facts: Mapping[str, str]) -> str:
    match outcome:
        case Accepted():
            return say("{account}: {what} accepted.", **facts)
        case AlreadyThere():
            return say("{account}: {what} was there already.", **facts)
        case Retry() | Hold() | Refused():
            return say(
                "{account}: {what} not accepted. {reason}.[ {detail}]",
                **facts,
                reason=title_of(outcome.reason),
                detail=outcome.detail,
            )


def _is_success(exchange: Exchange) -> bool:
    return HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES
