"""`Shelf`: the folder in which backups lie; filled each night, and never with more than a week of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crosswatch.beside import run_beside
from crosswatch.core.phrases import say
from crosswatch.errors import BackupError
from crosswatch.health.facts import BackupState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crosswatch.clock import Clock

FOLDER = "backups"
UNFINISHED = ".backup-"
"""How the names of folders begin in which a backup is being made."""

KEPT = 7
NIGHT_HOUR = 3
"""In this machine's zone."""

FIRST_AFTER = timedelta(hours=1)

SPAN = timedelta(hours=20)
"""A backup that is younger makes another one unnecessary, so that a restart in the night makes no second."""

TRY_AGAIN_AFTER_S = 3600.0

LEAST_REAL_S = 60.0
"""However fast the clock is, a copy takes the time that it takes."""

_NAME = re.compile(r"crosswatch-(\d{8}T\d{6}Z)\.zip")
_STAMP = "%Y%m%dT%H%M%SZ"

log = logging.getLogger("crosswatch.backup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup on the shelf.

    Attributes:
        name: Of the file.
        made_at: When, aware UTC.
        size: In bytes.
    """

    name: str
    made_at: datetime
    size: int


class Shelf:
    """The backups of one installation.

    Args:
        directory: The folder of `config.json`.
        clock: Tells the time.
        is_wanted: Whether one is to be made each night; asked anew each time.
    """

    def __init__(
        self, directory: Path, *, clock: Clock, is_wanted: Callable[[], bool] = lambda: True
    ) -> None:
        self._directory = directory
        self._folder = directory / FOLDER
        self._clock = clock
        self._is_wanted = is_wanted
        self._turn = asyncio.Lock()
        self._state = BackupState(wanted_since=clock.now())

    @property
    def state(self) -> BackupState | None:
        """How backups stand, as it was found out last; None where none are wanted."""
        return self._state if self._is_wanted() else None

    async def contents(self) -> list[Kept]:
        """What is on the shelf, the newest first."""
        return await asyncio.to_thread(self._find)

    async def make(self) -> Kept:
        """Make one now, and take away what is more than a week of them.

        Raises:
            BackupError: If it cannot be made.
        """
        async with self._turn:
            try:
                kept = await run_beside(self._make, "backup")
            except BackupError as error:
                self._state = await self._looked(error.sentence)
                log.warning("%s", error, extra={"event": "backup.failed"})
                raise
            self._state = await self._looked("")
        log.info("a backup was made: %s", kept.name, extra={"event": "backup.made"})
        return kept

    def path_of(self, name: str) -> Path:
        """Where the backup of that name lies.

        Raises:
            BackupError: If there is none.
        """
        path = self._folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise BackupError(say("There is no backup of that name."))
        return path

    async def fill(self) -> None:
        """Make one each night, for ever; one that was slept through is made as soon as that is noticed."""
        self._state = await self._looked("")
        while True:
            now = self._clock.now()
            if now < (self._state.last_at or self._state.wanted_since):  # the clock was set back
                self._state = await self._looked(self._state.problem)
            due_at = due_after(self._state.last_at, wanted_since=self._state.wanted_since)
            if self._is_wanted() and now >= due_at:
                try:
                    await self.make()
                    pause_s = LEAST_REAL_S * self._clock.scale
                except BackupError:
                    pause_s = max(TRY_AGAIN_AFTER_S, LEAST_REAL_S * self._clock.scale)
                await self._clock.sleep(pause_s)
                continue
            pause_s = max(1.0, (due_at - now).total_seconds()) if self._is_wanted() else TRY_AGAIN_AFTER_S
            await self._clock.sleep(min(TRY_AGAIN_AFTER_S, pause_s))

    # ------------------------------------------------------------------------------ the folder

    async def _looked(self, problem: str) -> BackupState:
        """How they stand; what a clock has dated that was set back since says nothing of the last one."""
        found, now = await self.contents(), self._clock.now()
        return BackupState(
            wanted_since=min(self._state.wanted_since, now),
            last_at=next((kept.made_at for kept in found if kept.made_at <= now), None),
            count=len(found),
            problem=problem,
        )

    def _find(self) -> list[Kept]:
        found = []
        for path in self._folder.glob("crosswatch-*.zip") if self._folder.is_dir() else ():
            if match := _NAME.fullmatch(path.name):
                made_at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
                with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
                    found.append(Kept(name=path.name, made_at=made_at, size=path.stat().st_size))
        return sorted(found, key=lambda kept: (kept.made_at, kept.name), reverse=True)

    def _tidy(self) -> None:
        """Take away what processes left that ended while they made one."""
        long_ago = self._clock.timestamp() - SPAN.total_seconds()
        for left in self._folder.glob(f"{UNFINISHED}*"):
            if left.stat().st_mtime < long_ago:
                shutil.rmtree(left, ignore_errors=True)

    def _make(self) -> Kept:
        from crosswatch.backup.archive import make_archive  # noqa: PLC0415 -- zips are needed once a night

        self._tidy()
        now = self._clock.now()
        target = self._folder / f"crosswatch-{now:{_STAMP}}.zip"
        make_archive(self._directory, target, now=now)
        # What a clock has dated that was set back since is older than it says.
        by_age = sorted(self._find(), key=lambda kept: (kept.made_at <= now, kept.made_at), reverse=True)
        for old in by_age[KEPT:]:
            (self._folder / old.name).unlink(missing_ok=True)
        return Kept(name=target.name, made_at=now, size=target.stat().st_size)


def due_after(last_at: datetime | None, *, wanted_since: datetime) -> datetime:
    """When the next backup is to be made: in the first night after the last; in the past if that is over.

    Args:
        last_at: When the last one was made; None if there is none, and the first does not wait for a night.
        wanted_since: Since when there should be one.
    """
    if last_at is None:
        return wanted_since + FIRST_AFTER
    due_at = _night_of(last_at)
    while due_at - last_at < SPAN:
        due_at = _night_of(due_at)
    return due_at


def _night_of(after: datetime) -> datetime:
    """The first time after that moment that the clock on the wall shows the hour."""
    local = after.astimezone()
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return (night if night > local else night + timedelta(days=1)).astimezone(UTC)
