"""Two ledgers side by side through whatever may happen; the one of dictionaries is the model."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.plays import Cursor, DeliveryState, Desired, DesiredAction, Match, PlayState
from crosswatch.core.ports import Claim, PlayChange, PlayQuery, Settlement
from crosswatch.core.reasons import Reason
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import JON, MAYA, NOW, make_play, step

LEASE = timedelta(seconds=60)
ACCOUNTS = (JON, MAYA)

numbers = st.integers(1, 4)
ages = st.integers(0, 5) | st.sampled_from([89, 91, 599, 601, 3601])
wanted = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(DesiredAction), ages, st.sampled_from([0.5, 50.0])),
    max_size=2,
)
matches = st.builds(
    Match,
    key=st.just("movie/arrival"),
    ids=st.builds(Ids, trakt=st.integers(1, 3)),
    evidence=st.sampled_from(["answer", "override"]),
    made_at=st.just(NOW),
    expires_at=st.sampled_from([None, NOW + timedelta(seconds=600)]),
)
outcomes = st.one_of(
    st.builds(Accepted, remote_id=st.integers(2**31, 2**40), match=matches | st.none()),
    st.builds(AlreadyThere, match=matches | st.none()),
    st.builds(Retry, reason=st.just(Reason.TRAKT_DOWN), is_unknown=st.booleans()),
    st.just(Hold(reason=Reason.LINK_EXPIRED)),
    st.just(Refused(reason=Reason.NO_MATCH, detail="404")),
    st.none(),
)


async def readable(ledger, now):
    """Everything that a ledger tells."""
    plays = await ledger.plays(PlayQuery(limit=500))
    return {
        "plays": plays,
        "open": await ledger.open_plays("den"),
        "deliveries": await ledger.deliveries([play.id for play in plays]),
        "traces": [await ledger.trace(play.id) for play in plays],
        "due": [await ledger.next_due(account) for account in ACCOUNTS],
        "near": [await ledger.delivered_near(account, NOW, now) for account in ACCOUNTS],
        "backlog": await ledger.backlog(),
        "match": await ledger.match("movie/arrival", now),
        "cursor": await ledger.cursor("den"),
        "unsettled": await ledger.unsettled_plays(),
    }


class TwoLedgers(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = HandClock()
        self.folder = Path(tempfile.mkdtemp(prefix="crosswatch-"))
        self.lives = 1
        self.memory = MemoryLedger(self.clock)
        self.sqlite = self.runner.run(open_ledger(self.path, clock=self.clock))
        self.claims = []
        self.finished = {}

    @property
    def path(self):
        return self.folder / str(self.lives) / DATABASE_NAME

    def teardown(self):
        self.runner.run(self.sqlite.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def both(self, call):
        """Ask both; they must say the same."""
        expected = self.runner.run(call(self.memory))
        assert self.runner.run(call(self.sqlite)) == expected
        return expected

    # ---------------------------------------------------------------- what happens

    @rule(number=numbers, wanted=wanted, ended=st.booleans(), with_cursor=st.booleans())
    def record(self, number, wanted, ended, with_cursor):
        now = self.clock.now()
        play = make_play(number, last_seen_at=now)
        if ended:
            watched = any(action is DesiredAction.WATCHED for _, action, _, _ in wanted)
            play = replace(
                play, state=PlayState.ENDED, ended_at=now, watched_at=now if watched else None, progress=0.5
            )
        desired = tuple(
            (account, Desired(action=action, progress=progress, at=now - timedelta(seconds=age)))
            for account, action, age, progress in wanted
        )
        stored = self.runner.run(self.memory.play(play.id))
        is_ignored = stored is not None and stored.reason is Reason.IGNORED_BY_YOU
        for account, each in () if is_ignored else desired:
            if each.action is DesiredAction.WATCHED:
                self.finished.setdefault((play.id, account), each)
        change = PlayChange(play=play, desired=desired, trace=(step("desired", number=number),))
        cursor = Cursor(server="den", viewed_at=now, keys=frozenset({play.id})) if with_cursor else None
        self.both(lambda ledger: ledger.record([change], cursor=cursor))

    @rule(account=st.sampled_from(ACCOUNTS), worker=st.sampled_from(["one", "two"]), batch=st.integers(1, 3))
    def claim(self, account, worker, batch):
        now = self.clock.now()
        self.claims += self.both(
            lambda ledger: ledger.claim(account, worker=worker, now=now, lease=LEASE, batch=batch)
        )

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=outcomes)
    def settle(self, data, outcome):
        """Of any claim there ever was: those that were settled or lost before must change nothing."""
        claim = data.draw(st.sampled_from(self.claims))
        now = self.clock.now()
        settlement = Settlement(
            claim=claim, outcome=outcome, at=now, retry_at=now + LEASE, trace=(step("answered"),)
        )
        before = self.runner.run(readable(self.sqlite, now))
        [held] = self.both(lambda ledger: ledger.settle([settlement]))
        if not held:
            assert self.runner.run(readable(self.sqlite, now)) == before

    @rule(seconds=st.sampled_from([1, 59, 60, 61, 600, 3001]))
    def wait(self, seconds):
        self.clock.move(seconds)

    @rule(worker=st.sampled_from(["one", "two", None]))
    def release(self, worker):
        self.both(lambda ledger: ledger.release(worker))

    @rule(number=numbers)
    def retry(self, number):
        self.both(lambda ledger: ledger.retry(make_play(number).id, self.clock.now()))

    @rule(number=numbers)
    def ignore(self, number):
        now = self.clock.now()
        self.both(lambda ledger: ledger.ignore(make_play(number).id, now, step("ignored")))

    @rule(number=numbers, is_stale=st.booleans(), anew=st.booleans())
    def take_back(self, number, is_stale, anew):
        """What sinks hold of a play, as it is or as it was before; and possibly tell it once more."""
        now, play = self.clock.now(), make_play(number)
        found = self.both(lambda ledger: ledger.deliveries([play.id])).get(play.id, [])
        for row in found:
            if row.state is DeliveryState.SETTLED:
                read = replace(row, version=row.version - 1) if is_stale else row
                claim = Claim(play=play, delivery=read)
                self.both(lambda ledger, claim=claim: ledger.take_back(claim, now, [step("taken back")]))
        self.both(lambda ledger: ledger.retry(play.id, now, anew=anew))

    @rule(account=st.sampled_from(ACCOUNTS))
    def wake(self, account):
        self.both(lambda ledger: ledger.wake_account(account, self.clock.now()))

    @rule(match=matches)
    def remember(self, match):
        self.both(lambda ledger: ledger.save_match(match))

    @rule()
    def crash_and_start_again(self):
        """Go on from the files as they are now, as after a kill; nothing is closed or folded in first."""
        left_behind, dead = self.path.parent, self.sqlite
        self.lives += 1
        shutil.copytree(left_behind, self.path.parent)
        self.sqlite = self.runner.run(open_ledger(self.path, clock=self.clock))
        self.runner.run(dead.close())
        shutil.rmtree(left_behind)
        self.runner.run(self.memory.release())

    # ---------------------------------------------------------------- what always holds

    @invariant()
    def both_tell_the_same(self):
        self.told = self.both(lambda ledger: readable(ledger, self.clock.now()))

    @invariant()
    def what_was_finished_is_kept(self):
        for (play_id, account), desired in self.finished.items():
            [row] = [row for row in self.told["deliveries"][play_id] if row.account == account]
            assert row.desired == desired

    @invariant()
    def only_one_worker_holds_an_account(self):
        rows = [row for rows in self.told["deliveries"].values() for row in rows]
        for account in ACCOUNTS:
            held = [row for row in rows if row.account == account and row.lease_owner]
            assert len({row.lease_owner for row in held if row.lease_until > self.clock.now()}) <= 1


TestTwoLedgers = TwoLedgers.TestCase
TestTwoLedgers.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
