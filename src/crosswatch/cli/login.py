"""`crosswatch login trakt`: link an account by a code that is typed on Trakt."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click

from crosswatch.cli.outfit import Outfit, outfit
from crosswatch.config.links import told_accounts
from crosswatch.core.plays import SinkAccount
from crosswatch.providers.scrobble.trakt.login import DeviceLogin
from crosswatch.providers.scrobble.trakt.sink import Profile

if TYPE_CHECKING:
    from crosswatch.config.model import Settings

S_PER_MIN = 60


@click.group()
def command() -> None:
    """Link an account."""


@command.command()
@click.option("--account", default=SinkAccount().name, show_default=True, help="Name to keep it under.")
def trakt(account: str) -> None:
    """Link a Trakt account: shows a code, and waits until it was typed on Trakt.

    The tokens go to config.json; a running app takes them over by itself.
    """
    name = account.strip()
    if not name:
        raise click.UsageError("--account needs a name.")
    asyncio.run(link(name))


async def link(name: str) -> None:
    """Link the account, and say each step.

    Raises:
        ConfigError: If the configuration is not in force.
        LoginError: If the attempt has failed.
    """
    async with outfit() as tools:
        tools.require_config()
        login = DeviceLogin(tools.config, tools.trakt, tools.clock, account=name)
        code = await login.start()
        minutes = max(1, round((code.expires_at - tools.clock.now()).total_seconds() / S_PER_MIN))
        click.echo(f"Open {code.verification_url} on any device and enter\n\n    {code.user_code}\n")
        click.echo(f"or open {code.verification_url.rstrip('/')}/{code.user_code}")
        click.echo(f"Waiting for Trakt … the code is good for {minutes} min.")
        await login.wait()
        whose = await _whose(tools, name)
        click.echo(f"Linked. {_told_of(tools.config.settings, name, whose)}")


def _told_of(settings: Settings, name: str, whose: str) -> str:
    """Whose plays go to the account from now on."""
    people = [person.name for person in settings.people if name in person.accounts]
    if people:
        return f"Plays of {' and '.join(people)} now go to {whose}."
    if SinkAccount(name=name) in told_accounts(settings):
        return f"Plays now go to {whose}."
    return (
        f"{name} is {whose} now, but nobody's plays go there yet. Add {json.dumps(name)} to `accounts` of "
        "somebody in `people` in config.json; `crosswatch people` shows everybody."
    )


async def _whose(tools: Outfit, name: str) -> str:
    """What the account is called on Trakt, if Trakt says so."""
    found = await tools.sink.fetch_profile(SinkAccount(name=name))
    return f"{found.username} on Trakt" if isinstance(found, Profile) else "that Trakt account"
