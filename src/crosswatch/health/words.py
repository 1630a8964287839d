"""Numbers and spans as sentences say them. Pure."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (
    (timedelta(days=2), timedelta(days=1), "days"),
    (timedelta(hours=2), timedelta(hours=1), "hours"),
    (timedelta(minutes=2), timedelta(minutes=1), "minutes"),
)


def count_words(number: int, noun: str) -> str:
    """`1 play`, `3 plays`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def span_words(span: timedelta) -> str:
    """`8 s`, `3 minutes`, `26 hours`, `5 days`; less than nothing counts as nothing."""
    for least, unit, word in _UNITS:
        if span >= least:
            return f"{span // unit} {word}"
    return f"{max(0, round(span.total_seconds()))} s"


def size_words(count: int) -> str:
    """`80 kB`, `512 MB`, `3.4 GB`; thousands, as disks are sold."""
    if count < 10**6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.0f} MB"
