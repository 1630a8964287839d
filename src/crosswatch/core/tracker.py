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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crosswatch.core.events import Percent, PlayerState, PlayId, ScrobbleEvent
from crosswatch.core.facts import Binding, Notification, SessionRow
from crosswatch.core.likeness import (
    are_others,
    as_notification,
    has_passed,
    is_echo,
    is_moved,
    is_same,
    is_told_by_hooks,
    last_moment,
    pair_rows,
)
from crosswatch.core.plays import Play
from crosswatch.core.progress import is_noise
from crosswatch.core.questions import Questions
from crosswatch.core.quiet import Quiet
from crosswatch.core.session import Session, restored
from crosswatch.core.silence import LOOK_UP_EVERY, SILENT_AFTER, Silence

GIVEN_UP_AFTER = timedelta(minutes=5)
"""A session silent for so long has ended, where nothing can be looked up."""

LOOK_ANYWAY = timedelta(minutes=5)
"""However little there is to wait for: clocks are set, and machines sleep."""

MISSES_TO_END = 2
"""Look-ups in a row that do not list a session before it counts as ended."""

REMEMBERED = timedelta(minutes=2)
"""How long an ended session is known, so that its echoes are recognised."""

SAVE_EVERY = timedelta(seconds=30)
"""A position is written down this often while nothing else happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A viewing changed.

    Attributes:
        play: Its row as it is now, without a verdict.
        event: What sinks may want to know of it, or None if only the row changed.
        lowest: The earliest place from which something was played, as far as we listened, or None.
        left: Where and when the player was before it jumped last, in milliseconds, or None.
        is_counted_late: Whether the news is that the server has counted a viewing that is over.
        hooks: Received webhooks that need not be kept any more once this is written.
    """

    play: Play
    event: ScrobbleEvent | None = None
    lowest: Percent | None = None
    left: tuple[int, datetime] | None = None
    is_counted_late: bool = False
    hooks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the tracker needs to know.

    Attributes:
        bindings: Sessions whose viewer or item is unknown.
        sessions: Whether the server's list of sessions is to be read and given to `compare`.
    """

    bindings: tuple[Session, ...] = ()
    sessions: bool = False


class SessionTracker:
    """All sessions of one server.

    Args:
        server: `machineIdentifier`.
        new_play_id: Makes the identity of a viewing that begins at that moment.

    Attributes:
        server: The same.
    """

    def __init__(self, server: str, new_play_id: Callable[[datetime], PlayId]) -> None:
        self.server = server
        self._new_play_id = new_play_id
        self._sessions: dict[str, Session] = {}
        self._ended: list[Session] = []
        self._questions = Questions()
        self._quiet = Quiet()
        self._confirm_at: datetime | None = None
        self._silence = Silence()
        self._knows_what_plays = False

    # ------------------------------------------------------------------------------ reading

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions that go on."""
        return tuple(self._sessions.values())

    @property
    def ended(self) -> tuple[Session, ...]:
        """Those that have ended a short while ago."""
        return tuple(self._ended)

    @property
    def is_deaf(self) -> bool:
        """Whether no frames come in at present."""
        return self._silence.is_deaf

    def wanted(self, now: datetime) -> Wanted:
        """What is to be found out at this moment; each question is asked once until it is answered."""
        if self._quiet.reigns(now):
            return Wanted()
        self._quiet.end()
        asking = (*self._sessions.values(), *self._ended)
        bindings = tuple(session for session in asking if self._questions.ask(session, now))
        silent = [
            session for session in self._sessions.values() if self._silence.is_to_be_looked_up(session, now)
        ]
        for session in silent:
            session.checked_at = now
        confirm = self._confirm_at is not None and not now < self._confirm_at <= now + SILENT_AFTER
        if confirm:
            self._confirm_at = None
        return Wanted(bindings=bindings, sessions=bool(silent) or confirm)

    def next_at(self, now: datetime) -> datetime:
        """When `tick` and `wanted` are worth calling again if nothing is heard meanwhile."""
        if self._quiet.reigns(now):
            return self._quiet.until
        moments = [now + LOOK_ANYWAY]
        moments += [self._silence.look_up_at(session) for session in self._sessions.values()]
        moments += [s.hold_until for s in self._sessions.values() if s.hold_until]
        moments += self._questions.moments((*self._sessions.values(), *self._ended))
        if self._confirm_at is not None:
            moments.append(self._confirm_at)
        self._quiet.begin(now, max(now, min(moments)))
        return self._quiet.until

    # ------------------------------------------------------------------------------ hearing

    def connected(self) -> None:
        """Frames come in again; until `compare` is told what plays, whatever is heard may be under way."""
        self._knows_what_plays = False
        self._silence.open()

    def disconnected(self) -> None:
        """No frames come in any more."""
        self._quiet.end()
        self._silence.close()
        self._confirm_at = None

    def hear(self, notification: Notification, now: datetime) -> list[Update]:
        """Take in one frame."""
        item = notification.rating_key or notification.key
        if notification.state is PlayerState.STOPPED:
            session = self._find_for_stop(notification, item)
            return self._hear(session, notification, now) if session else []
        if not notification.session_key or not item:
            return []
        session = self._sessions.get(notification.session_key)
        if session is not None and is_same(session, notification, item, now):
            return self._hear(session, notification, now)
        if any(is_echo(ended, notification, item, now) for ended in self._ended):
            return []
        moved = next((s for s in self.sessions if is_moved(s, notification, item, now)), None)
        if moved is None and notification.state is PlayerState.ERROR:
            return []
        updates = []
        if session is not None and session is not moved:
            updates = self._make_room(session, notification.client_id, now)
        if moved is not None:
            moved.former_keys.add(moved.session_key)
            self._rekey(moved, notification.session_key)
        current = moved or self._begin(notification, item, now)
        return [*updates, *self._hear(current, notification, now)]

    def _hear(self, session: Session, notification: Notification, now: datetime) -> list[Update]:
        """Let the session hear its frame; whoever said otherwise has been contradicted."""
        session.frame_at = now
        session.hearsay.claim = None
        return self._about(session, session.hear(notification, now))

    def _find_for_stop(self, notification: Notification, item: str) -> Session | None:
        """The running session that a stop is about, by whatever the frame still says (Q6 to Q10, Q18)."""
        key, client_id = notification.session_key, notification.client_id
        session = self._sessions.get(key) if key else None
        if session is not None and item in ("", session.item):
            return None if are_others(session.client_id, client_id) else session
        if not item or not client_id:
            return None
        mine = [s for s in self._sessions.values() if (s.item, s.client_id) == (item, client_id)]
        return next((s for s in mine if key not in s.former_keys), None)

    def _rekey(self, session: Session, key: str) -> None:
        self._sessions.pop(session.session_key, None)
        session.session_key = key
        session.former_keys.discard(key)
        self._sessions[key] = session

    def _make_room(self, session: Session, client_id: str, now: datetime) -> list[Update]:
        """Take the key from a session: the player has gone on to another item, or another player has it now.

        A session of another player may go on under another key, as after a restart of the server (Q19). It
        keeps its place until it is heard of again, or is missed.
        """
        if not are_others(session.client_id, client_id):
            return self._close(session, last_moment(session, now), "item_changed")
        self._rekey(session, f"{session.session_key}/{session.play_id}")
        return []

    def _begin(self, notification: Notification, item: str, now: datetime) -> Session:
        """A new viewing; what was under way before we listened began when its position says."""
        offset_ms = notification.offset_ms
        began_at = now
        if offset_ms and not self._knows_what_plays and not is_noise(offset_ms, None):
            began_at -= timedelta(milliseconds=offset_ms)
        self._quiet.end()
        session = Session(
            play_id=self._new_play_id(began_at),
            server=self.server,
            session_key=notification.session_key,
            item=item,
            started_at=began_at,
            last_seen_at=now,
        )
        self._sessions[notification.session_key] = session
        return session

    # ------------------------------------------------------------------------------ learning

    def bind(self, session: Session, binding: Binding | None, now: datetime) -> list[Update]:
        """Take in what the server said about a session; None if it said nothing of use."""
        self._quiet.end()
        self._questions.answered(session, now)
        if binding is None:
            return []
        known = session.binding
        if known is not None and known.account.is_known and not binding.account.is_known:
            return []
        return self._about(session, session.bind(binding, now), even_without_event=True)

    def restore(self, plays: Sequence[Play]) -> None:
        """Take up the plays that were open when the process ended; `compare` will say which still go on.

        Args:
            plays: Oldest first; of two under one key, the newest is the likelier holder. Those that are known
                already are left as they are.
        """
        self._quiet.end()
        known = {session.play_id for session in (*self._sessions.values(), *self._ended)}
        for play in reversed(plays):
            if play.id in known:
                continue
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
        self._quiet.end()
        pairs = pair_rows(self.sessions, rows, elsewhere=reconnected, now=now if reconnected else None)
        updates: list[Update] = []
        if reconnected:
            self._silence.since = now
        for session in self.sessions:
            if session.play_id in pairs:
                session.find()
                if is_told_by_hooks(session):  # no frame says where its player is
                    listed = as_notification(pairs[session.play_id])
                    updates += self._about(session, session.hear(listed, now))
            elif reconnected:
                self._note_gone(session, now)
            elif self._silence.is_over(session, now):
                updates += self._miss(session, now)
        updates += self._take_keys(pairs, now)
        if reconnected:
            taken = {row.session_key for row in pairs.values()}
            for row in rows:
                if row.session_key not in taken:
                    updates += self._adopt(row, now)
            self._knows_what_plays = True
        return updates

    def _take_keys(self, pairs: dict[PlayId, SessionRow], now: datetime) -> list[Update]:
        """Give sessions the keys under which they are listed now; two may have swapped theirs."""
        moved = [
            s for s in self.sessions if s.play_id in pairs and pairs[s.play_id].session_key != s.session_key
        ]
        for session in moved:
            del self._sessions[session.session_key]
        updates: list[Update] = []
        for session in moved:
            key = pairs[session.play_id].session_key
            other = self._sessions.get(key)
            updates += self._make_room(other, session.client_id, now) if other else []
            session.session_key = key
            self._sessions[key] = session
        return updates

    def _note_gone(self, session: Session, now: datetime) -> None:
        """Note that the server does not list it after a gap; its player may still turn up."""
        session.misses = max(session.misses, 1)
        session.missed_at = now
        if session.gone_since is None:
            session.gone_since = now
        self._confirm_at = now + SILENT_AFTER

    def _miss(self, session: Session, now: datetime) -> list[Update]:
        """Note that the server does not list a silent session; the second time it is over."""
        if session.missed_at is not None and not has_passed(session.missed_at, LOOK_UP_EVERY, now):
            return []
        session.misses += 1
        session.missed_at = now
        if session.misses >= MISSES_TO_END:
            return self._close(session, session.likely_end, "vanished")
        if self._confirm_at is None:
            self._confirm_at = now + LOOK_UP_EVERY
        return []

    def _adopt(self, row: SessionRow, now: datetime) -> list[Update]:
        """Begin with what the list says; the next frame will say it better."""
        item, client_id = row.media.rating_key, row.player.client_id
        if not item or row.state in (PlayerState.STOPPED, PlayerState.ERROR):
            return []
        listed = as_notification(row)
        other = self._sessions.get(row.session_key)
        updates = self._make_room(other, client_id, now) if other else []
        session = self._begin(listed, item, now)
        return [*updates, *self._about(session, session.hear(listed, now))]

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
        """End what has been silent for long, where the server does not show its list of sessions (Q17).

        What only webhooks tell of is silent by nature.
        """
        self._knows_what_plays = True  # as far as that can be known
        given_up = [s for s in self._sessions.values() if now - s.last_seen_at >= GIVEN_UP_AFTER]
        silent = [s for s in given_up if self._silence.has_listened and not is_told_by_hooks(s)]
        return [update for s in silent for update in self._close(s, s.likely_end, "vanished")]

    def _forget(self, now: datetime) -> None:
        while self._ended and has_passed(self._ended[0].ended_at or now, REMEMBERED, now):
            self._questions.forget(self._ended.pop(0).play_id)

    def _close(self, session: Session, at: datetime, why: str) -> list[Update]:
        return self._about(session, session.end(at, why=why))

    def add(self, session: Session) -> None:
        """Take up a session of which another source has told; its key is nobody else's."""
        self._quiet.end()
        self._sessions[session.session_key] = session

    def take(self, session: Session, events: list[ScrobbleEvent], *, is_news: bool = False) -> list[Update]:
        """What has to be written because another source has made a session tell something.

        Args:
            session: One that goes on, or that has just come to its end.
            events: What it tells.
            is_news: Whether its row is to be written even if it tells nothing.
        """
        return self._about(session, events, even_without_event=is_news)

    def _about(
        self, session: Session, events: list[ScrobbleEvent], *, even_without_event: bool = False
    ) -> list[Update]:
        """The events as updates, an update without event where only the row is worth writing."""
        if session.has_ended and self._sessions.get(session.session_key) is session:
            del self._sessions[session.session_key]
            self._ended.append(session)
        is_news = bool(events) or even_without_event or session.has_ended
        if is_news or session.hold_until is not None:
            self._quiet.end()
        if session.binding is None:
            return []
        is_due = session.saved_at is None or has_passed(session.saved_at, SAVE_EVERY, session.last_seen_at)
        if not is_news and not is_due:
            return []
        play, session.saved_at = session.as_play(), session.last_seen_at
        left = session.position.left
        updates = [
            Update(play=play, event=event, lowest=session.lowest, left=left) for event in events or (None,)
        ]
        updates[-1] = replace(updates[-1], hooks=session.hearsay.take_rows())
        return updates
