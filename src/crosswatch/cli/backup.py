"""`crosswatch backup`: a copy of everything that cannot be made anew, while the app runs or not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from crosswatch.backup.archive import make_archive
from crosswatch.backup.shelf import Shelf
from crosswatch.clock import clock_from_environment
from crosswatch.config.file import config_directory


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-secrets", is_flag=True, help="Leave tokens and passwords out: to show it around.")
def command(file: Path | None, *, without_secrets: bool) -> None:
    """Make a backup: configuration, who may come in, plays. The app need not be stopped.

    Without FILE it goes into the folder `backups` beside config.json, where the last 7 are kept.
    """
    directory, clock = config_directory(), clock_from_environment()
    if file is None and without_secrets:
        raise click.UsageError("Name a FILE: what is kept beside config.json is for restoring.")
    if file is None:
        kept = asyncio.run(Shelf(directory, clock=clock).make())
        click.echo(str(Shelf(directory, clock=clock).path_of(kept.name)))
        return
    make_archive(directory, file, now=clock.now(), with_secrets=not without_secrets)
    click.echo(str(file))
