"""`python -m bench [NAME ...] [--quick]`: run benchmarks and print what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib

import click

from bench.machine import describe_machine, is_busy
from bench.peer import Peer, installed_peer
from bench.report import print_table, print_verdict
from bench.scale import Scale

NAMES = ("start", "memory", "latency", "frames", "requests", "screen", "crowd", "outage", "mishaps", "ledger")
WITH_PEER = frozenset({"start", "memory", "latency", "requests", "outage", "mishaps"})


@click.command(epilog=f"The names are: {', '.join(NAMES)}.")
@click.argument("names", nargs=-1, metavar="[NAME]...", type=click.Choice(NAMES))
@click.option("--quick", is_flag=True, help="Small, without the peer: shows that it works, proves nothing.")
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Measure CrossWatch beside a peer and bare baselines; all benchmarks if none is named."""
    asyncio.run(_run(names or NAMES, is_quick=quick))


async def _run(names: tuple[str, ...], *, is_quick: bool) -> None:
    click.echo(describe_machine())
    async with contextlib.AsyncExitStack() as stack:
        peer = None
        if not is_quick and WITH_PEER.intersection(names):
            peer = await _enter_peer(stack)
        tables = []
        for name in names:
            if is_busy():
                click.echo("\nThe machine is busy: believe the ratios, not the times.")
            benchmark = importlib.import_module(f"bench.{name}")
            tables.append(await benchmark.run(Scale(is_quick=is_quick, peer=peer)))
            print_table(tables[-1])
    print_verdict(tables)


async def _enter_peer(stack: contextlib.AsyncExitStack) -> Peer | None:
    try:
        peer = await stack.enter_async_context(installed_peer())
    except RuntimeError as error:
        click.echo(f"The peer is left out: {error}")
        return None
    click.echo(f"Peer: {peer.name}")
    return peer


if __name__ == "__main__":
    main()
