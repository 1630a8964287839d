"""`crosswatch setup-code`: the code that sets the first password from afar."""

from __future__ import annotations

import click

from crosswatch.access.changes import with_code
from crosswatch.access.file import AccessFile
from crosswatch.config.file import config_directory


@click.command()
def command() -> None:
    """Print the set-up code, with which the first password can be set from outside the private network."""
    register = AccessFile(config_directory()).update(with_code)
    if register.users:
        raise click.ClickException(
            "A password is set already. If it is lost, run `crosswatch reset-password`."
        )
    click.echo(register.setup_code)
