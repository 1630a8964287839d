"""`crosswatch doctor`: goes the way of a play, step by step, and says where it ends and what to do."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from crosswatch.cli.outfit import Outfit, outfit
from crosswatch.examining import Examiner, Finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHAPES = {True: "✓", False: "✕", None: "–"}  # noqa: RUF001 -- a dash, as wide as the other shapes


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


def examine(tools: Outfit) -> AsyncIterator[Finding]:
    """One finding after the other, in the order in which a play passes."""
    return Examiner(tools.config, tools.plex_server, tools.sink).examine_all()
