"""`crosswatch keys`: API keys, for programs that ask the app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from crosswatch.access.changes import make_key, with_code, with_key, without_key
from crosswatch.access.file import AccessFile
from crosswatch.access.register import Scope
from crosswatch.clock import clock_from_environment
from crosswatch.config.file import config_directory
from crosswatch.errors import AccessError

if TYPE_CHECKING:
    from crosswatch.access.register import Register


@click.group()
def command() -> None:
    """API keys, for programs. A running app takes each change over within a second or two."""


@command.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.READ.value,
    show_default=True,
    help="What it may do.",
)
def create(name: str, scope: str) -> None:
    """Make a key called NAME, and print it. It cannot be shown again."""
    text, key = make_key(name, Scope(scope), clock_from_environment().now())
    _file().update(lambda register: with_key(with_code(register), key))
    click.echo(text)


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def show(*, as_json: bool) -> None:
    """List the keys, without the keys themselves."""
    file = _file()
    file.refresh()
    if file.problem:
        raise AccessError(file.problem)
    keys = file.register.keys
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "id": key.id,
                        "name": key.name,
                        "scope": key.scope,
                        "created_at": key.created_at.isoformat(),
                        "used_at": key.used_at.isoformat() if key.used_at else None,
                    }
                    for key in keys
                ]
            )
        )
        return
    for key in keys:
        used = f"used {key.used_at:%Y-%m-%d}" if key.used_at else "never used"
        click.echo(f"{key.id}  {key.scope:<7}  {key.name}  ({used})")
    if not keys:
        click.echo("There are no keys.")


@command.command()
@click.argument("key")
def revoke(key: str) -> None:
    """Take the KEY of that name or id back; it lets nobody in from then on."""

    def change(register: Register) -> Register:
        after = without_key(register, key)
        if after == register:
            raise click.ClickException(f"There is no key {key!r}. `crosswatch keys list` shows them.")
        return after

    _file().update(change)
    click.echo("Taken back.")


def _file() -> AccessFile:
    return AccessFile(config_directory())
