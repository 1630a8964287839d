"""`config.json` on disk: read it, watch it, replace it, and never lose a readable copy.

Three promises are kept here.

* What is in force is always a valid document. If the file cannot be read as one, the last good document
  stays in force ("safe mode"), `problem` says what is wrong and where, and the file is left alone. Over a
  restart the last good document is `config.json.last-good`.
* A write is whole and durable before the call returns. It starts from what the file says *now*, under a
  lock that threads and processes share, so that neither an edit by hand nor another writer is lost.
* Nothing is written over a file that we could not read. `replace` first keeps its text as
  `config.json.broken-<time>`.

Methods that write or wait for the lock block for some milliseconds; from an event loop, call them
through `asyncio.to_thread`.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import os
import stat
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crosswatch.clock import Clock
from crosswatch.config.atomic import PRIVATE_FOLDER, file_lock, remove_leftovers, write_atomically
from crosswatch.config.document import Document, decode_document, encode_document
from crosswatch.config.environment import Overlay
from crosswatch.config.good import Good, build_good
from crosswatch.config.model import Settings, default_document
from crosswatch.config.reading import Signature, in_file, read_configuration, signature_of, unusable
from crosswatch.config.revision import revision_of
from crosswatch.config.secrets import unmask
from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError, ConflictError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

DIRECTORY_VARIABLE = "CROSSWATCH_CONFIG_DIR"
CONTAINER_DIRECTORY = Path("/config")
FILE_NAME = "config.json"
POLL_INTERVAL_S = 1.0
NS_PER_S = 1_000_000_000

_NEVER_SEEN = (-1, -1, -1)

log = logging.getLogger("crosswatch.config")


def config_directory(environment: Mapping[str, str] | None = None) -> Path:
    """The folder of `config.json`: named by `CROSSWATCH_CONFIG_DIR`, else `/config`, else the user's own.

    Args:
        environment: Variables to read instead of the process's.
    """
    variables = os.environ if environment is None else environment
    named = variables.get(DIRECTORY_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser()
    if CONTAINER_DIRECTORY.is_dir():
        return CONTAINER_DIRECTORY
    home = Path(variables.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "crosswatch"
    return Path(variables.get("XDG_CONFIG_HOME") or home / ".config") / "crosswatch"


class ConfigFile:
    """The configuration in force, and the file it comes from.

    Call `load` once before anything else; it makes the folder and the file if there are none.

    Args:
        directory: The folder.
        clock: What time it is.
        environment: Variables that may set keys; None sets none.

    Attributes:
        directory: The folder; the database lives here as well.
        path: The file.
        overlay: What the environment sets.
        problem: Why the file is not in force, or None. Its message names no secret.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.overlay = Overlay(environment or {})
        self.path = directory / FILE_NAME
        self.problem: ConfigError | None = None
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Settings], None]] = []
        self._good = build_good(default_document(), Overlay({}))
        self._seen: Signature = _NEVER_SEEN
        self._warned = False

    @property
    def document(self) -> Document:
        """A copy of the document in force, secrets included."""
        return copy.deepcopy(self._good.document)

    @property
    def settings(self) -> Settings:
        """The typed view on the document in force."""
        return self._good.settings

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret in force, for redaction; the same object until something changes."""
        return self._good.secrets

    @property
    def revision(self) -> str:
        """Another one after each change of what is stored; it says nothing of what that is."""
        return revision_of(self._good.stored)

    @property
    def changed_at(self) -> datetime | None:
        """When the file was written last; None if there is none."""
        signature = signature_of(self.path)
        return datetime.fromtimestamp(signature[0] / NS_PER_S, UTC) if signature else None

    @property
    def last_good_path(self) -> Path:
        """Where the last good document is kept for a start with a broken file."""
        return self.directory / f"{FILE_NAME}.last-good"

    def load(self) -> Settings:
        """Read the file, writing the safe defaults first if there is none yet.

        Never fails: if the file or its folder cannot be used, `problem` says why, and the last good
        document, or the defaults with everything off, are in force.
        """
        for variable in self.overlay.unknown:
            log.warning("%s sets nothing. Is it misspelt?", variable, extra={"event": "config.variable"})
        try:
            self.directory.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with self._exclusive():
                remove_leftovers(self.path)
                if self._is_unwritten():
                    write_atomically(self.path, encode_document(default_document()))
                    log.info("wrote %s with everything off", self.path, extra={"event": "config.created"})
                self._reload(starting=True)
        except OSError as error:
            self._fail(unusable(self.path, say("cannot be used"), error))
        except ConfigError as error:
            self._fail(error)
        self._announce()
        return self.settings

    def replace(self, document: Document, *, revision: str | None = None) -> Document:
        """Make this the whole configuration: stored secrets in place of masks, checked, durable, in force.

        Args:
            document: The new one.
            revision: What it was made of; None for whatever is there.

        Returns:
            A copy of the new document, secrets included.

        Raises:
            ConflictError: If what is stored has another revision. Nothing is changed.
            ConfigError: If it is not valid (nothing is changed; the key is named) or cannot be written.
        """
        with self._exclusive():
            try:
                stored, broken = self._read_or_in_force(), False
            except ConfigError:
                stored, broken = self._good.stored, True
            if revision is not None and revision != revision_of(stored):
                raise ConflictError(say("The configuration was changed meanwhile. Nothing was written."))
            unmasked = unmask(document, self.overlay.applied(stored))
            good = self._build(self.overlay.taken_out(unmasked, stored))
            self.overlay.require_sound(good.stored)
            if broken:
                self._keep_broken()
            self._write(good)
        log.info("the configuration was replaced", extra={"event": "config.replaced"})
        self._announce()
        return copy.deepcopy(good.document)

    def update(self, change: Callable[[Document], None]) -> None:
        """Change some keys of what the file says now; durable and in force when this returns.

        For what must not get lost, such as a new pair of tokens. Call `ensure_writable` before asking
        anybody for something that can be had only once.

        Args:
            change: Alters the document it is given. It must not call back into this object.

        Raises:
            ConfigError: If the file is broken (safe mode), the result is not valid, or it cannot be
                written. Nothing is changed then.
        """
        with self._exclusive():
            stored = self._read_or_in_force()
            document = copy.deepcopy(stored)
            change(document)
            if document == stored == self._good.stored:
                return
            good = self._build(document)
            if document != stored:
                self._write(good)
            self._take(good)
        self._announce()

    def ensure_writable(self) -> None:
        """Check that `update` would succeed now.

        Raises:
            ConfigError: If the file is broken or nothing can be written.
        """
        with self._exclusive():
            good = self._build(self._read_or_in_force())
            room = b"\n" * len(encode_document(good.stored))
            probe = self.directory / f"{FILE_NAME}.probe"
            try:
                write_atomically(probe, room)
                probe.unlink()
            except OSError as error:
                if not os.access(self.path, os.W_OK):  # a single mounted file is written in place
                    raise unusable(self.path, say("cannot be written"), error) from error

    def poll(self) -> bool:
        """Read the file again if it looks changed; whether the configuration or the problem is a new one."""
        changed = self._refresh()
        if changed:
            self._announce()
        return changed

    def subscribe(self, listener: Callable[[Settings], None]) -> Callable[[], None]:
        """Call the listener after each change of the settings or of `problem`.

        It is called in the thread that made the change (the event loop's for `watch`), without the lock.

        Returns:
            A function that ends the subscription.
        """
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def watch(
        self, sleep: Callable[[float], Awaitable[None]], interval_s: float = POLL_INTERVAL_S
    ) -> None:
        """Notice edits from outside, for ever: looks once per interval, off the event loop.

        File events are not used, for they do not arrive on many network mounts.

        Args:
            sleep: Waits so many seconds, as `Clock.sleep` does.
            interval_s: Seconds between two looks; 1 s keeps the promise that an edit acts within 2 s.
        """
        while True:
            await sleep(interval_s)
            if await asyncio.to_thread(self._refresh):
                self._announce()

    # ---------------------------------------------------------------- reading

    def _refresh(self) -> bool:
        if signature_of(self.path) == self._seen:
            return False
        try:
            with self._exclusive():
                return self._reload()
        except ConfigError as error:  # the lock, for the folder is gone or full
            return self._fail(error)

    def _reload(self, *, starting: bool = False) -> bool:
        """Take over what the file says, or stay with the last good document; whether anything is new."""
        self._seen = signature_of(self.path)  # before reading: a later write then shows as a change
        try:
            data = read_configuration(self.path)
            good = self._build(decode_document(data))
        except ConfigError as error:
            if starting:
                self._good = self._read_last_good() or self._good
            return self._fail(in_file(self.path, error))
        self._warn_if_shared()
        self._keep_last_good(data)
        recovered, changed = self.problem is not None, good.stored != self._good.stored
        if starting or recovered or changed:
            self._take(good)
        if starting:
            return True
        if recovered:
            log.info("config.json is valid again and in force", extra={"event": "config.recovered"})
        elif changed:
            log.info(
                "config.json was changed from outside and is in force", extra={"event": "config.changed"}
            )
        return recovered or changed

    def _fail(self, problem: ConfigError) -> bool:
        if self.problem is not None and str(self.problem) == str(problem):
            return False
        self.problem = problem
        log.error(
            "%s The last good configuration stays in force.", problem, extra={"event": "config.invalid"}
        )
        return True

    def _build(self, stored: Document) -> Good:
        return build_good(stored, self.overlay)

    def _take(self, good: Good) -> None:
        self._good = good
        self.problem = None

    def _read_or_in_force(self) -> Document:
        """What the file says now; if it is gone, what is in force.

        Raises:
            ConfigError: If the file is there and broken.
        """
        if signature_of(self.path) is None:
            return self._good.stored
        try:
            return self._build(decode_document(read_configuration(self.path))).stored
        except ConfigError as error:
            raise in_file(self.path, error) from None

    def _read_last_good(self) -> Good | None:
        with contextlib.suppress(OSError, ConfigError):
            return self._build(decode_document(self.last_good_path.read_bytes()))
        return None

    def _is_unwritten(self) -> bool:
        """Whether nobody has configured anything yet; an empty file is what people mount beforehand."""
        try:
            return not self.path.read_bytes().strip() and not self.last_good_path.exists()
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def _warn_if_shared(self) -> None:
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
        except OSError:
            return
        if mode & (stat.S_IRWXG | stat.S_IRWXO) and not self._warned:
            self._warned = True
            log.warning(
                "%s holds secrets and others may read it (mode %o). Run: chmod 600 %s",
                self.path,
                mode,
                self.path,
                extra={"event": "config.mode"},
            )

    # ---------------------------------------------------------------- writing

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the lock against threads and processes; a folder without room for one is a `ConfigError`."""
        with self._lock, contextlib.ExitStack() as stack:
            try:
                stack.enter_context(file_lock(self.directory / f"{FILE_NAME}.lock"))
            except OSError as error:
                raise unusable(self.path, say("cannot be locked"), error) from error
            yield

    def _write(self, good: Good) -> None:
        data = encode_document(good.stored)
        try:
            write_atomically(self.path, data)
        except OSError as error:
            raise unusable(self.path, say("cannot be written"), error) from error
        self._seen = _NEVER_SEEN  # the next poll reads it once more, in case someone was quicker
        self._take(good)
        self._keep_last_good(data)

    def _keep_last_good(self, data: bytes) -> None:
        """Copy a good document aside; where there is no room for it, only a broken start is worse off."""
        with contextlib.suppress(OSError):
            if self.last_good_path.read_bytes() == data:
                return
        try:
            write_atomically(self.last_good_path, data)
        except OSError as error:
            log.warning("no copy of the good configuration could be kept: %s", error.strerror)

    def _keep_broken(self) -> None:
        """Copy the broken file, so that at no moment there is no `config.json`."""
        data = read_configuration(self.path)
        name = f"{FILE_NAME}.broken-{self._clock.now():%Y%m%dT%H%M%SZ}"
        number = 1
        aside = self.directory / name
        while aside.exists():
            number += 1
            aside = self.directory / f"{name}-{number}"
        try:
            write_atomically(aside, data)
        except OSError as error:
            raise unusable(aside, say("cannot be written"), error) from error
        log.warning("the broken config.json is kept as %s", aside.name, extra={"event": "config.kept_broken"})

    def _announce(self) -> None:
        for listener in tuple(self._listeners):
            listener(self._good.settings)
