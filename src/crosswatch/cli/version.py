"""`crosswatch version`."""

from __future__ import annotations

import json
import platform

import click

import crosswatch


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def command(*, as_json: bool) -> None:
    """Say which version this is."""
    if as_json:
        click.echo(json.dumps({"version": crosswatch.__version__, "python": platform.python_version()}))
    else:
        click.echo(f"CrossWatch {crosswatch.__version__} (Python {platform.python_version()})")
