"""What SQLite and the disk say, as sentences that name the place and what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from crosswatch.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

_SAFE = "Nothing was written; what was stored before is safe."
_BY_ITSELF = "CrossWatch goes on by itself then."

_SENTENCES = {
    sqlite3.SQLITE_FULL: f"There is no room left for {{path}}. {_SAFE} Free some space; {_BY_ITSELF}",
    sqlite3.SQLITE_READONLY: f"{{path}} cannot be written: the file, its folder or its file system is "
    f"read-only ({{text}}). {_SAFE} Make it writable for CrossWatch's user; {_BY_ITSELF}",
    sqlite3.SQLITE_CANTOPEN: f"{{path}} cannot be opened ({{text}}). {_SAFE} Check that the folder is there, "
    f"mounted, and writable for CrossWatch's user; {_BY_ITSELF}",
    sqlite3.SQLITE_IOERR: f"The disk failed while {{path}} was used ({{text}}). {_SAFE} Check the disk, its "
    f"mount and its quota; {_BY_ITSELF}",
    sqlite3.SQLITE_BUSY: f"Another program keeps {{path}} locked. {_SAFE} Close it; {_BY_ITSELF}",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged ({text}). Restart CrossWatch: the damaged file is then kept "
    "aside and a fresh one is made.",
}
_SENTENCES[sqlite3.SQLITE_PERM] = _SENTENCES[sqlite3.SQLITE_READONLY]
_SENTENCES[sqlite3.SQLITE_AUTH] = _SENTENCES[sqlite3.SQLITE_READONLY]
_SENTENCES[sqlite3.SQLITE_LOCKED] = _SENTENCES[sqlite3.SQLITE_BUSY]
_SENTENCES[sqlite3.SQLITE_PROTOCOL] = _SENTENCES[sqlite3.SQLITE_BUSY]
_SENTENCES[sqlite3.SQLITE_NOTADB] = _SENTENCES[sqlite3.SQLITE_CORRUPT]
_OTHERWISE = f"{{path}} cannot be used ({{text}}). {_SAFE}"

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
    return StorageError(template.format(path=path, text=error))


def folder_error(error: OSError, path: Path) -> StorageError:
    """The sentence for a file or folder that the system does not let us use."""
    return StorageError(
        f"{path} cannot be used: {error.strerror or error}. Check that it is there, has room, and is "
        "writable for CrossWatch's user."
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
