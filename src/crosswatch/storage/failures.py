"""What SQLite and the disk say, as sentences that name the place and what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from crosswatch.core.phrases import Phrase, say
from crosswatch.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

_READ_ONLY = (
    "{path} cannot be written: the file, its folder or its file system is read-only ({text}). Nothing was "
    "written; what was stored before is safe. Make it writable for CrossWatch's user; CrossWatch goes on by "
    "itself then."
)
_BUSY = (
    "Another program keeps {path} locked. Nothing was written; what was stored before is safe. Close it; "
    "CrossWatch goes on by itself then."
)
_CORRUPT = (
    "{path} is damaged ({text}). Restart CrossWatch: the damaged file is then kept aside and a fresh one is "
    "made."
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: "There is no room left for {path}. Nothing was written; what was stored before is "
    "safe. Free some space; CrossWatch goes on by itself then.",
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened ({text}). Nothing was written; what was stored before "
    "is safe. Check that the folder is there, mounted, and writable for CrossWatch's user; CrossWatch goes "
    "on by itself then.",
    sqlite3.SQLITE_IOERR: "The disk failed while {path} was used ({text}). Nothing was written; what was "
    "stored before is safe. Check the disk, its mount and its quota; CrossWatch goes on by itself then.",
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_AUTH: _READ_ONLY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
}
_OTHERWISE = "{path} cannot be used ({text}). Nothing was written; what was stored before is safe."

TEMPLATES = (*dict.fromkeys(_SENTENCES.values()), _OTHERWISE)
"""What is filled here besides what stands in calls, for whoever translates it."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_CONNECTION_SURVIVES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_OUR_OWN_FAULT = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.NotSupportedError,
    sqlite3.ProgrammingError,
)


def storage_error(error: sqlite3.Error, path: Path) -> StorageError:
    """The sentence for an error of SQLite's."""
    template = _SENTENCES.get(_primary_code(error), _OTHERWISE)
    return StorageError(Phrase(template, "", {"path": str(path), "text": str(error)}))


def folder_error(error: OSError, path: Path) -> StorageError:
    """The sentence for a file or folder that the system does not let us use."""
    return StorageError(
        say(
            "{path} cannot be used: {reason}. Check that it is there, has room, and is "
            "writable for CrossWatch's user.",
            path=str(path),
            reason=str(error.strerror or error),
        )
    )


def is_storage_failure(error: Exception) -> bool:
    """Whether the database could not be used, as opposed to having been used wrongly."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _OUR_OWN_FAULT)


def is_damage(error: Exception) -> bool:
    """Whether the file is no database, or no sound one."""
    return _primary_code(error) in _DAMAGE


def outlives(error: Exception) -> bool:
    """Whether the connection is as good as before; else a fresh one is worth a try."""
    return _primary_code(error) in _CONNECTION_SURVIVES


def _primary_code(error: Exception) -> int:
    """SQLite's code without its extension; 0 where the error did not come from SQLite itself."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
