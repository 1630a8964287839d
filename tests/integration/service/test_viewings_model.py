"""However people watch and whatever breaks in between: each viewing that was finished is one play (P1, P2).

People, a server that counts at 90 %, and everything that may be lost on the way: frames, the socket, the
list, the app, the server's keys, answers of the sink. Viewings end early, before half of the item, or late;
or they are left where they count, but not yet at the server, which goes on from there the next time.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from crosswatch.core.events import Account, Media, MediaKind, Player, Show
from crosswatch.core.facts import WebhookFact
from crosswatch.core.ids import Ids
from crosswatch.errors import SourceUnavailableError, StorageError
from fakes.evening import SERVER, Evening
from fakes.hook_stage import STATES
from fakes.leaping_loop import LeapingLoop
from fakes.plays import MAYA
from fakes.sink import Fault

LENGTH_S = 1_500
PERIOD_S = 10
COUNTED_AT = 0.9
LEFT_AT = 0.85
"""Where the watched mark is passed, but not the server's."""

RESUMED_WITHIN_S = 30 * 3_600.0
"""The rest of what was left is seen within that time, or never."""

PEOPLE = {
    "tv": Account(id=1, name="Maya"),
    "phone": Account(id=2, name="Jon"),
    "web": Account(id=2, name="Jon"),
}
ITEMS = {
    number: Media(
        kind=MediaKind.EPISODE,
        title=f"Part {number}",
        show=Show(title="Serial", ids=Ids(tmdb=7)),
        season=1,
        number=number,
        duration_ms=LENGTH_S * 1000,
        rating_key=str(number),
    )
    for number in range(1, 5)
}
TOLERANCE_S = 0.1 * LENGTH_S + 120.0
"""A viewing whose end nobody saw is dated by the server's count, a tenth of the length before its end."""


@dataclass
class Viewer:
    """Somebody in front of a device."""

    client: str
    item: Media
    key: str
    offset_s: float = 1.0
    is_paused: bool = False
    is_counted: bool = False
    is_rest: bool = False


@dataclass(slots=True)
class Finished:
    """A viewing that has to be at the sink, with a time from the one to the other."""

    label: str
    at: datetime
    latest: datetime
    is_told: bool


