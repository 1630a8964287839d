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
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosswatch.core.delivery import Step, next_step
from crosswatch.core.outcomes import Accepted, AlreadyThere, Outcome, Refused, Retry
from crosswatch.core.phrases import together
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Attempt, Claim, Order, Settlement
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.remote_history import MARGIN, find_remote, span_to_read
from crosswatch.errors import StorageError
from crosswatch.service.pace import Outage, Pace
from crosswatch.service.story import tell_attempt
from crosswatch.tallies import Counted, Tallies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from crosswatch.clock import Clock
    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.plays import SinkAccount
    from crosswatch.core.ports import Exchange, Ledger, ScrobbleSink
    from crosswatch.service.memory import Known
    from crosswatch.service.ratings import RatingTeller

LEASE_REAL_S = 180.0
"""Real seconds that a lease lasts; longer than any request with its look-ups."""

BATCH = 50
"""How many late plays are added in one request at most."""

STORAGE_RETRY_S = 5.0

LOOK_EVERY_S = 60.0
"""However far the next attempt is: clocks are set, and a machine that slept does not know for how long."""

LONGEST_DELAY = timedelta(hours=1)
"""No attempt is put off for longer; one that seems to be was put off by a clock that was set back since."""

_ENDS = (DesiredAction.STOP, DesiredAction.WATCHED)

log = logging.getLogger("crosswatch.trakt")


