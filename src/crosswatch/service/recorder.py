"""From updates of viewings to rows: rules, watched mark, verdict and story, in one commit.

What is heard is put in a queue and written by whoever comes first, so that many viewings share a commit and
none is overtaken. Where the database does not take it, it stays in the queue, the newest state of each play,
and is judged and written as soon as that is possible: a full disk must not cost a play. Reading goes on
meanwhile.

What a server's history teaches is found and written in one turn with it, while nothing else is written; else
a viewing that is being recorded at that moment would be found missing, and made good a second time.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswatch.core.events import ScrobbleAction
from crosswatch.core.filters import Held, Passed, Rules, Stopped, decide
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.policy import counted_by_plex, desired_for, reason_of_end
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.errors import StorageError
from crosswatch.service.story import person_of, tell_counted, tell_event, tell_found
from crosswatch.service.tails import Tails

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId, ScrobbleEvent
    from crosswatch.core.plays import Cursor, Desired, Play, SinkAccount, TraceEntry
    from crosswatch.core.ports import Ledger
    from crosswatch.core.tracker import Update

log = logging.getLogger("crosswatch.watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The settings that decide what counts.

    Attributes:
        rules: Whose plays count.
        watched_at_percent: Progress from which an ended play is watched.
    """

    rules: Rules
    watched_at_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a server's history teaches.

    Attributes:
        counted: Ended plays that the server counted, each as it is stored, with the line's key in
            `history_key`; and when that was.
        missed: Plays that happened unseen.
        cursor: Up to where the history has been handled, or None to leave that as it is.
    """

    counted: tuple[tuple[Play, datetime], ...] = ()
    missed: tuple[Play, ...] = ()
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What follows from an update; `event` is what is to be said about it."""

    change: PlayChange
    event: ScrobbleEvent | None


