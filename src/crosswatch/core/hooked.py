"""Small judgements about webhooks: which session one is about, whether it comes late, what it leaves open.

Source: Plex protocol notes, section 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crosswatch.core.events import PlayerState
from crosswatch.core.facts import Notification, WebhookFact
from crosswatch.core.likeness import is_told_by_hooks, may_be_at, may_be_same_person, must_be_anew
from crosswatch.core.progress import COUNTED_SHARE, is_noise, length_of
from crosswatch.core.session import Session, Signal
from crosswatch.core.silence import SILENT_AFTER

RATE = "media.rate"
PLAY, RESUME, PAUSE, STOP, SCROBBLE = (
    "media.play",
    "media.resume",
    "media.pause",
    "media.stop",
    "media.scrobble",
)

REORDER = timedelta(seconds=10)
"""What comes within this time of its successor was overtaken on its way."""

CONFIRMED_WITHIN = timedelta(seconds=25)
"""How long an end that only a webhook tells waits for frames; players report every 20 s at least."""

AS_GOOD_AS_NOW = timedelta(seconds=90)
"""A position of this age is where a player stopped that does not say where."""

MARGIN = timedelta(minutes=5)
"""How much longer than its rest a counted viewing may take before it is over without a word."""

LONG_MARGIN = timedelta(hours=6)
"""The same for one that nobody has counted: its viewer may have paused unheard."""

PAUSED_FOR = timedelta(hours=24)
"""How long a pause may last where nobody can be asked whether it does."""

COUNTED_PAUSE = timedelta(hours=1)
"""The same for a viewing that counts already."""

UNKNOWN_REST = timedelta(minutes=30)
"""The rest of a counted viewing of which neither position nor length is known."""

BEYOND_MS = 5_000
"""A position so much further than the end of a session is another one's."""

LEAST_COUNTED = 50.0
"""Percent below which no server counts a viewing."""

STOPPED = ("frame", "error")
"""How a session ended of which its player said so."""


# ------------------------------------------------------------------------------ which session it is about


def is_about(session: Session, fact: WebhookFact, item: str) -> bool:
    """Whether a webhook may speak of this session: same item, same player, and nobody else's."""
    if session.item != item or _client_of(session) != fact.player.client_id:
        return False
    binding = session.binding or session.hearsay.binding
    return binding is None or may_be_same_person(binding.account, fact.account)


def latest(sessions: Sequence[Session], fact: WebhookFact, item: str) -> Session | None:
    """The session that a webhook is about; of several, the one heard of last."""
    found = [session for session in sessions if is_about(session, fact, item)]
    return max(found, key=lambda session: session.last_seen_at, default=None)


def is_rather_about(ended: Session, running: Session, fact: WebhookFact, at: datetime) -> bool:
    """Whether a webhook comes late about a session that has ended rather than tells of the one that goes on.

    The player may have changed hands meanwhile, and the server has not said yet who has it. Or the same
    viewer has begun anew, and what was counted is what was seen before.
    """
    if fact.is_counted and _is_early(running):
        return True
    if ended.last_seen_at > running.last_seen_at and not may_be_at(running, fact.offset_ms, at):
        return True
    if running.binding is not None or running.hearsay.binding is not None or ended.binding is None:
        return False
    is_theirs = fact.account.id is not None and fact.account.id == ended.binding.account.id
    return is_theirs and not begins_anew(ended, fact, at)


def _client_of(session: Session) -> str:
    return session.client_id or (session.binding.player.client_id if session.binding else "")


def begins_anew(ended: Session, fact: WebhookFact, at: datetime) -> bool:
    """Whether a webhook tells of a further viewing, rather than coming late about one that has ended."""
    is_beyond = fact.offset_ms is not None and fact.offset_ms > (ended.offset_ms or 0) + BEYOND_MS
    match fact.event:
        case "media.play":
            return _is_another_play(ended, fact, at)
        case "media.resume" | "media.pause":
            has_vanished = ended.ending not in STOPPED and ended.counted_at is None
            return is_beyond or has_vanished
        case "media.scrobble":
            return _is_early(ended)
        case _:
            return False


def _is_early(session: Session) -> bool:
    """Whether its player has come to no place where a server would count it."""
    return session.progress is not None and session.progress < LEAST_COUNTED


