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
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswatch.core.judging import (
    Judgement,
    end_of,
    judge,
    judge_after_all,
    judge_again,
    judge_counted,
    skipped,
)
from crosswatch.core.people import TO_COME
from crosswatch.core.plays import PlayState
from crosswatch.core.policy import may_be_counted
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.tracker import Update
from crosswatch.errors import StorageError
from crosswatch.service.story import (
    person_of,
    tell_after_all,
    tell_counted,
    tell_event,
    tell_found,
    tell_known,
)
from crosswatch.service.tails import Tails
from crosswatch.tallies import Counted, Tallies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId, ScrobbleEvent
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Cursor, Play, SinkAccount, TraceEntry
    from crosswatch.core.ports import Ledger

log = logging.getLogger("crosswatch.watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a server's history teaches.

    Attributes:
        counted: Ended plays that the server counted, each as it is stored, with the line's key in
            `history_key`; and when that was.
        confirmed: Plays that count already, with the line by which the server counted them, or their rest.
        missed: Plays that happened unseen.
        cursor: Up to where the history has been handled, or None to leave that as it is.
    """

    counted: tuple[tuple[Play, datetime], ...] = ()
    confirmed: tuple[Play, ...] = ()
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
        rules: Whose plays count, as the settings in force say; asked anew for each change.
        clock: Tells the time.
        wake: Called with the accounts that have something new to know, after the commit.
        changed: Called with each play that was written, after the commit.
        tallies: What was heard is counted there; None counts nowhere.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        rules: Callable[[], Rules],
        clock: Clock,
        wake: Callable[[SinkAccount], None],
        changed: Callable[[PlayId], None],
        tallies: Tallies | None = None,
    ) -> None:
        self._tallies = tallies or Tallies()
        self._ledger = ledger
        self._rules = rules
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
            while self._waiting and not self.problem:  # heard while it was written
                await self._write_waiting()
            if self.problem:
                raise StorageError(self.problem)
            findings = await find()
            changes = [self._counted(play, at) for play, at in findings.counted]
            changes += [self._missed(play) for play in findings.missed]
            confirmed = [self._confirmed(play) for play in findings.confirmed]
            if changes or confirmed or findings.cursor is not None:
                await self._ledger.record([*changes, *confirmed], cursor=findings.cursor)
            self._announce([*changes, *confirmed])
        return len(changes)

    async def judge_again(self, plays: Sequence[Play]) -> int:
        """Judge plays that ended before it was known whose they are; how many are decided now.

        Args:
            plays: Ended plays, each with what is known of its account by now.

        Raises:
            StorageError: If the database cannot be used; the others are not decided then.
        """
        count = 0
        async with self._turn:
            await self._write_waiting()
            # One after the other: whether a play is the tail of another shows once that one is written.
            for play in sorted(plays, key=lambda one: one.started_at):
                change = await self._judge_again(play)
                if change is not None:
                    await self._ledger.record([change])
                    self._announce([change])
                    count += 1
        return count

    async def count_after_all(self, play_id: PlayId) -> int:
        """Have a play count that a rule had stopped, if those in force let it; for how many accounts it does.

        Raises:
            StorageError: If the database cannot be used.
        """
        async with self._turn:
            await self._write_waiting()
            stored = await self._ledger.play(play_id)
            judgement = judge_after_all(self._rules(), stored) if stored is not None else None
            if stored is None or judgement is None:
                return 0
            judgement = await self._unless_tail(stored, judgement)
            if judgement.counts and await self._tails.has_counted_tail(judgement.play):
                judgement = Judgement(play=skipped(stored, Reason.DUPLICATE_OF), counts=False)
            change = _change(judgement, tell_after_all(judgement, self._clock.now()))
            await self._ledger.record([change])
            self._announce([change])
        return len(judgement.wanted)

    # ------------------------------------------------------------------------------ deciding

    async def _judge(self, update: Update) -> _Judged:
        """The row of the update with its verdict, and what sinks should know from now on."""
        event = update.event
        if update.is_counted_late:
            return _Judged(change=await self._judge_late_count(update), event=None)
        judgement = judge(self._rules(), update.play, event)
        if judgement.counts and await self._tails.covers(update):
            judgement = Judgement(play=skipped(update.play, Reason.DUPLICATE_OF), counts=False)
        step = None if event is None else tell_event(event, judgement)
        change = replace(_change(judgement, step), hooks=update.hooks)
        return _Judged(change=change, event=event)

    async def _judge_late_count(self, update: Update) -> PlayChange:
        """The change of a play that is over, and of which is heard only now that Plex has counted it."""
        stored = await self._ledger.play(update.play.id) or update.play
        play = replace(stored, counted_at=update.play.counted_at)
        change = PlayChange(play=play)
        if may_be_counted(play):
            change = self._counted(play, play.ended_at or play.last_seen_at)
        return replace(change, hooks=update.hooks)

    def _counted(self, play: Play, counted_at: datetime) -> PlayChange:
        """The change of a play that Plex itself counted although it ended before the watched mark."""
        play = replace(play, counted_at=play.counted_at or counted_at)
        judgement = judge_counted(self._rules(), play, max(counted_at, play.ended_at or counted_at))
        log.info("%s: Plex counted it as watched", play.media.label, extra=_about("play.counted", play))
        return _change(judgement, tell_counted(self._clock.now()))

    def _confirmed(self, play: Play) -> PlayChange:
        """The change of a play of which nothing is news but the line by which the server counted it."""
        return PlayChange(play=play, trace=(tell_counted(self._clock.now()),))

    def _missed(self, play: Play) -> PlayChange:
        """The change of a play that happened unseen."""
        judgement = judge_counted(self._rules(), play, play.ended_at or play.last_seen_at)
        log.info("%s was watched meanwhile", play.media.label, extra=_about("play.caught_up", play))
        return _change(judgement, tell_found(play, self._clock.now()))

    async def _judge_again(self, play: Play) -> PlayChange | None:
        """The change of a play about whose viewer more is known; None if that is not enough."""
        stored = await self._ledger.play(play.id)
        if stored is None or stored.detail not in TO_COME:  # somebody has decided meanwhile
            return None
        play = replace(stored, account=play.account)
        judgement = judge_again(self._rules(), play)
        if judgement is None:
            return None
        judgement = await self._unless_tail(play, judgement)
        log.info("%s: it is known by now whose it is", play.media.label, extra=_about("play.known", play))
        return _change(judgement, tell_known(play, judgement, self._clock.now()))

    async def _unless_tail(self, play: Play, judgement: Judgement) -> Judgement:
        """What follows from an ended play, unless it is the tail of one that counts already."""
        if judgement.counts and await self._tails.covers(Update(play=play, event=end_of(play))):
            return Judgement(play=skipped(play, Reason.DUPLICATE_OF), counts=False)
        return judgement

    # ------------------------------------------------------------------------------ writing

    async def _take_turn(self) -> None:
        async with self._turn:
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        """Write what waits; what the database does not take waits on."""
        updates, self._waiting = self._waiting, []
        while updates:
            batch = _batch(updates)
            try:
                judged = [await self._judge(update) for update in batch]
                await self._ledger.record([one.change for one in judged])
            except StorageError as error:
                self._waiting = _newest([*updates, *self._waiting])
                self._note_trouble(error)
                return
            self._note_success(len(updates))
            self._tell(judged)
            updates = updates[len(batch) :]

    def _tell(self, judged: Sequence[_Judged]) -> None:
        """Log, count and announce what was written."""
        for one in judged:
            if one.event is not None:
                _say(one.event, one.change)
                self._count(one.event, one.change)
        self._announce([one.change for one in judged])

    def _announce(self, changes: Sequence[PlayChange]) -> None:
        """Tell whoever waits for what was written."""
        for change in changes:
            for account, _ in change.desired:
                self._wake(account)
            self._changed(change.play.id)
            if change.play.state is PlayState.ENDED:
                self._tails.forget(change.play.id)

    def _count(self, event: ScrobbleEvent, change: PlayChange) -> None:
        """Count what was heard, and what ended without anybody being told."""
        play = change.play
        self._tallies.count(Counted.EVENTS, play.origin, event.action)
        if play.state is PlayState.ENDED and play.verdict is Verdict.SKIPPED:
            self._tallies.count(Counted.PLAYS, Verdict.SKIPPED, play.reason)

    def _note_trouble(self, error: StorageError) -> None:
        if not self.problem:
            log.error(
                "%s What happens meanwhile is kept in memory and written as soon as that is possible.",
                error,
                extra={"event": "storage.unavailable"},
            )
        self.problem = error.sentence

    def _note_success(self, count: int) -> None:
        if self.problem:
            log.info(
                "the database works again; %d changes were kept and are written",
                count,
                extra={"event": "storage.recovered"},
            )
        self.problem = ""


def _batch(updates: Sequence[Update]) -> Sequence[Update]:
    """The first updates, as many as share a commit.

    A play ends it whose item another play before it in the batch is about: whether it is the tail of that
    one shows once that one is written. So does a count that comes late, for what its viewing has come to
    is read where it was written.
    """
    about: dict[tuple[str, str], PlayId] = {}
    for place, update in enumerate(updates):
        play = update.play
        is_of_another = about.setdefault((play.server, play.media.rating_key), play.id) != play.id
        if is_of_another or (update.is_counted_late and place > 0):
            return updates[:place]
    return updates


def _newest(updates: Sequence[Update]) -> list[Update]:
    """The updates without those that say nothing any more since a later one of the same play says it."""
    kept: list[Update] = []
    followed: set[PlayId] = set()
    superfluous: defaultdict[PlayId, tuple[int, ...]] = defaultdict(tuple)
    for update in reversed(updates):
        is_passing = update.event is None or update.event.why == "seek"
        if is_passing and not update.is_counted_late and update.play.id in followed:
            superfluous[update.play.id] += update.hooks
        else:
            kept.append(update)
        followed.add(update.play.id)
    return [replace(one, hooks=one.hooks + superfluous.pop(one.play.id, ())) for one in kept][::-1]


def _change(judgement: Judgement, step: TraceEntry | None) -> PlayChange:
    return PlayChange(play=judgement.play, desired=judgement.wanted, trace=(step,) if step else ())


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
