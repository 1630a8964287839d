"""`crosswatch demo`: the whole product against simulated servers."""

from __future__ import annotations

import sys

import click

from crosswatch.demo import main
from crosswatch.demo.show import PORT, SCALE, SEED


@click.command()
@click.option("--serve", is_flag=True, help="Leave everything running after the evening.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The page's port; the next free one if it is taken.",
)
@click.option("--seed", default=SEED, show_default=True, help="For everything that happens by chance.")
@click.option(
    "--scale",
    default=SCALE,
    show_default=True,
    type=click.FloatRange(1, 10_000, min_open=True),
    help="Seconds of the evening per real second.",
)
def command(*, serve: bool, port: int, seed: int, scale: float) -> None:
    """Watch it work, without any account: simulated Plex, simulated Trakt, the real app between.

    Exits with 0 if Trakt holds exactly what was watched in the end.
    """
    sys.exit(main(serve=serve, port=port, seed=seed, scale=scale))
