"""The ledger while the database cannot be opened: it says why, whatever it is asked."""

from __future__ import annotations

from typing import Any, NoReturn

from crosswatch.errors import StorageError


class ClosedLedger:
    """Refuses every call with the same sentence.

    Args:
        sentence: Why there is no database, and what to do.

    Attributes:
        sentence: The same.
    """

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence

    async def _refuse(self, *_args: Any, **_options: Any) -> NoReturn:
        raise StorageError(self.sentence)

    record = open_plays = plays_of = claim = settle = release = next_due = backlog = _refuse
    retry = wake_account = play = plays = deliveries = trace = delivered_near = cursor = _refuse
    match = save_match = recall = matches = forget_matches = unsettled_plays = _refuse
    put_ratings = due_rating = next_rating_due = settle_rating = _refuse
    put_hook = hooks = drop_hooks = unfinished_servers = _refuse
    ignore = take_back = amend = tally = _refuse
