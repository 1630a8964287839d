"""The schema, as the ordered list of scripts that lead to it; its length is the schema's version.

A script is never changed once it has been released; a new one is added. Each runs in a transaction of its
own, together with the new version number, so that a process that dies in the middle finds the old schema
or the new one. Before an existing database is touched, a copy of it is put beside it.

Times are whole microseconds since 1970, so that they sort and lose nothing. What queries look at is a
column; the rest of an item, an account or a step is JSON.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from typing import TYPE_CHECKING

from crosswatch.config.atomic import PRIVATE_FILE, sync_folder
from crosswatch.core.phrases import say
from crosswatch.errors import StorageError
from crosswatch.storage.failures import folder_error
from crosswatch.storage.threads import commit, connect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from crosswatch.storage.threads import CommitHook

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE play (
        id TEXT PRIMARY KEY,
        server TEXT NOT NULL,
        origin TEXT NOT NULL,
        session_key TEXT NOT NULL,
        play_queue_item TEXT NOT NULL,
        account TEXT NOT NULL,          -- JSON: core.events.Account
        account_id BIGINT,              -- the account's number
        account_name TEXT NOT NULL,     -- the account's name, folded
        media TEXT NOT NULL,            -- JSON: core.events.Media
        kind TEXT NOT NULL,             -- the item's kind
        titles TEXT NOT NULL,           -- the item's title and its show's, folded, a line each
        player TEXT NOT NULL,           -- JSON: core.events.Player
        state TEXT NOT NULL,
        offset_ms BIGINT,
        progress DOUBLE PRECISION,
        started_at BIGINT NOT NULL,
        last_seen_at BIGINT NOT NULL,
        ended_at BIGINT,
        counted_at BIGINT,
        watched_at BIGINT,
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        history_key TEXT NOT NULL
    );
    CREATE INDEX play_open ON play (server, id) WHERE state <> 'ended';
    CREATE INDEX play_seen ON play (server, last_seen_at);
    CREATE INDEX play_verdict ON play (verdict, id);
    CREATE INDEX play_watched ON play (watched_at) WHERE watched_at IS NOT NULL;

    CREATE TABLE delivery (
        play_id TEXT NOT NULL REFERENCES play (id),
        sink TEXT NOT NULL,
        account TEXT NOT NULL,
        state TEXT NOT NULL,
        action TEXT NOT NULL,           -- desired
        progress DOUBLE PRECISION NOT NULL,
        at BIGINT NOT NULL,
        is_watched INTEGER NOT NULL,    -- whether the action is `watched`, for the index
        version BIGINT NOT NULL,
        acknowledged TEXT,              -- JSON: core.plays.Desired
        acknowledged_version BIGINT NOT NULL,
        attempts BIGINT NOT NULL,
        next_attempt_at BIGINT NOT NULL,
        lease_owner TEXT NOT NULL,
        lease_until BIGINT,
        fence BIGINT NOT NULL,
        sending_since BIGINT,
        unknown_since BIGINT,
        remote_id BIGINT,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (play_id, sink, account)
    );
    CREATE INDEX delivery_waiting ON delivery
        (sink, account, is_watched, at, play_id, next_attempt_at, lease_until) WHERE state = 'pending';
    CREATE INDEX delivery_due ON delivery (sink, account, next_attempt_at) WHERE state = 'pending';
    CREATE INDEX delivery_leased ON delivery (sink, account, lease_until) WHERE lease_owner <> '';
    CREATE INDEX delivery_dead ON delivery (sink, account) WHERE state = 'dead';
    CREATE INDEX delivery_unsettled ON delivery (play_id) WHERE state <> 'settled';

    CREATE TABLE trace (
        play_id TEXT NOT NULL REFERENCES play (id),
        number BIGINT NOT NULL,         -- counts the play's steps, from 1
        at BIGINT NOT NULL,
        step TEXT NOT NULL,
        ok INTEGER,                     -- 0, 1, or nothing where that is no question
        text TEXT NOT NULL,
        data TEXT NOT NULL,             -- JSON
        PRIMARY KEY (play_id, number)
    );

    CREATE TABLE match (
        key TEXT PRIMARY KEY,
        kind TEXT,
        ids TEXT NOT NULL,              -- JSON: core.ids.Ids
        show_ids TEXT NOT NULL,         -- JSON: core.ids.Ids
        season BIGINT,
        number BIGINT,
        season_offset BIGINT,
        number_offset BIGINT,
        evidence TEXT NOT NULL,
        made_at BIGINT NOT NULL,
        expires_at BIGINT,
        item TEXT NOT NULL,
        found TEXT NOT NULL
    );
    CREATE INDEX match_evidence ON match (evidence);

    CREATE TABLE cursor (
        server TEXT PRIMARY KEY,
        viewed_at BIGINT NOT NULL,
        keys TEXT NOT NULL              -- JSON: a list of texts
    );

    CREATE TABLE hook (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
        server TEXT NOT NULL,
        received_at BIGINT NOT NULL,
        fact TEXT NOT NULL              -- JSON: core.facts.WebhookFact
    );
    CREATE INDEX hook_server ON hook (server, id);

    CREATE TABLE rating (
        sink TEXT NOT NULL,
        account TEXT NOT NULL,
        key TEXT NOT NULL,              -- the item: core.identity.media_key
        media TEXT NOT NULL,            -- JSON: core.events.Media
        value BIGINT NOT NULL,          -- 1 to 10, or 0 for none
        rated_at BIGINT NOT NULL,
        state TEXT NOT NULL,
        version BIGINT NOT NULL,
        attempts BIGINT NOT NULL,
        next_attempt_at BIGINT NOT NULL,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (sink, account, key)
    );
    CREATE INDEX rating_due ON rating (sink, account, next_attempt_at) WHERE state = 'pending';
    """,
)

