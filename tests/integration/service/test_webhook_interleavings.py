"""However frames and webhooks of one viewing interleave: at most one play, and of the right person (P2, P3).

A server tells what its players do by frames and by webhooks. Each of them may be lost, come late, or come
several times; webhooks may overtake one another. Whoever hears enough of a viewing that was finished makes a
play of it (P1); whoever hears little makes none of what was not (P4). At the same time somebody else, whose
plays count for another account, watches the beginning of the same item on another player.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from crosswatch.core.events import Account, Media, MediaKind, Player
from crosswatch.core.facts import WebhookFact
from crosswatch.core.ids import Ids
from crosswatch.core.people import Person, Rules
from crosswatch.service.no_server import NoServer
from fakes.evening import SERVER, Evening
from fakes.hook_stage import STATES
from fakes.leaping_loop import LeapingLoop
from fakes.plays import JON, MAYA

LENGTH_S = 600.0
PERIOD_S = 20.0
COUNTED_AT = 0.9
ITEM = Media(
    kind=MediaKind.MOVIE,
    title="Short",
    year=2020,
    ids=Ids(imdb="tt0000001"),
    duration_ms=int(LENGTH_S * 1000),
    rating_key="77",
)
OWNER, GUEST = Account(id=1, name="Maya"), Account(id=2, name="Jon")
BOTH, HOOKS, STRANGER = "both", "webhooks, and a server to ask", "webhooks alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that a player does at that second of the evening."""

    at_s: float
    offset_s: float
    state: str
    event: str = ""


def steps_of(start, pauses, end):
    """What a player does from a place to another, with pauses of some seconds at some places; in order."""
    steps = [Step(at_s=0.0, offset_s=start, state="playing", event="media.play")]
    at_s, offset_s, is_counted = 0.0, start, False

    def advance(to_s):
        nonlocal at_s, offset_s, is_counted
        while offset_s < to_s:
            step_s = min(PERIOD_S, to_s - offset_s)
            at_s, offset_s = at_s + step_s, offset_s + step_s
            is_now = offset_s >= COUNTED_AT * LENGTH_S and not is_counted
            is_counted = is_counted or is_now
            happened = "media.scrobble" if is_now else ""
            steps.append(Step(at_s=at_s, offset_s=offset_s, state="playing", event=happened))

    for place_s, seconds in pauses:
        if start < place_s < end:
            advance(place_s)
            steps.append(Step(at_s=at_s, offset_s=offset_s, state="paused", event="media.pause"))
            at_s += seconds
            steps.append(Step(at_s=at_s, offset_s=offset_s, state="playing", event="media.resume"))
    advance(end)
    steps.append(Step(at_s=at_s, offset_s=offset_s, state="stopped", event="media.stop"))
    return steps


FRAMES = st.sampled_from([(0.0,)] * 12 + [(0.0, 0.0), (2.0,), ()])
DELAYS = st.sampled_from([0.0, 0.0, 0.0, 0.3, 1.0, 4.0, 9.0, 45.0, 200.0])
HOOK = st.one_of(
    st.just((0.0,)),
    st.lists(DELAYS, max_size=3).map(tuple),
)

