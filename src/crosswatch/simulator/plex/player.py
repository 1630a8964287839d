"""Virtual players: they watch by the clock, report as real ones do, and end in all the odd ways.

A player is driven by a script (`watch`, `watch_queue`) or by hand (`start`, `pause`, `resume`, `seek`,
`stop`). While it is on, it reports by itself once per period; a timer of the event loop does that, so
a thousand players cost a thousand timers. What the viewer really saw is kept as a `Viewing`.

Source: Plex protocol notes, sections 5.3 and 6.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.endings import end_session
from crosswatch.simulator.plex.scripts import Autoplay, Ending, Script
from crosswatch.simulator.plex.sessions import Session
from crosswatch.simulator.plex.world import Viewing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.sessions import Device
    from crosswatch.simulator.plex.world import World

BUFFER_STEP_S = 0.3
TRANSCODE_AFTER_S = 0.5
NEXT_AFTER_S = 7.0
OVERRUN = 1.3

_queue_numbers = itertools.count(9001)


class Player:
    """One player program of one person.

    Attributes:
        person: Who watches, or None where nobody signed in.
        device: What plays.
        state: `idle`, `playing`, `paused` or `buffering`.
        viewing: What is being watched, or was last; None at first.
    """

    def __init__(self, world: World, person: Person | None, device: Device) -> None:
        self.person = person
        self.device = device
        self.state = "idle"
        self.viewing: Viewing | None = None
        self._world = world
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._online = True
        self._anchor_ms = 0.0
        self._anchor_at = 0.0
        self._limit_ms = float("inf")
        self._queue = next(_queue_numbers)
        self._queue_item = self._queue * 100
        self._transcodes = 0

    @property
    def position_ms(self) -> int:
        """Where the viewer is."""
        if self.state != "playing":
            return int(self._anchor_ms)
        elapsed_ms = (self._world.clock.timestamp() - self._anchor_at) * 1000
        return int(min(self._anchor_ms + elapsed_ms, self._limit_ms))

    @property
    def item(self) -> Item:
        """What plays.

        Raises:
            RuntimeError: If nothing ever did.
        """
        return self._current().item

    @property
    def session_key(self) -> str | None:
        """The present session key, or None."""
        return self._session.key if self._session else None

    # ------------------------------------------------------------ by script

    async def watch(self, item: Item, script: Script | None = None, **fields: Any) -> Viewing:
        """Watch an item from start to end.

        Args:
            item: What to watch.
            script: How; the fields replace single ones of it.
            **fields: Fields of a `Script`.

        Returns:
            What was really watched.
        """
        script = replace(script or Script(), **fields)
        with self._crashing_when_cancelled():
            await self.start(item, offset_ms=int(script.start * item.length_ms))
            return await self._play_out(script)

    async def watch_queue(
        self, items: Sequence[Item], autoplay: Autoplay = Autoplay.NEW_KEY, script: Script | None = None
    ) -> list[Viewing]:
        """Watch several items one after the other.

        Args:
            items: What to watch; at least one.
            autoplay: How the player goes from one to the next.
            script: How the last one is watched and ends; all others are watched from start to end.

        Returns:
            One viewing each.
        """
        *first, last = items
        with self._crashing_when_cancelled():
            seen = [await self._watch_through(item, autoplay) for item in first]
            script = script or Script()
            await self._enter(last, offset_ms=int(script.start * last.length_ms))
            return [*seen, await self._play_out(script)]

    async def _watch_through(self, item: Item, autoplay: Autoplay) -> Viewing:
        await self._enter(item, offset_ms=0)
        await self._run_to(int((OVERRUN if autoplay is Autoplay.OVERRUN else 1.0) * item.length_ms))
        return await self._leave(autoplay)

    async def _play_out(self, script: Script) -> Viewing:
        viewing = self._current()
        length_ms = viewing.item.length_ms
        for at, what, number in script.interruptions():
            await self._run_to(int(at * length_ms))
            match what:
                case "pause":
                    self.pause()
                    await self._world.clock.sleep(number)
                    self.resume()
                case "seek":
                    await self.seek(int(number * length_ms))
                case "buffer":
                    await self.buffer(int(number))
                case _:
                    self._online = False
        await self._run_to(script.end_ms(length_ms))
        if script.ending is Ending.OFFLINE:
            await self._sync_later(script.sync_after_s)
        else:
            await self.stop(script.ending)
        return viewing

    # ------------------------------------------------------------ by hand

    async def start(self, item: Item, *, offset_ms: int = 0) -> Viewing:
        """Begin an item in a new session.

        Raises:
            RuntimeError: If the player is on already.
        """
        if self.state != "idle":
            raise RuntimeError(f"{self.device.title} plays {self.item.label} already")
        self._online = True
        self._begin(item, offset_ms)
        if self.device.resumes_at_zero and offset_ms:
            self._report("playing", counted=False, viewOffset=0)
        await self._first_frames()
        return self._current()

    def pause(self) -> None:
        """Pause, if it plays."""
        if self.state == "playing":
            self._set("paused", self.position_ms)
            self._report_change()

    def resume(self) -> None:
        """Go on, if it is paused."""
        if self.state == "paused":
            self._set("playing", self.position_ms)
            self._report_change()

    async def seek(self, offset_ms: int) -> None:
        """Jump to another place, if it is on."""
        if self.state == "idle":
            return
        flips = max(self.device.buffering, 1 if self.device.transcode else 0)
        resumed = self.state
        if self.device.transcode:
            self._transcodes += 1
        self._set("buffering", offset_ms)
        for _ in range(flips):
            self._report()
            await self._world.clock.sleep(BUFFER_STEP_S)
        self._set(resumed, offset_ms)
        self._report_change()

    async def buffer(self, flips: int) -> None:
        """Let the state flip between `buffering` and `playing` so many times, if it plays."""
        for _ in range(flips if self.state == "playing" else 0):
            self._report("buffering")
            await self._world.clock.sleep(BUFFER_STEP_S)
            self._report("playing")

    async def stop(self, ending: Ending = Ending.NORMAL) -> Viewing:
        """End the session, in one of many ways; nothing happens if it has ended."""
        if self.state == "idle":
            return self._current()
        viewing, session = self._end(ending)
        if session is None or not self._online or not self._world.is_up:
            return viewing
        session.offset_ms = viewing.offset_ms
        if ending is not Ending.CRASH:
            viewing.reported_ms = viewing.offset_ms
        if await end_session(self._world, session, ending):
            viewing.counted_at = viewing.ended_at
        self._world.forget_state(session)
        return viewing

    def abandon(self) -> None:
        """Switch off without a word to anybody; for the end of a simulation."""
        if self.state != "idle":
            self._end(Ending.CRASH)

    @contextlib.contextmanager
    def _crashing_when_cancelled(self) -> Iterator[None]:
        try:
            yield
        except asyncio.CancelledError:
            self.abandon()
            raise

    # ------------------------------------------------------------ beginnings

    def _begin(self, item: Item, offset_ms: int) -> None:
        now = self._world.clock.now()
        self.viewing = Viewing(
            number=len(self._world.viewings) + 1,
            person=self.person,
            item=item,
            device=self.device,
            started_at=now,
            offset_ms=offset_ms,
        )
        self._world.viewings.append(self.viewing)
        self._queue_item += 1
        self._set("buffering", offset_ms)

    async def _first_frames(self) -> None:
        """Buffering, the first `playing` without a transcode session, then the one with it."""
        position_ms = self.position_ms
        for _ in range(self.device.buffering):
            self._report("buffering", transcodeSession=None)
            await self._world.clock.sleep(BUFFER_STEP_S)
        self._set("playing", position_ms)
        self._report_change(transcodeSession=None)
        if self.device.transcode:
            await self._world.clock.sleep(TRANSCODE_AFTER_S)
            self._report()

    async def _enter(self, item: Item, *, offset_ms: int) -> None:
        if self.state == "idle":
            await self.start(item, offset_ms=offset_ms)
            return
        session = self._alive_session()
        self._begin(item, offset_ms)
        if session is not None:
            self._world.forget_state(session)
            session.item = item
            session.counted = False
        self._set("playing", offset_ms)
        self._report_change()

    async def _leave(self, autoplay: Autoplay) -> Viewing:
        if autoplay is Autoplay.NEW_KEY:
            viewing = await self.stop()
            await self._world.clock.sleep(NEXT_AFTER_S)
            return viewing
        viewing = self._current()
        viewing.offset_ms = self.position_ms
        viewing.ended_at = self._world.clock.now()
        viewing.ending = f"autoplay {autoplay}"
        return viewing

    # ------------------------------------------------------------ endings

    def _end(self, ending: Ending) -> tuple[Viewing, Session | None]:
        """Switch off; what is left to do is done with the session that was alive, if any."""
        viewing, session = self._current(), self._alive_session()
        viewing.offset_ms = self.position_ms
        viewing.ended_at = self._world.clock.now()
        viewing.ending = ending
        self._set("idle", viewing.offset_ms)
        self._session = None
        if self._timer is not None:
            self._timer.cancel()
        return viewing, session

    async def _sync_later(self, seconds: float) -> None:
        if self.state == "idle":
            return
        seen_at = self._world.clock.timestamp()
        viewing, session = self._end(Ending.OFFLINE)
        if session is None:
            return
        await self._world.clock.sleep(seconds)
        session.offset_ms = viewing.offset_ms
        if self._world.count_offline(session, seen_at):
            viewing.counted_at = viewing.ended_at

    # ------------------------------------------------------------ reports

    def _set(self, state: str, position_ms: float) -> None:
        self.state = state
        self._limit_ms = float("inf")
        self._anchor_ms = position_ms
        self._anchor_at = self._world.clock.timestamp()
        self._changed.set()

    async def _run_to(self, target_ms: int) -> None:
        """Wait until the viewer is there; a pause, by whomever, holds it up."""
        self._limit_ms = max(target_ms, self._anchor_ms)  # however long it takes until somebody looks
        while self.state != "idle" and self.position_ms < target_ms:
            self._limit_ms = target_ms
            self._changed.clear()
            left_s = (target_ms - self.position_ms) / 1000
            real_s = self._world.clock.real_seconds(left_s) if self.state == "playing" else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), real_s)

    def _report_change(self, **frame_changes: Any) -> None:
        """Report what has just been set, at exactly the place where it was set."""
        for _ in range(2 if self.device.twins else 1):
            self._report(offset_ms=int(self._anchor_ms), **frame_changes)

    def _report(
        self,
        state: str | None = None,
        *,
        offset_ms: int | None = None,
        counted: bool = True,
        **frame_changes: Any,
    ) -> None:
        """Report now, and again after a period."""
        self._schedule()
        if not self._online or not self._world.is_up:
            return
        session = self._session_now()
        session.state = state or self.state
        session.offset_ms = self.position_ms if offset_ms is None else offset_ms
        session.transcode = self._transcode_id()
        viewing = self._current()
        viewing.offset_ms = session.offset_ms
        if counted:
            viewing.reported_ms = session.offset_ms
        if self._world.report(session, counted=counted, **frame_changes):
            viewing.counted_at = self._world.clock.now()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay_s = self._world.clock.real_seconds(self.device.period_s)
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._report)

    def _alive_session(self) -> Session | None:
        session = self._session
        return session if session is not None and session.run == self._world.sessions.run else None

    def _session_now(self) -> Session:
        """The session of this run of the server; after a restart the player turns up anew."""
        session = self._alive_session()
        if session is None:
            session = self._session = self._open()
        if session.key not in self._current().session_keys:
            self._current().session_keys.append(session.key)
        session.queue_item = self._queue_item if self.device.queues else None
        return session

    def _open(self) -> Session:
        now = self._world.clock.timestamp()
        return Session(
            key=self._world.sessions.key_for(self),
            run=self._world.sessions.run,
            person=self.person,
            device=self.device,
            item=self.item,
            opened_at=now,
            reported_at=now,
            queue=self._queue if self.device.queues else None,
            counted=self._current().counted_at is not None,
        )

    def _transcode_id(self) -> str | None:
        if not self.device.transcode:
            return None
        return f"00000000-0000-4000-8000-{self._queue:012d}-{self._transcodes + 1}"

    def _current(self) -> Viewing:
        if self.viewing is None:
            raise RuntimeError(f"{self.device.title} has played nothing yet")
        return self.viewing
