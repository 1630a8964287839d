"""One server's way from facts to rows.

A single task takes in everything that concerns a server, in order: frames, answers to questions, the
server's list, the passing of time. What it wants to know is asked in tasks beside it, whose answers come
back through the same inbox, so that no network call ever keeps a frame waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from crosswatch.core.events import ScrobbleAction
from crosswatch.core.hooks import REMEMBERED
from crosswatch.core.likeness import has_passed
from crosswatch.core.plays import PlayState
from crosswatch.core.shared_files import SharedFiles
from crosswatch.core.tracker import SessionTracker, Update
from crosswatch.errors import SourceAuthError, SourceError, StorageError
from crosswatch.service.binder import Binder
from crosswatch.service.catch_up import CatchUp
from crosswatch.service.hook_desk import HookDesk
from crosswatch.service.outage import Outage
from crosswatch.service.second_look import SecondLook

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId
    from crosswatch.core.facts import Binding, HistoryRow, Notification
    from crosswatch.core.hooks import Heard
    from crosswatch.core.inbox import Hook
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.core.session import Session
    from crosswatch.service.ratings import RatingIntake
    from crosswatch.service.recorder import Recorder

    Fact = Callable[[datetime], list[Update]]

CONFIRM_FROM = 50.0
"""An ordinary stop from this progress on is held against the server's history: credits may have begun."""

HISTORY_EVERY = timedelta(hours=1)
"""The history is read this often even without a gap: devices that were offline report late."""

UNSAVED_RETRY_S = 5.0

