"""What every ledger does to a row, whatever it is stored in; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.delivery import dropped, first_delivery, with_desired, with_outcome
from crosswatch.core.filters import fold
from crosswatch.core.outcomes import Accepted, AlreadyThere
from crosswatch.core.plays import OVERRIDE, DesiredAction, PlayState
from crosswatch.core.reasons import Reason, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.core.events import Media
    from crosswatch.core.plays import Delivery, Desired, Match, Play, SinkAccount
    from crosswatch.core.ports import Claim, Settlement


def merged_play(stored: Play | None, play: Play) -> Play:
    """The play as it is to be stored: what is final stays, whoever writes with an older idea of it.

    End, count, line and the time that a sink must hold are never unset. What a person chose to ignore stays
    so, and so does the verdict on what has ended, where only its row is written again.
    """
    if stored is None:
        return play
    merged = replace(
        play,
        ended_at=play.ended_at or stored.ended_at,
        counted_at=play.counted_at or stored.counted_at,
        watched_at=play.watched_at or stored.watched_at,
        history_key=play.history_key or stored.history_key,
    )
    is_decided = play.state is stored.state is PlayState.ENDED and play.verdict is Verdict.WATCHING
    if is_ignored(stored) or is_decided:
        return replace(merged, verdict=stored.verdict, reason=stored.reason, detail=stored.detail)
    return merged


def is_ignored(play: Play) -> bool:
    """Whether a person chose to ignore the play, so that nobody is told of it any more."""
    return play.verdict is Verdict.SKIPPED and play.reason is Reason.IGNORED_BY_YOU


def may_be_ignored(delivery: Delivery, now: datetime) -> bool:
    """Whether no sink holds the play as watched, and none is being told of it."""
    is_told = delivery.lease_until is not None and delivery.lease_until > now
    known = delivery.acknowledged
    return not is_told and (known is None or known.action is not DesiredAction.WATCHED)


def as_ignored(play: Play) -> Play:
    """The play once a person chose to ignore it."""
    return replace(play, verdict=Verdict.SKIPPED, reason=Reason.IGNORED_BY_YOU, detail="")


def unignored(play: Play) -> Play:
    """The play once it counts again, if a person chose to ignore it; its deliveries say the rest."""
    return replace(play, verdict=Verdict.QUEUED, reason=Reason.LIVE) if is_ignored(play) else play


def desired_delivery(
    stored: Delivery | None, play: Play, account: SinkAccount, desired: Desired, now: datetime
) -> Delivery:
    """The account's row once this is desired."""
    if stored is None:
        return first_delivery(play, account, desired, now)
    return with_desired(stored, desired, now)


def is_held(stored: Delivery | None, claim: Claim) -> bool:
    """Whether the claim's lease is still the row's own: not lost to another, nor given back."""
    mine = claim.delivery
    return stored is not None and (stored.fence, stored.lease_owner) == (mine.fence, mine.lease_owner)


def settled_delivery(stored: Delivery, settlement: Settlement) -> Delivery:
    """The row after an attempt whose lease it still has."""
    attempted = settlement.claim.delivery
    if settlement.outcome is None:
        return dropped(stored, attempted=attempted, now=settlement.at)
    return with_outcome(
        stored,
        settlement.outcome,
        attempted=attempted,
        now=settlement.at,
        retry_at=settlement.retry_at,
    )


def learned_match(settlement: Settlement) -> Match | None:
    """What the sink's answer said the item is called there."""
    outcome = settlement.outcome
    return outcome.match if isinstance(outcome, Accepted | AlreadyThere) else None


def kept_match(stored: Match | None, match: Match) -> Match:
    """Which of the two is remembered: a guess never takes the place of what a person chose."""
    if stored is not None and stored.evidence == OVERRIDE and match.evidence != OVERRIDE:
        return stored
    return match


def folded_titles(media: Media) -> str:
    """The texts in which a reader searches, a line each."""
    return "\n".join(fold(title) for title in (media.title, media.show.title if media.show else ""))
