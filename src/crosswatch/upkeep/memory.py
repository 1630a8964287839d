"""What was noticed since the start and is written nowhere: since when, who came, what Trakt's clock says."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from crosswatch.access.verdict import By
from crosswatch.config.addresses import is_near, parse_address
from crosswatch.health.checks import Level
from crosswatch.health.facts import Sightings

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from crosswatch.access.verdict import Guest
    from crosswatch.access.visitors import Visitor
    from crosswatch.clock import Clock
    from crosswatch.health.checks import Check, Health


class Since:
    """Remembers since when each check has been fine, or not."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bool, datetime]] = {}

    def stamp(self, health: Health, now: datetime) -> Health:
        """The same, each check with the moment since when it is so, if it does not say that itself."""
        known = self._known = {check.id: self._of(check, now) for check in health.checks}
        return replace(
            health,
            checks=tuple(
                replace(check, since=known[check.id][1]) if _has_beginning(check) else check
                for check in health.checks
            ),
        )

    def _of(self, check: Check, now: datetime) -> tuple[bool, datetime]:
        is_fine = check.level is Level.FINE
        before = self._known.get(check.id)
        if before is None or before[0] != is_fine:
            return is_fine, now
        return is_fine, min(before[1], now)  # the clock may have been set back


def _has_beginning(check: Check) -> bool:
    """Whether it began at some time that matters: what was never set up did not, nor what was meant so."""
    return check.since is None and check.level is not Level.SETUP and not check.is_remark


class Doorkeeper:
    """Remembers what at the door nobody may have meant."""

    def __init__(self) -> None:
        self.sightings = Sightings()

    def note(self, visitor: Visitor, guest: Guest, peer: str, now: datetime) -> None:
        """Somebody asked.

        A header can be made up by anybody, so that only a neighbour's counts as a proxy's.

        Args:
            visitor: From where.
            guest: Who, once credentials were looked at.
            peer: The address at the other end of the connection, or empty.
            now: This moment.
        """
        if visitor.is_forwarded and not visitor.is_vouched and is_near(parse_address(peer)):
            self.sightings = replace(self.sightings, proxy=peer, proxy_at=now)
        if guest.by is By.NETWORK and visitor.address is not None and not is_near(visitor.address):
            self.sightings = replace(self.sightings, public=str(visitor.address), public_at=now)


class TraktEar:
    """Remembers what Trakt's answers say beside what was asked.

    Args:
        clock: This machine's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accepted: dict[str, datetime] = {}
        self.skew: timedelta | None = None

    def hear(self, status: int, date: str, access_token: str) -> None:
        """Trakt has answered.

        Args:
            status: The HTTP status.
            date: When, by the clock of whoever answered; empty if it was not said.
            access_token: With which it was asked; empty for none.
        """
        now = self._clock.now()
        if access_token and status < 300:  # noqa: PLR2004 -- that is what 2xx means
            self._accepted[access_token] = now
            while len(self._accepted) > MOST_TOKENS:
                del self._accepted[next(iter(self._accepted))]
        if date and self._clock.scale == 1.0:  # a clock that is faster than life agrees with nobody's
            self.skew = _skew(date, now, self.skew)

    def last_ok_at(self, access_token: str) -> datetime | None:
        """When Trakt last said yes to this token, or None if it has not since the start."""
        return self._accepted.get(access_token)


MOST_TOKENS = 1_000
"""Each renewal makes a new one; the oldest are forgotten."""


def _skew(date: str, now: datetime, before: timedelta | None) -> timedelta | None:
    try:
        said = parsedate_to_datetime(date)
    except ValueError:
        return before
    return said - now if said.tzinfo is not None else before
