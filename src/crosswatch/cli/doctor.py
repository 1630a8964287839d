"""`crosswatch doctor`: goes the way of a play, step by step, and says where it ends and what to do."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from crosswatch.cli.outfit import Outfit, outfit
from crosswatch.core.outcomes import Accepted, AlreadyThere
from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import EXPLANATIONS
from crosswatch.core.sentences import tell_action
from crosswatch.errors import ConfigError, SourceError, WrongServerError
from crosswatch.health.steps import missing_steps
from crosswatch.providers.scrobble.trakt.accounts import account_names, sink_accounts
from crosswatch.providers.scrobble.trakt.sink import Profile
from crosswatch.watching import keyed_servers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.config.model import PlexSettings
    from crosswatch.core.outcomes import Hold, Refused, Retry
    from crosswatch.providers.scrobble.plex.pms import PlexServer

SHAPES = {True: "✓", False: "✕", None: "–"}  # noqa: RUF001 -- a dash, as wide as the other shapes
PING_EVERY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one step has shown.

    Attributes:
        ok: Whether it went well; None for what is off or not there yet, by choice or so far.
        subject: What was looked at.
        sentence: What is so.
        action: What to do, or empty.
    """

    ok: bool | None
    subject: str
    sentence: str
    action: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def command(*, as_json: bool) -> None:
    """Try everything that a play needs, the way the app does it, and say what to do.

    Nothing is written to Trakt. Exits with 1 if something is broken.
    """
    findings = asyncio.run(_run(as_json=as_json))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    if any(finding.ok is False for finding in findings):
        raise click.exceptions.Exit(1)


async def _run(*, as_json: bool) -> list[Finding]:
    findings = []
    async with outfit() as tools:
        async for finding in examine(tools):
            findings.append(finding)
            if not as_json:
                click.echo(f"{SHAPES[finding.ok]} {finding.subject}: {finding.sentence}")
                if finding.action:
                    click.echo(f"    {finding.action}")
    return findings


async def examine(tools: Outfit) -> AsyncIterator[Finding]:
    """One finding after the other, in the order in which a play passes."""
    async for finding in _examine_config(tools):
        yield finding
    settings = tools.config.settings
    for key, server in keyed_servers(settings).items():
        if server.account_token:
            async for finding in _examine_server(tools, key, server):
                yield finding
    if settings.trakt.client_id and account_names(settings):  # else what is missing was said above
        for account in sink_accounts(settings):
            yield await _examine_account(tools, account)


async def _examine_config(tools: Outfit) -> AsyncIterator[Finding]:
    path = str(tools.config.path)
    if tools.config.problem is not None:
        yield Finding(
            ok=False,
            subject="config.json",
            sentence=f"{tools.config.problem} What follows is about the last good configuration.",
        )
        return
    try:
        await asyncio.to_thread(tools.config.ensure_writable)
    except ConfigError as error:
        yield Finding(ok=False, subject="config.json", sentence=str(error))
    else:
        yield Finding(ok=True, subject="config.json", sentence=f"{path} is valid and can be written.")
    for step in missing_steps(tools.config.settings):
        yield Finding(ok=None, subject=step.title, sentence=step.sentence, action=step.action)


async def _examine_server(tools: Outfit, key: str, settings: PlexSettings) -> AsyncIterator[Finding]:
    """Who answers, whether the token may do what is needed, and whether notifications come through."""
    server = tools.plex_server(key, settings)
    subject = f"Plex at {server.address}"
    try:
        yield await _identity(server, settings, subject)
        yield await _rights(server, subject)
        socket = await server.open_socket(PING_EVERY_S)
        await socket.close()
        yield Finding(ok=True, subject=subject, sentence="It opens its notification socket.")
    except SourceError as error:
        yield Finding(ok=False, subject=subject, sentence=str(error))


async def _identity(server: PlexServer, settings: PlexSettings, subject: str) -> Finding:
    identity = await server.fetch_identity()
    wanted = settings.server_uuid
    if wanted and wanted != identity.server_uuid:
        raise WrongServerError(
            f"Another server answers there ({identity.server_uuid}), not {wanted}. Check "
            f"{server.key}.server_url and {server.key}.server_uuid."
        )
    return Finding(ok=True, subject=subject, sentence=f"Server {identity.server_uuid} answers.")


async def _rights(server: PlexServer, subject: str) -> Finding:
    """Whether the token is the owner's, who sees everybody's sessions, or a guest's."""
    viewer = await server.fetch_sole_viewer()
    if viewer is not None:
        return Finding(
            ok=True, subject=subject, sentence=f"The token is {viewer.name}'s: only their plays are seen."
        )
    facts = await server.fetch_server_facts()
    running = len(await server.fetch_sessions())
    plays = "nothing plays" if not running else f"{running} playing"
    return Finding(
        ok=True, subject=subject, sentence=f"The token is taken by {facts.name or 'the server'}; {plays} now."
    )


async def _examine_account(tools: Outfit, account: SinkAccount) -> Finding:
    subject = "Trakt" if account == SinkAccount() else f"Trakt, account {account.name}"
    found = await tools.sink.fetch_profile(account)
    if isinstance(found, Profile):
        vip = " with VIP" if found.is_vip else ""
        return Finding(ok=True, subject=subject, sentence=f"Linked to {found.username}{vip}; Trakt answers.")
    if isinstance(found.outcome, Accepted | AlreadyThere):
        return Finding(ok=True, subject=subject, sentence="Trakt answers.")
    return _trouble(found.outcome, account, subject)


def _trouble(outcome: Hold | Refused | Retry, account: SinkAccount, subject: str) -> Finding:
    sentence = outcome.detail or f"{EXPLANATIONS[outcome.reason].title}."
    return Finding(ok=False, subject=subject, sentence=sentence, action=tell_action(outcome.reason, account))
