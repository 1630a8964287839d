"""From updates of viewings to rows: rules, watched mark, verdict and story, in one commit.

A change that the database does not take is kept and tried again, the newest state of each play, for as
long as it takes: a full disk must not cost a play. Reading goes on meanwhile.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswatch.core.events import ScrobbleAction
from crosswatch.core.filters import Held, Passed, Rules, Stopped, decide
from crosswatch.core.plays import DesiredAction, PlayState, TraceEntry
from crosswatch.core.policy import TAIL_GAP, counted_by_plex, desired_for, is_tail, reason_of_end
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId, ScrobbleEvent
    from crosswatch.core.plays import Cursor, Desired, Play, SinkAccount
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
        self._unsaved: list[PlayChange] = []
        self._tails: set[PlayId] = set()
        self.problem = ""

    @property
    def has_unsaved(self) -> bool:
        """Whether changes wait for the database to work again."""
        return bool(self._unsaved)

    async def record(self, updates: Sequence[Update]) -> None:
        """Write these updates; without updates, try again what could not be written."""
        changes = [await self._change(update) for update in updates]
        await self._commit(changes, None)

    async def record_counted(self, play: Play, counted_at: datetime) -> None:
        """Write that Plex itself counted a play that had ended before the watched mark."""
        accounts, play = self._judged(play)
        at = max(counted_at, play.ended_at or counted_at)
        desired = counted_by_plex(play, at)
        text = "Plex itself counted it as watched."
        step = TraceEntry(at=self._clock.now(), step="counted", text=text, ok=True)
        if accounts:
            play = replace(play, watched_at=at, verdict=Verdict.QUEUED, reason=Reason.LIVE, detail="")
        await self._commit([_change(play, accounts, desired if accounts else None, step)], None)
        log.info("%s: Plex counted it as watched", play.media.label, extra=_about("play.counted", play))

    async def record_missed(self, plays: Sequence[Play], cursor: Cursor) -> None:
        """Write plays that happened unseen, and up to where the server's history has been handled."""
        changes = []
        for play in plays:
            accounts, judged = self._judged(play)
            desired = counted_by_plex(judged, judged.ended_at or judged.last_seen_at)
            text = f"Found in the play history of the server, watched by {_person(play)}."
            step = TraceEntry(at=self._clock.now(), step="heard", text=text, ok=True)
            if accounts:
                judged = replace(judged, watched_at=desired.at, verdict=Verdict.QUEUED, reason=Reason.LIVE)
            changes.append(_change(judged, accounts, desired if accounts else None, step))
            log.info("%s was watched meanwhile", play.media.label, extra=_about("play.caught_up", play))
        await self._commit(changes, cursor)

    # ------------------------------------------------------------------------------ deciding

    async def _change(self, update: Update) -> PlayChange:
        """The row of the update with its verdict, and what sinks should know from now on."""
        event, play = update.event, update.play
        accounts, play = self._judged(play)
        if event is None:
            return _change(play, (), None, None)
        if event.action is ScrobbleAction.START:
            await self._notice_tail(play, event)
        if play.id in self._tails:
            play = replace(play, verdict=Verdict.SKIPPED, reason=Reason.DUPLICATE_OF)
            return _change(play, (), None, _story(event, None))
        desired = desired_for(event, watched_at_percent=self._marks().watched_at_percent)
        if accounts and event.action is ScrobbleAction.STOP:
            play = _ended(play, event, desired)
        _say(event, play, accounts)
        return _change(play, accounts, desired, _story(event, desired))

    def _judged(self, play: Play) -> tuple[tuple[SinkAccount, ...], Play]:
        """The accounts to be told of the play, and the play with the verdict of the rules."""
        if not play.media.kind.is_scrobbled:
            return (), _skipped(play, Reason.TYPE_UNSUPPORTED, f"its type is {play.media.kind.value}")
        decision = decide(self._marks().rules, play.account, play.server)
        if isinstance(decision, Stopped):
            return (), _skipped(play, decision.reason, decision.detail)
        if isinstance(decision, Held) or not play.account.is_known:
            if play.state is PlayState.ENDED:
                return (), _skipped(play, Reason.PERSON_UNKNOWN, "")
            return (), replace(play, reason=Reason.IDENTIFYING)
        if not isinstance(decision, Passed):
            raise TypeError(type(decision))
        return decision.accounts, play

    async def _notice_tail(self, play: Play, event: ScrobbleEvent) -> None:
        """See whether the viewing only goes on with one that counts already, or no longer does."""
        since = play.started_at - TAIL_GAP
        try:
            earlier = await self._ledger.plays_of(play.server, play.account.id, since)
        except StorageError as error:
            self._note_trouble(error)
            return
        if any(is_tail(play, one, first_progress=event.progress) for one in earlier):
            self._tails.add(play.id)
        else:
            self._tails.discard(play.id)

    # ------------------------------------------------------------------------------ writing

    async def _commit(self, changes: list[PlayChange], cursor: Cursor | None) -> None:
        changes = [*self._unsaved, *changes]
        if not changes and cursor is None:
            return
        try:
            await self._ledger.record(changes, cursor=cursor)
        except StorageError as error:
            self._unsaved = changes
            self._note_trouble(error)
            if cursor is not None:
                raise  # the caller reads the history again; a cursor must not run ahead of its plays
            return
        self._unsaved = []
        if self.problem:
            log.info(
                "the database works again; %d changes were kept and are written",
                len(changes),
                extra={"event": "storage.recovered"},
            )
            self.problem = ""
        for change in changes:
            for account, _ in change.desired:
                self._wake(account)
            self._changed(change.play.id)
            if change.play.state is PlayState.ENDED:
                self._tails.discard(change.play.id)

    def _note_trouble(self, error: StorageError) -> None:
        if not self.problem:
            log.error(
                "%s What happens meanwhile is kept in memory and written as soon as that is possible.",
                error,
                extra={"event": "storage.unavailable"},
            )
        self.problem = str(error)


