"""A ledger of dictionaries, with the same pure steps; the contract suite holds it to the real one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from crosswatch.clock import Clock
from crosswatch.core.delivery import (
    Step,
    ignored,
    is_claimable,
    leased,
    next_step,
    released,
    taken_back,
    urgency,
    verdict_of,
    woken,
)
from crosswatch.core.filters import ID_PREFIX, fold
from crosswatch.core.inbox import Hook
from crosswatch.core.plays import DeliveryState, DesiredAction, Origin, PlayState
from crosswatch.core.ports import Backlog, Claim, Tally
from crosswatch.core.ratings import with_newer
from crosswatch.core.ratings import with_outcome as with_rating_outcome
from crosswatch.storage.steps import (
    as_ignored,
    desired_delivery,
    folded_titles,
    is_held,
    is_ignored,
    kept_match,
    learned_match,
    may_be_ignored,
    merged_play,
    settled_delivery,
    unignored,
)

MOST_PLAYS = 500


class MemoryLedger:
    """Implements `core.ports.Ledger`; what it holds is gone with it.

    Attributes:
        failing: Raised by every call while it is set, such as a `StorageError`; nothing is changed then.
    """

    def __init__(self, clock=None):
        self.failing = None
        self._clock = clock or Clock()
        self._plays = {}
        self._deliveries = {}
        self._traces = {}
        self._matches = {}
        self._cursors = {}
        self._hooks = {}
        self._received = 0
        self._ratings = {}

    async def close(self):
        """There is nothing to close."""

    # ---------------------------------------------------------------- writing

    async def record(self, changes, *, cursor=None):
        self._check()
        now = self._clock.now()
        for change in changes:
            play = merged_play(self._plays.get(change.play.id), change.play)
            self._plays[play.id] = play
            for account, desired in () if is_ignored(play) else change.desired:
                stored = self._deliveries.get((play.id, account))
                self._put(desired_delivery(stored, play, account, desired, now))
            self._judge(play.id)
            self._traces.setdefault(play.id, []).extend(change.trace)
            self._drop(change.hooks)
        if cursor is not None:
            self._cursors[cursor.server] = cursor

    async def claim(self, account, *, worker, now, lease, batch):
        self._check()
        mine = [row for row in self._deliveries.values() if row.account == account]
        if any(row.lease_owner not in ("", worker) and row.lease_until > now for row in mine):
            return []
        due = [released(row, now) for row in mine if is_claimable(row, now)]
        due.sort(key=lambda row: (urgency(row, now), row.play_id))
        if not due:
            return []
        step = next_step(due[0], now)
        same = [row for row in due if next_step(row, now) is step]
        chosen = [leased(row, worker, now, lease) for row in same[: 1 if step is Step.LIVE else batch]]
        for row in chosen:
            self._put(row)
        return [Claim(play=self._plays[row.play_id], delivery=row) for row in chosen]

    async def settle(self, settlements):
        self._check()
        return [self._settle(settlement) for settlement in settlements]

    async def release(self, worker=None):
        self._check()
        now = self._clock.now()
        held = [
            row for row in self._deliveries.values() if row.lease_owner and worker in (None, row.lease_owner)
        ]
        for row in held:
            self._put(released(row, now))
        return len(held)

    async def retry(self, play_id, now, *, anew=False, trace=()):
        self._check()
        before = self._of(play_id)
        after = [woken(row, now, anew=anew) for row in before]
        for row in after:
            self._put(row)
        if after != before:
            self._plays[play_id] = unignored(self._plays[play_id])
            self._judge(play_id)
        if play_id in self._plays:
            self._traces.setdefault(play_id, []).extend(trace)
        return sum(row.state is DeliveryState.PENDING for row in after)

    async def ignore(self, play_id, now, trace):
        self._check()
        play, rows = self._plays.get(play_id), self._of(play_id)
        if play is None or not all(may_be_ignored(row, now) for row in rows):
            return False
        for row in rows:
            self._put(ignored(row, now))
        self._plays[play_id] = as_ignored(play)
        self._traces.setdefault(play_id, []).append(trace)
        return True

    async def take_back(self, claim, now, trace):
        self._check()
        read = claim.delivery
        if self._deliveries.get((read.play_id, read.account)) != read:
            return False
        self._put(taken_back(read, now))
        self._judge(read.play_id)
        self._traces.setdefault(read.play_id, []).extend(trace)
        return True

    async def amend(self, play_id, media, trace):
        self._check()
        self._plays[play_id] = replace(self._plays[play_id], media=media)
        self._traces.setdefault(play_id, []).append(trace)

    async def wake_account(self, account, now):
        self._check()
        waiting = self._pending(account)
        for row in waiting:
            self._put(woken(row, now))
        for rating in self._waiting_ratings(account):
            self._ratings[account, rating.key] = replace(rating, next_attempt_at=now, updated_at=now)
        return len(waiting)

    async def save_match(self, match):
        self._check()
        self._matches[match.key] = kept_match(self._matches.get(match.key), match)

    async def forget_matches(self, keys, evidence):
        self._check()
        doomed = [key for key in keys if key in self._matches and self._matches[key].evidence in evidence]
        for key in doomed:
            del self._matches[key]
        return len(doomed)

    # ---------------------------------------------------------------- reading

    async def open_plays(self, server):
        self._check()
        return [
            play
            for play in sorted(self._plays.values(), key=lambda play: play.id)
            if play.server == server and play.state is not PlayState.ENDED
        ]

    async def plays_of(self, server, account_id, since):
        self._check()
        return [
            play
            for play in self._newest_first()
            if play.server == server and play.last_seen_at >= since and account_id in (None, play.account.id)
        ]

    async def plays(self, query):
        self._check()
        fitting = [play for play in self._newest_first() if _fits(play, query)]
        return fitting[: max(1, min(query.limit, MOST_PLAYS))]

    async def tally(self, query):
        self._check()
        fitting = [play for play in self._newest_first() if _fits(play, replace(query, before=None))]
        found = Counter((_quarter(play.started_at), play.verdict) for play in fitting)
        return [Tally(at=at, verdict=verdict, count=found[at, verdict]) for at, verdict in sorted(found)]

    async def play(self, play_id):
        self._check()
        return self._plays.get(play_id)

    async def deliveries(self, play_ids):
        self._check()
        found = {play_id: self._of(play_id) for play_id in play_ids}
        return {play_id: rows for play_id, rows in found.items() if rows}

    async def trace(self, play_id):
        self._check()
        return list(self._traces.get(play_id, []))

    async def next_due(self, account):
        self._check()
        waiting = self._pending(account)
        if not waiting:
            return None
        due_at = min(row.next_attempt_at for row in waiting)
        return max([due_at, *(row.lease_until for row in waiting if row.lease_owner)])

    async def backlog(self):
        self._check()
        unsettled = [row for row in self._deliveries.values() if row.state is not DeliveryState.SETTLED]
        return {account: self._backlog_of(account) for account in {row.account for row in unsettled}}

    async def delivered_near(self, account, since, until):
        self._check()
        pairs = [
            (self._plays[row.play_id], row) for row in self._deliveries.values() if row.account == account
        ]
        near = [pair for pair in pairs if pair[0].watched_at and since <= pair[0].watched_at <= until]
        return sorted(near, key=lambda pair: (pair[0].watched_at, pair[0].id))

    async def cursor(self, server):
        self._check()
        return self._cursors.get(server)

    async def match(self, key, now):
        self._check()
        match = self._matches.get(key)
        if match is None or (match.expires_at is not None and match.expires_at <= now):
            return None
        return match

    async def recall(self, keys, now):
        self._check()
        found = {key: await self.match(key, now) for key in keys}
        return {key: match for key, match in found.items() if match is not None}

    async def matches(self, evidence):
        self._check()
        return [match for _, match in sorted(self._matches.items()) if match.evidence == evidence]

    async def unsettled_plays(self):
        self._check()
        unsettled = {
            row.play_id for row in self._deliveries.values() if row.state is not DeliveryState.SETTLED
        }
        return [self._plays[play_id] for play_id in sorted(unsettled)]

    # ---------------------------------------------------------------- webhooks

    async def put_hook(self, fact, received_at, *, most):
        self._check()
        if len(self._hooks) >= most:
            return None
        self._received += 1
        hook = self._hooks[self._received] = Hook(id=self._received, received_at=received_at, fact=fact)
        return hook

    async def hooks(self, server):
        self._check()
        return [hook for hook in self._hooks.values() if hook.fact.server_uuid == server]

    async def drop_hooks(self, ids):
        self._check()
        self._drop(ids)

    async def unfinished_servers(self):
        self._check()
        open_plays = [
            play
            for play in self._plays.values()
            if play.origin is Origin.WEBHOOK and play.state is not PlayState.ENDED
        ]
        waiting = {hook.fact.server_uuid for hook in self._hooks.values()}
        return sorted(waiting | {play.server for play in open_plays})

    # ---------------------------------------------------------------- ratings

    async def put_ratings(self, ratings, *, hooks):
        self._check()
        for rating in ratings:
            key = (rating.account, rating.key)
            self._ratings[key] = with_newer(self._ratings.get(key), rating)
        self._drop(hooks)

    async def due_rating(self, account, now):
        self._check()
        due = [rating for rating in self._waiting_ratings(account) if rating.next_attempt_at <= now]
        return min(due, key=lambda rating: (rating.next_attempt_at, rating.key), default=None)

    async def next_rating_due(self, account):
        self._check()
        return min((rating.next_attempt_at for rating in self._waiting_ratings(account)), default=None)

    async def settle_rating(self, told, outcome, *, now, retry_at):
        self._check()
        stored = self._ratings.get((told.account, told.key))
        if stored is not None:
            self._ratings[told.account, told.key] = with_rating_outcome(
                stored, outcome, told=told, now=now, retry_at=retry_at
            )

    def _waiting_ratings(self, account):
        return [
            rating
            for rating in self._ratings.values()
            if rating.account == account and rating.state is DeliveryState.PENDING
        ]

    # ---------------------------------------------------------------- inside

    def _drop(self, ids):
        for number in ids:
            self._hooks.pop(number, None)

    def _check(self):
        if self.failing is not None:
            raise self.failing

    def _put(self, row):
        self._deliveries[row.play_id, row.account] = row

    def _of(self, play_id):
        rows = [row for row in self._deliveries.values() if row.play_id == play_id]
        return sorted(rows, key=lambda row: (row.account.sink, row.account.name))

    def _pending(self, account):
        return [
            row
            for row in self._deliveries.values()
            if row.account == account and row.state is DeliveryState.PENDING
        ]

    def _newest_first(self):
        return sorted(self._plays.values(), key=lambda play: play.id, reverse=True)

    def _judge(self, play_id):
        play = self._plays[play_id]
        verdict, reason, detail = verdict_of(play, self._of(play_id))
        self._plays[play_id] = replace(play, verdict=verdict, reason=reason, detail=detail)

    def _settle(self, settlement):
        claimed = settlement.claim.delivery
        stored = self._deliveries.get((claimed.play_id, claimed.account))
        if stored is None or not is_held(stored, settlement.claim):
            return False
        self._put(settled_delivery(stored, settlement))
        self._judge(claimed.play_id)
        self._traces.setdefault(claimed.play_id, []).extend(settlement.trace)
        match = learned_match(settlement)
        if match is not None:
            self._matches[match.key] = kept_match(self._matches.get(match.key), match)
        return True

    def _backlog_of(self, account):
        waiting = self._pending(account)
        finished = [row for row in waiting if row.desired.action is DesiredAction.WATCHED]
        dead = [
            row
            for row in self._deliveries.values()
            if row.account == account and row.state is DeliveryState.DEAD
        ]
        return Backlog(
            pending=len(waiting),
            watched=len(finished),
            oldest_at=min((row.desired.at for row in finished), default=None),
            next_attempt_at=min((row.next_attempt_at for row in finished), default=None),
            dead=len(dead),
        )


def _quarter(moment):
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _fits(play, query):
    narrowed = [
        (
            query.who,
            lambda who: who == f"{ID_PREFIX}{play.account.id}" or fold(who) == fold(play.account.name),
        ),
        (query.verdict, lambda verdict: play.verdict is verdict),
        (query.reason, lambda reason: play.reason is reason),
        (query.server, lambda server: play.server == server),
        (query.kind, lambda kind: play.media.kind.value == kind),
        (query.text, lambda text: fold(text) in folded_titles(play.media)),
        (query.since, lambda since: play.started_at >= since),
        (query.before, lambda before: play.id < before),
    ]
    return all(value is None or fits(value) for value, fits in narrowed)
