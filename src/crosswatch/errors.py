"""Every error that the house raises on purpose, and who has to act.

    CrossWatchError
    ├── ConfigError               the user: a key, or the file, is wrong
    │   └── ConflictError            the user: somebody else has changed it meanwhile
    ├── PayloadError              nobody: what came from outside makes no sense; it is counted and dropped
    ├── ProgressUnknownError      the caller: enrich, or say "unknown"
    ├── SourceError
    │   ├── SourceUnavailableError   time: try again later
    │   ├── SourceAuthError          the user: the token is refused or may not do this
    │   ├── SourceNotFoundError      nobody: the item is gone
    │   └── WrongServerError         the user: another server answers at this address
    ├── LoginError                the user: signing in did not come to its end
    ├── CorrectionError           the user: what was to be done about a play cannot be done, or not now
    ├── StorageError              the user: disk full, folder read-only, database unusable
    ├── NoticeError               time, or the user: a place of theirs could not be told
    ├── BackupError               the user: a backup cannot be made, or is none that can be restored
    └── AccessError               the user: what is kept of passwords, sessions and keys cannot be used
        ├── DeniedError              the user: a password or a code is wrong
        ├── UnfitError               the user: such a password, name or key cannot be
        └── TooManyTriesError        time: there were too many wrong ones; try again later

What a sink makes of a delivery is no error but an outcome (`crosswatch.core.outcomes`), since each of
them is expected and leads somewhere.
"""

from __future__ import annotations


class CrossWatchError(Exception):
    """The root; its text is a sentence for people that names what to do where somebody can act."""

    @property
    def sentence(self) -> str:
        """The text as it was made: a phrase (`core.phrases`) can still be told in another language."""
        return self.args[0] if self.args else ""


class ConfigError(CrossWatchError):
    """A configuration cannot be used.

    Attributes:
        key: The dotted key that is wrong, or None if it is the file as a whole.
        line: Where the text is broken, counted from 1, or None.
        column: The same for the column.
    """

    def __init__(
        self, message: str, *, key: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.key = key
        self.line = line
        self.column = column


class ConflictError(ConfigError):
    """Somebody else has changed the configuration meanwhile; nothing was written."""


class PayloadError(CrossWatchError):
    """Something from outside (a frame, an answer, a webhook) is not what it should be."""


class ProgressUnknownError(CrossWatchError):
    """A position cannot be put in percent, for the length is unknown."""


class SourceError(CrossWatchError):
    """A Plex server, or plex.tv, did not give what was asked."""


class SourceUnavailableError(SourceError):
    """It does not answer, answers that it is starting, or answers nonsense; later it may."""


class SourceAuthError(SourceError):
    """It refuses the token, or the token may not ask this."""


class SourceNotFoundError(SourceError):
    """It does not have the item (any more)."""


class WrongServerError(SourceError):
    """It is another server than the one that is configured by `server_uuid`."""


class LoginError(CrossWatchError):
    """Signing in was refused, ran out of time, or cannot begin."""


class CorrectionError(CrossWatchError):
    """What a person wants done about a play or a match cannot be done.

    Attributes:
        is_passing: Whether the same may go well later.
    """

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class StorageError(CrossWatchError):
    """The database cannot be read or written now; nothing that was acknowledged is lost."""


class NoticeError(CrossWatchError):
    """A place that is to be told of something could not be told; never repeats its address."""


class BackupError(CrossWatchError):
    """A backup cannot be made, found or restored; nothing was changed."""


class AccessError(CrossWatchError):
    """Users, sessions and keys cannot be read or written now."""


class DeniedError(AccessError):
    """A password or a code is wrong."""


class UnfitError(AccessError):
    """A password, name or key that is to be made cannot be; the text says what may."""


class TooManyTriesError(AccessError):
    """Too many were wrong.

    Attributes:
        wait_s: Seconds until the next try is looked at.
    """

    def __init__(self, message: str, *, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s
