"""Webhooks as a second source of what the sessions of a server do.

A webhook has no session key, no time but that of its arrival, and often no position. It may come late, twice,
or after what it goes before. So it is held against the sessions that are known, by player, item and person,
and only what none of them explains begins a session of its own. Four rules follow.

* Frames know better. While they are fresh, a webhook only adds what no frame says: that the server has
  counted the viewing. An end that it tells waits for their word.
* What a webhook begins has no session key. It is the same session once a frame, or the server's list, brings
  the key; until then it is known by its player and item.
* A viewing that was ended by a stop stays ended, whatever comes late; only a new `media.play` begins another.
* What is not said is not known. A stop without a position leaves none, unless the last one is as good as now.

Source: Plex protocol notes, section 12; design notes, section 9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crosswatch.core.events import PlayerState, PlayId
from crosswatch.core.facts import Binding, Notification, WebhookFact, item_of
from crosswatch.core.hearsay import Claim
from crosswatch.core.ignored import Ignored
from crosswatch.core.inbox import Hook
from crosswatch.core.likeness import HOOK_KEY, has_passed, is_told_by_hooks, may_be_same_person
from crosswatch.core.plays import Origin
from crosswatch.core.progress import is_noise, length_of
from crosswatch.core.session import Session, Signal
from crosswatch.core.tracker import SILENT_AFTER, SessionTracker, Update

REORDER = timedelta(seconds=10)
"""What comes within this time of its successor was overtaken on its way."""

REMEMBERED = timedelta(minutes=10)
"""How long an ended session is known to what comes late about it."""

PATIENCE = timedelta(seconds=10)
"""How long a payload's own word on who and what waits for that of the server."""

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

UNKNOWN_REST = timedelta(minutes=30)
"""The rest of a counted viewing of which neither position nor length is known."""

BEYOND_MS = 5_000
"""A position so much further than the end of a session is another one's."""

LEAST_COUNTED = 50.0
"""Percent below which no server counts a viewing."""

STOPPED = ("frame", "error")
"""How a session ended of which its player said so."""

MOST_SESSIONS = 500
"""Sessions of one server, beyond which webhooks begin no further ones."""

