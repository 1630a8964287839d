"""Remembering which viewings only go on with one that counts already, for as long as they go on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.events import ScrobbleAction
from crosswatch.core.reasons import Reason
from crosswatch.core.reconcile import TAIL_GAP
from crosswatch.core.tails import is_tail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswatch.core.events import Percent, PlayId
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Ledger
    from crosswatch.core.tracker import Update


class Tails:
    """The viewings that are the tail of another (`core.tails`).

    A viewing is judged at its first event and, since the other may have come to count meanwhile, at its end.
    A tail is judged anew whenever it starts again: whoever has gone back to the beginning watches again.

    Args:
        ledger: Where earlier viewings are.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[PlayId, bool] = {}
        self._resumed: set[PlayId] = set()

    def resume(self, plays: Iterable[Play]) -> None:
        """Take up plays from before a restart, with their verdict; their story says where they began."""
        for play in plays:
            if play.id not in self._known:
                self._known[play.id] = play.reason is Reason.DUPLICATE_OF
                self._resumed.add(play.id)

    async def covers(self, update: Update) -> bool:
        """Whether the update is about a tail.

        Raises:
            StorageError: If earlier viewings cannot be looked up.
        """
        play, event = update.play, update.event
        was_tail = self._known.get(play.id)
        if event is None:
            return bool(was_tail)
        if was_tail:
            is_new = event.action is ScrobbleAction.START and update.lowest is not None
        else:
            is_new = was_tail is None or event.action is ScrobbleAction.STOP
        if is_new:
            self._known[play.id] = await self._look_up(update)
        return self._known[play.id]

    async def has_counted_tail(self, play: Play) -> bool:
        """Whether what would be the tail of this play, if it counted, counts already by itself.

        Raises:
            StorageError: If later viewings cannot be looked up.
        """
        counting = replace(play, watched_at=play.ended_at or play.last_seen_at)
        for one in await self._ledger.plays_of(play.server, play.account.id, play.started_at):
            is_later = one.started_at > play.started_at and one.watched_at is not None
            if is_later and is_tail(one, counting, lowest=await self._lowest_told(one.id, None)):
                return True
        return False

    def forget(self, play_id: PlayId) -> None:
        """The viewing is over, and written."""
        self._known.pop(play_id, None)
        self._resumed.discard(play_id)

    async def _look_up(self, update: Update) -> bool:
        play, lowest = update.play, update.lowest
        if lowest is None or play.id in self._resumed:
            lowest = await self._lowest_told(play.id, lowest)
        since = play.started_at - TAIL_GAP
        earlier = await self._ledger.plays_of(play.server, play.account.id, since)
        return any(is_tail(play, one, lowest=lowest) for one in earlier)

    async def _lowest_told(self, play_id: PlayId, lowest: Percent | None) -> Percent | None:
        """The earliest place from which it was played, also before a restart; None if that is unknown."""
        story = await self._ledger.trace(play_id)
        starts = [step.data.get("progress") for step in story if step.data.get("action") == "start"]
        if None in starts:
            return None
        return min((*starts, *(() if lowest is None else (lowest,))), default=None)
