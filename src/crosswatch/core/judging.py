"""What becomes of a play: the rules, the watched mark and the verdict, as one pure step.

The recorder writes what is judged here; a rehearsal only tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crosswatch.core.events import ScrobbleAction, ScrobbleEvent
from crosswatch.core.filters import Stopped, kind_words
from crosswatch.core.people import TO_COME, Held, Passed, Rules, decide
from crosswatch.core.phrases import say
from crosswatch.core.plays import Desired, DesiredAction, Play, PlayState, SinkAccount
from crosswatch.core.policy import counted_by_plex, desired_for, reason_of_end
from crosswatch.core.reasons import BY_PERSON, BY_SETTING, Reason, Verdict

BY_RULE = BY_PERSON | BY_SETTING
"""Reasons of a play that is left out for as long as a setting says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A play with its verdict, and who is to know what.

    Attributes:
        play: The row, with the verdict and the reason that follow.
        counts: Whether it counts for anybody.
        wanted: What sink accounts should know from now on.
        people: Names of the people of the configuration for whom it counts.
    """

    play: Play
    counts: bool
    wanted: tuple[tuple[SinkAccount, Desired], ...] = ()
    people: tuple[str, ...] = ()


def judge(rules: Rules, play: Play, event: ScrobbleEvent | None) -> Judgement:
    """What follows from an event of a play, or from its row having changed.

    Args:
        rules: Whose plays count.
        play: The row as it is now.
        event: What happened, or None if nothing did that a sink wants to know.
    """
    passed, play = _by_rules(rules, play)
    if event is None:
        return Judgement(play=play, counts=bool(passed.recipients), people=passed.people)
    wanted = [
        (one.account, desired_for(event, watched_at_percent=one.watched_at_percent))
        for one in passed.recipients
    ]
    known = tuple((account, desired) for account, desired in wanted if desired is not None)
    if wanted and event.action is ScrobbleAction.STOP:
        play = _ended(play, event, [desired for _, desired in known])
    return Judgement(play=play, counts=bool(wanted), wanted=known, people=passed.people)


def judge_counted(rules: Rules, play: Play, counted_at: datetime) -> Judgement:
    """What follows from Plex itself having counted a play, at whatever position it ended."""
    passed, play = _by_rules(rules, play)
    desired = counted_by_plex(play, counted_at)
    if passed.recipients:
        play = _watched(play, desired.at)
    wanted = tuple((one.account, desired) for one in passed.recipients)
    return Judgement(play=play, counts=bool(wanted), wanted=wanted, people=passed.people)


def judge_again(rules: Rules, play: Play) -> Judgement | None:
    """What follows from an ended play now that more is known of people; None if not enough is known yet.

    Args:
        rules: Whose plays count.
        play: As it is stored, with what is known of its account by now.
    """
    judgement = _judge_ended(rules, play)
    return None if judgement.play.detail in TO_COME else judgement


def judge_after_all(rules: Rules, play: Play) -> Judgement | None:
    """What follows from an ended play that a rule had stopped, if the rules in force let it count as watched.

    Args:
        rules: Whose plays count now.
        play: As it is stored.
    """
    if play.verdict is not Verdict.SKIPPED or play.reason not in BY_RULE or play.state is not PlayState.ENDED:
        return None
    judgement = _judge_ended(rules, play)
    is_watched = any(desired.action is DesiredAction.WATCHED for _, desired in judgement.wanted)
    return judgement if is_watched else None


def _judge_ended(rules: Rules, play: Play) -> Judgement:
    if play.counted_at is not None or play.history_key:
        ended_at = play.ended_at or play.last_seen_at
        return judge_counted(rules, play, max(play.counted_at or ended_at, ended_at))
    return judge(rules, play, end_of(play))


def end_of(play: Play) -> ScrobbleEvent:
    """The event with which a play ended."""
    return ScrobbleEvent(
        action=ScrobbleAction.STOP,
        play_id=play.id,
        server=play.server,
        account=play.account,
        media=play.media,
        progress=play.progress,
        at=play.ended_at or play.last_seen_at,
        why="known_by_now",
        is_counted=play.counted_at is not None,
    )


def skipped(play: Play, reason: Reason, detail: str = "") -> Play:
    """The row of a play that does not count."""
    return replace(play, verdict=Verdict.SKIPPED, reason=reason, detail=detail)


_NOBODY = Passed(recipients=())


def _by_rules(rules: Rules, play: Play) -> tuple[Passed, Play]:
    """For whom the play counts, and the play with the verdict of the rules."""
    if not play.media.kind.is_scrobbled:
        return _NOBODY, skipped(
            play, Reason.TYPE_UNSUPPORTED, say("its type is {kind}", kind=kind_words(play.media.kind))
        )
    decision = decide(rules, play)
    if isinstance(decision, Passed) and play.server and not play.account.is_known:
        decision = Held()  # what comes from no server at all has nobody to say more of it
    match decision:
        case Passed():
            return decision, play
        case Held() if play.state is not PlayState.ENDED:
            return _NOBODY, replace(play, reason=Reason.IDENTIFYING)
        case Held(otherwise=stopped) | (Stopped() as stopped):
            return _NOBODY, skipped(play, stopped.reason, stopped.detail)


def _ended(play: Play, event: ScrobbleEvent, desired: Sequence[Desired]) -> Play:
    """The row of an ended play that counts for somebody."""
    watched = [one for one in desired if one.action is DesiredAction.WATCHED]
    if watched:
        return _watched(play, watched[0].at)
    reason = reason_of_end(event, desired[0] if desired else None)
    if reason is Reason.BELOW_THRESHOLD:  # its position is still to be told
        return replace(play, verdict=Verdict.QUEUED, reason=Reason.LIVE)
    return skipped(play, reason)


def _watched(play: Play, at: datetime) -> Play:
    return replace(play, watched_at=at, verdict=Verdict.QUEUED, reason=Reason.LIVE, detail="")