class Recorder:
    """Writes what happened to plays, and wakes whoever delivers.

    Args:
        ledger: Where the rows are.
        marks: The settings in force; asked anew for each change.
        clock: Tells the time.
        wake: Called with the accounts that have something new to know, after the commit.
        changed: Called with each play that was written, after the commit.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        marks: Callable[[], Marks],
        clock: Clock,
        wake: Callable[[SinkAccount], None],
        changed: Callable[[PlayId], None],
    ) -> None:
        self._ledger = ledger
        self._marks = marks
        self._clock = clock
        self._wake = wake
        self._changed = changed
        self._waiting: list[Update] = []
        self._tails = Tails(ledger)
        self._turn = asyncio.Lock()
        self.problem = ""

    @property
    def has_unsaved(self) -> bool:
        """Whether changes wait for the database to work again."""
        return bool(self._waiting)

    def resume(self, plays: Iterable[Play]) -> None:
        """Take up the plays that were open when the process ended."""
        self._tails.resume(plays)

    async def record(self, updates: Sequence[Update]) -> None:
        """Write these updates; without updates, try again what could not be written.

        They are written even if the caller is cancelled meanwhile.
        """
        self._waiting += updates
        if self.problem:
            self._waiting = _newest(self._waiting)
        await asyncio.shield(asyncio.create_task(self._take_turn(), name="record"))

    async def record_history(self, find: Callable[[], Awaitable[Findings]]) -> int:
        """Find out what a server's history teaches, and write it with its cursor; how many plays that were.

        Args:
            find: Compares the history with the ledger; everything that was heard is in it by then.

        Raises:
            StorageError: If the database cannot be used. Nothing is written or kept then: the caller reads
                the history again, and a cursor must not run ahead of its plays.
        """
        async with self._turn:
            await self._write_waiting()
            if self._waiting:
                raise StorageError(self.problem)
            findings = await find()
            changes = [self._counted(play, at) for play, at in findings.counted]
            changes += [self._missed(play) for play in findings.missed]
            if changes or findings.cursor is not None:
                await self._ledger.record(changes, cursor=findings.cursor)
            self._announce(changes)
        return len(changes)

    # ------------------------------------------------------------------------------ deciding

    async def _judge(self, update: Update) -> _Judged:
        """The row of the update with its verdict, and what sinks should know from now on."""
        event = update.event
        accounts, play = self._by_rules(update.play)
        if accounts and await self._tails.covers(update):
            play = _skipped(play, Reason.DUPLICATE_OF, "")
            step = None if event is None else tell_event(event, None)
            return _Judged(change=_change(play, (), None, step), event=event)
        if event is None:
            return _Judged(change=_change(play, (), None, None), event=None)
        desired = desired_for(event, watched_at_percent=self._marks().watched_at_percent)
        if accounts and event.action is ScrobbleAction.STOP:
            play = _ended(play, event, desired)
        return _Judged(change=_change(play, accounts, desired, tell_event(event, desired)), event=event)

    def _counted(self, play: Play, counted_at: datetime) -> PlayChange:
        """The change of a play that Plex itself counted although it ended before the watched mark."""
        accounts, play = self._by_rules(play)
        at = max(counted_at, play.ended_at or counted_at)
        desired = counted_by_plex(play, at)
        if accounts:
            play = _watched(play, at)
        log.info("%s: Plex counted it as watched", play.media.label, extra=_about("play.counted", play))
        return _change(play, accounts, desired, tell_counted(self._clock.now()))

    def _missed(self, play: Play) -> PlayChange:
        """The change of a play that happened unseen."""
        accounts, play = self._by_rules(play)
        desired = counted_by_plex(play, play.ended_at or play.last_seen_at)
        if accounts:
            play = _watched(play, desired.at)
        log.info("%s was watched meanwhile", play.media.label, extra=_about("play.caught_up", play))
        return _change(play, accounts, desired, tell_found(play, self._clock.now()))

    def _by_rules(self, play: Play) -> tuple[tuple[SinkAccount, ...], Play]:
        """The accounts to be told of the play, and the play with the verdict of the rules."""
        if not play.media.kind.is_scrobbled:
            return (), _skipped(play, Reason.TYPE_UNSUPPORTED, f"its type is {play.media.kind.value}")
        match decide(self._marks().rules, play.account, play.server):
            case Stopped() as stopped:
                return (), _skipped(play, stopped.reason, stopped.detail)
            case Passed() as passed if play.account.is_known:
                return passed.accounts, play
            case Held() | Passed() if play.state is PlayState.ENDED:
                return (), _skipped(play, Reason.PERSON_UNKNOWN, "")
            case Held() | Passed():
                return (), replace(play, reason=Reason.IDENTIFYING)

    # ------------------------------------------------------------------------------ writing

    async def _take_turn(self) -> None:
        async with self._turn:
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        """Write what waits; what the database does not take waits on."""
        updates, self._waiting = self._waiting, []
        if not updates:
            return
        try:
            judged = [await self._judge(update) for update in updates]
            changes = [one.change for one in judged]
            await self._ledger.record(changes)
        except StorageError as error:
            self._waiting = _newest([*updates, *self._waiting])
            self._note_trouble(error)
            return
        self._note_success(len(changes))
        for one in judged:
            if one.event is not None:
                _say(one.event, one.change)
        self._announce(changes)

    def _announce(self, changes: Sequence[PlayChange]) -> None:
        """Tell whoever waits for what was written."""
        for change in changes:
            for account, _ in change.desired:
                self._wake(account)
            self._changed(change.play.id)
            if change.play.state is PlayState.ENDED:
                self._tails.forget(change.play.id)

    def _note_trouble(self, error: StorageError) -> None:
        if not self.problem:
            log.error(
                "%s What happens meanwhile is kept in memory and written as soon as that is possible.",
                error,
                extra={"event": "storage.unavailable"},
            )
        self.problem = str(error)

    def _note_success(self, count: int) -> None:
        if self.problem:
            log.info(
                "the database works again; %d changes were kept and are written",
                count,
                extra={"event": "storage.recovered"},
            )
        self.problem = ""


def _newest(updates: Sequence[Update]) -> list[Update]:
    """The updates without those that say nothing any more since a later one of the same play says it."""
    kept: list[Update] = []
    followed: set[PlayId] = set()
    for update in reversed(updates):
        is_passing = update.event is None or update.event.why == "seek"
        if not (is_passing and update.play.id in followed):
            kept.append(update)
        followed.add(update.play.id)
    return kept[::-1]


def _ended(play: Play, event: ScrobbleEvent, desired: Desired | None) -> Play:
    """The row of an ended play that counts for somebody."""
    if desired is not None and desired.action is DesiredAction.WATCHED:
        return _watched(play, desired.at)
    reason = reason_of_end(event, desired)
    if reason is Reason.BELOW_THRESHOLD:  # its position is still to be told
        return replace(play, verdict=Verdict.QUEUED, reason=Reason.LIVE)
    return _skipped(play, reason, "")


def _watched(play: Play, at: datetime) -> Play:
    return replace(play, watched_at=at, verdict=Verdict.QUEUED, reason=Reason.LIVE, detail="")


def _skipped(play: Play, reason: Reason, detail: str) -> Play:
    return replace(play, verdict=Verdict.SKIPPED, reason=reason, detail=detail)


def _change(
    play: Play, accounts: tuple[SinkAccount, ...], desired: Desired | None, step: TraceEntry | None
) -> PlayChange:
    wanted = tuple((account, desired) for account in accounts) if desired is not None else ()
    return PlayChange(play=play, desired=wanted, trace=(step,) if step else ())


def _say(event: ScrobbleEvent, change: PlayChange) -> None:
    play = change.play
    progress = "?" if event.progress is None else f"{event.progress:g}%"
    if play.verdict is Verdict.SKIPPED and not change.desired:
        log.info(
            "not dispatched: %s %s of %s (%s)",
            event.action.value,
            play.media.label,
            person_of(play.account),
            play.reason.value,
            extra=_about("watch.skipped", play),
        )
    else:
        log.info(
            "dispatch %s %s %s (%s)",
            event.action.value,
            play.media.label,
            progress,
            person_of(play.account),
            extra=_about("watch.dispatch", play),
        )


def _about(event: str, play: Play) -> dict[str, str]:
    return {"event": event, "play": play.id}
