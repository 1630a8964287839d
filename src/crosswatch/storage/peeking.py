"""Looking into the database beside the process that owns it: for commands that only want to know.

The write-ahead log lets readers in at any time. No lock is taken, nothing is migrated, nothing is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.errors import StorageError
from crosswatch.storage import reading
from crosswatch.storage.failures import storage_error
from crosswatch.storage.migrations import MIGRATIONS
from crosswatch.storage.threads import Reader, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from crosswatch.core.events import PlayId
    from crosswatch.core.plays import Delivery, Play, TraceEntry
    from crosswatch.core.ports import PlayQuery, Tally


class PeekedLedger:
    """The part of `core.ports.Ledger` that only reads.

    Args:
        reader: The connection.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def play(self, play_id: PlayId) -> Play | None:
        """The play, or None."""
        return await self._reader.run(partial(reading.read_play, play_id=play_id))

    async def plays(self, query: PlayQuery) -> list[Play]:
        """Plays that fit, newest first."""
        return await self._reader.run(partial(reading.read_plays, query=query))

    async def tally(self, query: PlayQuery) -> list[Tally]:
        """How many plays fit, by quarter of an hour and verdict, oldest first; `before` and `limit` aside."""
        return await self._reader.run(partial(reading.read_tally, query=query))

    async def deliveries(self, play_ids: Sequence[PlayId]) -> dict[PlayId, list[Delivery]]:
        """The deliveries of these plays; plays without any are left out."""
        return await self._reader.run(partial(reading.read_deliveries_of, play_ids=play_ids))

    async def trace(self, play_id: PlayId) -> list[TraceEntry]:
        """The play's story, in order."""
        return await self._reader.run(partial(reading.read_trace, play_id=play_id))


@asynccontextmanager
async def peek(path: Path) -> AsyncIterator[PeekedLedger]:
    """The plays in this file.

    Raises:
        StorageError: If there is no database yet, another version wrote it, or it cannot be read.
    """
    await asyncio.to_thread(_check, path)
    reader = Reader(path, "peek")
    try:
        yield PeekedLedger(reader)
    finally:
        await reader.close()


def _check(path: Path) -> None:
    if not path.exists():
        raise StorageError(
            say("There are no plays yet: {path} is made when CrossWatch first runs.", path=str(path))
        )
    try:
        with contextlib.closing(connect(path, read_only=True)) as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise storage_error(error, path) from error
    if version != len(MIGRATIONS):
        raise StorageError(
            say(
                "{path} has schema {version}, and this CrossWatch knows {known}. Use the version that "
                "runs, or start this one, which brings it up to date.",
                path=str(path),
                version=version,
                known=len(MIGRATIONS),
            )
        )