class Viewings(RuleBasedStateMachine):
    """Three devices of two people, one sink account."""

    def __init__(self):
        super().__init__()
        self.loop = LeapingLoop()
        self.folder = None  # everything is in memory
        self.viewers = {}
        self.finished = []
        self.left = {}
        self.next_key = 1
        self.is_heard = True

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def begin(self):
        async def begin():
            evening = Evening(self.folder and Path(self.folder.name), media=ITEMS.values())
            evening.source.people |= {account.id: account for account in PEOPLE.values()}
            return await evening.start()

        self.evening = self.run(begin())

    # ---------------------------------------------------------------- what people do

    @rule(client=st.sampled_from(sorted(PEOPLE)), number=st.sampled_from(sorted(ITEMS)))
    def start(self, client, number):
        watched_elsewhere = any(viewer.item is ITEMS[number] for viewer in self.viewers.values())
        if client in self.viewers or watched_elsewhere:
            return
        left = self.left.get((PEOPLE[client].id, number))
        if left is None:
            self.viewers[client] = Viewer(client, ITEMS[number], self.new_key())
        elif self.evening.clock.now() - left.at < timedelta(seconds=RESUMED_WITHIN_S):
            del self.left[PEOPLE[client].id, number]
            at_s = LEFT_AT * LENGTH_S
            self.viewers[client] = Viewer(client, ITEMS[number], self.new_key(), at_s, is_rest=True)
            if not left.is_told:  # that somebody left may not have been noticed: it ends with the rest then
                left.latest = self.evening.clock.now() + timedelta(seconds=LENGTH_S - at_s)
        self.post(self.viewers.get(client), "media.play")
        self.run(self.live(PERIOD_S))

    @precondition(lambda self: self.viewers)
    @rule(data=st.data(), is_told=st.booleans())
    def leave_past_the_mark(self, data, is_told):
        """The player says so, or is switched off."""
        viewer = self.viewers[data.draw(st.sampled_from(sorted(self.viewers)))]
        if viewer.offset_s >= LEFT_AT * LENGTH_S:
            return
        viewer.is_paused = False
        self.run(self.live(LEFT_AT * LENGTH_S - viewer.offset_s))
        self.speak(viewer)
        self.left[PEOPLE[viewer.client].id, viewer.item.number] = self.finish(viewer, is_told=is_told)
        self.end(viewer) if is_told else self.forget(viewer)
        self.run(self.live(1))

    @precondition(lambda self: self.viewers)
    @rule(data=st.data(), what=st.sampled_from(["pause", "resume", "stop", "go to the end", "crash"]))
    def press(self, data, what):
        viewer = self.viewers[data.draw(st.sampled_from(sorted(self.viewers)))]
        match what:
            case "pause" | "resume":
                if viewer.is_paused != (what == "pause"):
                    self.post(viewer, f"media.{what}")
                viewer.is_paused = what == "pause"
                self.speak(viewer)
            case "stop" if viewer.offset_s < 0.5 * LENGTH_S:
                self.end(viewer)
            case "crash" if viewer.offset_s < 0.5 * LENGTH_S:
                self.forget(viewer)
            case "go to the end":
                viewer.is_paused = False
                self.run(self.live(LENGTH_S - viewer.offset_s + 1))
        self.run(self.live(1))

    @rule(seconds=st.sampled_from([5, 60, 400, 2_000]))
    def watch_on(self, seconds):
        self.run(self.live(seconds))

    # ---------------------------------------------------------------- what breaks

    @rule(seconds=st.sampled_from([3, 40, 200, 3_000]))
    def lose_the_socket(self, seconds):
        async def lose():
            self.is_heard = False
            await self.live(seconds)
            self.is_heard = True
            self.evening.pipeline.connected()
            await self.live(2)

        self.run(lose())

    @rule(seconds=st.sampled_from([3, 40, 200, 3_000, 30_000]))
    def kill_the_app(self, seconds):
        async def kill():
            self.is_heard = False
            await self.evening.kill()
            await self.live(seconds)
            await self.evening.start()
            self.is_heard = True
            await self.live(2)

        self.run(kill())

    @rule(swapped=st.booleans())
    def restart_the_server(self, swapped):
        """Keys begin at 1 again, and nobody is listed before they have reported."""

        async def restart():
            self.evening.source.sessions.clear()
            self.next_key = 1
            viewers = sorted(self.viewers.values(), key=lambda viewer: viewer.client, reverse=swapped)
            for viewer in viewers:
                viewer.key = self.new_key()
                self.post(viewer, "media.play")
            self.evening.pipeline.connected()
            await self.live(15)

        self.run(restart())

    @rule(question=st.sampled_from(["sessions", "media", "history"]), seconds=st.sampled_from([5, 100, 900]))
    def get_no_answers(self, question, seconds):
        self.evening.source.faults[question] = SourceUnavailableError("busy")
        self.run(self.live(seconds))
        del self.evening.source.faults[question]

    @rule(faults=st.lists(st.sampled_from([Fault.BEFORE, Fault.AFTER, Fault.LIMITED, Fault.SERVER_ERROR])))
    def let_the_sink_stumble(self, faults):
        self.evening.sink.faults.extend(faults)

    @rule(seconds=st.sampled_from([5, 400]))
    def fill_the_disk(self, seconds):
        self.evening.ledger.is_failing = True
        self.run(self.live(seconds))
        self.evening.ledger.is_failing = False
        self.run(self.live(10))

    # ---------------------------------------------------------------- life goes on

    async def live(self, seconds):
        """Let time pass: players report, the server counts, and what has been played to its end stops."""
        while seconds > 0:
            step_s = min(PERIOD_S, seconds)
            await self.evening.later(step_s)
            seconds -= step_s
            await self.hand_out_post()
            for viewer in list(self.viewers.values()):
                if not viewer.is_paused:
                    viewer.offset_s = min(LENGTH_S, viewer.offset_s + step_s)
                self.count(viewer)
                if viewer.offset_s >= LENGTH_S:
                    if not viewer.is_rest:
                        self.finish(viewer)
                    self.end(viewer)
                elif step_s == PERIOD_S:
                    self.speak(viewer)

    def new_key(self):
        key, self.next_key = str(self.next_key), self.next_key + 1
        return key

    def count(self, viewer):
        if not viewer.is_counted and viewer.offset_s >= COUNTED_AT * LENGTH_S:
            viewer.is_counted = True
            self.post(viewer, "media.scrobble")
            account = PEOPLE[viewer.client]
            self.evening.source.count(viewer.item, self.evening.clock.now(), account_id=account.id)

    def speak(self, viewer, state=None):
        """The player reports; the server lists it, and we hear of it if we listen."""
        state = state or ("paused" if viewer.is_paused else "playing")
        if state != "stopped":
            self.evening.source.list(
                viewer.item,
                key=viewer.key,
                account=PEOPLE[viewer.client],
                offset_s=viewer.offset_s,
                state=state,
                client=viewer.client,
            )
        if self.is_heard:
            self.evening.frame(viewer.item, viewer.offset_s, state, key=viewer.key, client=viewer.client)

    def finish(self, viewer, *, is_told=True):
        now = self.evening.clock.now()
        self.finished.append(Finished(viewer.item.label, now, now, is_told))
        return self.finished[-1]

    def end(self, viewer):
        self.forget(viewer)
        self.post(viewer, "media.stop")
        self.speak(viewer, "stopped")

    def forget(self, viewer):
        del self.viewers[viewer.client]
        self.evening.source.sessions.pop(viewer.key, None)

    def post(self, viewer, event):
        """The server would call us, if it had been asked to."""

    async def hand_out_post(self):
        """What was posted arrives."""

    # ---------------------------------------------------------------- what holds

    def teardown(self):
        if hasattr(self, "evening"):
            try:
                self.run(self.come_to_rest())
                self.each_finished_viewing_is_one_play()
            finally:
                self.run(self.evening.stop())
        self.loop.close()

    async def come_to_rest(self):
        self.evening.sink.faults.clear()
        for viewer in list(self.viewers.values()):
            if viewer.offset_s < 0.5 * LENGTH_S:
                self.end(viewer)
            viewer.is_paused = False
        await self.live(LENGTH_S)
        await self.live(2 * 3_600)

    def each_finished_viewing_is_one_play(self):
        held = sorted(self.evening.sink.plays(MAYA))
        finished = sorted(self.finished, key=lambda one: (one.label, one.at))
        assert Counter(label for label, _ in held) == Counter(one.label for one in finished)
        for (label, at), one in zip(held, finished, strict=True):
            off_s = max((one.at - at).total_seconds(), (at - one.latest).total_seconds())
            assert off_s <= TOLERANCE_S, f"{label} is {off_s:g} s off"


