"""Everything behind the routes, and what a player's report does to it.

The order in which a report works is the order of a real server: first the table of sessions (a stopped
session has left it before anybody hears of the stop), then counts and resume points, then the frame,
then the webhooks. Source: Plex protocol notes, sections 6, 7, 12 and 14.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from crosswatch.simulator.plex.frames import (
    DELETED,
    PROCESSED,
    Frame,
    playing_entry,
    preference_frame,
    timeline_frame,
    transcode_frame,
)
from crosswatch.simulator.plex.history import History, HistoryRow, watched_mark_ms
from crosswatch.simulator.plex.hub import Hub
from crosswatch.simulator.plex.people import People
from crosswatch.simulator.plex.preferences import Preferences
from crosswatch.simulator.plex.sessions import Session, SessionTable

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.library import Library
    from crosswatch.simulator.plex.options import PlexOptions
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.sessions import Device

DOUBLE_AFTER_S = 2


class EventSink(Protocol):
    """Who is told of the events that webhooks carry."""

    def play_event(self, event: str, session: Session) -> None:
        """Something happened to a session, such as `media.pause`."""


@dataclass(slots=True, kw_only=True, eq=False)
class Viewing:
    """What somebody really watched: the truth that a watcher of the server can be compared with.

    Attributes:
        number: Counts from 1.
        person: Who watched, or None where nobody signed in.
        item: What was watched.
        device: On what.
        started_at: When it began, aware UTC.
        ended_at: When the player stopped, aware UTC; None while it plays.
        offset_ms: Where the viewer was at the end (or is).
        reported_ms: The last offset of which the server heard.
        session_keys: Session keys that it had, in order.
        counted_at: When the server counted it as seen, aware UTC by the simulator's clock, or None.
        ending: How it ended, or None.
    """

    number: int
    person: Person | None
    item: Item
    device: Device
    started_at: datetime
    ended_at: datetime | None = None
    offset_ms: int = 0
    reported_ms: int = 0
    session_keys: list[str] = field(default_factory=list)
    counted_at: datetime | None = None
    ending: str | None = None

    @property
    def progress(self) -> float:
        """Where the viewer was at the end, in percent of the item; 0.0 where it has no length."""
        return 100.0 * self.offset_ms / self.item.length_ms if self.item.length_ms else 0.0


class World:
    """The state of one server.

    Attributes:
        clock: What time it is.
        options: The switches.
        library: What there is to play.
        people: Who may play.
        preferences: The server's preferences.
        history: What was seen.
        sessions: What plays now.
        hub: Who listens.
        viewings: What was really watched, in order of starting.
        ready_at: Unix seconds from which the server works; it refuses or says 503 before.
        hooks: Who is told of play events; set by whoever sends webhooks.
    """

    def __init__(self, *, clock: Clock, options: PlexOptions, library: Library) -> None:
        self.clock = clock
        self.options = options
        self.library = library
        self.people = People()
        self.preferences = Preferences(options)
        self.history = History()
        self.sessions = SessionTable(options)
        self.hub = Hub(options, owner=self.people.owner)
        self.viewings: list[Viewing] = []
        self.ready_at = 0.0
        self.hooks: EventSink | None = None
        self._last_states: dict[Session, str] = {}

    @property
    def is_up(self) -> bool:
        """True if the server works; reports of players are lost while it does not."""
        return self.clock.timestamp() >= self.ready_at

    @property
    def own_time(self) -> int:
        """Unix seconds of the server's own clock, which may be wrong."""
        return int(self.clock.timestamp() + self.options.clock_offset_s)

    # ------------------------------------------------------------ what players report

    def report(self, session: Session, *, counted: bool = True, **frame_changes: Any) -> bool:
        """A player's report of a session that goes on: table, counts, frame, webhooks.

        Args:
            session: The session, with its new state and offset.
            counted: False keeps the offset out of counts and resume points (a first 0 on resuming).
            **frame_changes: What differs in the frame; None leaves an attribute out.

        Returns:
            True if the report made the server count the item as seen.
        """
        now = self.clock.timestamp()
        session.reported_at = now
        self.sessions.put(session)
        row = self._count(session) if counted else None
        self.push_playing(session, **frame_changes)
        if session.transcode and self.options.transcode_frames:
            self._push_transcode(session, now)
        self._tell_hooks(session, counted=row is not None)
        return row is not None

    def report_stop(self, session: Session, *frames: dict[str, Any]) -> bool:
        """A player's report that a session is over; the table forgets it before the frames go out.

        Args:
            session: The session, with its last offset.
            *frames: Changes of one frame each, for the odd stops; one ordinary frame where there is none.

        Returns:
            True if the report made the server count the item as seen.
        """
        session.state = "stopped"
        self.sessions.close(session.key)
        row = self._count(session)
        for changes in frames or ({},):
            self.push_playing(session, **changes)
        if session.transcode and self.options.transcode_frames:
            self._push_transcode(session, self.clock.timestamp())
        self._tell_hooks(session, counted=row is not None)
        self._last_states.pop(session, None)
        return row is not None

    def count_offline(self, session: Session, seen_at: float) -> HistoryRow | None:
        """A player reports afterwards what was watched without a connection.

        Args:
            session: The session that had been cut off, with the last offset of the viewer.
            seen_at: Unix seconds when the item was really seen.
        """
        if session.counted or session.person is None or not session.item.counts:
            return None
        if session.offset_ms < watched_mark_ms(session.item, self.preferences):
            return None
        session.counted = True
        viewed_at = int(seen_at + self.options.clock_offset_s)
        return self.history.add(session.person, session.item, viewed_at, client_id=session.device.client_id)

    def push_playing(self, session: Session, **changes: Any) -> None:
        """One `playing` frame about a session."""
        entry = playing_entry(session, self.options, **changes)
        self.hub.publish(Frame(type="playing", entries=[entry], person=session.person))

    # ------------------------------------------------------------ what the owner does

    def add_item(self, item: Item) -> Item:
        """Put an item into the library and announce it."""
        self.library.add(item)
        self._announce(item, *range(PROCESSED + 1))
        return item

    def delete_item(self, rating_key: str) -> Item:
        """Take an item, and what is below it, out of the library and announce it.

        Raises:
            KeyError: If there is none.
        """
        item = self.library.get(rating_key)
        for gone in self.library.remove(rating_key):
            self._announce(gone, DELETED)
        return item

    def match_item(
        self, rating_key: str, *, guid: str, guids: tuple[str | None, ...] | None, title: str | None = None
    ) -> Item:
        """Match an item anew ("Fix Match") and announce it.

        Raises:
            KeyError: If there is none.
        """
        item = self.library.get(rating_key)
        item.guid, item.guids = guid, guids
        item.title = title or item.title
        item.updated_at = int(self.clock.timestamp())
        self._announce(item, 2, 3, 4, PROCESSED)
        return item

    def set_preference(self, name: str, value: str) -> None:
        """Change a preference and announce it.

        Raises:
            KeyError: If there is none of that name.
            ValueError: If the value does not fit its type.
        """
        self.preferences.set(name, value)
        self.hub.publish(preference_frame(self.preferences.document(name)))

    def restart(self, *, ready_at: float, swap_keys: bool) -> None:
        """The process ends and another begins: sessions and listeners are gone, keys begin at 1.

        Args:
            ready_at: Unix seconds from which the new one works.
            swap_keys: True if those who play come back in reverse order.
        """
        self.sessions.restart(swap_keys=swap_keys)
        self._last_states.clear()
        self.hub.drop_all()
        self.ready_at = ready_at

    # ------------------------------------------------------------ inside

    def _count(self, session: Session) -> HistoryRow | None:
        person, item = session.person, session.item
        if person is None or not item.counts:
            return None
        view = self.history.view(person, item)
        seen = session.offset_ms >= watched_mark_ms(item, self.preferences)
        if seen and not session.counted:
            session.counted = True
            row = self.history.add(person, item, self.own_time, client_id=session.device.client_id)
            if self.options.doubled_history:
                self.history.double(row, DOUBLE_AFTER_S)
            return row
        if not seen and session.offset_ms:
            view.offset_ms = session.offset_ms
            view.last_viewed_at = self.own_time
        return None

    def _tell_hooks(self, session: Session, *, counted: bool) -> None:
        if self.hooks is None:
            return
        before, state = self._last_states.get(session), session.state
        event = _play_event(before, state)
        if state != "buffering":
            self._last_states[session] = state
        if event == "media.stop" and counted:
            self.hooks.play_event("media.scrobble", session)
        if event:
            self.hooks.play_event(event, session)
        if event != "media.stop" and counted:
            self.hooks.play_event("media.scrobble", session)

    def forget_state(self, session: Session) -> None:
        """The session turns to another item: its next `playing` is a new play."""
        self._last_states.pop(session, None)

    def _announce(self, item: Item, *states: int) -> None:
        for state in states:
            self.hub.publish(timeline_frame(item, state, now=self.clock.timestamp()))

    def _push_transcode(self, session: Session, now: float) -> None:
        """News of the session's transcoder: that it starts, goes on, or ends with the session."""
        known, session.announced = session.announced, session.transcode
        event = "start" if known != session.transcode else "update"
        if session.transcode:
            ahead = min(100.0, 100.0 * session.offset_ms / max(1, session.item.length_ms) + 8.0)
            self.hub.publish(
                transcode_frame(
                    "end" if session.state == "stopped" else event,
                    session.transcode,
                    duration_ms=session.item.length_ms,
                    progress=ahead,
                    now=now,
                )
            )


def _play_event(before: str | None, state: str) -> str | None:
    """The webhook event of a change of state, or None."""
    match (before, state):
        case (None, "playing"):
            return "media.play"
        case ("playing", "paused"):
            return "media.pause"
        case ("paused", "playing"):
            return "media.resume"
        case ("playing" | "paused", "stopped"):
            return "media.stop"
        case _:
            return None
