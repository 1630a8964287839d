"""Looking at a file: has it changed, and what does it hold, or why can that not be known."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_REASONS = {
    errno.EACCES: say("Permission denied"),
    errno.ENOSPC: say("No space left on device"),
    errno.EROFS: say("Read-only file system"),
}

Signature = tuple[int, int, int] | None
"""Change time in nanoseconds, inode and size of a file; None if there is none."""


def signature_of(path: Path) -> Signature:
    """What differs after every write to the file, by whatever means."""
    try:
        status = os.stat(path)  # noqa: PTH116 -- once a second; a plain call is the cheapest
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def read_configuration(path: Path) -> bytes:
    """The bytes of the file.

    Raises:
        ConfigError: If there are none to be had; says why and what to do.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(say("It is gone. Put it back, or restart CrossWatch for a new one.")) from None
    except IsADirectoryError:
        raise ConfigError(
            say(
                "It is a folder. Docker makes one when the file to be mounted does not exist: remove "
                "it and mount the folder above instead."
            )
        ) from None
    except OSError as error:
        raise ConfigError(say("It cannot be read: {reason}.", reason=reason_of(error))) from error


def in_file(path: Path, error: ConfigError) -> ConfigError:
    """The same error, saying which file it is about."""
    return ConfigError(
        say("{path}: {error}", path=str(path), error=error.sentence),
        key=error.key,
        line=error.line,
        column=error.column,
    )


def unusable(path: Path, what: str, error: OSError) -> ConfigError:
    """The error that says what cannot be done with the file, and why.

    Args:
        path: The file.
        what: What it cannot, such as "cannot be written".
        error: What the system said.
    """
    return ConfigError(
        say(
            "{path} {what}: {reason}. Check who owns the folder and whether it has room.",
            path=str(path),
            what=what,
            reason=reason_of(error),
        )
    )


def reason_of(error: OSError) -> str:
    """Why the system refused, in its words; the usual ones can be told in other languages."""
    known = _REASONS.get(error.errno or 0)
    return known or error.strerror or errno.errorcode.get(error.errno or 0) or say("unknown reason")
