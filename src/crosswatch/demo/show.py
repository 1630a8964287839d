"""The demo from curtain to curtain: the stage is set, the evening played and told, and the books compared."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosswatch.clock import Clock
from crosswatch.demo.comparison import Comparison, compare
from crosswatch.demo.family import LINKS, OWNER, move_in
from crosswatch.demo.household import live
from crosswatch.demo.narrator import Narrator
from crosswatch.demo.stage import AppDiedError, Stage, first_of, free_port
from crosswatch.demo.story import Evening
from crosswatch.demo.table import write_table
from crosswatch.demo.terminal import BOLD, DIM, Terminal
from crosswatch.demo.truth import Truth
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt, TraktOptions

if TYPE_CHECKING:
    from collections.abc import Coroutine

PORT = 8787
SCALE = 120.0
SEED = 1
BEGINS_AT = (18, 30)
"""Hour and minute of the evening, where the reader is."""

QUIET_S, QUIET_REAL_S = 180.0, 1.0
"""How long nothing must happen, by the stage's clock and in reality, before the evening counts as settled."""

SETTLES_WITHIN_S = 30.0
"""Real seconds after which the books are compared however they stand."""

LOOK_EVERY_S = 0.1
INTERRUPTED = 130
"""Exit code of a command that was ended by Ctrl-C, as shells have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may choose.

    Attributes:
        serve: Whether everything is left running after the evening.
        port: The app's port; the next free one is taken where somebody has it, any free one for 0.
        seed: For everything that happens by chance.
        scale: Seconds of the evening per real second, more than 1.
    """

    serve: bool = False
    port: int = PORT
    seed: int = SEED
    scale: float = SCALE


def main(*, serve: bool = False, port: int = PORT, seed: int = SEED, scale: float = SCALE) -> int:
    """Play the demo on standard output.

    Returns:
        0 if Trakt holds exactly what was watched and every play has its verdict, 1 if not, 130 if somebody
        ended it before that was known.
    """
    options = Options(serve=serve, port=port, seed=seed, scale=scale)
    return asyncio.run(_until_interrupted(Show(options, Terminal())))


async def _until_interrupted(show: Show) -> int:
    """Play, and end in order on Ctrl-C, on SIGTERM and when the terminal goes away."""
    playing = asyncio.create_task(show.play())

    def interrupt() -> None:
        if not playing.cancelling():  # a second Ctrl-C must not disturb the tidying up
            playing.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        await playing
    except asyncio.CancelledError:
        show.terminal.write("\nEnded. Everything is shut down.", DIM)
    except AppDiedError as error:
        show.terminal.write(f"\n{error}")
        return 1
    return show.exit_code


class Show:
    """One performance.

    Args:
        options: What the caller chose.
        terminal: Where it is told.
    """

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self.terminal = terminal
        self.comparison: Comparison | None = None
        self._options = options

    @property
    def exit_code(self) -> int:
        """What `main` returns, as far as is known by now."""
        if self.comparison is None:
            return INTERRUPTED
        return 0 if self.comparison.is_right and not self.comparison.unexplained else 1

    async def play(self) -> None:
        """All of it; `comparison` holds how it went as soon as that is known.

        Raises:
            AppDiedError: If the app ends of itself.
        """
        options = self._options
        clock = evening_clock(options.scale)
        async with Stage(
            clock=clock,
            plexes=[SimulatedPlex(clock=clock, options=PlexOptions(friendly_name="Den", seed=options.seed))],
            trakt=SimulatedTrakt(
                clock=clock, options=TraktOptions(seed=options.seed, title_despite_year=True)
            ),
            listed=(),
            account=OWNER,
            port=free_port(options.port),
        ) as stage:
            truth = Truth(stage.plexes, stage.trakt)
            move_in(stage)
            self._welcome(stage)
            await stage.start_app()
            await stage.until_connected()
            narrator = Narrator(stage, self.terminal)
            await self._told(stage, narrator, self._evening(stage, truth, narrator))
            if options.serve:
                self._invite(stage)
                await self._told(stage, narrator, live(stage, random.Random(options.seed)))  # noqa: S311 -- play

    async def _evening(self, stage: Stage, truth: Truth, narrator: Narrator) -> None:
        await Evening(stage, narrator.announce).play()
        await _settle(stage)
        await narrator.look(closely=True)
        plays = (await stage.get("/api/plays", limit=500))["plays"]
        self.comparison = compare(truth.seen(), truth.held(), LINKS, plays)
        self.terminal.write()
        write_table(self.comparison, self.terminal)
        if self.exit_code:
            self.terminal.write(f"\nThe app's log ends with:\n{stage.last_lines()}", DIM)

    async def _told(self, stage: Stage, narrator: Narrator, work: Coroutine[Any, Any, None]) -> None:
        """Do the work while the narrator tells it."""
        await first_of(stage.while_alive(work), narrator.run())

    def _welcome(self, stage: Stage) -> None:
        wanted, minute_s = self._options.port, 60 / self._options.scale
        write = self.terminal.write
        write("CrossWatch between a simulated Plex and a simulated Trakt: no account is needed.", BOLD)
        write(
            "alice, bob and the Kids have a Trakt account each. Together is a profile on which alice and bob"
        )
        write("watch with each other. dave is a visitor, and linked to no account.")
        write(f"An evening passes, in which a minute takes {minute_s:.2g} s and much goes wrong.")
        if wanted and stage.port != wanted:
            write(f"Port {wanted} is taken, so the page is at {stage.port} this time.")
        write(f"\nThe live page:  {stage.url}/\n", BOLD)

    def _invite(self, stage: Stage) -> None:
        self.terminal.write(f"\nLife goes on at {stage.url}/ until you press Ctrl-C.\n", BOLD)


def evening_clock(scale: float) -> Clock:
    """A clock that shows half past six in the evening now, and runs so many times as fast as life.

    Raises:
        ValueError: If the scale is not more than 1.
    """
    if scale <= 1:
        raise ValueError("an evening that is to pass in a demo needs a scale of more than 1")
    now = time.time()  # noqa: TID251 -- this is the edge that makes a clock
    hour, minute = BEGINS_AT
    today = datetime.fromtimestamp(now).astimezone()
    begin = today.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp()
    return Clock(scale=scale, epoch=(now * scale - begin) / (scale - 1))


async def _settle(stage: Stage) -> None:
    """Wait until nothing waits any more and nobody has said anything for a while."""
    clock = stage.clock
    quiet_s = max(QUIET_S, QUIET_REAL_S * clock.scale)
    requests, since = -1, clock.timestamp()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLES_WITHIN_S):
            while clock.timestamp() - since < quiet_s:
                await asyncio.sleep(LOOK_EVERY_S)
                count = len(stage.trakt.ledger.requests)
                if count != requests or await _waits(stage):
                    requests, since = count, clock.timestamp()


async def _waits(stage: Stage) -> bool:
    plays = (await stage.get("/api/plays", limit=500))["plays"]
    return any(play["state"] != "ended" or play["verdict"] in ("watching", "queued") for play in plays)
