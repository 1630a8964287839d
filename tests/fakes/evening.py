"""An evening in front of one television: pipeline, recorder and delivery on a ledger, between two fakes.

Everything from the facts of a server to the orders for a sink is real, and so is the ledger. Time is that of
a loop that leaps over waiting (`fakes.leaping_loop`); the clock on the wall may be set besides.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crosswatch.core.anime import AnimeList
from crosswatch.core.events import PlayerState
from crosswatch.core.facts import Notification
from crosswatch.core.people import Rules
from crosswatch.core.ports import PlayQuery
from crosswatch.errors import StorageError
from crosswatch.service.delivery import AccountWorker
from crosswatch.service.memory import Memory
from crosswatch.service.pipeline import CatchUpOptions, ServerPipeline
from crosswatch.service.play_ids import new_play_id
from crosswatch.service.recorder import Recorder
from crosswatch.service.workers import DeliveryWorkers
from crosswatch.storage.opening import open_ledger
from fakes.leaping_loop import EVENING
from fakes.memory_ledger import MemoryLedger
from fakes.plays import MAYA
from fakes.sink import ModelSink
from fakes.source import ScriptedSource

SERVER = "den"


@dataclass
class WallClock:
    """The time of the loop as a time of day; it can be set, which moves nothing else."""

    loop: asyncio.AbstractEventLoop
    set_by_s: float = 0.0
    scale: float = 1.0

    def now(self):
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def timestamp(self):
        return EVENING + self.loop.time() + self.set_by_s

    def real_seconds(self, seconds):
        return seconds

    async def sleep(self, seconds):
        await asyncio.sleep(max(0.0, seconds))


class MortalLedger:
    """A ledger as one process sees it; the process may die, and the disk may fail.

    Attributes:
        is_dead: From now on nothing is carried out, and no answer comes.
        is_failing: From now on every call fails, and nothing is changed.
        refuses: Names of calls that fail, besides.
        dies_after: Name of the call after whose commit the process dies, or empty.
        calls: The names of the calls so far.
    """

    def __init__(self, ledger):
        self.is_dead = False
        self.is_failing = False
        self.refuses = set()
        self.dies_after = ""
        self.calls = []
        self._ledger = ledger

    def __getattr__(self, name):
        async def call(*args, **kwargs):
            self.calls.append(name)
            await asyncio.sleep(0)
            self._check(name)
            result = await getattr(self._ledger, name)(*args, **kwargs)
            if name == self.dies_after:
                self.is_dead = True
            self._check("")
            return result

        return call

    def _check(self, name):
        if self.is_dead:
            raise StorageError("This process is dead.")
        if self.is_failing or name in self.refuses:
            raise StorageError("The disk is full.")


class Evening:
    """One server, one sink account, and the app between them.

    Args:
        folder: Where the database is; None keeps everything in memory.
        media: What is in the library.
    """

    def __init__(self, folder=None, media=()):
        self.clock = WallClock(asyncio.get_event_loop())
        self.source = ScriptedSource(*media)
        self.sink = ModelSink(self.clock)
        self.rules = Rules(is_on=True, usernames=("maya", "jon"), accounts=(MAYA,))
        self.catch_up = CatchUpOptions(is_on=True, days=7.0)
        self.changed = []
        self._folder = folder
        self._store = None
        self._random = random.Random(1)  # noqa: S311 -- it must be the same each time

    # ---------------------------------------------------------------- the app's life

    async def start(self, *, connected=True):
        """Start the app, and let it connect."""
        if self._folder is not None:
            self._store = await open_ledger(self._folder / "crosswatch.db", clock=self.clock)
        elif self._store is None:
            self._store = MemoryLedger(self.clock)
        else:
            await self._store.release()
        self.ledger = MortalLedger(self._store)
        self.workers = DeliveryWorkers(self.make_worker, clock=self.clock)
        self.recorder = Recorder(
            self.ledger,
            rules=lambda: self.rules,
            clock=self.clock,
            wake=self.workers.wake,
            changed=self.changed.append,
        )
        self.pipeline = ServerPipeline(
            SERVER,
            source=self.source,
            ledger=self.ledger,
            recorder=self.recorder,
            clock=self.clock,
            catch_up=lambda: self.catch_up,
            new_play_id=new_play_id,
            mend=_mend_nothing,
        )
        self.workers.ensure((MAYA,))
        self.running = asyncio.create_task(self.pipeline.run())
        if connected:
            self.pipeline.connected()
            await self.settle()
        return self

    def make_worker(self, account, name="this"):
        return AccountWorker(
            account,
            sink=self.sink,
            ledger=self.ledger,
            recall=Memory(self.ledger, self.clock, AnimeList).recall,
            clock=self.clock,
            worker=name,
            write_interval_s=lambda: 1.05,
            changed=self.changed.append,
            jitter=self._random.random,
        )

    async def stop(self):
        """Stop the app as it stops itself."""
        await self._end_tasks()
        with contextlib.suppress(StorageError):
            await self.ledger.release()
        await self._close()

    async def kill(self):
        """End the app as a power cut would: nothing that it still does reaches the ledger."""
        self.ledger.is_dead = True
        await self._end_tasks()
        await self._close()

    async def restart(self):
        """Kill the app and start it again."""
        await self.kill()
        return await self.start()

    async def _end_tasks(self):
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.workers.stop()

    async def _close(self):
        if self._folder is not None:
            await self._store.close()

    # ---------------------------------------------------------------- what happens

    def frame(self, media, offset_s=None, state="playing", *, key="1", client="tv", **fields):
        """A frame comes in."""
        notification = Notification(
            session_key=key,
            rating_key=media.rating_key,
            state=PlayerState(state),
            offset_ms=None if offset_s is None else round(offset_s * 1000),
            client_id=client,
            **fields,
        )
        self.pipeline.hear([notification])

    async def later(self, seconds=0.0, **span):
        """Let so much time pass."""
        await asyncio.sleep(timedelta(seconds=seconds, **span).total_seconds())

    async def settle(self):
        """Let everything that was asked come to its end, within a moment."""
        await asyncio.sleep(1.5)

    async def watch(self, media, *, start=0.0, end=1.0, key="1", client="tv", every_s=30.0, **listed):
        """Somebody watches an item, or a part of it; when it ended."""
        length_s = media.duration_ms / 1000
        offset_s, end_s = start * length_s, end * length_s
        while offset_s < end_s:
            self.source.list(media, key=key, client=client, offset_s=offset_s, **listed)
            self.frame(media, max(offset_s, 1.0), key=key, client=client)
            step_s = min(every_s, end_s - offset_s)
            await self.later(step_s)
            offset_s += step_s
        self.source.sessions.pop(key, None)
        self.frame(media, offset_s, "stopped", key=key, client=client)
        ended_at = self.clock.now()
        await self.settle()
        return ended_at

    # ---------------------------------------------------------------- what came of it

    @property
    def recorded(self):
        """What the sink holds, oldest first."""
        return self.sink.titles(MAYA)

    async def plays(self):
        """The plays, oldest first."""
        return (await self._store.plays(PlayQuery(limit=500)))[::-1]

    async def verdicts(self):
        """How the plays stand, oldest first."""
        return [(play.verdict.value, play.reason.value) for play in await self.plays()]

    async def delivery(self, play):
        """The only delivery of a play."""
        (row,) = (await self._store.deliveries([play.id]))[play.id]
        return row

    async def story(self, play):
        """The sentences of a play's trace."""
        return [step.text for step in await self._store.trace(play.id)]


@contextlib.asynccontextmanager
async def evening(folder=None, media=()):
    """An evening whose app is stopped in the end."""
    one = await Evening(folder, media).start()
    try:
        yield one
    finally:
        await one.stop()


async def _mend_nothing(_play_id):
    return 0
