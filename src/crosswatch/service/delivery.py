"""The delivery loop: bring what each sink account does know up to what it should know.

One worker for each account, so that nobody waits for anybody else, and one request at a time within an
account, spaced as the sink demands. The worker takes what is most urgent (`core.delivery.urgency`), under a
durable lease, and writes what came of it before it takes the next.

A finished play that is late, or whose fate has been unknown for long, is not sent blindly: the account's
history is read, and only what is missing there is added, with its own time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosswatch.core.delivery import Step, next_step
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.ports import Attempt, Claim, Order, Settlement
from crosswatch.core.remote_history import MARGIN, find_remote, span_to_read
from crosswatch.core.retry import HOLD_WAIT_S, backoff_s
from crosswatch.errors import StorageError
from crosswatch.service.story import tell_attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosswatch.clock import Clock
    from crosswatch.core.events import PlayId
    from crosswatch.core.plays import Delivery, Play, SinkAccount
    from crosswatch.core.ports import Ledger, RemotePlay, ScrobbleSink

LEASE_REAL_S = 180.0
"""Real seconds that a lease lasts; longer than any request with its look-ups."""

BATCH = 50
"""How many late plays are added in one request at most."""

STORAGE_RETRY_S = 5.0

log = logging.getLogger("crosswatch.trakt")


@dataclass(slots=True)
class Outage:
    """An account's trouble, for one line at its beginning and one at its end."""

    since: datetime
    sentence: str
    failures: int = 1


