"""Identities of plays: short, sorted by time, and unlike each other."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from crosswatch.core.events import PlayId

if TYPE_CHECKING:
    from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""32 digits without those that people take for one another."""

TIME_DIGITS = 9
"""Enough for milliseconds until the year 3084."""

RANDOM_DIGITS = 8
"""A million million possibilities within each millisecond.

Whoever marks a whole show as watched makes hundreds of plays of one second, and two of one identity would be
one play.
"""


def new_play_id(now: datetime) -> PlayId:
    """The identity of a viewing that begins at this moment, such as `1h5q0k2m9x7pd3b6t`."""
    moment = int(now.timestamp() * 1000)
    digits = [ALPHABET[(moment >> (5 * place)) & 31] for place in reversed(range(TIME_DIGITS))]
    return PlayId("".join(digits) + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_DIGITS)))