RATE = "media.rate"
PLAY, RESUME, PAUSE, STOP, SCROBBLE = (
    "media.play",
    "media.resume",
    "media.pause",
    "media.stop",
    "media.scrobble",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a webhook came to.

    Attributes:
        updates: What has changed.
        play_id: The viewing that it is about, or None.
        ignored: Why it changes nothing, or None.
        is_done: Whether it need not be kept any longer; else a session remembers it, or an update carries it.
    """

    updates: list[Update] = field(default_factory=list)
    play_id: PlayId | None = None
    ignored: Ignored | None = None
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class _Orphan:
    """A stop of something that nobody had heard of; its beginning may have been overtaken by it."""

    client_id: str
    item: str
    hook: Hook
    at: datetime


class Hooks:
    """The webhooks of one server.

    Args:
        tracker: The sessions of that server.
        new_play_id: Makes the identity of a viewing that begins at that moment.
        can_ask: Whether the server can be asked what plays.
    """

    def __init__(
        self, tracker: SessionTracker, new_play_id: Callable[[datetime], PlayId], *, can_ask: bool
    ) -> None:
        self._tracker = tracker
        self._can_ask = can_ask
        self._new_play_id = new_play_id
        self._concerned: dict[PlayId, Session] = {}
        self._since: datetime | None = None
        self._due_at: datetime | None = None
        self._orphans: list[_Orphan] = []

    def take_up(self, now: datetime) -> None:
        """Look after the sessions that the tracker has restored."""
        self._since = now
        self._concerned |= {session.play_id: session for session in self._tracker.sessions}
        self._look()

    # ------------------------------------------------------------------------------ hearing

    def hear(self, hook: Hook, now: datetime) -> Heard:
        """Take in one webhook that is about playing."""
        heard = self._hear(hook, now)
        self._look()
        return heard

    def _hear(self, hook: Hook, now: datetime) -> Heard:
        fact, at = hook.fact, min(hook.received_at, now)
        item = item_of(fact.media) if fact.media else ""
        if not item or fact.state is None:
            return Heard(ignored=Ignored.EVENT_IGNORED)
        running = _latest(self._tracker.sessions, fact, item)
        ended = None if running else _latest(self._ended_at(at), fact, item)
        if running is not None:
            return self._about_running(running, hook, at)
        if ended is not None and not _begins_anew(ended, fact, at):
            return self._about_ended(ended, hook, at)
        if fact.event == STOP:
            self._orphans = [one for one in self._orphans if not has_passed(one.at, REORDER, at)]
            self._orphans.append(_Orphan(fact.player.client_id, item, hook, at))
            return Heard(ignored=Ignored.NOTHING_PLAYING)
        if len(self._tracker.sessions) >= MOST_SESSIONS:
            return Heard(ignored=Ignored.TOO_MANY)
        return self._begin(hook, item, at)

    def _about_running(self, session: Session, hook: Hook, at: datetime) -> Heard:
        fact = hook.fact
        is_stale = _is_overtaken(session, fact, at)
        self._note(session, hook, at)
        if fact.is_counted:
            return self._count(session, hook, at)
        if is_stale:
            return self._heard(session, [], hook)
        if _is_fresh(session, at):
            if fact.state is PlayerState.STOPPED:
                session.hearsay.claim = Claim(notification=_notification(fact), at=at)
            return self._heard(session, [], hook)
        return self._heard(session, self._tell(session, fact, at), hook)

    def _tell(self, session: Session, fact: WebhookFact, at: datetime) -> list[Update]:
        """Let the session hear what no frame will tell it."""
        notification = _notification(fact)
        if fact.state is PlayerState.STOPPED and not fact.offset_ms:
            notification = replace(notification, offset_ms=None)
            _doubt_position(session, at)
        return self._tracker.take(session, session.hear(notification, at))

    def _count(self, session: Session, hook: Hook, at: datetime) -> Heard:
        """The server has counted a viewing that goes on."""
        session.counted_at = session.counted_at or at
        updates: list[Update] = []
        was_paused_since = session.hearsay.was_just(PAUSE, at, REORDER)
        if not _is_fresh(session, at) and not was_paused_since:
            updates = self._tracker.take(session, session.hear(_notification(hook.fact), at))
        if not updates:
            updates = self._tracker.take(session, [], is_news=True)
        return self._heard(session, updates, hook)

    def _about_ended(self, session: Session, hook: Hook, at: datetime) -> Heard:
        """What comes late; only that the server has counted the viewing is news then."""
        fact = hook.fact
        session.hearsay.note(fact.event, fact.offset_ms, at)
        self._concerned[session.play_id] = session
        if not fact.is_counted or session.counted_at is not None:
            return Heard(play_id=session.play_id, ignored=Ignored.HEARD_ALREADY)
        session.counted_at = min(at, session.ended_at or at)
        session.hearsay.rows.append(hook.id)
        if session.binding is None:  # its end has yet to be told
            return Heard(play_id=session.play_id, is_done=False)
        rows = session.hearsay.take_rows()
        update = Update(play=session.as_play(), lowest=session.lowest, is_counted_late=True, hooks=rows)
        return Heard(updates=[update], play_id=session.play_id, is_done=False)

    def _begin(self, hook: Hook, item: str, at: datetime) -> Heard:
        """A viewing that nobody has heard of."""
        fact = hook.fact
        offset_ms = fact.offset_ms
        if offset_ms is None and fact.event == PLAY:
            offset_ms = 0  # what begins at its beginning is told without a position
        began_at = at
        if fact.event != PLAY and offset_ms and not is_noise(offset_ms, None):
            began_at -= timedelta(milliseconds=offset_ms)
        play_id = self._new_play_id(began_at)
        session = Session(
            play_id=play_id,
            server=self._tracker.server,
            session_key=f"{HOOK_KEY}{play_id}",
            item=item,
            client_id=fact.player.client_id,
            started_at=began_at,
            last_seen_at=at,
            origin=Origin.WEBHOOK,
            counted_at=at if fact.is_counted else None,
        )
        self._leave(fact, item, at)
        self._tracker.add(session)
        self._note(session, hook, at)
        notification = replace(_notification(fact), offset_ms=offset_ms)
        updates = self._tracker.take(session, session.hear(notification, at))
        orphan = self._orphan_of(fact, item, at) if fact.event in (PLAY, SCROBBLE) else None
        if orphan is not None:
            updates += self._tell(session, orphan.hook.fact, max(at, orphan.at))
        return self._heard(session, updates, hook)

    def _note(self, session: Session, hook: Hook, at: datetime) -> None:
        """Remember what a webhook says of a session, until the server itself has said it."""
        fact, hearsay = hook.fact, session.hearsay
        self._concerned[session.play_id] = session
        hearsay.note(fact.event, fact.offset_ms, at)
        hearsay.rows.append(hook.id)
        if session.binding is not None or fact.media is None:
            return
        if hearsay.binding is None:
            hearsay.since = at
        if hearsay.binding is None or fact.account.is_known:
            hearsay.binding = Binding(account=fact.account, media=fact.media, player=fact.player)

    def _leave(self, fact: WebhookFact, item: str, at: datetime) -> None:
        """The player has turned to this item; what it played before is over, though its stop may be late."""
        for session in self._tracker.sessions:
            is_its = bool(fact.player.client_id) and session.client_id == fact.player.client_id
            if is_its and session.item != item and is_told_by_hooks(session):
                session.hearsay.left_at = session.hearsay.left_at or at

    def _heard(self, session: Session, updates: list[Update], hook: Hook) -> Heard:
        rows = session.hearsay.rows
        if session.binding is not None and hook.id in rows:  # it has changed nothing that is to be written
            rows.remove(hook.id)
            return Heard(updates=updates, play_id=session.play_id)
        is_carried = any(hook.id in update.hooks for update in updates)
        return Heard(updates=updates, play_id=session.play_id, is_done=not (rows or is_carried))

    def _orphan_of(self, fact: WebhookFact, item: str, at: datetime) -> _Orphan | None:
        for orphan in self._orphans:
            is_its = (orphan.client_id, orphan.item) == (fact.player.client_id, item)
            is_same = may_be_same_person(orphan.hook.fact.account, fact.account)
            if is_its and is_same and abs(at - orphan.at) < REORDER:
                self._orphans.remove(orphan)
                return orphan
        return None

    # ------------------------------------------------------------------------------ the passing of time

    def tick(self, now: datetime) -> list[Update]:
        """What time alone brings: words that were waited for in vain, and ends that nobody tells."""
        if self._due_at is None or now < self._due_at:
            return []
        updates: list[Update] = []
        for session in list(self._concerned.values()):
            due_at = self._due(session)
            if due_at is None or (session.has_ended and has_passed(session.ended_at or now, REMEMBERED, now)):
                del self._concerned[session.play_id]
            elif due_at <= now and session.binding is None and session.hearsay.binding is not None:
                updates += self._tracker.bind(session, session.hearsay.binding, now)
            elif due_at <= now and not session.has_ended:
                updates += self._end(session, now)
        self._look()
        return updates

    def next_at(self, now: datetime) -> datetime | None:
        """When `tick` is worth calling again if nothing is heard meanwhile; None if nothing waits."""
        return None if self._due_at is None else max(now, self._due_at)

    def _look(self) -> None:
        """Find out when the first session is due; whatever is heard of others only puts that off."""
        moments = [self._due(session) for session in self._concerned.values()]
        self._due_at = min((moment for moment in moments if moment is not None), default=None)

    def _due(self, session: Session) -> datetime | None:
        """When something has to be done about a session; None if nobody need look after it."""
        hearsay = session.hearsay
        if session.binding is None and hearsay.binding is not None and hearsay.since is not None:
            return hearsay.since + PATIENCE
        if session.ended_at is not None:
            return session.ended_at + REMEMBERED
        asked_since = self._since if self._can_ask else None  # before, nobody was there to ask
        return _end_due_at(session, asked_since or session.last_seen_at, can_ask=self._can_ask)

    def _end(self, session: Session, now: datetime) -> list[Update]:
        claim, left_at = session.hearsay.claim, session.hearsay.left_at
        if claim is not None:
            return self._tracker.take(session, session.hear(claim.notification, claim.at))
        if left_at is not None:
            _doubt_position(session, left_at)
            return self._tracker.take(session, session.end(left_at, why="item_changed"))
        at = session.last_seen_at
        if session.is_playing and session.counted_at is not None:
            at = min(now, at + _rest_of(session))
        else:
            _doubt_position(session, now)
        return self._tracker.take(session, session.end(at, why="vanished"))

    def _ended_at(self, now: datetime) -> list[Session]:
        """The sessions of which something may still come late."""
        known = {one.play_id: one for one in (*self._concerned.values(), *self._tracker.ended)}
        ended = [one for one in known.values() if one.ended_at is not None]
        return [one for one in ended if not has_passed(one.ended_at or now, REMEMBERED, now)]


# ------------------------------------------------------------------------------ which session it is about


def is_about(session: Session, fact: WebhookFact, item: str) -> bool:
    """Whether a webhook may speak of this session: same item, same player, and nobody else's."""
    if session.item != item or _client_of(session) != fact.player.client_id:
        return False
    binding = session.binding or session.hearsay.binding
    return binding is None or may_be_same_person(binding.account, fact.account)


def _latest(sessions: tuple[Session, ...] | list[Session], fact: WebhookFact, item: str) -> Session | None:
    found = [session for session in sessions if is_about(session, fact, item)]
    return max(found, key=lambda session: session.last_seen_at, default=None)


def _client_of(session: Session) -> str:
    return session.client_id or (session.binding.player.client_id if session.binding else "")


def _begins_anew(ended: Session, fact: WebhookFact, at: datetime) -> bool:
    """Whether a webhook tells of a further viewing, rather than coming late about one that has ended."""
    is_beyond = fact.offset_ms is not None and fact.offset_ms > (ended.offset_ms or 0) + BEYOND_MS
    match fact.event:
        case "media.play":
            return _is_another_play(ended, fact, at)
        case "media.resume" | "media.pause":
            return is_beyond or ended.ending not in STOPPED
        case "media.scrobble":  # servers do not count what was left so early
            return ended.progress is not None and ended.progress < LEAST_COUNTED
        case _:
            return False


def _is_another_play(ended: Session, fact: WebhookFact, at: datetime) -> bool:
    if PLAY in ended.hearsay.heard:
        heard_at, offset_ms = ended.hearsay.heard[PLAY]
        is_double = offset_ms == fact.offset_ms and abs(at - heard_at) < REORDER
        return not is_double
    return (fact.offset_ms or 0) >= (ended.offset_ms or 0) > 0  # else its own beginning comes late


def _is_overtaken(session: Session, fact: WebhookFact, at: datetime) -> bool:
    """Whether a webhook was overtaken by a later one of the same session, and says what was true before."""
    hearsay, offset_ms, last_ms = session.hearsay, fact.offset_ms, session.offset_ms
    if fact.event == PLAY and PLAY not in hearsay.heard and hearsay.heard:
        return last_ms is None or (offset_ms or 0) < last_ms
    if fact.event in (PLAY, RESUME) and hearsay.was_just(PAUSE, at, REORDER):
        return offset_ms is not None and last_ms is not None and offset_ms < last_ms
    return False


def _is_fresh(session: Session, at: datetime) -> bool:
    """Whether frames tell of the session, so that nothing else need."""
    return session.frame_at is not None and at - session.frame_at < SILENT_AFTER


# ------------------------------------------------------------------------------ what it says


def _notification(fact: WebhookFact) -> Notification:
    return Notification(
        state=fact.state or PlayerState.PLAYING,
        offset_ms=fact.offset_ms,
        client_id=fact.player.client_id,
    )


def _doubt_position(session: Session, at: datetime) -> None:
    """Forget a position that its player has left since, for all that is known."""
    position = session.position
    is_old = position.at is None or at - position.at > AS_GOOD_AS_NOW
    if session.signal is Signal.PLAYING and is_old and is_told_by_hooks(session):
        position.forget()


# ------------------------------------------------------------------------------ ends that nobody tells


def _end_due_at(session: Session, since: datetime, *, can_ask: bool) -> datetime | None:
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
        return since + PAUSED_FOR
    margin = LONG_MARGIN if session.counted_at is None else MARGIN
    return since + _rest_of(session) + margin


def _rest_of(session: Session) -> timedelta:
    """How long it goes on from its last sign of life, if it is played to its end."""
    duration, position = length_of(session.duration_ms), session.position
    if not duration:
        return UNKNOWN_REST if session.counted_at is not None else LONG_MARGIN
    if position.offset_ms is None or position.at is None:
        return duration / 4 if session.counted_at is not None else duration
    played = session.last_seen_at - position.at if session.is_playing else timedelta(0)
    return max(timedelta(0), duration - timedelta(milliseconds=position.offset_ms) - played)
