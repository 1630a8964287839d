"""The comparison as a table, and in one sentence."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from crosswatch.demo.comparison import Finding
from crosswatch.demo.remarks import Tone, clock_time
from crosswatch.demo.terminal import BOLD, COLOURS, DIM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.demo.comparison import Comparison, Held, Row, Seen
    from crosswatch.demo.terminal import Terminal

NOBODY = "(nobody)"
LATE_AFTER_S = 300.0
"""From so many seconds of delay on, the table says when Trakt was told."""

WHO, WHAT, TO, TIME = 9, 29, 6, 5
"""Widths of the columns."""

WATCHED = WHAT + TO + 2 + TIME


def write_table(comparison: Comparison, terminal: Terminal) -> None:
    """Everything that was watched, person by person, and what each Trakt account holds of it."""
    watched = f"{'What was watched':{WHAT}}{'to':>{TO}}  {'until':{TIME}}"
    terminal.row(f"{'':{WHO}}{watched}    At Trakt, in whose account", BOLD)
    rows = sorted(comparison.rows, key=_order)
    width = max((len(row.account) for row in rows), default=0)
    for who, of_one in groupby(rows, key=_who):
        told: Seen | None = None
        for place, row in enumerate(of_one):
            watched = f"{'':{WATCHED}}" if row.seen and row.seen is told else _watched(row)
            told = row.seen
            line = f"{'' if place else who:{WHO}}{watched}  {_at_trakt(row, width)}"
            terminal.row(line.rstrip(), _style(row))
    terminal.write()
    is_fine = comparison.is_right and not comparison.unexplained
    terminal.write(summary(comparison), COLOURS[Tone.DELIVERED if is_fine else Tone.FAILED])


def summary(comparison: Comparison) -> str:
    """How many of how many are right, lost, doubled and wrong."""
    count = comparison.count
    recorded, unexplained = count(Finding.RECORDED), comparison.unexplained
    left_out = count(Finding.LEFT_OUT) - unexplained
    plays = "play is" if len(comparison.rows) == 1 else "plays are"
    return (
        f"{recorded + left_out} of {len(comparison.rows)} {plays} right: {recorded} recorded, {left_out} "
        f"rightly not. {count(Finding.LOST)} lost, {count(Finding.DOUBLED)} doubled, "
        f"{count(Finding.WRONG)} wrong{f', {unexplained} without a verdict' if unexplained else ''}."
    )


def _who(row: Row) -> str:
    return row.seen.who if row.seen else NOBODY


def _order(row: Row) -> tuple[bool, str, float]:
    when = row.seen.ended_at if row.seen else row.held.at if row.held else None
    return (row.seen is None, _who(row).casefold(), when.timestamp() if when else 0.0)


def _watched(row: Row) -> str:
    seen, held = row.seen, row.held
    what = (seen.label if seen else held.label if held else "")[: WHAT - 1]
    to = f"{int(seen.progress)}\u00a0%" if seen and seen.progress is not None else ""
    until = clock_time(seen.ended_at) if seen else ""
    return f"{what:{WHAT}}{to:>{TO}}  {until:{TIME}}"


def _at_trakt(row: Row, width: int) -> str:
    has = clock_time(row.held.at) if row.held else "–"  # noqa: RUF001 -- a dash, as the page shows it
    note = ". ".join(_notes(row))
    return f"{'✓' if _is_fine(row) else '✗'} {has:{TIME}}  {row.account:{width}}  {note}"


def _style(row: Row) -> str:
    if row.finding is Finding.RECORDED:
        return ""
    return DIM if _is_fine(row) else COLOURS[Tone.FAILED]


def _is_fine(row: Row) -> bool:
    return row.finding.is_right and not row.is_unexplained


def _notes(row: Row) -> Iterator[str]:
    match row.finding:
        case Finding.RECORDED:
            yield from _peculiarities(row.seen, row.held)
        case Finding.LEFT_OUT:
            yield row.reason or "Rightly, but CrossWatch does not say why"
        case Finding.LOST:
            yield f"Lost. {row.reason or 'CrossWatch has not heard of it'}"
        case Finding.DOUBLED:
            yield "Doubled: watched once, recorded again"
        case Finding.WRONG if row.seen is None:
            yield "Wrong: nobody has watched it, or nobody whose plays count"
        case Finding.WRONG:
            yield "Wrong: at another time"


def _peculiarities(seen: Seen | None, held: Held | None) -> Iterator[str]:
    """How Trakt calls it, where that is something else, and when it was told, where that was late."""
    if seen and held and seen.label != held.label:
        yield f"as {held.label}"
    if seen and held and (held.told_at - seen.ended_at).total_seconds() > LATE_AFTER_S:
        yield f"told at {clock_time(held.told_at)}"
