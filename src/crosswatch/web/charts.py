"""Plays per day as bars, by what became of them: measured here, drawn by `_chart.html`. Pure.

A bar is a day, or as many days as keep the bars few enough to be told apart. The drawing has no text: what it
shows is said in words beside it, for those who cannot see it or see its colours.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crosswatch.core.reasons import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswatch.core.ports import Tally

ORDER = (Verdict.DELIVERED, Verdict.WATCHING, Verdict.QUEUED, Verdict.SKIPPED, Verdict.FAILED)
"""From the ground up."""

BAR, GAP, HEIGHT, LEAST = 10.0, 4.0, 48.0, 2.0
"""In the drawing's own units; what is there at all is at least so high."""

STEPS = (1, 7, 28, 91, 364)
"""Days that a bar may stand for."""

MOST_BARS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The part of a bar that has one verdict; in the drawing's units, from its upper left corner."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar.

    Attributes:
        first: The first day that it stands for.
        last: The last one.
        x: Its left edge.
        counts: How many plays have which verdict, in `ORDER`, without noughts.
        pieces: The same as they are drawn.
    """

    first: date
    last: date
    x: float
    counts: tuple[tuple[Verdict, int], ...]
    pieces: tuple[Piece, ...]

    @property
    def total(self) -> int:
        """How many plays it stands for."""
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The drawing.

    Attributes:
        bars: The oldest first.
        days: How many days a bar stands for.
        total: How many plays all of them stand for.
        width: In the drawing's units.
    """

    bars: tuple[Bar, ...]
    days: int
    total: int
    width: float
    height: float = HEIGHT
    bar_width: float = BAR

    @property
    def most(self) -> Bar:
        """The highest bar, the newest of several."""
        return max(reversed(self.bars), key=lambda bar: bar.total)

    @property
    def is_worth_a_look(self) -> bool:
        """Whether there is anything to compare."""
        return sum(1 for bar in self.bars if bar.total) > 1


def build_chart(tallies: Iterable[Tally], *, first: date, last: date) -> Chart:
    """Bars for the days from `first` to `last`, both included, in this machine's zone.

    Args:
        tallies: How many plays began when, as `core.ports.Ledger.tally` says; what began on other days is
            left out.
        first: The oldest day that is to be seen; the first bar may begin before it.
        last: The day on which the last bar ends.
    """
    span = max(1, (last - first).days + 1)
    days = next((step for step in STEPS if span / step <= MOST_BARS), STEPS[-1])
    number = min(MOST_BARS, -(-span // days))
    counts: list[Counter[Verdict]] = [Counter() for _ in range(number)]
    for tally in tallies:
        back = (last - tally.at.astimezone().date()).days
        if 0 <= back < number * days:
            counts[number - 1 - back // days][tally.verdict] += tally.count
    most = max((one.total() for one in counts), default=0)
    begin = last - timedelta(days=number * days - 1)
    bars = tuple(_bar(one, place, begin, days, most) for place, one in enumerate(counts))
    return Chart(
        bars=bars,
        days=days,
        total=sum(bar.total for bar in bars),
        width=number * (BAR + GAP) - GAP,
    )


def _bar(counts: Counter[Verdict], place: int, begin: date, days: int, most: int) -> Bar:
    listed = tuple((verdict, counts[verdict]) for verdict in ORDER if counts[verdict])
    first = begin + timedelta(days=place * days)
    return Bar(
        first=first,
        last=first + timedelta(days=days - 1),
        x=place * (BAR + GAP),
        counts=listed,
        pieces=tuple(_stacked(listed, most)),
    )


def _stacked(listed: tuple[tuple[Verdict, int], ...], most: int) -> list[Piece]:
    """Pieces on top of each other; small ones are raised to be seen, at the expense of the largest."""
    heights = [max(LEAST, HEIGHT * count / most) for _, count in listed]
    wanted = HEIGHT * sum(count for _, count in listed) / most if most else 0.0
    if heights:
        largest = heights.index(max(heights))
        heights[largest] = max(LEAST, heights[largest] - max(0.0, sum(heights) - max(wanted, LEAST)))
    pieces, ground = [], HEIGHT
    for (verdict, _), height in zip(listed, heights, strict=True):
        ground -= height
        pieces.append(Piece(kind=verdict.value, y=round(ground, 2), height=round(height, 2)))
    return pieces
