"""`crosswatch support-bundle`: what helps to find a fault, also while nothing runs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import click

from crosswatch.backup.bundle import Findings, build_bundle
from crosswatch.clock import clock_from_environment
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.errors import StorageError
from crosswatch.health.steps import missing_steps
from crosswatch.logs import LogHub
from crosswatch.storage.counting import count_rows
from crosswatch.storage.opening import DATABASE_NAME

NO_LOG = "The log is in the memory of the running app: GET /api/support-bundle has it."


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Write a zip of what helps to find a fault, without secrets; look through it before you send it on.

    The last lines of the log are only in the one that the running app makes, at GET /api/support-bundle.
    """
    clock = clock_from_environment()
    config = ConfigFile(config_directory(), clock=clock, environment=os.environ)
    logs = LogHub(secrets=lambda: config.secrets, clock=clock)
    logs.install(console=None)
    config.load()
    logs.uninstall()
    schema, counts = 0, dict[str, int]()
    with contextlib.suppress(StorageError):
        schema, counts = count_rows(config.directory / DATABASE_NAME)
    lines = [NO_LOG] if config.problem is None else [NO_LOG, str(config.problem)]
    found = Findings(
        document=config.document,
        checks=tuple(missing_steps(config.settings)),
        counts=counts,
        schema=schema,
        lines=lines,
        started_at=None,
        now=clock.now(),
    )
    file.write_bytes(build_bundle(found, logs.redact))
    click.echo(str(file))
