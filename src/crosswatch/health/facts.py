"""What is judged: everything that a check looks at, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from crosswatch.config.model import Settings
    from crosswatch.core.plays import SinkAccount
    from crosswatch.core.ports import Backlog


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The folder of `config.json` and the database.

    Attributes:
        path: Where it is.
        problem: Why nothing can be written there, or empty.
        free_bytes: How much room there is, or None if that cannot be told.
        is_lost_with_container: Whether it is a part of a container, and goes with it.
    """

    path: str
    problem: str = ""
    free_bytes: int | None = None
    is_lost_with_container: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What was noticed at the door since the start.

    Attributes:
        proxy: The address of a proxy that is not listed, seen last; empty if none was.
        proxy_at: When, aware UTC, or None.
        public: The public address from which somebody came in without credentials last; empty if nobody did.
        public_at: When, aware UTC, or None.
    """

    proxy: str = ""
    proxy_at: datetime | None = None
    public: str = ""
    public_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeState:
    """How notices stand.

    Attributes:
        targets: How many places are told.
        last_sent_at: When one of them was told something last, aware UTC, or None.
        problem: Why the last notice did not get through, as a sentence, or empty.
    """

    targets: int = 0
    last_sent_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupState:
    """How backups stand.

    Attributes:
        last_at: When the newest was made, aware UTC, or None if there is none.
        count: How many are kept.
        problem: Why the last try failed, as a sentence, or empty.
        wanted_since: Since when there should be one: the start of this process.
    """

    wanted_since: datetime
    last_at: datetime | None = None
    count: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is judged.

    Attributes:
        settings: The configuration in force.
        config_problem: Why the file is not in force, or empty.
        storage_problem: Why the database cannot be used, or empty.
        watch: As `RuntimeLike.watch_status` says.
        sinks: As `RuntimeLike.sink_status` says.
        backlog: What waits, per account.
        now: This moment, aware UTC.
        is_claimed: Whether somebody has set a password, or a proxy signs people in.
        access_problem: Why nobody new can be let in, or empty.
        folder: Where everything is kept, or None before it was looked at.
        sightings: What was noticed at the door.
        is_root: Whether the process is run by root.
        skew: How far Trakt's clock is ahead of this one; None if Trakt has not been asked.
        notices: How notices stand, or None where there are none.
        backup: How backups stand, or None where none are made.
    """

    settings: Settings
    config_problem: str
    storage_problem: str
    watch: Mapping[str, Any]
    sinks: Sequence[Mapping[str, Any]]
    backlog: Mapping[SinkAccount, Backlog]
    now: datetime
    is_claimed: bool = True
    access_problem: str = ""
    folder: Folder | None = None
    sightings: Sightings = Sightings()
    is_root: bool = False
    skew: timedelta | None = None
    notices: NoticeState | None = None
    backup: BackupState | None = None
