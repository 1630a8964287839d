"""`crosswatch reset-password`: the way back in for whoever has the machine in hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from crosswatch.access.changes import make_user, with_code, with_user
from crosswatch.access.desk import FIRST_USER
from crosswatch.access.file import AccessFile
from crosswatch.access.passwords import password_problem
from crosswatch.access.tokens import new_token
from crosswatch.clock import clock_from_environment
from crosswatch.config.file import config_directory

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command()
@click.option("--name", default=FIRST_USER, show_default=True, help="Who signs in with it.")
@click.option("--generate", is_flag=True, help="Make a password up, and print it.")
def command(name: str, *, generate: bool) -> None:
    """Set a password, and end all sessions of that user. Keys stay as they are.

    It is asked for, or read from standard input where nobody can be asked. A running app takes it over within
    a second or two.
    """
    password = new_token() if generate else _ask()
    user = make_user(name, password, clock_from_environment().now())
    AccessFile(config_directory()).update(
        lambda register: with_user(with_code(register), user), over_broken=True
    )
    if generate:
        click.echo(password)
    click.echo(f"{user.name} signs in with the new password from now on.", err=generate)


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    while True:
        password: str = click.prompt("New password", hide_input=True)
        problem = password_problem(password)
        if not problem:
            click.prompt("The same again", hide_input=True, value_proc=_same_as(password))
            return password
        click.echo(problem, err=True)


def _same_as(password: str) -> Callable[[str], str]:
    def check(again: str) -> str:
        if again != password:
            raise click.BadParameter("these two are not the same")
        return again

    return check
