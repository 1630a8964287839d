"""How long to wait before the next attempt."""

from __future__ import annotations

from collections.abc import Callable

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 900.0
HOLD_WAIT_S = 3600.0
"""An account that needs a person is tried again this often all the same."""


def backoff_s(attempts: int, jitter: Callable[[], float], *, asked_s: float | None = None) -> float:
    """Seconds until the next attempt: doubling from 2 s to 15 minutes, spread, never sooner than asked.

    Args:
        attempts: Failed attempts so far, this one included, from 1.
        jitter: A number from 0.0 to 1.0, such as `random.random`.
        asked_s: What the other side asked for, in seconds, or None.
    """
    ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts - 1, 16))
    spread = ceiling * (0.5 + 0.5 * jitter())
    return max(spread, asked_s or 0.0)
