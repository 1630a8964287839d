"""How much is in the database, for whoever looks for a fault; read beside the process that owns it."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.errors import StorageError
from crosswatch.storage.failures import storage_error
from crosswatch.storage.threads import connect

if TYPE_CHECKING:
    from pathlib import Path


def count_rows(path: Path) -> tuple[int, dict[str, int]]:
    """The schema, and for each table how many rows it has; blocks while it counts.

    Raises:
        StorageError: If there is no database, or it cannot be read.
    """
    if not path.exists():
        raise StorageError(
            say("There are no plays yet: {path} is made when CrossWatch first runs.", path=str(path))
        )
    try:
        with contextlib.closing(connect(path, read_only=True)) as connection:
            schema: int = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).fetchall()
            counts = {name: _count(connection, name) for (name,) in tables}
    except sqlite3.Error as error:
        raise storage_error(error, path) from error
    return schema, counts


def _count(connection: sqlite3.Connection, table: str) -> int:
    found: int = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 -- our own
    return found
