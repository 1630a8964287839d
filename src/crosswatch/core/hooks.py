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

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crosswatch.core.events import PlayerState, PlayId
from crosswatch.core.facts import Binding, WebhookFact, item_of
from crosswatch.core.hearsay import Claim
from crosswatch.core.hooked import (
    PAUSE,
    PLAY,
    REORDER,
    SCROBBLE,
    STOP,
    as_notification,
    begins_anew,
    doubt_position,
    end_due_at,
    is_fresh,
    is_left_behind,
    is_overtaken,
    is_rather_about,
    latest,
    likely_end,
    played_before,
)
from crosswatch.core.ignored import Ignored
from crosswatch.core.inbox import Hook
from crosswatch.core.likeness import has_passed, is_told_by_hooks, may_be_same_person
from crosswatch.core.plays import Origin, Play
from crosswatch.core.session import HOOK_KEY, Session, remembered
from crosswatch.core.tracker import SessionTracker, Update

REMEMBERED = timedelta(minutes=10)
"""How long an ended session is known to what comes late about it."""

PATIENCE = timedelta(seconds=10)
"""How long a payload's own word on who and what waits for that of the server."""

MOST_SESSIONS = 500
"""Sessions of one server, beyond which webhooks begin no further ones."""


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

    def take_up(self, now: datetime, ended: Iterable[Play] = ()) -> None:
        """Look after the sessions that the tracker has restored, and know again what ended shortly before.

        Args:
            now: This moment.
            ended: Plays of this server that ended lately.
        """
        self._since = now
        for play in ended:
            if play.origin is not Origin.HISTORY and play.media.shared_file is None:
                self._concerned.setdefault(play.id, remembered(play))
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
        running = latest(self._tracker.sessions, fact, item)
        ended = latest(self._ended_at(at), fact, item)
        if running is not None and ended is not None and is_rather_about(ended, running, fact, at):
            return self._about_ended(ended, hook, at)
        if running is not None and not is_left_behind(running, fact, at):
            return self._about_running(running, hook, at)
        if ended is not None and (self._may_frames_come(ended) or not begins_anew(ended, fact, at)):
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
        is_stale = is_overtaken(session, fact, at)
        self._note(session, hook, at)
        if fact.is_counted:
            return self._count(session, hook, at)
        if is_stale:
            if fact.event == PLAY:
                session.position.lowest_ms = fact.offset_ms or 0
            return self._heard(session, [], hook)
        if is_fresh(session, at):
            if fact.state is PlayerState.STOPPED:
                session.hearsay.claim = Claim(notification=as_notification(fact), at=at)
            return self._heard(session, [], hook)
        return self._heard(session, self._tell(session, fact, at), hook)

    def _tell(self, session: Session, fact: WebhookFact, at: datetime) -> list[Update]:
        """Let the session hear what no frame will tell it."""
        notification = as_notification(fact)
        if fact.state is PlayerState.STOPPED and not fact.offset_ms:
            notification = replace(notification, offset_ms=None)
            doubt_position(session, at)
        return self._tracker.take(session, session.hear(notification, at))

    def _count(self, session: Session, hook: Hook, at: datetime) -> Heard:
        """The server has counted a viewing that goes on.

        When it was counted is not said, and webhooks may come late. Where frames can tell, it is no sign of
        life.
        """
        session.counted_at = session.counted_at or at
        updates: list[Update] = []
        was_paused_since = session.hearsay.was_just(PAUSE, at, REORDER)
        is_for_frames_to_tell = is_fresh(session, at) or self._may_frames_come(session)
        if not is_for_frames_to_tell and not was_paused_since:
            updates = self._tracker.take(session, session.hear(as_notification(hook.fact), at))
        if not updates:
            updates = self._tracker.take(session, [], is_news=True)
        return self._heard(session, updates, hook)

    def _may_frames_come(self, session: Session) -> bool:
        """Whether frames tell of what this player does, and sooner than any webhook."""
        return not is_told_by_hooks(session) and not self._tracker.is_deaf

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
        began_at = at - played_before(fact)
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
        self._leave(fact, at)
        self._tracker.add(session)
        self._note(session, hook, at)
        notification = replace(as_notification(fact), offset_ms=offset_ms)
        updates = self._tracker.take(session, session.hear(notification, at))
        if fact.event == PLAY:
            session.position.lowest_ms = offset_ms
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

    def _leave(self, fact: WebhookFact, at: datetime) -> None:
        """The player has begun with this; what it played before is over, though its stop may be late."""
        for session in self._tracker.sessions:
            is_its = bool(fact.player.client_id) and session.client_id == fact.player.client_id
            if is_its and is_told_by_hooks(session):
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
                updates += self._tracker.bind(session, self._believed(session.hearsay.binding), now)
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
        return end_due_at(session, asked_since or session.last_seen_at, can_ask=self._can_ask)

    def _believed(self, told: Binding) -> Binding:
        """What a payload says, for lack of the server's own word, which may know the person by more names."""
        return replace(told, account=replace(told.account, has_all_names=not self._can_ask))

    def _end(self, session: Session, now: datetime) -> list[Update]:
        claim, left_at = session.hearsay.claim, session.hearsay.left_at
        if claim is not None:
            return self._tracker.take(session, session.hear(claim.notification, claim.at))
        at = session.last_seen_at
        if session.counted_at is not None or left_at is not None:
            at = likely_end(session, left_at or now)
        doubt_position(session, left_at or now)
        why = "vanished" if left_at is None else "item_changed"
        return self._tracker.take(session, session.end(at, why=why))

    def _ended_at(self, now: datetime) -> list[Session]:
        """The sessions of which something may still come late."""
        known = {one.play_id: one for one in (*self._concerned.values(), *self._tracker.ended)}
        ended = [one for one in known.values() if one.ended_at is not None]
        return [one for one in ended if not has_passed(one.ended_at or now, REMEMBERED, now)]