VIEWINGS = st.builds(
    steps_of,
    st.sampled_from([0.0, 0.0, 60.0, 300.0]),
    st.lists(
        st.tuples(st.sampled_from([100.0, 320.0, 560.0]), st.sampled_from([1.0, 30.0, 400.0])), max_size=2
    ).map(sorted),
    st.sampled_from([310.0, 400.0, 560.0, 590.0, 600.0]),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that a server sends, and when its copies arrive, in seconds after it was sent."""

    step: Step
    is_hook: bool
    offset_s: float | None
    after_s: tuple[float, ...]


def messages_of(draw, steps, mode):
    """What a server sends of each step, and what becomes of it."""
    sent = []
    for step in steps:
        frame = draw(FRAMES) if mode == BOTH else ()
        sent.append(Message(step=step, is_hook=False, offset_s=step.offset_s, after_s=frame))
        if step.event:
            is_bare = step.event == "media.scrobble" or (step.event == "media.play" and step.offset_s == 0)
            offset_s = None if is_bare or not draw(st.integers(0, 4)) else step.offset_s
            copies = draw(HOOK)
            sent.append(Message(step=step, is_hook=True, offset_s=offset_s, after_s=copies))
    return sent


class Household:
    """One evening: two people, two players, and what is heard of them."""

    def __init__(self, mode):
        self.mode = mode

    async def live(self, messages, others):
        """Let the evening happen; what the accounts of the owner and of the guest hold afterwards."""
        evening = self.evening = Evening(media=(ITEM,))
        self.world = evening.source
        self.world.people = {1: OWNER, 2: GUEST}
        evening.rules = Rules(
            is_on=True,
            people=(
                Person(name="Maya", plex_ids=frozenset({1}), accounts=(MAYA,)),
                Person(name="Jon", plex_ids=frozenset({2}), accounts=(JON,)),
            ),
        )
        if self.mode == STRANGER:
            evening.source = NoServer()
        await evening.start(connected=self.mode != STRANGER)
        try:
            evening.workers.ensure((JON,))
            await asyncio.gather(
                self._play(messages, client="tv", account=OWNER, key="1"),
                self._play(others, client="phone", account=GUEST, key="2"),
            )
            await evening.later(hours=9)
            return evening.sink.titles(MAYA), evening.sink.titles(JON)
        finally:
            await evening.stop()

    async def _play(self, messages, *, client, account, key):
        """A player plays; what is said of it goes its ways."""
        now_s, sent = 0.0, []
        for message in messages:
            await self.evening.later(message.step.at_s - now_s)
            now_s = message.step.at_s
            self._show(message.step, client=client, account=account, key=key)
            sent += [
                asyncio.create_task(self._send(message, after_s, client=client, account=account, key=key))
                for after_s in message.after_s
            ]
        await asyncio.gather(*sent)

    def _show(self, step, *, client, account, key):
        """What the server's own list and history say."""
        self.world.sessions.pop(key, None)
        if step.state != "stopped":
            self.world.list(
                ITEM, key=key, account=account, offset_s=step.offset_s, state=step.state, client=client
            )
        if step.event == "media.scrobble" and account.id not in {
            row.account_id for row in self.world.history
        }:
            self.world.count(ITEM, self.evening.clock.now(), account_id=account.id)

    async def _send(self, message, after_s, *, client, account, key):
        await self.evening.later(after_s)
        if not message.is_hook:
            self.evening.frame(ITEM, message.offset_s, message.step.state, key=key, client=client)
            return
        fact = WebhookFact(
            event=message.step.event,
            state=STATES[message.step.event.removeprefix("media.")],
            is_counted=message.step.event == "media.scrobble",
            offset_ms=None if message.offset_s is None else round(message.offset_s * 1000),
            account=account,
            media=ITEM,
            player=Player(client_id=client, title=client),
            server_uuid=SERVER,
        )
        hook = await self.evening.ledger.put_hook(fact, self.evening.clock.now(), most=1_000)
        await self.evening.pipeline.hear_hook(hook)


def is_as_promised(data, mode, steps):
    """One evening keeps every promise."""
    messages = messages_of(data.draw, steps, mode)
    others = messages_of(data.draw, steps_of(0.0, (), 100.0), mode)
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        owner, guest = runner.run(Household(mode).live(messages, others))
    progress = steps[-1].offset_s / LENGTH_S
    told = {message.step.event for message in messages if message.is_hook and message.after_s}
    assert guest == []
    assert owner in ([], ["Short (2020)"])
    if progress < 0.8:
        assert owner == []
    if progress >= COUNTED_AT and (mode != STRANGER or "media.scrobble" in told):
        event("a play that had to be found")
        assert owner == ["Short (2020)"]


COMMON = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.data_too_large,
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
    ],
}


@pytest.mark.parametrize("mode", [BOTH, HOOKS, STRANGER])
@settings(max_examples=30, **COMMON)
@given(data=st.data(), steps=VIEWINGS)
def test_however_frames_and_webhooks_interleave_it_is_one_play_of_the_right_person(mode, data, steps):
    is_as_promised(data, mode, steps)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("mode", [BOTH, HOOKS, STRANGER])
@settings(max_examples=3_400, **COMMON)
@given(data=st.data(), steps=VIEWINGS)
def test_ten_thousand_interleavings_are_one_play_of_the_right_person(mode, data, steps):
    is_as_promised(data, mode, steps)