log = logging.getLogger("crosswatch.storage")


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    now: datetime,
    *,
    migrations: Sequence[str] = MIGRATIONS,
    hook: CommitHook | None = None,
) -> None:
    """Bring the schema up to date; a copy of an existing database is put beside it first.

    Args:
        connection: The database, writable.
        path: Where it is.
        now: For the name of the copy.
        migrations: The scripts.
        hook: Called around each commit.

    Raises:
        StorageError: If the schema is newer than this CrossWatch, or the copy cannot be made.
        sqlite3.Error: If a script fails. The schema is then as it was before that script.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise StorageError(
            say(
                "{path} was written by a newer CrossWatch (schema {version}; this one knows {known}). "
                "Nothing was changed. Run that version again, or restore the copy that it made "
                "before.",
                path=str(path),
                version=version,
                known=len(migrations),
            )
        )
    if 0 < version < len(migrations):
        aside = _keep_copy(connection, path, version, now)
        log.info(
            "the database has schema %d and is brought to %d; a copy is kept as %s",
            version,
            len(migrations),
            aside.name,
            extra={"event": "storage.migrating"},
        )
    for number, script in enumerate(migrations[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number};")
            commit(connection, hook)
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _keep_copy(connection: sqlite3.Connection, path: Path, version: int, now: datetime) -> Path:
    """A copy under a name of its own; it has that name only once it is whole and durable."""
    aside = free_name(path.with_name(f"{path.name}.schema-{version}-{now:%Y%m%dT%H%M%SZ}"))
    unfinished = path.with_name(f"{path.name}.copy.tmp")
    try:
        unfinished.unlink(missing_ok=True)  # of a process that died
        make_private_file(unfinished)
        with contextlib.closing(connect(unfinished)) as copy:
            connection.backup(copy)
        os.replace(unfinished, aside)  # noqa: PTH105 -- pairs with the sync below
        sync_folder(aside.parent)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise _no_copy(aside, error) from error
    return aside


def _no_copy(aside: Path, error: OSError | sqlite3.Error) -> StorageError:
    cause = folder_error(error, aside) if isinstance(error, OSError) else error
    return StorageError(
        say(
            "The database must be brought to a newer schema, and no copy of it could be kept "
            "first: {cause} Nothing was changed. Make room beside it, then start CrossWatch "
            "again.",
            cause=str(cause),
        )
    )


def make_private_file(path: Path) -> None:
    """Make the file, empty and for its owner only, unless it is there.

    Raises:
        OSError: If it cannot be made or written.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE))


def free_name(wanted: Path) -> Path:
    """The name, or the same with a number behind it, under which nothing is stored yet."""
    number, name = 1, wanted
    while name.exists():
        number += 1
        name = wanted.with_name(f"{wanted.name}-{number}")
    return name
