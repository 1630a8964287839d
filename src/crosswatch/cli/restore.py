"""`crosswatch restore`: put a backup back, with the app stopped."""

from __future__ import annotations

from pathlib import Path

import click

from crosswatch.backup.restoring import restore
from crosswatch.clock import clock_from_environment
from crosswatch.config.file import config_directory


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Put a backup back in place of what is there. The app must be stopped.

    The backup is looked at as a whole first; one that is damaged, or of a newer CrossWatch, changes nothing.
    What was there before is kept.
    """
    done = restore(file, config_directory(), now=clock_from_environment().now())
    made = done.manifest
    click.echo(f"Restored what CrossWatch {made.version} had on {made.made_at:%Y-%m-%d %H:%M} UTC.")
    if done.kept is not None:
        click.echo(f"What was there before is kept in {done.kept}.")
    click.echo(
        "Start CrossWatch again. What was played since is made good by the catch-up, within its limits."
    )