class AccountWorker:
    """Delivers to one sink account.

    Args:
        account: Whose.
        sink: Where.
        ledger: What.
        clock: Tells the time.
        worker: Name of this process among those that share the database.
        write_interval_s: Least seconds between two writes; asked anew each time.
        changed: Called with each play whose row changed.
        jitter: A number from 0.0 to 1.0.
    """

    def __init__(
        self,
        account: SinkAccount,
        *,
        sink: ScrobbleSink,
        ledger: Ledger,
        clock: Clock,
        worker: str,
        write_interval_s: Callable[[], float],
        changed: Callable[[PlayId], None],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self.outage: Outage | None = None
        self._sink = sink
        self._ledger = ledger
        self._clock = clock
        self._worker = worker
        self._write_interval_s = write_interval_s
        self._changed = changed
        self._jitter = jitter
        self._wake = asyncio.Event()
        self._written_at: datetime | None = None
        self._blocked_until: datetime | None = None
        self._failures = 0

    def wake(self) -> None:
        """Something new is to be delivered."""
        self._wake.set()

    def unblock(self) -> None:
        """Whatever kept the account from being used may be mended: try now."""
        self._blocked_until = None
        self._failures = 0
        self.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._wake.clear()
            try:
                if not await self._work():
                    await self._wait()
            except StorageError as error:
                log.warning("%s: cannot deliver: %s", self.account, error)
                await self._clock.sleep(STORAGE_RETRY_S)

    async def _work(self) -> bool:
        """Serve what is most urgent; whether there was anything."""
        now = self._clock.now()
        if self._blocked_until is not None and now < self._blocked_until:
            return False
        await self._keep_distance()
        claims = await self._ledger.claim(
            self.account,
            worker=self._worker,
            now=self._clock.now(),
            lease=timedelta(seconds=LEASE_REAL_S * self._clock.scale),
            batch=BATCH,
        )
        if not claims:
            return False
        await self._serve(claims)
        return True

    async def _wait(self) -> None:
        """Sleep until something is due, or something new is there."""
        due = await self._ledger.next_due(self.account)
        if due is not None and self._blocked_until is not None:
            due = max(due, self._blocked_until)
        wait_s = None
        if due is not None:
            wait_s = max(0.0, self._clock.real_seconds((due - self._clock.now()).total_seconds()))
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _keep_distance(self) -> None:
        """Wait until the account may be written to again."""
        if self._written_at is not None:
            passed = (self._clock.now() - self._written_at).total_seconds()
            await self._clock.sleep(self._write_interval_s() - passed)

    # ------------------------------------------------------------------------------ serving

    async def _serve(self, claims: list[Claim]) -> None:
        match next_step(claims[0].delivery, self._clock.now()):
            case Step.DROP:
                await self._settle([(claim, None) for claim in claims])
            case Step.LIVE:
                await self._send(claims[0])
                await self._return(claims[1:])
            case Step.BACKFILL:
                await self._backfill(claims)

    async def _return(self, claims: list[Claim]) -> None:
        """Give back what was claimed in vain: nothing of it was sent."""
        unsent = Attempt(outcome=Retry(reason=claims[0].delivery.reason, after_s=0.0)) if claims else None
        await self._settle([(claim, unsent) for claim in claims])

    async def _send(self, claim: Claim) -> None:
        order = await self._order(claim)
        attempt = await self._sink.send(order)
        self._written_at = self._clock.now()
        if self._is_rewatch(claim, attempt.outcome):
            await self._backfill([claim], so_far=attempt)
        else:
            await self._settle([(claim, attempt)])

    def _is_rewatch(self, claim: Claim, outcome: Outcome) -> bool:
        """Whether "already there" speaks of an earlier viewing: the sink's window hides a rewatch."""
        if not isinstance(outcome, AlreadyThere) or outcome.watched_at is None:
            return False
        return outcome.watched_at < claim.play.started_at - MARGIN

    async def _order(self, claim: Claim) -> Order:
        play, desired = claim.play, claim.delivery.desired
        return Order(
            account=self.account,
            media=play.media,
            action=desired.action,
            progress=desired.progress,
            at=desired.at,
            started_at=play.started_at,
            play_id=play.id,
        )

    async def _backfill(self, claims: list[Claim], *, so_far: Attempt | None = None) -> None:
        """Read the account's history; settle what it holds, add what it lacks."""
        since, until = span_to_read([claim.play for claim in claims], self._clock.now())
        remote, trouble = await self._sink.fetch_history(self.account, since, until)
        if trouble is not None:
            await self._settle([(claim, trouble) for claim in claims])
            return
        others = await self._ledger.delivered_near(self.account, since, until)
        found: list[tuple[Claim, Attempt | None]] = []
        missing: list[Claim] = []
        for claim in claims:
            entry = self._find(claim, remote, others)
            if entry is None:
                missing.append(claim)
                continue
            remote = [one for one in remote if one.remote_id != entry.remote_id]
            outcome = AlreadyThere(watched_at=entry.watched_at, remote_id=entry.remote_id)
            found.append((claim, Attempt(outcome=outcome)))
        await self._settle(found)
        if missing:
            await self._add(missing, so_far)

    def _find(
        self, claim: Claim, remote: Sequence[RemotePlay], others: Sequence[tuple[Play, Delivery]]
    ) -> RemotePlay | None:
        return find_remote(claim.play, claim.delivery, remote, others, match=None, now=self._clock.now())

    async def _add(self, claims: list[Claim], so_far: Attempt | None) -> None:
        await self._keep_distance()
        orders = [await self._order(claim) for claim in claims]
        attempts = await self._sink.backfill(orders)
        self._written_at = self._clock.now()
        if so_far is not None:
            attempts = [replace(one, exchanges=so_far.exchanges + one.exchanges) for one in attempts]
        await self._settle(list(zip(claims, attempts, strict=True)))

    # ------------------------------------------------------------------------------ settling

    async def _settle(self, results: Sequence[tuple[Claim, Attempt | None]]) -> None:
        """Write what came of it; keep trying while the database does not take it, for it did happen."""
        if not results:
            return
        now = self._clock.now()
        for _, attempt in results:
            if attempt is not None:
                self._note(attempt.outcome, now)
        settlements = [
            Settlement(
                claim=claim,
                outcome=attempt.outcome if attempt else None,
                at=now,
                retry_at=self._retry_at(claim, attempt, now),
                trace=tell_attempt(self.account, claim, attempt, now),
            )
            for claim, attempt in results
        ]
        while True:
            try:
                kept = await self._ledger.settle(settlements)
            except StorageError as error:
                log.warning("%s: cannot write down what was delivered: %s", self.account, error)
                await self._clock.sleep(STORAGE_RETRY_S)
            else:
                break
        for settlement, was_ours in zip(settlements, kept, strict=True):
            if not was_ours:
                log.warning(
                    "%s: the lease of %s was lost meanwhile; its new owner will ask Trakt",
                    self.account,
                    settlement.claim.play.media.label,
                    extra={"event": "delivery.fenced", "play": settlement.claim.play.id},
                )
            self._changed(settlement.claim.play.id)
        await self._end_outage(now)

    def _retry_at(self, claim: Claim, attempt: Attempt | None, now: datetime) -> datetime:
        match attempt.outcome if attempt else None:
            case Retry() as retry:
                attempts = claim.delivery.attempts + 1
                return now + timedelta(seconds=backoff_s(attempts, self._jitter, asked_s=retry.after_s))
            case Hold():
                return now  # the account as a whole is held, not the play
            case _:
                return now

    def _note(self, outcome: Outcome, now: datetime) -> None:
        """Remember what the outcome says about the account, and say so when that changes."""
        match outcome:
            case Hold():
                self._block(now, HOLD_WAIT_S, outcome.detail or outcome.reason.value)
            case Retry() if outcome.is_account_wide:
                self._failures += 1
                wait_s = backoff_s(self._failures, self._jitter, asked_s=outcome.after_s)
                self._block(now, wait_s, outcome.detail or outcome.reason.value)
            case Accepted() | AlreadyThere() | Refused():
                self._blocked_until = None
                self._failures = 0

    def _block(self, now: datetime, wait_s: float, sentence: str) -> None:
        until = now + timedelta(seconds=wait_s)
        self._blocked_until = max(until, self._blocked_until or until)
        if self.outage is None:
            self.outage = Outage(since=now, sentence=sentence)
            log.warning(
                "%s: %s Plays are kept and sent by themselves.",
                self.account,
                sentence,
                extra={"event": "trakt.unavailable"},
            )
        else:
            self.outage.failures += 1
            self.outage.sentence = sentence

    async def _end_outage(self, now: datetime) -> None:
        """Say that the account can be used again, and let everything that waited for it go at once."""
        if self.outage is None or self._blocked_until is not None:
            return
        outage, self.outage = self.outage, None
        waiting = await self._ledger.wake_account(self.account, now)
        log.info(
            "%s: Trakt answers again after %s and %d failed requests; %d plays are sent now.",
            self.account,
            str(now - outage.since).partition(".")[0],
            outage.failures,
            waiting,
            extra={"event": "trakt.recovered"},
        )
