"""Webhooks that wait to be dealt with, in the same file as the plays that follow from them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from crosswatch.core.facts import WebhookFact
from crosswatch.core.inbox import Hook
from crosswatch.storage import sql
from crosswatch.storage.rows import from_time, to_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from crosswatch.storage.threads import Reader, Writer

_fact = msgspec.json.Decoder(WebhookFact)


class SqliteInbox:
    """Implements `core.inbox.Inbox`, for the ledger to be one.

    Args:
        writer: The connection that writes.
        reader: The connection that answers the pipeline.
    """

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def put_hook(self, fact: WebhookFact, received_at: datetime, *, most: int) -> Hook | None:
        """Keep a webhook; None, with nothing kept, if `most` of them wait already."""
        number = await self._writer.run(partial(write_hook, fact=fact, received_at=received_at, most=most))
        return None if number is None else Hook(id=number, received_at=received_at, fact=fact)

    async def hooks(self, server: str) -> list[Hook]:
        """Those of that server that are kept, the oldest first."""
        return await self._reader.run(partial(read_hooks, server=server))

    async def drop_hooks(self, ids: Iterable[int]) -> None:
        """Keep these no longer."""
        await self._writer.run(partial(drop_hooks, ids=tuple(ids)))

    async def unfinished_servers(self) -> list[str]:
        """Servers of which webhooks are kept, or plays are open that webhooks told of first."""
        return await self._reader.run(read_unfinished_servers)


def write_hook(
    connection: sqlite3.Connection, fact: WebhookFact, received_at: datetime, most: int
) -> int | None:
    """See `Inbox.put_hook`; the number it got."""
    values = {
        "server": fact.server_uuid,
        "received_at": from_time(received_at),
        "fact": msgspec.json.encode(fact).decode(),
        "most": most,
    }
    cursor = connection.execute(sql.PUT_HOOK, values)
    return cursor.lastrowid if cursor.rowcount else None


def drop_hooks(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """See `Inbox.drop_hooks`."""
    connection.executemany(sql.DROP_HOOK, [{"id": number} for number in ids])


def read_hooks(connection: sqlite3.Connection, server: str) -> list[Hook]:
    """See `Inbox.hooks`."""
    return [
        Hook(id=row["id"], received_at=to_time(row["received_at"]), fact=_fact.decode(row["fact"]))
        for row in connection.execute(sql.HOOKS, {"server": server})
    ]


def read_unfinished_servers(connection: sqlite3.Connection) -> list[str]:
    """See `Inbox.unfinished_servers`."""
    return [row["server"] for row in connection.execute(sql.UNFINISHED_SERVERS)]
