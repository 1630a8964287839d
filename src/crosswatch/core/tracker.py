"""The sessions of one server: which of them a frame is about, what is still to be asked, and what is gone.

Frames name a session by its key, but keys are unreliable witnesses: they are missing in some stops, new
in others, start again at 1 when the server restarts, and are handed to somebody else then. So a frame is
matched by key and item first, and by player and item where the key is new; and whatever does not fit ends
the old session at *its* last position before a new one begins.

The tracker asks nobody anything. `wanted` says what it needs to know; whoever drives it finds out and calls
`bind`, `hear_nothing_of` or `compare`.

Source: Plex protocol notes, sections 5.3, 6 and 15; design notes, section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosswatch.core.events import PlayerState, PlayId, ScrobbleEvent
from crosswatch.core.facts import Binding, Notification, SessionRow
from crosswatch.core.plays import Play
from crosswatch.core.session import Session, restored

SILENT_AFTER = timedelta(seconds=45)
"""A session without a frame for so long is looked up."""

GIVEN_UP_AFTER = timedelta(minutes=5)
"""A session silent for so long has ended, where nothing can be looked up."""

LOOK_UP_EVERY = timedelta(seconds=15)
"""How often it is looked up while it stays silent."""

CONFIRM_AFTER = timedelta(seconds=5)
"""How soon after a reconnect a session that was not listed is looked up again."""

MISSES_TO_END = 2
"""Look-ups in a row that do not list a session before it counts as ended."""

REMEMBERED = timedelta(minutes=2)
"""How long an ended session is known, so that its echoes are recognised."""

ECHO = timedelta(seconds=30)
"""A live frame of an ended session within this time, near where it ended, is an old frame come late."""

ECHO_MS = 15_000
"""How near."""

SAVE_EVERY = timedelta(seconds=30)
"""A position is written down this often while nothing else happens."""

REKEY_AFTER = timedelta(seconds=15)
"""A player silent for so long under one key that plays on under another has been given the other key."""

BINDING_WAITS = (0, 1, 2, 4, 8, 15, 30)
"""Seconds between attempts to learn who watches; the last one repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A viewing changed.

    Attributes:
        play: Its row as it is now, without a verdict.
        event: What sinks may want to know of it, or None if only the row changed.
        skipped: True if the end was reached by jumping over nearly all of the item.
    """

    play: Play
    event: ScrobbleEvent | None = None
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the tracker needs to know.

    Attributes:
        bindings: Sessions whose viewer or item is unknown.
        sessions: Whether the server's list of sessions is to be read and given to `compare`.
    """

    bindings: tuple[Session, ...] = ()
    sessions: bool = False


@dataclass(slots=True)
class _Question:
    """How often the server was asked about a session, and when it is to be asked again."""

    asked: int = 0
    next_at: datetime | None = None
    is_open: bool = False


