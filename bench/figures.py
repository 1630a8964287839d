"""Numbers to sentences: medians, ratios of rounds, and rows for the report. Pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of a table.

    Attributes:
        what: What was measured.
        figure: What came of it, with its unit.
        budget: What the design allows, or empty.
        is_met: Whether the figure keeps to that; None without a budget.
        baseline: The same of the bare baseline, or empty.
        ratio: Median over the rounds of our figure to the baseline's, or empty.
        peer: The same of the peer, or empty.
    """

    what: str
    figure: str
    budget: str = ""
    is_met: bool | None = None
    baseline: str = ""
    ratio: str = ""
    peer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one benchmark found.

    Attributes:
        title: What it is about.
        how: How it was measured, and what the baseline is.
        rows: The figures.
    """

    title: str
    how: str
    rows: tuple[Row, ...]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0.0 to 1.0) of the values does not exceed.

    Raises:
        ValueError: If there are no values.
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the ratios within rounds; both hold one value for each round, in the same order."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))


def times(ratio: float) -> str:
    """A ratio as it is written: `1.23 x`."""
    return f"{ratio:.2f} x"


def milliseconds(seconds: float) -> str:
    """A short time."""
    return f"{seconds * 1000:.1f} ms"


def megabytes(value: int) -> str:
    """An amount of memory; 1 MB is 1,024 KB here, as in what operating systems print."""
    return f"{value / 1024**2:.1f} MB"
