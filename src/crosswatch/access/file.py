"""`access.json`: the register on disk, beside `config.json`.

It is a file of its own, and no tables of the database, for these reasons. Whoever has to mend a database that
cannot be opened must be able to sign in. A damaged database is replaced by a fresh one, and that must never
open the door. `crosswatch reset-password` has to work while the app runs, and while it does not run, whatever
the database is. The register is a few kilobytes that change rarely; it is looked up in memory with each
request. Where several processes share one PostgreSQL, it is one row with the same few verbs.

What cannot be read lets nobody in: `problem` says why, and only whoever has the machine in hand
(`crosswatch reset-password`) gets past it. The broken file is kept then.

Methods block for some milliseconds; from an event loop, call them through `asyncio.to_thread`.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import msgspec

from crosswatch.access.register import FORMAT, Register
from crosswatch.access.tokens import new_id
from crosswatch.config.atomic import PRIVATE_FOLDER, file_lock, remove_leftovers, write_atomically
from crosswatch.config.reading import Signature, signature_of
from crosswatch.core.phrases import say
from crosswatch.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE_NAME = "access.json"

log = logging.getLogger("crosswatch.access")


class AccessFile:
    """The register in force, and the file it comes from.

    Args:
        directory: The folder of `config.json`.

    Attributes:
        path: The file.
        register: What is in force.
        problem: Why the file is not, or empty.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE_NAME
        self.register = Register()
        self.problem = ""
        self._seen: Signature = None
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Take over what the file says, if it has changed; a file that went away changes nothing."""
        with self._lock:
            seen = signature_of(self.path)
            if seen is None or seen == self._seen:
                return
            self._seen = seen
            try:
                self.register, self.problem = self._read(), ""
            except AccessError as error:
                self.problem = error.sentence
                log.error("%s", error, extra={"event": "access.unreadable"})  # noqa: TRY400 -- a sentence

    def update(self, change: Callable[[Register], Register], *, over_broken: bool = False) -> Register:
        """Change what the file says now, durably; what is in force then.

        Args:
            change: Makes the new register of the present one. What it raises is handed on, and nothing is
                changed.
            over_broken: Begin anew if the file cannot be read; it is kept as `access.json.broken`.

        Raises:
            AccessError: If the file cannot be read or written.
        """
        with self._lock:
            try:
                self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
                with file_lock(self.path.with_name(f"{FILE_NAME}.lock")):
                    remove_leftovers(self.path)
                    before = self._read_or_keep(over_broken=over_broken)
                    after = change(before)
                    if after != before or signature_of(self.path) is None:
                        write_atomically(self.path, _encode(after))
            except OSError as error:
                raise AccessError(
                    say(
                        "{path} cannot be written: {reason}. Check who owns the folder and whether it has "
                        "room.",
                        path=str(self.path),
                        reason=error.strerror or "",
                    )
                ) from error
            self.register, self.problem = after, ""
            self._seen = signature_of(self.path)
            return after

    def _read_or_keep(self, *, over_broken: bool) -> Register:
        """What the file says; what is in force if there is none; a fresh register over a broken one."""
        if signature_of(self.path) is None:
            return self.register if self.register.instance else Register(instance=new_id())
        try:
            return self._read()
        except AccessError:
            if not over_broken:
                raise
        write_atomically(self.path.with_name(f"{FILE_NAME}.broken"), self.path.read_bytes())
        return Register(instance=new_id())

    def _read(self) -> Register:
        """What the file says.

        Raises:
            AccessError: If that cannot be known.
        """
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=Register)
        except OSError as error:
            raise _unreadable(self.path, str(error.strerror)) from error
        except msgspec.DecodeError as error:  # says what was expected and where, never what is written there
            raise _unreadable(self.path, str(error)) from None
        if found.format != FORMAT:
            raise _unreadable(self.path, say("it was written by a newer CrossWatch"))
        return found


def _encode(register: Register) -> bytes:
    return msgspec.json.format(msgspec.json.encode(register), indent=2) + b"\n"


def _unreadable(path: Path, reason: str) -> AccessError:
    return AccessError(
        say(
            "{path} cannot be used, so nobody can be let in: {reason}. Put it back from a "
            "backup, or run `crosswatch reset-password`.",
            path=str(path),
            reason=reason,
        )
    )
