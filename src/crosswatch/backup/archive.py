"""One backup: what is in it, how it is made, and how it is told from anything else.

The database is copied by SQLite itself, while others read and write it; the copy is what it was at one
moment. The file has its name only once it is whole and durable.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 -- msgspec reads the annotations
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import crosswatch
from crosswatch.access.file import FILE_NAME as ACCESS_NAME
from crosswatch.backup.shelf import UNFINISHED
from crosswatch.config.atomic import PRIVATE_FOLDER, give_to_owner, sync_folder
from crosswatch.config.document import decode_document, encode_document
from crosswatch.config.file import FILE_NAME as CONFIG_NAME
from crosswatch.config.secrets import mask
from crosswatch.core.phrases import say
from crosswatch.errors import BackupError, ConfigError
from crosswatch.storage.migrations import make_private_file
from crosswatch.storage.opening import DATABASE_NAME
from crosswatch.storage.threads import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
MANIFEST = "manifest.json"
PARTS = (CONFIG_NAME, ACCESS_NAME, DATABASE_NAME)
"""What a backup may hold; the configuration is always there."""

PIECE = 1024 * 1024

LARGEST_MANIFEST = 64 * 1024
"""In bytes. It is read before anything is known of the zip, which may hold far more than it weighs."""

NO_MANIFEST = "This is no backup of CrossWatch: it has no manifest that can be read."

_ODDITIES = (EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)
"""What the library makes of zips that are cut, encrypted, or packed in some other way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of a backup.

    Attributes:
        size: In bytes.
        sha256: Of its bytes, in hexadecimal.
    """

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        format: How the file is built.
        version: The CrossWatch that made it.
        schema: The database's schema, 0 without one.
        made_at: When, aware UTC.
        has_secrets: Whether it can be restored; without secrets it is for showing around.
        parts: The files in it, by name.
    """

    format: int
    version: str
    schema: int
    made_at: datetime
    has_secrets: bool
    parts: dict[str, Part] = field(default_factory=dict)


def make_archive(directory: Path, target: Path, *, now: datetime, with_secrets: bool = True) -> Manifest:
    """Write a backup of the folder; blocks for as long as copying takes.

    Args:
        directory: The folder of `config.json` and of the database.
        target: The file to make; one that is there is replaced, whole.
        now: This moment.
        with_secrets: Whether tokens and passwords are in it. Without them, `access.json` is left out, and
            `config.json` shows the mask.

    Raises:
        BackupError: If it cannot be made. There is no half of one then.
    """
    try:
        with _beside(target) as (unfinished, scratch):
            parts = dict(_copies(directory, scratch, with_secrets=with_secrets))
            manifest = Manifest(
                format=FORMAT,
                version=crosswatch.__version__,
                schema=_schema_of(parts.get(DATABASE_NAME)),
                made_at=now,
                has_secrets=with_secrets,
                parts={name: _measure(path) for name, path in parts.items()},
            )
            _pack(unfinished, manifest, parts)
            give_to_owner(unfinished, target.parent)
            os.replace(unfinished, target)  # noqa: PTH105 -- pairs with the sync below
            sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BackupError(
            say("No backup could be made as {target}: {reason}.", target=str(target), reason=why)
        ) from error
    return manifest


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """What the backup says of itself, checked against what is in it by name and size.

    Raises:
        BackupError: If it is none, or one of a newer CrossWatch.
    """
    try:
        with archive.open(MANIFEST) as file:
            text = file.read(LARGEST_MANIFEST + 1)
        if len(text) > LARGEST_MANIFEST:
            raise BackupError(NO_MANIFEST)
        manifest = msgspec.json.decode(text, type=Manifest)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError):
        raise BackupError(NO_MANIFEST) from None
    if manifest.format > FORMAT:
        raise BackupError(
            f"This backup was made by a newer CrossWatch ({manifest.version}). Restore it with that version."
        )
    sizes = {info.filename: info.file_size for info in archive.infolist() if info.filename != MANIFEST}
    wanted = {name: part.size for name, part in manifest.parts.items()}
    if sizes != wanted or not set(wanted) <= set(PARTS) or CONFIG_NAME not in wanted:
        raise BackupError("This backup is damaged: it does not hold what its manifest says.")
    return manifest


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The backup in this file, and what it says of itself.

    Raises:
        BackupError: If it is none, damaged, or one of a newer CrossWatch.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, read_manifest(archive)
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.error, zipfile.LargeZipFile, zlib.error, *_ODDITIES):
        raise BackupError(f"{path} is no zip that can be read, or it is damaged.") from None


