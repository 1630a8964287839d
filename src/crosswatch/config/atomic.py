"""Writing one file so that a reader, or a power cut, finds the old text or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_NOT_REPLACEABLE = frozenset({errno.EBUSY, errno.EXDEV})
_NO_ROOM_BESIDE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_LOCKS_HERE = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def write_atomically(path: Path, data: bytes) -> None:
    """Make the file hold these bytes, readable by its owner only, durable when this returns.

    A file that is a mount point of its own (a container that is given one file, not the folder) cannot
    be replaced, and beside it there may be no room to write. Such a file is written in place.

    Raises:
        OSError: If it cannot be written; the old text is then still there, except after a failed write
            in place.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    try:
        temporary = _write_beside(target, data)
    except OSError as error:
        if error.errno not in _NO_ROOM_BESIDE or not target.exists():
            raise
        _write_in_place(target, data)
        return
    try:
        os.replace(temporary, target)  # noqa: PTH105 -- pairs with os.fsync, and tests stop it here
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno not in _NOT_REPLACEABLE:
            raise
        _write_in_place(target, data)
        return
    sync_folder(target.parent)


def remove_leftovers(path: Path) -> None:
    """Take away the temporary files of writers that were killed; call it while holding the lock."""
    target = Path(os.path.realpath(path))
    for leftover in target.parent.glob(f".{target.name}.*.tmp"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def sync_folder(folder: Path) -> None:
    """Make a new name in the folder durable, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems refuse to sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock file, waiting for other processes; do without where the folder has no locks."""
    was_there = path.exists()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        if error.errno not in _NO_ROOM_BESIDE:
            raise
        yield
        return
    try:
        if not was_there:
            _leave_to_owner(descriptor, path.parent)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        yield
    finally:
        os.close(descriptor)


def _write_beside(target: Path, data: bytes) -> Path:
    """Write a temporary file in the same folder; `mkstemp` makes it private."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _leave_to_owner(descriptor, target if target.exists() else target.parent)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def give_to_owner(path: Path, of: Path) -> None:
    """Give a file or folder that root has made to the owner of another one; anybody else's stays theirs.

    Raises:
        OSError: If it cannot be given.
    """
    if os.geteuid() == 0:
        owner = of.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _leave_to_owner(descriptor: int, of: Path) -> None:
    """Give what root writes to that path's owner: a command in a container is root, the app is not."""
    if os.geteuid() == 0:
        owner = of.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _write_in_place(target: Path, data: bytes) -> None:
    with target.open("r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
