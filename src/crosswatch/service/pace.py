"""When one sink account may be asked, and how it stands: spacing, patience, and what is said about outages.

A clock that is set back keeps nobody waiting for longer than was meant.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.retry import HOLD_WAIT_S, backoff_s
from crosswatch.core.sentences import tell_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosswatch.core.plays import SinkAccount

LONGEST_BLOCK = timedelta(seconds=HOLD_WAIT_S)
"""Nobody is left alone for longer than this; a block that seems to is one of a clock that was set back."""

log = logging.getLogger("crosswatch.trakt")


@dataclass(slots=True)
class Outage:
    """An account's trouble, for one line at its beginning and one at its end."""

    since: datetime
    sentence: str
    failures: int = 1


class Pace:
    """How one account is to be treated.

    Args:
        account: Whose.
        write_interval_s: Least seconds between two writes; asked anew each time.
        jitter: A number from 0.0 to 1.0.
    """

    def __init__(
        self, account: SinkAccount, *, write_interval_s: Callable[[], float], jitter: Callable[[], float]
    ) -> None:
        self.outage: Outage | None = None
        self._account = account
        self._write_interval_s = write_interval_s
        self._jitter = jitter
        self._written_at: datetime | None = None
        self._blocked_until: datetime | None = None
        self._failed_at: datetime | None = None
        self._failures = 0

    def distance_s(self, now: datetime) -> float:
        """Seconds until the account may be written to again, as far as spacing goes."""
        if self._written_at is None:
            return 0.0
        interval_s = self._write_interval_s()
        return min(interval_s, max(0.0, interval_s - (now - self._written_at).total_seconds()))

    def wrote(self, now: datetime) -> None:
        """A write has just ended."""
        self._written_at = now

    def free_at(self, now: datetime) -> datetime:
        """When the account may be asked at all: now, or the end of what blocks it."""
        until = self._blocked_until
        return until if until is not None and now < until <= now + LONGEST_BLOCK else now

    def retry_at(self, outcome: Outcome | None, attempts: int, now: datetime) -> datetime:
        """When a delivery is to be tried again after so many attempts, this one included."""
        match outcome:
            case Retry():
                wait_s = backoff_s(attempts, self._jitter, asked_s=outcome.after_s)
                return now + timedelta(seconds=wait_s)
            case Hold():
                return self.free_at(now)  # the account as a whole is held, not the play
            case _:
                return now

    def note(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Remember what one request said about the account, and say so when that changes."""
        wide = [one for one in outcomes if isinstance(one, Hold | Retry) and _is_wide(one)]
        if wide:
            self._block(wide[0], now)
        elif any(isinstance(one, Accepted | AlreadyThere | Refused) for one in outcomes):
            self._blocked_until = self._failed_at = None
            self._failures = 0

    def hurry(self) -> None:
        """Whatever kept the account from being used may be mended: it is tried as soon as after one failure.

        Failures in a row are still counted: what is mended again and again, and never holds, must not make
        the account be asked without a pause.
        """
        if self._blocked_until is not None and self._failed_at is not None:
            wait = timedelta(seconds=backoff_s(self._failures, self._jitter))
            self._blocked_until = min(self._blocked_until, self._failed_at + wait)

    def is_over(self) -> bool:
        """Whether there was an outage, and the account can be used again."""
        return self.outage is not None and self._blocked_until is None

    def end_outage(self, waiting: int, now: datetime) -> None:
        """Say that the account can be used again, and that so many deliveries are sent now."""
        outage, self.outage = self.outage, None
        if outage is not None:
            log.info(
                "%s: Trakt answers again after %s and %d failed requests; %d deliveries are sent now.",
                self._account,
                str(now - outage.since).partition(".")[0],
                outage.failures,
                waiting,
                extra={"event": "trakt.recovered"},
            )

    def _block(self, outcome: Hold | Retry, now: datetime) -> None:
        self._failures += 1
        self._failed_at = now
        wait = LONGEST_BLOCK
        if isinstance(outcome, Retry):
            wait = timedelta(seconds=backoff_s(self._failures, self._jitter, asked_s=outcome.after_s))
        self._blocked_until = now + min(wait, LONGEST_BLOCK)
        sentence = tell_trouble(outcome)
        if self.outage is None:
            self.outage = Outage(since=now, sentence=sentence)
            log.warning(
                "%s: %s Plays are kept and sent by themselves.",
                self._account,
                sentence,
                extra={"event": "trakt.unavailable"},
            )
        else:
            self.outage.failures += 1
            self.outage.sentence = sentence


def _is_wide(outcome: Hold | Retry) -> bool:
    return isinstance(outcome, Hold) or outcome.is_account_wide
