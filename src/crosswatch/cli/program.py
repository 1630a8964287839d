"""`crosswatch`, and where its commands are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

import crosswatch
from crosswatch.errors import CrossWatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = {
    "serve": "serve",
    "doctor": "doctor",
    "check-config": "check_config",
    "config": "config",
    "login": "login",
    "import-config": "import_config",
    "people": "people",
    "why": "why",
    "export": "export",
    "match": "match",
    "replay": "replay",
    "setup-code": "setup_code",
    "reset-password": "reset_password",
    "keys": "keys",
    "backup": "backup",
    "restore": "restore",
    "support-bundle": "support_bundle",
    "demo": "demo",
    "healthcheck": "healthcheck",
    "version": "version",
}
"""Each command and the module that holds it as `command`."""


class LazyGroup(click.Group):
    """Commands that are imported when they are asked for; our errors are one sentence and exit code 1."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """The names, in the order in which people need them."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"crosswatch.cli.{module}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run it.

        Raises:
            click.ClickException: For each error of ours, with its sentence.
        """
        try:
            return super().invoke(ctx)
        except CrossWatchError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(crosswatch.__version__, message="CrossWatch %(version)s")
def program() -> None:
    """Tell Trakt what people watch on Plex.

    The folder of config.json and of the database is named by CROSSWATCH_CONFIG_DIR.
    """


def main() -> None:
    """Run the command that the process was started with."""
    program(prog_name="crosswatch")
