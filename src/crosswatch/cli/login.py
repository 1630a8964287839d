"""`crosswatch login trakt` and `crosswatch login plex`: link an account by a code that is typed elsewhere."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

from crosswatch.cli.outfit import Outfit, outfit
from crosswatch.config.links import told_accounts
from crosswatch.core.plays import SinkAccount
from crosswatch.errors import LoginError
from crosswatch.linking import changes
from crosswatch.linking.codes import trakt_code
from crosswatch.linking.plex_sign_in import PlexSignIn
from crosswatch.linking.probing import Found, candidates_of, probe
from crosswatch.providers.scrobble.trakt.login import DeviceLogin
from crosswatch.providers.scrobble.trakt.sink import Profile

if TYPE_CHECKING:
    from crosswatch.config.model import Settings
    from crosswatch.linking.codes import ShownCode
    from crosswatch.linking.probing import Probe

S_PER_MIN = 60
WORDS = {
    Found.WORKS: "works",
    Found.OWN_CERTIFICATE: "works, with a certificate of its own (features.watch.options.allow_self_signed)",
    Found.REBINDING: "your DNS blocks this name (rebinding protection)",
    Found.OTHER_SERVER: "another server answers",
    Found.SILENT: "no answer",
}


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


@command.command()
def plex() -> None:
    """Sign in to Plex: shows a code, waits until it was typed, and tries every address of your servers.

    The token goes to config.json; a running app takes it over by itself.
    """
    asyncio.run(sign_in())


async def link(name: str) -> None:
    """Link the account, and say each step.

    Raises:
        ConfigError: If the configuration is not in force.
        LoginError: If the attempt has failed.
    """
    async with outfit() as tools:
        tools.require_config()
        login = DeviceLogin(tools.config, tools.trakt, tools.clock, account=name)
        _show(tools, "Trakt", trakt_code(await login.start()))
        await login.wait()
        whose = await _whose(tools, name)
        click.echo(f"Linked. {_told_of(tools.config.settings, name, whose)}")


async def sign_in() -> None:
    """Sign in to Plex, and say each step.

    Raises:
        ConfigError: If the configuration is not in force, or cannot be written.
        LoginError: If the attempt has failed, or the environment holds another token.
        SourceError: If plex.tv cannot be asked.
    """
    async with outfit() as tools:
        tools.require_config()
        if variable := tools.config.overlay.variables.get("plex.account_token"):
            raise LoginError(f"{variable} holds the token already, and counts whatever is written here.")
        await asyncio.to_thread(tools.config.ensure_writable)
        tv = tools.plex_tv()
        attempt = PlexSignIn(tv, tools.clock)
        _show(tools, "Plex", await attempt.start())
        token = await attempt.wait()
        account = await tv.fetch_user(token)
        name = account.listed.name
        await asyncio.to_thread(tools.config.update, changes.sign_in(token, name))
        click.echo(f"Signed in to Plex as {name}.")
        await _show_servers(tools, token)


def _show(tools: Outfit, who: str, code: ShownCode) -> None:
    """The code, the link, and in a terminal the same to be scanned."""
    minutes = max(1, round((code.expires_at - tools.clock.now()).total_seconds() / S_PER_MIN))
    click.echo(f"Open {code.url} on any device and enter\n\n    {code.user_code}\n")
    click.echo(f"or open {code.direct_url}")
    if sys.stdout.isatty():
        import segno  # noqa: PLC0415 -- for whoever can see it

        segno.make(code.direct_url, micro=False).terminal(compact=True, border=2)
    click.echo(f"Waiting for {who} … the code is good for {minutes} min.")


async def _show_servers(tools: Outfit, token: str) -> None:
    """Each server of the account, and how each of its addresses fares from here."""
    for offer in await tools.plex_tv().fetch_servers(token):
        click.echo(f"\n{offer.name}{'' if offer.is_owned else ' (not yours)'}")
        found = await asyncio.gather(
            *(probe(tools.connect, one, offer.server_uuid) for one in candidates_of(offer))
        )
        for one in found:
            click.echo(f"    {one.candidate.url}  {_words(one)}")
    if not tools.config.settings.plex.server_url:
        click.echo("\nPut the address that works into `plex.server_url`, or choose it at `/setup/server`.")


def _words(found: Probe) -> str:
    timing = f", {found.latency_ms} ms" if found.is_usable else ""
    relay = "; a relay, slow: avoid it" if found.candidate.is_relay else ""
    return f"{WORDS[found.found]}{timing}{relay}"


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
