"""What has happened since the start, counted, for whoever asks later.

Counting is a sum in a dictionary, so that it may stand where frames pass; the library that writes such sums
for a monitor is loaded only when one asks (`crosswatch.web.metrics`). A label takes one of few values, never
a name or a title.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from enum import StrEnum

DELIVERY_BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the spans from an event to its acceptance, in seconds."""


class Counted(StrEnum):
    """What is counted, and by which labels."""

    EVENTS = "events"
    """`source`, `action`: what was heard."""

    PLAYS = "plays"
    """`outcome`, `reason`: plays that came to their end."""

    TRAKT_REQUESTS = "trakt_requests"
    """`route`, `code`: what Trakt was asked, and what it answered."""

    NOTIFICATIONS = "notifications"
    """`result`: notices that were sent, or were not."""


class Tallies:
    """Sums since the start of this process; used from its event loop.

    Attributes:
        counts: How often, by what and the values of its labels.
        delivery_buckets: How many spans fell below each of `DELIVERY_BOUNDS_S` and no lower one; the last
            entry counts those above all.
        delivery_sum_s: All those spans together, in seconds.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[Counted, tuple[str, ...]]] = Counter()
        self.delivery_buckets = [0] * (len(DELIVERY_BOUNDS_S) + 1)
        self.delivery_sum_s = 0.0

    def count(self, what: Counted, *labels: str) -> None:
        """It has happened once more."""
        self.counts[what, labels] += 1

    def note_delivery(self, span_s: float) -> None:
        """A sink has accepted an event so many seconds after it happened; less than 0 counts as 0."""
        span_s = max(0.0, span_s)
        self.delivery_buckets[bisect_left(DELIVERY_BOUNDS_S, span_s)] += 1
        self.delivery_sum_s += span_s
