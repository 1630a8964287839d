"""Putting a backup back.

Everything is unpacked beside the files and looked at before any of them is touched; what was there is kept.
Then each file is replaced whole, the database first. A process that dies in between leaves files that are
each sound, and restoring once more puts them right.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crosswatch.access.file import FILE_NAME as ACCESS_NAME
from crosswatch.access.file import AccessFile
from crosswatch.access.register import FORMAT as ACCESS_FORMAT
from crosswatch.access.register import Register
from crosswatch.backup.archive import Manifest, make_private_folder, open_archive, unpack
from crosswatch.backup.shelf import FOLDER
from crosswatch.config.atomic import PRIVATE_FOLDER, file_lock, give_to_owner, sync_folder
from crosswatch.config.document import decode_document
from crosswatch.config.file import FILE_NAME as CONFIG_NAME
from crosswatch.config.model import parse_settings
from crosswatch.errors import BackupError, ConfigError
from crosswatch.storage.migrations import MIGRATIONS, free_name
from crosswatch.storage.opening import DATABASE_NAME, hold_database
from crosswatch.storage.threads import connect

if TYPE_CHECKING:
    from datetime import datetime

ROOM = 50_000_000
"""Bytes that must be left beside what is unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was done.

    Attributes:
        manifest: What the backup says of itself.
        kept: The folder in which the files lie that were there before; None if there were none.
    """

    manifest: Manifest
    kept: Path | None


def restore(path: Path, directory: Path, *, now: datetime) -> Restored:
    """Put the backup in this file in place of what the folder holds.

    Args:
        path: The backup.
        directory: The folder of `config.json`; made if it is not there.
        now: For the name of the folder in which the old files are kept.

    Raises:
        BackupError: If it is none that can be restored here. Nothing was changed.
        StorageError: If an app is running on the folder. Nothing was changed.
    """
    try:
        directory.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with (
            hold_database(directory / DATABASE_NAME),
            file_lock(directory / f"{CONFIG_NAME}.lock"),
            file_lock(directory / f"{ACCESS_NAME}.lock"),
            tempfile.TemporaryDirectory(dir=directory, prefix=".restore-") as scratch,
        ):
            manifest = _unpack_all(path, Path(scratch))
            for name in manifest.parts:
                give_to_owner(Path(scratch) / name, directory)
            kept = _keep_old(directory, now)
            _swap(directory, Path(scratch), manifest)
    except OSError as error:
        raise BackupError(f"{directory} cannot be written: {error.strerror or error}.") from error
    return Restored(manifest=manifest, kept=kept)


# ---------------------------------------------------------------- looking


def _unpack_all(path: Path, scratch: Path) -> Manifest:
    """Unpack everything, and look whether it can be used."""
    with open_archive(path) as (archive, manifest):
        if not manifest.has_secrets:
            raise BackupError(
                "This backup was made without secrets, for showing around. Restore one that was made with "
                "them."
            )
        if manifest.schema > len(MIGRATIONS):
            raise BackupError(
                f"This backup was made by a newer CrossWatch ({manifest.version}, schema {manifest.schema}; "
                f"this one knows {len(MIGRATIONS)}). Restore it with that version."
            )
        needed = sum(part.size for part in manifest.parts.values())
        if shutil.disk_usage(scratch).free < needed + ROOM:
            raise BackupError(f"There is no room for it: {needed / 1e6:.0f} MB are needed.")
        for name, part in manifest.parts.items():
            unpack(archive, name, part, scratch / name)
    _look_at_config(scratch / CONFIG_NAME)
    if ACCESS_NAME in manifest.parts:
        _look_at_access(scratch / ACCESS_NAME)
    if DATABASE_NAME in manifest.parts:
        _look_at_database(scratch / DATABASE_NAME, manifest)
    return manifest


def _look_at_config(path: Path) -> None:
    try:
        parse_settings(decode_document(path.read_bytes()))
    except ConfigError as error:
        raise BackupError(f"The configuration in this backup cannot be used: {error}") from None


def _look_at_access(path: Path) -> None:
    """Look whether it can be used, and end its sessions: some may have been ended since, for a reason."""
    try:
        register = msgspec.json.decode(path.read_bytes(), type=Register)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BackupError("What this backup says of who may come in cannot be read.") from None
    if register.format > ACCESS_FORMAT:
        raise BackupError("What this backup says of who may come in is of a newer CrossWatch.")
    AccessFile(path.parent).update(lambda found: msgspec.structs.replace(found, sessions=()))


def _look_at_database(path: Path, manifest: Manifest) -> None:
    try:
        with contextlib.closing(connect(path, read_only=True)) as connection:
            verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        verdict, version = "unreadable", 0
    if verdict != "ok" or version != manifest.schema:
        raise BackupError("The database in this backup is damaged.")


# ---------------------------------------------------------------- swapping


def _keep_old(directory: Path, now: datetime) -> Path | None:
    """Copy what is there into a folder of its own, so that restoring can be undone."""
    there = [directory / name for name in _old_names(directory)]
    if not there:
        return None
    kept = free_name(directory / FOLDER / f"before-restore-{now:%Y%m%dT%H%M%SZ}")
    make_private_folder(kept.parent)
    make_private_folder(kept)
    for path in there:
        shutil.copy2(path, kept / path.name)
        give_to_owner(kept / path.name, path)
    sync_folder(kept)
    return kept


def _old_names(directory: Path) -> list[str]:
    names = (CONFIG_NAME, ACCESS_NAME, DATABASE_NAME, *_companions())
    return [name for name in names if (directory / name).exists()]


def _companions() -> tuple[str, ...]:
    """What belongs to the old database, and would be taken for a part of the new one."""
    return tuple(f"{DATABASE_NAME}{suffix}" for suffix in ("-wal", "-shm", "-journal"))


def _swap(directory: Path, scratch: Path, manifest: Manifest) -> None:
    if DATABASE_NAME in manifest.parts:
        _fold_in(directory / DATABASE_NAME)
        for name in _companions():
            (directory / name).unlink(missing_ok=True)
    for name in (DATABASE_NAME, ACCESS_NAME, CONFIG_NAME):
        if name in manifest.parts:
            os.replace(scratch / name, directory / name)  # noqa: PTH105 -- pairs with the sync below
    sync_folder(directory)


def _fold_in(database: Path) -> None:
    """Bring the old database's log into it: a process that dies now leaves it sound without one."""
    if not database.exists():
        return
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a damaged one has been copied as it is
