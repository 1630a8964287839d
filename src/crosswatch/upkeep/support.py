"""Gathering what goes into a support bundle of the running app."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from crosswatch.backup.bundle import Findings, build_bundle
from crosswatch.errors import StorageError
from crosswatch.storage.counting import count_rows
from crosswatch.storage.opening import DATABASE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crosswatch.config.file import ConfigFile
    from crosswatch.health.checks import Check


async def make_bundle(
    config: ConfigFile,
    checks: Sequence[Check],
    lines: Sequence[str],
    redact: Callable[[str], str],
    *,
    started_at: datetime,
    now: datetime,
) -> bytes:
    """The zip; whatever takes time is done off the event loop.

    Args:
        config: The configuration in force.
        checks: How everything is.
        lines: The last lines of the log.
        redact: Takes secrets out of a text.
        started_at: When the app started.
        now: This moment.
    """
    try:
        schema, counts = await asyncio.to_thread(count_rows, config.directory / DATABASE_NAME)
    except StorageError:  # it is one of the checks
        schema, counts = 0, {}
    found = Findings(
        document=config.document,
        checks=checks,
        counts=counts,
        schema=schema,
        lines=lines,
        started_at=started_at,
        now=now,
    )
    return await asyncio.to_thread(build_bundle, found, redact)