class ViewingsOnDisk(Viewings):
    """The same on SQLite."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


class ViewingsWithPost(Viewings):
    """The same, and the server calls us as well: late, several times, or while nobody is there."""

    def __init__(self):
        super().__init__()
        self.delay_s, self.copies = 0, 1
        self.sent = []

    @rule(delay_s=st.sampled_from([0, 5, 30, 120]), copies=st.sampled_from([0, 1, 2]))
    def slow_down_the_post(self, delay_s, copies):
        self.delay_s, self.copies = delay_s, copies

    def post(self, viewer, event):
        if viewer is None:
            return
        is_bare = event == "media.scrobble" or (event == "media.play" and viewer.offset_s <= 1)
        fact = WebhookFact(
            event=event,
            state=STATES[event.removeprefix("media.")],
            is_counted=event == "media.scrobble",
            offset_ms=None if is_bare else round(viewer.offset_s * 1000),
            account=PEOPLE[viewer.client],
            media=viewer.item,
            player=Player(client_id=viewer.client, title=viewer.client),
            server_uuid=SERVER,
        )
        due_at = self.evening.clock.now() + timedelta(seconds=self.delay_s)
        self.sent += [(due_at, fact)] * self.copies

    async def hand_out_post(self):
        now = self.evening.clock.now()
        due = [fact for due_at, fact in self.sent if due_at <= now]
        self.sent = [one for one in self.sent if one[0] > now]
        for fact in due if not self.evening.ledger.is_dead else ():
            with contextlib.suppress(StorageError):
                hook = await self.evening.ledger.put_hook(fact, now, most=1_000)
                self.evening.pipeline.hear_hook(hook)


COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "print_blob": True,
}

TestViewings = Viewings.TestCase
TestViewings.settings = settings(max_examples=20, stateful_step_count=15, **COMMON)
TestViewingsWithPost = ViewingsWithPost.TestCase
TestViewingsWithPost.settings = settings(max_examples=20, stateful_step_count=15, **COMMON)
TestViewingsOnDisk = ViewingsOnDisk.TestCase
TestViewingsOnDisk.settings = settings(max_examples=4, stateful_step_count=15, **COMMON)