class AccountWorker:
    """Delivers to one sink account.

    Args:
        account: Whose.
        sink: Where.
        ledger: What.
        recall: What is known of an item.
        clock: Tells the time.
        worker: Name of this process among those that share the database.
        write_interval_s: Least seconds between two writes; asked anew each time.
        changed: Called with each play whose row changed.
        ratings: Tells the account of ratings where no play waits; None where there are none.
        tallies: What came of plays is counted there; None counts nowhere.
        jitter: A number from 0.0 to 1.0.
    """

    def __init__(
        self,
        account: SinkAccount,
        *,
        sink: ScrobbleSink,
        ledger: Ledger,
        recall: Callable[[Media], Awaitable[Known]],
        clock: Clock,
        worker: str,
        write_interval_s: Callable[[], float],
        changed: Callable[[PlayId], None],
        ratings: RatingTeller | None = None,
        tallies: Tallies | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self._sink = sink
        self._ledger = ledger
        self._recall = recall
        self._clock = clock
        self._worker = f"{worker} {account}"  # leases are given back without those of its neighbours
        self._changed = changed
        self._ratings = ratings
        self._tallies = tallies or Tallies()
        self._pace = Pace(account, write_interval_s=write_interval_s, jitter=jitter)
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._is_to_release = False
        self._is_to_hurry = False

    @property
    def outage(self) -> Outage | None:
        """The account's trouble, or None if it can be used for all we know."""
        return self._pace.outage

    def wake(self) -> None:
        """Something new is to be delivered."""
        self._wake.set()

    def unblock(self) -> None:
        """Whatever kept the account from being used may be mended: try now."""
        self._pace.hurry()
        self._is_to_hurry = True
        self.wake()

    async def run(self) -> None:
        """Work until cancelled; whatever waits from before is tried at once."""
        self._is_to_release = self._is_to_hurry = True
        while True:
            self._wake.clear()
            try:
                await self._prepare()
                if not await self._work():
                    await self._wait()
            except StorageError as error:
                log.warning("%s: cannot deliver: %s", self.account, error)
                self._is_to_release = True
                await self._clock.sleep(STORAGE_RETRY_S)

    async def _prepare(self) -> None:
        """Give back what was leased when something went wrong, and let go what was put off."""
        if self._is_to_release:
            await self._ledger.release(self._worker)
            self._is_to_release = False
        if self._is_to_hurry:
            await self._ledger.wake_account(self.account, self._clock.now())
            self._is_to_hurry = False

    async def _work(self) -> bool:
        """Serve what is most urgent; whether there was anything."""
        now = self._clock.now()
        if self._pace.free_at(now) > now:
            return False
        async with self._turn:
            await self._keep_distance()
            claims = await self._ledger.claim(
                self.account,
                worker=self._worker,
                now=self._clock.now(),
                lease=timedelta(seconds=LEASE_REAL_S * self._clock.scale),
                batch=BATCH,
            )
            if claims:
                await self._serve(claims)
                return True
            return await self._tell_rating()

    async def _tell_rating(self) -> bool:
        """Tell the account of one rating; whether there was any."""
        if self._ratings is None or not await self._ratings.tell(self.account, self._pace):
            return False
        await self._end_outage(self._clock.now())
        return True

    async def take_back(self, remote_id: int) -> Attempt:
        """Take one play out of the account's history, in turn with what is delivered."""
        async with self._turn:
            await self._keep_distance()
            attempt = await self._sink.forget_play(self.account, remote_id)
            now = self._clock.now()
            self._pace.wrote(now)
            self._pace.note([attempt.outcome], now)
        return attempt

    async def _wait(self) -> None:
        """Sleep until something is due, but not for long, or something new is there."""
        due = await self._next_due()
        wait_s = None
        if due is not None:
            now = self._clock.now()
            self._is_to_hurry = due > now + LONGEST_DELAY
            left_s = (max(due, self._pace.free_at(now)) - now).total_seconds()
            wait_s = self._clock.real_seconds(min(max(0.0, left_s), LOOK_EVERY_S))
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _next_due(self) -> datetime | None:
        due = [await self._ledger.next_due(self.account)]
        due += [await self._ratings.next_due(self.account)] if self._ratings is not None else []
        return min((moment for moment in due if moment is not None), default=None)

    async def _keep_distance(self) -> None:
        """Wait until the account may be written to again."""
        await self._clock.sleep(self._pace.distance_s(self._clock.now()))

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
        for claim in claims:
            unsent = Retry(reason=claim.delivery.reason, after_s=0.0, is_account_wide=False)
            await self._settle([(claim, Attempt(outcome=unsent))])

    async def _send(self, claim: Claim) -> None:
        known = await self._recall(claim.play.media)
        attempt = _told_how(await self._sink.send(self._order(claim, known)), known)
        self._pace.wrote(self._clock.now())
        if self._is_of_another_viewing(claim, attempt.outcome):
            await self._backfill([claim], so_far=attempt)
        else:
            await self._settle([(claim, attempt)])

    def _is_of_another_viewing(self, claim: Claim, outcome: Outcome) -> bool:
        """Whether "already there" may speak of an earlier viewing: the sink's window hides a rewatch.

        A play of ours is dated by its end. Whatever lies elsewhere, or nowhere, is looked at more closely.
        """
        desired = claim.delivery.desired
        if not isinstance(outcome, AlreadyThere) or desired.action is not DesiredAction.WATCHED:
            return False
        return outcome.watched_at is None or abs(outcome.watched_at - desired.at) > MARGIN

    def _order(self, claim: Claim, known: Known) -> Order:
        play, desired = claim.play, claim.delivery.desired
        return Order(
            account=self.account,
            media=known.media,
            action=desired.action,
            progress=desired.progress,
            at=desired.at,
            started_at=play.started_at,
            play_id=play.id,
            match=known.match,
        )

    async def _backfill(self, claims: list[Claim], *, so_far: Attempt | None = None) -> None:
        """Read the account's history; settle what it holds, add what it lacks."""
        before = so_far.exchanges if so_far else ()
        now = self._clock.now()
        since, until = span_to_read([claim.play for claim in claims], now)
        remote, trouble = await self._sink.fetch_history(self.account, since, until)
        if trouble is not None:
            await self._settle([(claim, _told_after(before, trouble)) for claim in claims])
            return
        held = {entry.remote_id for entry in remote}
        others = await self._ledger.delivered_near(self.account, since, until)
        found: list[tuple[Claim, Attempt | None]] = []
        missing: list[Claim] = []
        for claim in claims:
            known = await self._recall(claim.play.media)
            play = replace(claim.play, media=known.media)
            entry = find_remote(play, claim.delivery, remote, others, match=known.match, now=now)
            if entry is None:
                missing.append(claim)
                continue
            remote = [one for one in remote if one.remote_id != entry.remote_id]
            outcome = AlreadyThere(watched_at=entry.watched_at, remote_id=entry.remote_id)
            found.append((claim, _told_after(before, Attempt(outcome=outcome))))
        await self._settle(found)
        if missing:
            await self._add(missing, before, held)

    async def _add(self, claims: list[Claim], before: tuple[Exchange, ...], held: set[int]) -> None:
        await self._keep_distance()
        knowledge = [await self._recall(claim.play.media) for claim in claims]
        orders = [self._order(claim, known) for claim, known in zip(claims, knowledge, strict=True)]
        if not all(_is_leased(claim, self._clock.now()) for claim in claims):
            await self._return(claims)  # reading took so long that somebody else may be adding them by now
            return
        attempts = await self._sink.backfill(orders, held=held)
        self._pace.wrote(self._clock.now())
        told = [
            _told_how(_told_after(before, attempt), known)
            for attempt, known in zip(attempts, knowledge, strict=True)
        ]
        await self._settle(list(zip(claims, told, strict=True)))

    # ------------------------------------------------------------------------------ settling

    async def _settle(self, results: Sequence[tuple[Claim, Attempt | None]]) -> None:
        """Write what came of one request, for as long as it takes: it did happen."""
        if not results:
            return
        now = self._clock.now()
        self._pace.note([attempt.outcome for _, attempt in results if attempt is not None], now)
        settlements = [self._settlement(claim, attempt, now) for claim, attempt in results]
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
            else:
                self._count(settlement)
            self._changed(settlement.claim.play.id)
        await self._end_outage(now)

    def _count(self, settlement: Settlement) -> None:
        """Count what the sink said, if that is its last word on the play."""
        attempted, outcome = settlement.claim.delivery, settlement.outcome
        if isinstance(outcome, Refused):
            self._tallies.count(Counted.PLAYS, Verdict.FAILED, outcome.reason)
        if not isinstance(outcome, Accepted | AlreadyThere):
            return
        self._tallies.note_delivery((settlement.at - attempted.desired.at).total_seconds())
        if settlement.claim.play.state is PlayState.ENDED and attempted.desired.action in _ENDS:
            is_watched = attempted.desired.action is DesiredAction.WATCHED
            told = Reason.ALREADY_RECORDED if isinstance(outcome, AlreadyThere) else Reason.WATCHED
            self._tallies.count(
                Counted.PLAYS, Verdict.DELIVERED, told if is_watched else Reason.POSITION_SAVED
            )

    async def _end_outage(self, now: datetime) -> None:
        """Let everything go that waited for the account, if it can be used again."""
        if self._pace.is_over():
            waiting = await self._ledger.wake_account(self.account, now)
            self._pace.end_outage(waiting, now)

    def _settlement(self, claim: Claim, attempt: Attempt | None, now: datetime) -> Settlement:
        outcome = attempt.outcome if attempt else None
        return Settlement(
            claim=claim,
            outcome=outcome,
            at=now,
            retry_at=self._pace.retry_at(outcome, claim.delivery.attempts + 1, now),
            trace=tell_attempt(self.account, claim, attempt, now),
        )


def _is_leased(claim: Claim, now: datetime) -> bool:
    """Whether the lease of the claim has not ended, so that nobody else is at it."""
    until = claim.delivery.lease_until
    return until is not None and now < until


def _told_after(before: tuple[Exchange, ...], attempt: Attempt) -> Attempt:
    """The attempt with what was said before it."""
    return replace(attempt, exchanges=before + attempt.exchanges)


def _told_how(attempt: Attempt, known: Known) -> Attempt:
    """The attempt with why the item was called so, and what helps if nobody knows it."""
    outcome = attempt.outcome
    if isinstance(outcome, Refused) and outcome.reason is Reason.NO_MATCH and known.hint:
        outcome = replace(outcome, detail=together([outcome.detail, known.hint]))
    return replace(attempt, outcome=outcome, how=known.how)