def _is_another_play(ended: Session, fact: WebhookFact, at: datetime) -> bool:
    offset_ms, end_ms = fact.offset_ms or 0, ended.offset_ms or 0
    was_counted = (ended.progress or 0.0) >= 100 * COUNTED_SHARE
    if was_counted and 0 < offset_ms < end_ms:  # whoever begins anew what is done begins at its beginning
        return False
    if PLAY in ended.hearsay.heard:
        heard_at, heard_ms = ended.hearsay.heard[PLAY]
        is_double = heard_ms == fact.offset_ms and abs(at - heard_at) < REORDER
        return not is_double
    return offset_ms >= end_ms > 0  # else its own beginning comes late


def is_left_behind(session: Session, fact: WebhookFact, at: datetime) -> bool:
    """Whether a webhook speaks of another viewing: nothing was heard of this one for longer than its rest."""
    if is_fresh(session, at) or fact.is_counted:
        return False
    offset_ms = 0 if fact.offset_ms is None and fact.event == PLAY else fact.offset_ms
    return offset_ms is not None and must_be_anew(session, offset_ms, at)


def is_overtaken(session: Session, fact: WebhookFact, at: datetime) -> bool:
    """Whether a webhook was overtaken by a later one of the same session, and says what was true before."""
    hearsay, offset_ms, last_ms = session.hearsay, fact.offset_ms, session.offset_ms
    if fact.event == PLAY and PLAY not in hearsay.heard and hearsay.heard:
        return last_ms is None or (offset_ms or 0) < last_ms
    if fact.event in (PLAY, RESUME) and hearsay.was_just(PAUSE, at, REORDER):
        return offset_ms is not None and last_ms is not None and offset_ms < last_ms
    return False


def is_fresh(session: Session, at: datetime) -> bool:
    """Whether frames tell of the session, so that nothing else need."""
    return session.frame_at is not None and at - session.frame_at < SILENT_AFTER


# ------------------------------------------------------------------------------ what it says


def played_before(fact: WebhookFact) -> timedelta:
    """For how long something has been playing of which nobody has heard before."""
    if fact.event == PLAY:
        return timedelta(0)
    if fact.offset_ms is not None and not is_noise(fact.offset_ms, None):
        return timedelta(milliseconds=fact.offset_ms)
    return length_of(fact.media.duration_ms) if fact.is_counted and fact.media else timedelta(0)


def as_notification(fact: WebhookFact) -> Notification:
    """What the player would say in a frame without a session key."""
    return Notification(
        state=fact.state or PlayerState.PLAYING,
        offset_ms=fact.offset_ms,
        client_id=fact.player.client_id,
    )


def doubt_position(session: Session, at: datetime) -> None:
    """Forget a position that its player has left since, for all that is known."""
    position = session.position
    is_old = position.at is None or at - position.at > AS_GOOD_AS_NOW
    if session.signal is Signal.PLAYING and is_old and is_told_by_hooks(session):
        position.forget()


# ------------------------------------------------------------------------------ ends that nobody tells


def end_due_at(session: Session, since: datetime, *, can_ask: bool) -> datetime | None:
    """When the session is over if nothing more is heard of it; None if others watch over that."""
    since = max(since, session.last_seen_at)
    hearsay = session.hearsay
    if hearsay.claim is not None:
        return hearsay.claim.at + CONFIRMED_WITHIN
    if hearsay.left_at is not None:
        return hearsay.left_at + CONFIRMED_WITHIN
    if can_ask and not is_told_by_hooks(session):
        return None
    if not session.is_playing:
        return since + (PAUSED_FOR if session.counted_at is None else COUNTED_PAUSE)
    margin = LONG_MARGIN if session.counted_at is None else MARGIN
    return since + rest_of(session) + margin


def likely_end(session: Session, latest: datetime) -> datetime:
    """When a counted viewing ended of which nothing more was heard, if it was played to its end by then.

    Where its place is not known, it was just counted when that was heard.
    """
    if not session.is_playing:
        return session.last_seen_at
    rest = rest_of(session)
    if session.position.offset_ms is None and session.counted_at is not None:
        after_count = length_of(session.duration_ms) * (1 - COUNTED_SHARE)
        rest = min(rest, max(timedelta(0), session.counted_at + after_count - session.last_seen_at))
    return min(latest, session.last_seen_at + rest)


def rest_of(session: Session) -> timedelta:
    """How long it goes on from its last sign of life, if it is played to its end."""
    duration, position = length_of(session.duration_ms), session.position
    if not duration:
        return UNKNOWN_REST if session.counted_at is not None else LONG_MARGIN
    if position.offset_ms is None or position.at is None:
        return duration / 4 if session.counted_at is not None else duration
    played = session.last_seen_at - position.at if session.is_playing else timedelta(0)
    return max(timedelta(0), duration - timedelta(milliseconds=position.offset_ms) - played)
