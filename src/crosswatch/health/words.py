"""Numbers and spans as sentences say them. Pure."""

from __future__ import annotations

from datetime import timedelta

from crosswatch.core.phrases import Phrase, say

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def span_words(span: timedelta) -> Phrase:
    """`8 s`, `3 minutes`, `26 hours`, `5 days`; less than nothing counts as nothing.

    Other languages say it as it stands after "since", "for" and "ago".
    """
    if span >= 2 * DAY:
        return say("{number} days", number=span // DAY)
    if span >= 2 * HOUR:
        return say("{number} hours", number=span // HOUR)
    if span >= 2 * MINUTE:
        return say("{number} minutes", number=span // MINUTE)
    return say("{number} s", number=max(0, round(span.total_seconds())))


def size_words(count: int) -> str:
    """`80 kB`, `512 MB`, `3.4 GB`; thousands, as disks are sold."""
    if count < 10**6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.0f} MB"
