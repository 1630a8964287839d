"""One session: a player that plays one item on one server, and what follows from what it says.

The theory, in four sentences.

* What a player *does* (`signal`) and what we have *told* (`told`) are two things. Frames move the first at
  once; the second follows through `TRANSITIONS` as soon as the session is bound, that is, as soon as the
  server has said who watches and what it is. Nothing is told for an unbound session, and nobody is guessed.
* All deduplication is this one table: what has been told is not told again. Two guards beside it repeat
  something on purpose: a seek refreshes a start, and a pause that has really moved is told anew.
* Where the player is, is `crosswatch.core.position`'s to say: not every offset is to be believed.
* An ended session stays ended. The same player playing the same item again is a new session, a new
  viewing, and at most one new play.

The clock is an argument everywhere. `SessionTracker` (`crosswatch.core.tracker`) holds the sessions of a
server and decides which of them a frame is about.

Source: Plex protocol notes, sections 5, 6 and 15; design notes, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from crosswatch.core.events import (
    Percent,
    PlayerState,
    PlayId,
    ScrobbleAction,
    ScrobbleEvent,
)
from crosswatch.core.facts import Binding, Notification, item_of
from crosswatch.core.hearsay import Hearsay
from crosswatch.core.plays import Origin, Play, PlayState
from crosswatch.core.position import Position
from crosswatch.core.progress import COUNTED_SHARE, length_of, percent
from crosswatch.errors import ProgressUnknownError

SEEK_REFRESH = timedelta(minutes=1)
"""A start is refreshed by seeks at most this often."""

PAUSE_REPEAT = timedelta(seconds=5)
"""A further pause within this time is the same pause (hand-over)."""

PAUSE_MOVED = 1.0
"""Percent by which a pause must have moved to be told anew."""

ZERO_HOLD = timedelta(seconds=2)
"""How long a start at 0 waits for a second opinion; resumed items say 0 first (Q15)."""


HOOK_KEY = "hook/"
"""Begins the key of a session of which only webhooks have told; servers do not know it."""


class SessionState(StrEnum):
    """What has been told about a session."""

    NEW = "new"
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"


class Signal(StrEnum):
    """What a player does, as far as it matters; buffering changes nothing, an error is an end."""

    PLAYING = "playing"
    PAUSED = "paused"
    STOPPED = "stopped"


TRANSITIONS: dict[tuple[SessionState, Signal], tuple[SessionState, ScrobbleAction | None]] = {
    (SessionState.NEW, Signal.PLAYING): (SessionState.PLAYING, ScrobbleAction.START),
    (SessionState.NEW, Signal.PAUSED): (SessionState.PAUSED, ScrobbleAction.PAUSE),
    (SessionState.NEW, Signal.STOPPED): (SessionState.ENDED, None),
    (SessionState.PLAYING, Signal.PLAYING): (SessionState.PLAYING, None),
    (SessionState.PLAYING, Signal.PAUSED): (SessionState.PAUSED, ScrobbleAction.PAUSE),
    (SessionState.PLAYING, Signal.STOPPED): (SessionState.ENDED, ScrobbleAction.STOP),
    (SessionState.PAUSED, Signal.PLAYING): (SessionState.PLAYING, ScrobbleAction.START),
    (SessionState.PAUSED, Signal.PAUSED): (SessionState.PAUSED, None),
    (SessionState.PAUSED, Signal.STOPPED): (SessionState.ENDED, ScrobbleAction.STOP),
    (SessionState.ENDED, Signal.PLAYING): (SessionState.ENDED, None),
    (SessionState.ENDED, Signal.PAUSED): (SessionState.ENDED, None),
    (SessionState.ENDED, Signal.STOPPED): (SessionState.ENDED, None),
}
"""What has been told, and what the player does → what is told then, and the action that says so."""

_SIGNALS = {
    PlayerState.PLAYING: Signal.PLAYING,
    PlayerState.PAUSED: Signal.PAUSED,
    PlayerState.STOPPED: Signal.STOPPED,
    PlayerState.ERROR: Signal.STOPPED,
}


@dataclass(slots=True, kw_only=True)
class Session:
    """One player, one item, from the first frame until some minutes after its end.

    Attributes:
        play_id: The viewing that it is.
        server: `machineIdentifier` of the server.
        session_key: Its key at this run of the server; may change when the server restarts.
        item: Key of the item: its rating key, or its path where it has none (live TV).
        client_id: The player's identifier; empty if no frame told.
        play_queue_item: Place in the play queue; empty if no frame told.
        started_at: First frame, aware UTC.
        last_seen_at: Latest sign of life, aware UTC.
        signal: What the player does.
        told: What has been told.
        position: Where the player is.
        binding: Who and what, once the server has said.
        ended_at: When it ended, or None.
        hold_until: A start at 0 waits until then for a second opinion; None if nothing waits.
        former_keys: Keys that it had at this run of the server; they may still be said to have stopped.
        misses: How often in a row the server did not list it.
        missed_at: When that was noticed last, or None.
        gone_since: When it was found gone after a time in which nobody listened, or None.
        checked_at: When the server's list was last looked at on its account.
        saved_at: When its position was last written down.
        origin: The source that told of it first.
        frame_at: When a frame about it came last; None if only others have told of it.
        counted_at: When the server was heard to count it as watched, or None.
        ending: How it ended: `frame`, `vanished` …; empty while it goes on.
        hearsay: What webhooks have said of it.
    """

    play_id: PlayId
    server: str
    session_key: str
    item: str
    client_id: str = ""
    play_queue_item: str = ""
    started_at: datetime
    last_seen_at: datetime
    signal: Signal = Signal.PLAYING
    told: SessionState = SessionState.NEW
    position: Position = field(default_factory=Position)
    binding: Binding | None = None
    ended_at: datetime | None = None
    hold_until: datetime | None = None
    former_keys: set[str] = field(default_factory=set)
    misses: int = 0
    missed_at: datetime | None = None
    gone_since: datetime | None = None
    checked_at: datetime | None = None
    saved_at: datetime | None = None
    origin: Origin = Origin.WATCH
    frame_at: datetime | None = None
    counted_at: datetime | None = None
    ending: str = ""
    hearsay: Hearsay = field(default_factory=Hearsay)
    _frames: int = field(default=0, repr=False)
    _has_played: bool = field(default=False, repr=False)
    _started_told_at: datetime | None = field(default=None, repr=False)
    _pause_told: tuple[datetime, Percent | None] | None = field(default=None, repr=False)

    # ------------------------------------------------------------------------------ what it is

    @property
    def has_ended(self) -> bool:
        """Whether the player is done with the item, told or not."""
        return self.ended_at is not None

    @property
    def is_identified(self) -> bool:
        """Whether it is known who watches, and what; where there is no server, nobody will say more."""
        return self.binding is not None and (self.binding.account.is_known or not self.server)

    @property
    def is_scrobbled(self) -> bool:
        """Whether the item is one that sinks want to know about; unknown ones are not, yet."""
        return self.binding is not None and self.binding.media.kind.is_scrobbled

    @property
    def is_playing(self) -> bool:
        """Whether the player plays, as far as it has said."""
        return self.signal is Signal.PLAYING

    @property
    def duration_ms(self) -> int | None:
        """Length of the item in milliseconds, or None."""
        return self.binding.media.duration_ms if self.binding else None

    @property
    def offset_ms(self) -> int | None:
        """Last good position in milliseconds, or None if there was none yet."""
        return self.position.offset_ms

    @property
    def progress(self) -> Percent | None:
        """How far the viewing has come, or None if that cannot be known."""
        return self._percent(self.position.offset_ms)

    @property
    def lowest(self) -> Percent | None:
        """The earliest place from which something was played, as far as we listened, or None.

        Where only webhooks tell of it, and none of its beginning, its place is as early as is known.
        """
        lowest = self._percent(self.position.lowest_ms)
        is_piece = self.origin is Origin.WEBHOOK and self.frame_at is None and not self.hearsay.has_begun
        return self.progress if lowest is None and is_piece and self.counted_at is None else lowest

    @property
    def likely_end(self) -> datetime:
        """When it ended, for all that is known, if it ended without a word.

        Where nobody listened, it is taken to have played on to its end, or until it was found gone: that is
        nearer to the truth than the moment at which we stopped listening. One that was counted meanwhile has
        at least come to where servers count.
        """
        duration = length_of(self.duration_ms)
        if not self.is_playing or self.offset_ms is None or not duration:
            return self.last_seen_at
        offset = timedelta(milliseconds=self.offset_ms)
        heard_at = self.position.at or self.last_seen_at
        found_gone_at = self.gone_since or heard_at
        counted_at = self.counted_at or heard_at
        played_to_count = min(COUNTED_SHARE * duration - offset, counted_at - heard_at)
        played = max(min(duration - offset, found_gone_at - heard_at), played_to_count)
        return max(self.last_seen_at, heard_at + played)

    def _percent(self, offset_ms: int | None) -> Percent | None:
        if offset_ms is None:
            return None
        try:
            return percent(offset_ms, self.duration_ms)
        except ProgressUnknownError:
            return None

    # ------------------------------------------------------------------------------ what it hears

    def hear(self, notification: Notification, now: datetime) -> list[ScrobbleEvent]:
        """Take in a frame that is about this session; what is to be told because of it."""
        if self.has_ended:
            return []
        self._frames += 1
        self.last_seen_at = max(now, self.last_seen_at)
        self.find()
        self.client_id = self.client_id or notification.client_id
        self.play_queue_item = self.play_queue_item or notification.play_queue_item
        if notification.state is PlayerState.STOPPED:
            if notification.offset_ms is not None:
                self.position.stop(notification.offset_ms, now, duration_ms=self.duration_ms)
            return self.end(now, why="frame")
        if notification.state is PlayerState.ERROR:  # its offset is not to be trusted
            return self.end(now, why="error")
        self._move(notification, now)
        self.signal = _SIGNALS.get(notification.state, self.signal)  # buffering keeps what was
        self._has_played = self._has_played or notification.state in _SIGNALS
        return self.tell(now)

    def bind(self, binding: Binding, now: datetime) -> list[ScrobbleEvent]:
        """Take in who watches and what it is; what is to be told because of it."""
        self.binding = binding
        if binding.offset_ms and not self.offset_ms and not self.has_ended:
            self.position.set(binding.offset_ms, now)
        self.position.check(binding.media.duration_ms)
        return self.tell(now)

    def find(self) -> None:
        """The server lists it, or it has said something: it is not missed any more."""
        self.misses, self.missed_at, self.gone_since = 0, None, None

    def end(self, at: datetime, *, why: str) -> list[ScrobbleEvent]:
        """The player is done with the item; what is to be told because of it.

        Args:
            at: When that was.
            why: `frame`, `item_changed`, `vanished`, `error` …
        """
        if self.has_ended:
            return []
        self.ending = why
        self.ended_at = min(at, self.position.done_at or at)
        self.signal = Signal.STOPPED
        return self.tell(at, why="skipped" if self.position.is_skipped else why)

    def tell(self, now: datetime, *, why: str = "frame") -> list[ScrobbleEvent]:
        """What is to be told now, given what has been told; nothing while it is not known about whom."""
        if not (self.is_identified and self.is_scrobbled):
            return []
        if self.has_ended and self.told is SessionState.NEW:  # bound only now: no stop without a start
            started = self._follow(Signal.PLAYING, self.started_at, why)
            return [*started, *self._follow(Signal.STOPPED, self.ended_at or now, why)]
        if self._is_held(now):
            return []
        self.hold_until = None
        return self._follow(self.signal, self.ended_at or now, why) or self._repeat(now)

    def _follow(self, signal: Signal, at: datetime, why: str) -> list[ScrobbleEvent]:
        self.told, action = TRANSITIONS[self.told, signal]
        return [self._event(action, at, why)] if action else []

    def _repeat(self, now: datetime) -> list[ScrobbleEvent]:
        """The two things that are told again on purpose."""
        is_sought = self.position.take_sought()
        if self.told is SessionState.PLAYING and is_sought:
            told_at = self._started_told_at
            if told_at is None or now - told_at >= SEEK_REFRESH:
                return [self._event(ScrobbleAction.START, now, "seek")]
            self.position.is_sought = True  # later, if it is still worth telling
        if self.told is SessionState.PAUSED and self._pause_told is not None:
            told_at, told_progress = self._pause_told
            moved = abs((self.progress or 0.0) - (told_progress or 0.0)) >= PAUSE_MOVED
            if moved and now - told_at >= PAUSE_REPEAT:
                return [self._event(ScrobbleAction.PAUSE, now, "seek")]
        return []

    def _event(self, action: ScrobbleAction, at: datetime, why: str) -> ScrobbleEvent:
        if self.binding is None:
            raise AssertionError("nothing is told about an unbound session")
        if action is ScrobbleAction.START:
            self._started_told_at = at
        if action is ScrobbleAction.PAUSE:
            self._pause_told = (at, self.progress)
        return ScrobbleEvent(
            action=action,
            play_id=self.play_id,
            server=self.server,
            account=self.binding.account,
            media=self.binding.media,
            progress=self.progress,
            at=at,
            why=why,
            is_counted=self.counted_at is not None,
        )

    # ------------------------------------------------------------------------------ where it is

    def _is_held(self, now: datetime) -> bool:
        """Whether the first word waits: for something that plays, or a start at 0 for a second opinion."""
        if self.told is not SessionState.NEW or self.has_ended:
            return False
        if not self._has_played:  # it has only buffered, and buffering does not say where
            return True
        if self.offset_ms or self._frames > 1:
            return False
        if self.hold_until is None:
            self.hold_until = now + ZERO_HOLD
        return now < self.hold_until

    def _move(self, notification: Notification, now: datetime) -> None:
        """Believe the position of a live frame, but for the zero with which players begin to buffer."""
        offset_ms = notification.offset_ms
        if offset_ms is None or (notification.state is PlayerState.BUFFERING and offset_ms == 0):
            return
        self.position.move(offset_ms, now, duration_ms=self.duration_ms, is_playing=self.is_playing)

    # ------------------------------------------------------------------------------ as a row

    def as_play(self) -> Play:
        """The row of this viewing; its verdict is the pipeline's to say.

        Raises:
            AssertionError: If the session is not bound; there is nothing to write then.
        """
        if self.binding is None:
            raise AssertionError("an unbound session is not written")
        state = {Signal.PLAYING: PlayState.PLAYING, Signal.PAUSED: PlayState.PAUSED}.get(
            self.signal, PlayState.ENDED
        )
        return Play(
            id=self.play_id,
            server=self.server,
            origin=self.origin,
            session_key=self.session_key,
            play_queue_item=self.play_queue_item,
            account=self.binding.account,
            media=self.binding.media,
            player=replace(self.binding.player, client_id=self.client_id or self.binding.player.client_id),
            state=state,
            offset_ms=self.offset_ms,
            progress=self.progress,
            started_at=self.started_at,
            last_seen_at=self.last_seen_at,
            ended_at=self.ended_at,
            counted_at=self.counted_at,
        )


def restored(play: Play) -> Session:
    """The session of a play that was open when the process ended; the server has yet to confirm it."""
    told = SessionState.PAUSED if play.state is PlayState.PAUSED else SessionState.PLAYING
    if not (play.account.is_known and play.media.kind.is_scrobbled and play.offset_ms):
        told = SessionState.NEW  # its first word may have waited for a name, or for a position
    return Session(
        play_id=play.id,
        server=play.server,
        session_key=play.session_key,
        item=item_of(play.media),
        client_id=play.player.client_id,
        play_queue_item=play.play_queue_item,
        started_at=play.started_at,
        last_seen_at=play.last_seen_at,
        signal=Signal.PAUSED if play.state is PlayState.PAUSED else Signal.PLAYING,
        told=told,
        position=Position(offset_ms=play.offset_ms, at=play.last_seen_at),
        binding=Binding(account=play.account, media=play.media, player=play.player),
        saved_at=play.last_seen_at,
        origin=play.origin,
        counted_at=play.counted_at,
        frame_at=None if play.session_key.startswith(HOOK_KEY) else play.last_seen_at,
        _frames=2,
        _has_played=True,
    )


def remembered(play: Play) -> Session:
    """The session of a play that had ended when the process did; something may still come late about it."""
    session = restored(play)
    session.signal, session.told = Signal.STOPPED, SessionState.ENDED
    session.ended_at = play.ended_at or play.last_seen_at
    session.ending = "frame" if play.watched_at is not None else "vanished"
    return session
