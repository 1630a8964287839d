"""Whatever order frames, answers and lists come in, the promises about events hold."""

from __future__ import annotations

import itertools
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from crosswatch.core.events import Account
from crosswatch.core.facts import Binding
from crosswatch.core.quiet import Quiet
from fakes.viewing import ALICE, BOB, LIBRARY, Stage, row

KEYS = st.sampled_from(["1", "2", "3", ""])
CLIENTS = st.sampled_from(["tv", "phone", ""])
ITEMS = st.sampled_from([*LIBRARY, ""])
OFFSETS = st.one_of(st.none(), st.floats(0, 8_000), st.just(0.0))
STATES = st.sampled_from(["playing", "paused", "buffering", "stopped", "error"])
ACCOUNTS = st.sampled_from([ALICE, BOB, Account()])

FRAMES = st.tuples(st.just("frame"), STATES, OFFSETS, ITEMS, KEYS, CLIENTS)
WAITS = st.tuples(st.just("wait"), st.floats(0.1, 400))
ANSWERS = st.tuples(st.just("answer"), ACCOUNTS)
LISTS = st.tuples(
    st.just("list"),
    st.lists(st.tuples(st.sampled_from(list(LIBRARY)), st.sampled_from("123"), ACCOUNTS), max_size=3),
    st.booleans(),
)
STEPS = st.lists(st.one_of(FRAMES, FRAMES, WAITS, ANSWERS, LISTS), max_size=60)


def play_out(steps) -> Stage:
    stage = Stage()
    for step in steps:
        take(stage, step)
    return stage


def take(stage, step):
    match step:
        case "frame", state, offset_s, item, key, client:
            stage.frame(state, offset_s, item=item, key=key, client=client)
        case "wait", seconds:
            stage.after(seconds)
        case "answer", account:
            stage.answer(account=account)
        case "list", rows, reconnected:
            listed = {key: row(item=item, key=key, account=account) for item, key, account in rows}
            stage.list(*listed.values(), reconnected=reconnected)


class Restless(Quiet):
    def reigns(self, now):  # noqa: ARG002 -- whatever the time
        return False


class Asker:
    """Asks what a tracker wants as soon as it wants it, and answers when told to."""

    def __init__(self, stage):
        self.stage = stage
        self.open = []

    def take(self, step):
        match step:
            case "answer", account:
                for session in self.open:
                    binding = account and Binding(account=account, media=LIBRARY[session.item])
                    self.stage.updates += self.stage.tracker.bind(session, binding, self.stage.now)
                self.open = []
            case _:
                take(self.stage, step)

    def ask(self):
        wanted = self.stage.tracker.wanted(self.stage.now)
        self.open += wanted.bindings
        return [session.play_id for session in wanted.bindings], wanted.sessions

    def next_at(self):
        return self.stage.tracker.next_at(self.stage.now)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_the_promises_about_events_hold_for_any_interleaving(steps):
    stage = play_out(steps)
    by_play = defaultdict(list)
    for event in stage.events:
        by_play[event.play_id].append(event)
        assert event.progress is None or 0 <= event.progress <= 100
        assert event.account.is_known
        assert event.media.kind.is_scrobbled
    for events in by_play.values():
        actions = [event.action.value for event in events if event.why != "seek"]
        assert all(pair != ("start", "start") for pair in itertools.pairwise(actions))
        assert actions[0] != "stop"
        assert actions.count("stop") <= 1
        assert "stop" not in actions[:-1]
        assert len({(event.account.id, event.media.rating_key) for event in events}) == 1


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_every_viewing_that_was_written_ends_when_nothing_is_heard_any_more(steps):
    stage = play_out(steps)
    for _ in range(4):
        stage.after(60).list()
    assert stage.tracker.sessions == ()
    latest = {update.play.id: update.play for update in stage.updates}
    assert all(play.ended_at is not None for play in latest.values())


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_the_tracker_never_asks_to_be_called_in_the_past(steps):
    stage = play_out(steps)
    assert stage.tracker.next_at(stage.now) >= stage.now


CLOCKS_SET_BACK = st.tuples(st.just("wait"), st.floats(-60, 1))
NO_ANSWERS = st.tuples(st.just("answer"), st.none())


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(FRAMES, FRAMES, WAITS, CLOCKS_SET_BACK, ANSWERS, NO_ANSWERS, LISTS), max_size=60))
def test_a_tracker_that_rests_misses_nothing_that_one_without_rest_sees(steps):
    resting, restless = Asker(Stage()), Asker(Stage())
    restless.stage.tracker._quiet = Restless()
    for step in steps:
        resting.take(step)
        restless.take(step)
        assert resting.ask() == restless.ask()
        assert resting.next_at() <= restless.next_at()
    assert resting.stage.updates == restless.stage.updates
