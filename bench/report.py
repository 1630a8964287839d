"""The tables on a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.figures import Row, Table

HEADINGS = ("", "figure", "budget", "", "baseline", "ratio", "peer")
VERDICTS = {True: "met", False: "NOT MET", None: ""}
WIDTH = 110


def print_table(table: Table) -> None:
    """A title, how it was measured, and the figures in columns; empty columns are left out."""
    click.echo(f"\n{table.title}")
    click.echo(textwrap.fill(table.how, WIDTH, initial_indent="  ", subsequent_indent="  "))
    for line in _columns([HEADINGS, *(_cells(row) for row in table.rows)]):
        click.echo(f"  {line}")


def print_verdict(tables: Iterable[Table]) -> None:
    """How many budgets are kept."""
    budgets = [row for table in tables for row in table.rows if row.is_met is not None]
    missed = [row.what for row in budgets if not row.is_met]
    if budgets:
        click.echo(f"\n{len(budgets) - len(missed)} of {len(budgets)} budgets met.")
    if missed:
        click.echo(f"Not met: {'; '.join(missed)}.")


def _cells(row: Row) -> tuple[str, ...]:
    return (row.what, row.figure, row.budget, VERDICTS[row.is_met], row.baseline, row.ratio, row.peer)


def _columns(lines: Sequence[tuple[str, ...]]) -> list[str]:
    columns = [cells for cells in zip(*lines, strict=True) if any(cells[1:])]
    widths = [max(map(len, cells)) for cells in columns]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in zip(*columns, strict=True)
    ]