def _ended(play: Play, event: ScrobbleEvent, desired: Desired | None) -> Play:
    """The row of an ended play that counts for somebody."""
    if desired is not None and desired.action is DesiredAction.WATCHED:
        return replace(play, watched_at=desired.at, verdict=Verdict.QUEUED, reason=Reason.LIVE)
    reason = reason_of_end(event, desired)
    if reason is Reason.BELOW_THRESHOLD:  # its position is still to be told
        return replace(play, verdict=Verdict.QUEUED, reason=Reason.LIVE)
    return _skipped(play, reason, "")


def _skipped(play: Play, reason: Reason, detail: str) -> Play:
    return replace(play, verdict=Verdict.SKIPPED, reason=reason, detail=detail)


def _change(
    play: Play, accounts: tuple[SinkAccount, ...], desired: Desired | None, step: TraceEntry | None
) -> PlayChange:
    wanted = tuple((account, desired) for account in accounts) if desired is not None else ()
    return PlayChange(play=play, desired=wanted, trace=(step,) if step else ())


def _story(event: ScrobbleEvent, desired: Desired | None) -> TraceEntry:
    progress = "an unknown position" if event.progress is None else f"{event.progress:g} %"
    person = event.account.name or f"account {event.account.id}"
    told = desired.action.value if desired else "nothing"
    return TraceEntry(
        at=event.at,
        step="heard",
        text=f"{person}: {event.action.value} at {progress} ({event.why.replace('_', ' ')}).",
        data={"action": event.action.value, "why": event.why, "progress": event.progress, "told": told},
    )


def _say(event: ScrobbleEvent, play: Play, accounts: tuple[SinkAccount, ...]) -> None:
    progress = "?" if event.progress is None else f"{event.progress:g}%"
    if accounts:
        log.info(
            "dispatch %s %s %s (%s)",
            event.action.value,
            play.media.label,
            progress,
            _person(play),
            extra=_about("watch.dispatch", play),
        )
    else:
        log.info(
            "not dispatched: %s %s of %s (%s)",
            event.action.value,
            play.media.label,
            _person(play),
            play.reason.value,
            extra=_about("watch.skipped", play),
        )


def _person(play: Play) -> str:
    return play.account.name or (f"account {play.account.id}" if play.account.id is not None else "somebody")


def _about(event: str, play: Play) -> dict[str, str]:
    return {"event": event, "play": play.id}
