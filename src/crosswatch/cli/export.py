"""`crosswatch export`: all plays as a table or as lines of JSON."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from crosswatch.clock import clock_from_environment
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.config.links import rules_from
from crosswatch.core.people import Home
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Verdict
from crosswatch.storage.opening import DATABASE_NAME
from crosswatch.storage.peeking import peek
from crosswatch.web.exporting import MEDIA_TYPES, export

if TYPE_CHECKING:
    from datetime import datetime
    from typing import BinaryIO


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(MEDIA_TYPES)),
    default="csv",
    show_default=True,
    help="A table, or JSON, a play a line.",
)
@click.option("--who", default=None, help="Only plays of this account: its name, or id:NUMBER.")
@click.option(
    "--outcome",
    type=click.Choice([one.value for one in Verdict]),
    default=None,
    help="Only plays that came to this.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="Only plays that began on this day or later.",
)
@click.option(
    "--output",
    type=click.File("wb"),
    default="-",
    show_default=True,
    help="Where to write it; - is the terminal.",
)
def command(
    form: str, who: str | None, outcome: str | None, since: datetime | None, output: BinaryIO
) -> None:
    """Write down all plays with what became of them, the newest first.

    Reads the database beside a running app, and a page of it at a time.
    """
    query = PlayQuery(
        who=who,
        verdict=Verdict(outcome) if outcome else None,
        since=since.astimezone() if since else None,
    )
    asyncio.run(_write(query, form, output))


async def _write(query: PlayQuery, form: str, output: BinaryIO) -> None:
    config = ConfigFile(config_directory(), clock=clock_from_environment())
    config.load()
    async with peek(config.directory / DATABASE_NAME) as ledger:
        async for piece in await export(ledger, rules_from(config.settings, Home()), query, form):
            output.write(piece)