def unpack(archive: zipfile.ZipFile, name: str, part: Part, target: Path) -> None:
    """Write a part to a file of its own, for its owner only.

    Raises:
        BackupError: If its bytes are not those that the manifest speaks of, or it cannot be written.
    """
    digest, size = hashlib.sha256(), 0
    try:
        make_private_file(target)
        with archive.open(name) as source, target.open("wb") as file:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                if size > part.size:  # a zip may promise less than it holds
                    break
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.error, zlib.error, EOFError) as error:
        raise BackupError(f"This backup is damaged: {name} cannot be read.") from error
    except OSError as error:
        raise BackupError(f"{name} cannot be unpacked: {error.strerror or error}.") from error
    if size != part.size or digest.hexdigest() != part.sha256:
        raise BackupError(f"This backup is damaged: {name} is not what was put in.")


def make_private_folder(folder: Path) -> None:
    """Make the folder, for the owner of the one above only, unless it is there.

    Raises:
        OSError: If it cannot be made.
    """
    if not folder.is_dir():
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        give_to_owner(folder, folder.parent)


# ---------------------------------------------------------------- making


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[tuple[Path, Path]]:
    """A private file that may take the target's name, and a private folder, both gone afterwards."""
    make_private_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED) as name:
        unfinished = Path(name) / "unfinished.zip"
        make_private_file(unfinished)
        yield unfinished, Path(name)


def _copies(directory: Path, scratch: Path, *, with_secrets: bool) -> Iterator[tuple[str, Path]]:
    """Each part's name, and a copy of it that nobody changes any more."""
    yield CONFIG_NAME, _copy_config(directory / CONFIG_NAME, scratch, with_secrets=with_secrets)
    if with_secrets and (directory / ACCESS_NAME).exists():
        copy = scratch / ACCESS_NAME
        copy.write_bytes((directory / ACCESS_NAME).read_bytes())
        yield ACCESS_NAME, copy
    if (directory / DATABASE_NAME).exists():
        copy = scratch / DATABASE_NAME
        make_private_file(copy)
        with (
            contextlib.closing(connect(directory / DATABASE_NAME, read_only=True)) as source,
            contextlib.closing(connect(copy)) as sink,
        ):
            source.backup(sink)
            sink.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
        yield DATABASE_NAME, copy


def _copy_config(path: Path, scratch: Path, *, with_secrets: bool) -> Path:
    """The configuration; one that cannot be read is kept as it is, but shown to nobody."""
    data, copy = path.read_bytes(), scratch / CONFIG_NAME
    if not with_secrets:
        try:
            data = encode_document(mask(decode_document(data)))
        except ConfigError as error:
            raise BackupError(f"Secrets cannot be taken out of a file that cannot be read: {error}") from None
    copy.write_bytes(data)
    return copy


def _schema_of(database: Path | None) -> int:
    if database is None:
        return 0
    with contextlib.closing(connect(database, read_only=True)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _measure(path: Path) -> Part:
    with path.open("rb") as file:
        return Part(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _pack(target: Path, manifest: Manifest, parts: dict[str, Path]) -> None:
    with target.open("r+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
            for name, path in parts.items():
                archive.write(path, name)
        file.flush()
        os.fsync(file.fileno())
