"""Opening the database: for one process only, sound, up to date, and with the leases of the dead given back.

A damaged database is never repaired and never overwritten. It is put aside with everything that belongs to
it, and a fresh one takes its place, so that what is watched from now on is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import sqlite3
from typing import TYPE_CHECKING

from crosswatch.config.atomic import PRIVATE_FILE, PRIVATE_FOLDER, give_to_owner, sync_folder
from crosswatch.core.phrases import say
from crosswatch.errors import StorageError
from crosswatch.storage.failures import folder_error, is_damage, is_storage_failure, storage_error
from crosswatch.storage.ledger import SqliteLedger
from crosswatch.storage.migrations import MIGRATIONS, free_name, make_private_file, migrate
from crosswatch.storage.threads import Reader, Writer, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from crosswatch.clock import Clock
    from crosswatch.storage.threads import CommitHook

DATABASE_NAME = "crosswatch.db"

_COMPANIONS = ("-wal", "-shm", "-journal")
_NO_LOCKS_HERE = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})

log = logging.getLogger("crosswatch.storage")


async def open_ledger(
    path: Path,
    *,
    clock: Clock,
    hook: CommitHook | None = None,
    migrations: Sequence[str] = MIGRATIONS,
) -> SqliteLedger:
    """The ledger in this file, made if there is none; it belongs to this process until it is closed.

    Args:
        path: The database, such as `DATABASE_NAME` in the folder of `config.json`; the lock lies beside it.
        clock: Gives the present moment.
        hook: Called in another thread, right before and right after each commit; for tests.
        migrations: The schema; for tests.

    Raises:
        StorageError: If another process uses it, it was written by a newer CrossWatch, or the folder or the
            disk do not let us. Nothing was changed then.
    """
    let_go = await asyncio.to_thread(_prepare, path, clock.now(), migrations, hook)
    ledger = SqliteLedger(
        writer=Writer(path, hook),
        reader=Reader(path, "reader"),
        pages=Reader(path, "pages"),
        clock=clock,
        let_go=let_go,
    )
    try:
        abandoned = await ledger.release()
    except BaseException:
        await ledger.close()
        raise
    if abandoned:
        log.info(
            "%d deliveries were on their way when CrossWatch stopped; they are taken up again",
            abandoned,
            extra={"event": "storage.leases_released"},
        )
    return ledger


def _prepare(
    path: Path, now: datetime, migrations: Sequence[str], hook: CommitHook | None
) -> Callable[[], None]:
    """Make the file sound and up to date; what to call to give it up again."""
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        let_go = _lock(path)
    except OSError as error:
        raise folder_error(error, path.parent) from error
    try:
        if _is_damaged(path):
            _put_aside(path, now)
        make_private_file(path)
        sync_folder(path.parent)
        with contextlib.closing(connect(path)) as connection:
            _keep_a_log(connection, path)
            migrate(connection, path, now, migrations=migrations, hook=hook)
    except BaseException as error:
        let_go()
        if isinstance(error, OSError):
            raise folder_error(error, path) from error
        if isinstance(error, sqlite3.Error) and is_storage_failure(error):
            raise storage_error(error, path) from error
        raise
    return let_go


@contextlib.contextmanager
def hold_database(path: Path) -> Iterator[None]:
    """Keep everybody else from using the database, which need not be there.

    Raises:
        StorageError: If another process uses it.
        OSError: If the lock file cannot be made.
    """
    let_go = _lock(path)
    try:
        give_to_owner(path.with_suffix(".lock"), path.parent)  # a command may be root's where the app is not
        yield
    finally:
        let_go()


def _lock(path: Path) -> Callable[[], None]:
    """Make this the only process that uses the database; what to call to let others in.

    Where the file system knows no locks, there is nothing to hold.

    Raises:
        StorageError: If another process uses it.
        OSError: If the lock file cannot be made.
    """
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StorageError(
            say(
                "Another CrossWatch is using {parent}. Stop it, or give this one a folder of its own "
                "with CROSSWATCH_CONFIG_DIR.",
                parent=str(path.parent),
            )
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            os.close(descriptor)
            raise
    held = contextlib.ExitStack()
    held.callback(os.close, descriptor)
    return held.close  # does nothing the second time


def _is_damaged(path: Path) -> bool:
    """Whether the file is no sound database, or is missing while what belongs to it is there.

    Raises:
        sqlite3.Error: If that cannot be found out.
    """
    if not path.exists() or path.stat().st_size == 0:
        return any(_beside(path, suffix).exists() for suffix in _COMPANIONS)
    is_unfinished = _beside(path, "-journal").exists()  # needs to be rolled back before anybody can read
    try:
        with contextlib.closing(connect(path, read_only=not is_unfinished)) as connection:
            verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return verdict != "ok"
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return True
        raise


def _put_aside(path: Path, now: datetime) -> None:
    """Give the damaged database, and what belongs to it, a name under which nobody touches it.

    The file itself goes first: a process that dies in between leaves orphans, and those are damage too.
    """
    aside = free_name(path.with_name(f"{path.name}.corrupt-{now:%Y%m%dT%H%M%SZ}"))
    for suffix in ("", *_COMPANIONS):
        part = _beside(path, suffix)
        if part.exists():
            part.rename(_beside(aside, suffix))
    sync_folder(path.parent)
    log.error(
        "%s is damaged. It is kept as %s, untouched, and a fresh database takes its place: plays that waited "
        "in the old one are not sent, and its list of plays is gone. What is watched from now on is kept. "
        "If there is one in the folder backups, stop CrossWatch, and run `crosswatch restore` with the last.",
        path,
        aside.name,
        extra={"event": "storage.quarantined"},
    )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _keep_a_log(connection: sqlite3.Connection, path: Path) -> None:
    """Switch the file to a write-ahead log, with which reading and writing do not wait for each other."""
    mode: str = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StorageError(
            say(
                "The file system of {parent} cannot hold the database (no write-ahead log). Put the "
                "folder on a local disk.",
                parent=str(path.parent),
            )
        )