class SessionTracker:
    """All sessions of one server.

    Args:
        server: `machineIdentifier`.
        new_play_id: Makes the identity of a viewing that begins at that moment.
    """

    def __init__(self, server: str, new_play_id: Callable[[datetime], PlayId]) -> None:
        self.server = server
        self._new_play_id = new_play_id
        self._sessions: dict[str, Session] = {}
        self._ended: list[Session] = []
        self._questions: dict[PlayId, _Question] = {}
        self._confirm_at: datetime | None = None

    # ------------------------------------------------------------------------------ reading

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions that go on."""
        return tuple(self._sessions.values())

    def wanted(self, now: datetime) -> Wanted:
        """What is to be found out at this moment; each question is asked once until it is answered."""
        bindings = [session for session in self._unbound() if self._ask(session, now)]
        silent = [session for session in self._sessions.values() if _is_silent(session, now)]
        for session in silent:
            session.checked_at = now
        confirm = self._confirm_at is not None and self._confirm_at <= now
        if confirm:
            self._confirm_at = None
        return Wanted(bindings=tuple(bindings), sessions=bool(silent) or confirm)

    def _unbound(self) -> Iterable[Session]:
        """The sessions of which the server may still say who watches, and what."""
        for session in (*self._sessions.values(), *self._ended):
            is_answered = session.is_identified or (session.binding and not session.is_scrobbled)
            has_left = session.has_ended and session.binding is not None  # not listed: nobody will say who
            if not is_answered and not has_left:
                yield session

    def _ask(self, session: Session, now: datetime) -> bool:
        question = self._questions.setdefault(session.play_id, _Question())
        if question.is_open or (question.next_at is not None and now < question.next_at):
            return False
        question.asked += 1
        question.is_open = True
        return True

    # ------------------------------------------------------------------------------ hearing

    def hear(self, notification: Notification, now: datetime) -> list[Update]:
        """Take in one frame."""
        item = notification.rating_key or notification.key
        if notification.state is PlayerState.STOPPED:
            session = self._find_for_stop(notification, item)
            return self._about(session, session.hear(notification, now)) if session else []
        if not notification.session_key or not item:
            return []
        session = self._sessions.get(notification.session_key)
        if session is not None and _is_same(session, notification, item):
            return self._about(session, session.hear(notification, now))
        if self._is_echo(notification, item, now):
            return []
        moved = self._find_moved(notification, item, now)
        if moved is None and notification.state is PlayerState.ERROR:
            return []
        replaced = None if session is moved else session
        updates = self._close(replaced, _last_moment(replaced, now), "item_changed") if replaced else []
        if moved is not None:
            self._rekey(moved, notification.session_key)
        current = moved or self._begin(notification.session_key, item, now)
        return [*updates, *self._about(current, current.hear(notification, now))]

    def _find_for_stop(self, notification: Notification, item: str) -> Session | None:
        """The running session that a stop is about, by whatever the frame still says (Q6 to Q10, Q18)."""
        session = self._sessions.get(notification.session_key) if notification.session_key else None
        if session is not None and (not item or session.item == item):
            return session
        if not item or not notification.client_id:
            return None
        running = [s for s in self._sessions.values() if s.item == item]
        return next((s for s in running if s.client_id == notification.client_id), None)

    def _is_echo(self, notification: Notification, item: str, now: datetime) -> bool:
        """Whether a live frame is an old one of a session that has ended meanwhile (twins, late frames)."""
        for ended in self._ended:
            if ended.session_key != notification.session_key or ended.item != item:
                continue
            recent = ended.ended_at is not None and now - ended.ended_at <= ECHO
            offset_ms = notification.offset_ms
            near = offset_ms is None or abs(offset_ms - (ended.offset_ms or 0)) <= ECHO_MS
            if recent and near:
                return True
        return False

    def _find_moved(self, notification: Notification, item: str, now: datetime) -> Session | None:
        """The running session of the same player and item that has been given another key."""
        if not notification.client_id:
            return None
        for session in self._sessions.values():
            if session.item != item or session.client_id != notification.client_id:
                continue
            silent = now - session.last_seen_at >= REKEY_AFTER or session.misses > 0
            offset_ms, last_ms = notification.offset_ms, session.offset_ms
            goes_on = offset_ms is None or last_ms is None or offset_ms >= last_ms - 60_000
            if silent and goes_on:
                return session
        return None

    def _rekey(self, session: Session, key: str) -> None:
        self._sessions.pop(session.session_key, None)
        session.session_key = key
        self._sessions[key] = session

    def _begin(self, key: str, item: str, now: datetime) -> Session:
        session = Session(
            play_id=self._new_play_id(now),
            server=self.server,
            session_key=key,
            item=item,
            started_at=now,
            last_seen_at=now,
        )
        self._sessions[key] = session
        return session

    # ------------------------------------------------------------------------------ learning

    def bind(self, session: Session, binding: Binding | None, now: datetime) -> list[Update]:
        """Take in what the server said about a session; None if it said nothing of use."""
        question = self._questions.setdefault(session.play_id, _Question())
        question.is_open = False
        wait_s = BINDING_WAITS[min(question.asked, len(BINDING_WAITS) - 1)]
        question.next_at = now + timedelta(seconds=wait_s)
        if binding is None:
            return []
        known = session.binding
        if known is not None and known.account.is_known and not binding.account.is_known:
            return []
        return self._about(session, session.bind(binding, now), even_without_event=True)

    def restore(self, plays: Sequence[Play]) -> None:
        """Take up the plays that were open when the process ended; `compare` will say which still go on.

        Args:
            plays: Oldest first; of two under one key, the newest is the likelier holder.
        """
        for play in reversed(plays):
            session = restored(play)
            if not session.session_key or session.session_key in self._sessions:
                # An older play under the same key: from an older run of the server, or none at all.
                session.session_key = f"{session.session_key}/{session.play_id}"
            self._sessions[session.session_key] = session

    def compare(self, rows: Sequence[SessionRow], now: datetime, *, reconnected: bool) -> list[Update]:
        """Hold the sessions against the server's list.

        Args:
            rows: The whole list.
            now: When it was read.
            reconnected: True if frames may have been missed: every session is then checked, not only the
                silent ones, and what plays unknown to us begins here.
        """
        pairs = self._pairs(rows, elsewhere=reconnected)
        updates: list[Update] = []
        for session in self.sessions:
            if session.play_id in pairs:
                session.misses = 0
            elif reconnected or now - session.last_seen_at >= SILENT_AFTER:
                updates += self._miss(session, now)
        updates += self._take_keys(pairs, now)
        if reconnected:
            for row in rows:
                if row.session_key not in self._sessions:
                    updates += self._adopt(row, now)
        return updates

    def _pairs(self, rows: Sequence[SessionRow], *, elsewhere: bool) -> dict[PlayId, SessionRow]:
        """The line that is about each session; `elsewhere` also finds those under another key (Q19)."""
        listed = {row.session_key: row for row in rows}
        pairs: dict[PlayId, SessionRow] = {}
        for session in self.sessions:
            row = listed.get(session.session_key)
            if row is not None and _fits(session, row):
                pairs[session.play_id] = listed.pop(row.session_key)
        for session in self.sessions if elsewhere else ():
            if session.client_id and session.play_id not in pairs:
                same_player = (row for row in listed.values() if row.player.client_id == session.client_id)
                row = next((row for row in same_player if _fits(session, row)), None)
                if row is not None:
                    pairs[session.play_id] = listed.pop(row.session_key)
        return pairs

    def _take_keys(self, pairs: dict[PlayId, SessionRow], now: datetime) -> list[Update]:
        """Give sessions the keys under which they are listed now; two may have swapped theirs."""
        keys = {play_id: row.session_key for play_id, row in pairs.items()}
        moved = [s for s in self.sessions if keys.get(s.play_id, s.session_key) != s.session_key]
        for session in moved:
            del self._sessions[session.session_key]
        updates: list[Update] = []
        for session in moved:
            other = self._sessions.get(keys[session.play_id])
            updates += self._close(other, _last_moment(other, now), "item_changed") if other else []
            session.session_key = keys[session.play_id]
            self._sessions[session.session_key] = session
        return updates

    def _miss(self, session: Session, now: datetime) -> list[Update]:
        session.misses += 1
        if session.misses >= MISSES_TO_END:
            return self._close(session, session.last_seen_at, "vanished")
        if self._confirm_at is None:
            self._confirm_at = now + CONFIRM_AFTER
        return []

    def _adopt(self, row: SessionRow, now: datetime) -> list[Update]:
        """Begin with what the list says; the next frame will say it better."""
        item = row.media.rating_key
        if not item or row.state in (PlayerState.STOPPED, PlayerState.ERROR):
            return []
        session = self._begin(row.session_key, item, now)
        session.client_id = row.player.client_id
        return self._about(
            session,
            session.hear(
                Notification(
                    session_key=row.session_key,
                    rating_key=item,
                    state=row.state,
                    offset_ms=row.offset_ms,
                    client_id=row.player.client_id,
                ),
                now,
            ),
        )

    # ------------------------------------------------------------------------------ ending

    def tick(self, now: datetime) -> list[Update]:
        """What time alone brings: held starts, positions to be written down, echoes to be forgotten."""
        updates: list[Update] = []
        for session in self._sessions.values():
            if session.hold_until is not None and session.hold_until <= now:
                updates += self._about(session, session.tell(now))
        self._forget(now)
        return updates

    def end_silent(self, now: datetime) -> list[Update]:
        """End what has been silent for long, where the server does not show its list of sessions (Q17)."""
        silent = [s for s in self._sessions.values() if now - s.last_seen_at >= GIVEN_UP_AFTER]
        return [update for s in silent for update in self._close(s, s.last_seen_at, "vanished")]

    def _forget(self, now: datetime) -> None:
        while self._ended and now - (self._ended[0].ended_at or now) > REMEMBERED:
            gone = self._ended.pop(0)
            self._questions.pop(gone.play_id, None)

    def next_at(self, now: datetime) -> datetime:
        """When `tick` and `wanted` are worth calling again if nothing is heard meanwhile."""
        moments = [now + LOOK_UP_EVERY]
        moments += [s.hold_until for s in self._sessions.values() if s.hold_until and not s.has_ended]
        questions = [self._questions.get(session.play_id) for session in self._unbound()]
        moments += [q.next_at for q in questions if q and q.next_at and not q.is_open]
        if self._confirm_at is not None:
            moments.append(self._confirm_at)
        return max(now, min(moments))

    def _close(self, session: Session, at: datetime, why: str) -> list[Update]:
        return self._about(session, session.end(at, why=why))

    def _about(
        self, session: Session, events: list[ScrobbleEvent], *, even_without_event: bool = False
    ) -> list[Update]:
        """The events as updates, an update without event where only the row is worth writing."""
        if session.has_ended and self._sessions.get(session.session_key) is session:
            del self._sessions[session.session_key]
            self._ended.append(session)
        if session.binding is None:
            return []
        play = session.as_play()
        due = session.saved_at is None or session.last_seen_at - session.saved_at >= SAVE_EVERY
        if events:
            session.saved_at = session.last_seen_at
            return [Update(play=play, event=event, skipped=session.skipped) for event in events]
        if due or even_without_event or session.has_ended:
            session.saved_at = session.last_seen_at
            return [Update(play=play, skipped=session.skipped)]
        return []


def _is_same(session: Session, notification: Notification, item: str) -> bool:
    """Whether a live frame under the session's key is about this very viewing."""
    same_player = not (
        session.client_id and notification.client_id and session.client_id != notification.client_id
    )
    same_place = not (
        session.play_queue_item
        and notification.play_queue_item
        and session.play_queue_item != notification.play_queue_item
    )
    return session.item == item and same_player and same_place


def _fits(session: Session, row: SessionRow) -> bool:
    """Whether a line of the server's list can be this viewing: the item, and the viewer if both are known."""
    if row.media.rating_key != session.item:
        return False
    if not session.is_identified or session.binding is None or not row.account.is_known:
        return True
    return session.binding.account.id in (None, row.account.id)


def _last_moment(session: Session, now: datetime) -> datetime:
    """When a session ended that was followed by another without a word."""
    return now if now - session.last_seen_at < REKEY_AFTER else session.last_seen_at


def _is_silent(session: Session, now: datetime) -> bool:
    if now - session.last_seen_at < SILENT_AFTER:
        return False
    return session.checked_at is None or now - session.checked_at >= LOOK_UP_EVERY