ASK_AGAIN_S = (2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds until a question that a server did not answer is asked again; the last one repeats."""

ASK_WHO_EVERY_S = 15.0
"""Seconds between two questions about somebody of whom plex.tv may still tell more names."""

log = logging.getLogger("crosswatch.watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpOptions:
    """Whether and how far back a gap is made good."""

    is_on: bool
    days: float


class ServerPipeline:
    """Everything between one server's facts and the ledger.

    Args:
        server_uuid: `machineIdentifier` of the server.
        source: The server, to be asked.
        ledger: Where the rows are.
        recorder: Writes them.
        clock: Tells the time.
        catch_up: The options in force.
        new_play_id: Makes the identity of a play that begins at that moment.
        mend: Reads anew what the server calls a play's item, and tries it again; how many deliveries.
        ratings: Takes in what webhooks say of ratings; None drops it.
    """

    def __init__(
        self,
        server_uuid: str,
        *,
        source: MetadataSource,
        ledger: Ledger,
        recorder: Recorder,
        clock: Clock,
        catch_up: Callable[[], CatchUpOptions],
        new_play_id: Callable[[datetime], PlayId],
        mend: Callable[[PlayId], Awaitable[int]],
        ratings: RatingIntake | None = None,
    ) -> None:
        self.server_uuid = server_uuid
        self._source = source
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock
        self._catch_up_options = catch_up
        self._tracker = SessionTracker(server_uuid, new_play_id)
        self._files = SharedFiles(new_play_id)
        self._ratings = ratings
        self._hooks = HookDesk(self._tracker, source=source, inbox=ledger, new_play_id=new_play_id)
        self._binder = Binder(source)
        self._catch_up = CatchUp(
            server_uuid,
            source=source,
            ledger=ledger,
            recorder=recorder,
            clock=clock,
            new_play_id=new_play_id,
        )
        self._second_look = SecondLook(
            server_uuid, source=source, ledger=ledger, recorder=recorder, clock=clock, mend=mend
        )
        self._inbox: asyncio.Queue[Fact] = asyncio.Queue()
        self._asking: set[asyncio.Task[object]] = set()
        self._connection = 0
        self._is_stock_due = False
        self._is_history_due = False
        self._is_reading = False
        self._is_comparing = False
        self._unsure: set[int] = set()
        self._dated: set[PlayId] = set()
        self._history_at: datetime | None = None
        self._no_list = Outage("plex.list", "list what plays")
        self._no_history = Outage("plex.history", "read the play history")

    @property
    def session_count(self) -> int:
        """How many sessions go on."""
        return len(self._tracker.sessions)

    # ------------------------------------------------------------------------------ what sources say

    def hear(self, notifications: list[Notification]) -> None:
        """Take in frames; returns at once."""
        for notification in notifications:
            self._inbox.put_nowait(partial(self._tracker.hear, notification))

    def hear_hook(self, hook: Hook) -> asyncio.Future[Heard]:
        """Take in a webhook; what it came to, as soon as it was its turn."""
        answer: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(partial(self._hooks.take, hook, answer))
        return answer

    def connected(self) -> None:
        """The socket is open (again): whatever happened meanwhile has to be found out."""
        self._connection += 1
        self._inbox.put_nowait(self._on_connected)

    def disconnected(self) -> None:
        """The socket is closed."""
        self._inbox.put_nowait(self._on_disconnected)

    def look_again(self) -> None:
        """More is known of people now than when some plays ended."""
        self._inbox.put_nowait(self._on_people_known)

    def forget(self, rating_keys: list[str]) -> None:
        """The server changed these items."""
        for rating_key in rating_keys:
            self._source.forget(rating_key)

    # ------------------------------------------------------------------------------ the loop

    async def run(self) -> None:
        """Work until cancelled; what was heard before is written first."""
        await self._restore()
        self._is_stock_due = self._connection > 0  # what was asked before, by a run that failed, is lost
        self._is_reading = self._is_comparing = False
        self._unsure.clear()
        try:
            while True:
                facts = await self._next_facts()
                await self._work(facts)
        finally:
            await self._ask_no_more()
            with contextlib.suppress(StorageError):
                await self._recorder.record(self._files.split(self._take(self._drain())))
            await self._ask_no_more()  # what was heard last raises questions too

    async def _restore(self) -> None:
        """Take up the plays that were open when the process ended, and the webhooks that it had received."""
        while True:
            try:
                plays = await self._ledger.open_plays(self.server_uuid)
                since = self._clock.now() - REMEMBERED
                lately = await self._ledger.plays_of(self.server_uuid, None, since)
                hooks = await self._hooks.read()
            except StorageError as error:
                log.warning("cannot read the open plays: %s", error, extra={"event": "storage.unavailable"})
                await self._clock.sleep(UNSAVED_RETRY_S)
            else:
                self._recorder.resume(plays)
                self._tracker.restore(self._files.restore(plays))
                ended = [play for play in lately if play.state is PlayState.ENDED]
                self._hooks.take_up(self._clock.now(), ended)
                kept: list[Fact] = [partial(self._hooks.take, hook, None) for hook in hooks]
                for fact in [*kept, *self._drain()]:
                    self._inbox.put_nowait(fact)
                return

    def _on_connected(self, _now: datetime) -> list[Update]:
        self._tracker.connected()
        self._is_stock_due = True
        return []

    def _on_disconnected(self, _now: datetime) -> list[Update]:
        self._tracker.disconnected()
        return []

    def _on_people_known(self, _now: datetime) -> list[Update]:
        self._is_history_due = True
        return []

    async def _next_facts(self) -> list[Fact]:
        now = self._clock.now()
        due_at = min(filter(None, (self._tracker.next_at(now), self._hooks.next_at(now))))
        wait = (due_at - now).total_seconds()
        if self._recorder.has_unsaved:
            wait = min(wait, UNSAVED_RETRY_S)
        try:
            async with asyncio.timeout(max(0.0, self._clock.real_seconds(wait))):
                return [await self._inbox.get(), *self._drain()]
        except TimeoutError:
            return []

    def _drain(self) -> list[Fact]:
        facts = []
        while not self._inbox.empty():
            facts.append(self._inbox.get_nowait())
        return facts

    async def _work(self, facts: list[Fact]) -> None:
        updates = self._take(facts)
        now = self._clock.now()
        updates += map(self._with_names, [*self._tracker.tick(now), *self._hooks.tick(now)])
        updates = [update for update in updates if not self._is_put_off(update)]
        if updates or self._recorder.has_unsaved:
            await self._recorder.record(self._files.split(updates))
        if self._hooks.has_done:
            await self._hooks.clear()
        self._is_history_due = self._is_history_due or any(map(_is_to_be_confirmed, updates))
        self._ask_what_is_wanted()

    def _take(self, facts: list[Fact]) -> list[Update]:
        now = self._clock.now()
        return [self._with_names(update) for fact in facts for update in fact(now)]

    def _with_names(self, update: Update) -> Update:
        """The update with what has become known of the viewer since the server named them."""
        account = self._source.known_account(update.play.account)
        if account.id is not None and not account.has_all_names and account.id not in self._unsure:
            self._unsure.add(account.id)
            self._ask(self._ask_who(account.id))
        if account == update.play.account:
            return update
        event = update.event and replace(update.event, account=account)
        return replace(update, play=replace(update.play, account=account), event=event)

    # ------------------------------------------------------------------------------ asking

    def _ask_what_is_wanted(self) -> None:
        now = self._clock.now()
        wanted = self._tracker.wanted(now)
        for session in wanted.bindings:
            self._ask(self._bind(session))
        if self._ratings is not None:
            for hook in self._hooks.take_ratings():
                self._ask(self._ratings.take(hook, self._source))
        if wanted.sessions and not self._is_comparing:
            self._is_comparing = True
            self._ask(self._look_up_silent())
        if self._is_stock_due:
            self._is_stock_due = False
            self._ask(self._take_stock(self._connection))
        if self._history_at is not None and has_passed(self._history_at, HISTORY_EVERY, now):
            self._is_history_due = True
        if self._is_history_due and not self._is_reading:
            self._is_reading = True
            self._ask(self._read_history())

    def _ask(self, question: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(question, name=f"ask {self.server_uuid[:8]}")
        self._asking.add(task)
        task.add_done_callback(self._asked)

    async def _ask_no_more(self) -> None:
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _asked(self, task: asyncio.Task[object]) -> None:
        self._asking.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a question to the server failed", exc_info=task.exception())

    async def _ask_who(self, number: int) -> None:
        """Have the server and plex.tv say by what names somebody goes; it is known from then on."""
        try:
            with contextlib.suppress(SourceError):
                await self._source.resolve_account(number)
            await self._clock.sleep(ASK_WHO_EVERY_S)
        finally:
            self._unsure.discard(number)

    async def _bind(self, session: Session) -> None:
        binding: Binding | None = None
        try:
            binding = await self._binder.look_up(session)
        finally:  # whatever happened, the question must be answered, or it is never asked again
            self._inbox.put_nowait(lambda now: self._tracker.bind(session, binding, now))

    def _is_put_off(self, update: Update) -> bool:
        """Whether the update is about an end that nobody saw, and is held back until it is dated.

        If the process dies meanwhile, the play is still open in the ledger and ends once more.
        """
        play, event = update.play, update.event
        is_end = event is not None and event.action is ScrobbleAction.STOP and event.why == "vanished"
        if not is_end or not self._catch_up_options().is_on:
            return False
        if play.id in self._dated:
            self._dated.discard(play.id)
            return False
        self._dated.add(play.id)
        self._ask(self._date_end(update))
        return True

    async def _date_end(self, update: Update) -> None:
        """Let the server's history say when a viewing ended that vanished; else it is when it was seen."""
        try:
            for wait_s in ASK_AGAIN_S:
                try:
                    row = await self._catch_up.find_line(update.play)
                except SourceAuthError:
                    break
                except (SourceError, StorageError):
                    await self._clock.sleep(wait_s)
                else:
                    update = _ended_by(row, update)
                    break
        finally:
            self._inbox.put_nowait(lambda _now: [update])

    async def _take_stock(self, connection: int) -> None:
        """Learn what plays now, as often as it takes while this connection lasts, and what was played."""
        waits = iter(ASK_AGAIN_S)
        while connection == self._connection and not await self._compare(reconnected=True):
            await self._clock.sleep(next(waits, ASK_AGAIN_S[-1]))
        self._is_history_due = True

    async def _look_up_silent(self) -> None:
        try:
            await self._compare(reconnected=False)
        finally:
            self._is_comparing = False

    async def _compare(self, *, reconnected: bool) -> bool:
        """Hold the sessions against the server's list; whether it could be had."""
        try:
            rows = await self._source.fetch_sessions()
        except SourceAuthError:
            self._inbox.put_nowait(self._tracker.end_silent)
            return True
        except SourceError as error:
            self._no_list.note(error)
            return False
        self._no_list.end()
        self._inbox.put_nowait(lambda now: self._tracker.compare(rows, now, reconnected=reconnected))
        return True

    async def _read_history(self) -> None:
        """Make good what the server's history tells; if it cannot be had soon, the next occasion will do."""
        try:
            for wait_s in (*ASK_AGAIN_S, None):
                self._is_history_due = False
                self._history_at = self._clock.now()
                options = self._catch_up_options()
                is_read = await self._catch_up_once(options)
                if wait_s is None or (is_read and not self._is_history_due):
                    return
                await self._clock.sleep(0.0 if is_read else wait_s)
        finally:
            self._is_reading = False

    async def _catch_up_once(self, options: CatchUpOptions) -> bool:
        try:
            if options.is_on:
                await self._catch_up.run(days=options.days)
            await self._second_look.run()
        except (SourceError, StorageError) as error:
            self._no_history.note(error)
            return False
        self._no_history.end()
        return True


def _ended_by(row: HistoryRow | None, update: Update) -> Update:
    """The update about an end that nobody saw, dated by what the server's history says, or does not.

    A viewing that was not counted did not go on for long after it was seen last; one that was counted went
    on until then at least.
    """
    seen_at = update.play.last_seen_at
    if row is not None and update.play.counted_at == seen_at:
        seen_at = row.viewed_at  # nothing was heard later than a count, which may have come late
    ended_at = seen_at if row is None else max(row.viewed_at, seen_at)
    key = update.play.history_key if row is None else row.history_key
    play = replace(update.play, ended_at=ended_at, history_key=key)
    return replace(update, play=play, event=update.event and replace(update.event, at=ended_at))


def _is_to_be_confirmed(update: Update) -> bool:
    """Whether a viewing ended that the server may have counted: its history will say so, or knows it."""
    event, play = update.event, update.play
    if event is None or play.state is not PlayState.ENDED:
        return False
    return event.why != "frame" or event.progress is None or event.progress >= CONFIRM_FROM
