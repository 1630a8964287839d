"""One chaos run from its first viewing to the comparison."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp

from chaos import post
from chaos.ears import Ears
from chaos.ground import Ground
from chaos.stories import stories
from chaos.viewers import Quota, Viewer
from chaos.weather import Weather
from crosswatch.clock import Clock
from crosswatch.demo.comparison import Comparison, Finding, compare
from crosswatch.demo.stage import ACCOUNT
from crosswatch.demo.truth import Truth, trakt_label
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crosswatch.demo.comparison import Seen
    from crosswatch.simulator.plex.items import Item

GUESTS = ("erin", "frank")
PEOPLE = ("alice", "bob", "carol84", "Kids", *GUESTS)
"""The owner, a shared user, a friend, a managed profile and two guests; each has a Trakt account."""

QUIET_S = 5_400.0
"""Seconds of the clock after the last viewing in which offline reports and retries come in."""

SETTLE_S = 6 * 3_600.0
"""Seconds of the clock after which what still waits counts as lost."""

TOLERANCE = timedelta(minutes=2)

HEARD_SHARE = 0.8
"""A viewing of which the server heard no more than this, and which it did not count, nobody can know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run.

    Attributes:
        seed: Draws everything that is drawn.
        plays: How many viewings.
        scale: How much faster than life.
        viewers: How many players watch at once.
        servers: On how many Plex servers.
        webhooks: Whether the servers call the app as well.
        log: Where the app's log is kept; None throws it away.
    """

    seed: int
    plays: int
    scale: float = 30.0
    viewers: int = 96
    servers: int = 2
    webhooks: bool = False
    log: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it.

    Attributes:
        plan: What was run.
        comparison: Viewing by viewing.
        troubles: What went wrong on purpose, and how often.
        seconds: Real time from begin to end.
        requests: Requests that Trakt got.
        excused: By how much plays are off that may be, since nobody could hear of their end.
        unsettled: Names of plays of which the app still says that something is to come.
        stories: What went wrong, with the app's own trace of it, as lines.
    """

    plan: Plan
    comparison: Comparison
    troubles: dict[str, int]
    seconds: float
    requests: int
    excused: list[timedelta]
    unsettled: list[str]
    stories: list[str]

    @property
    def is_right(self) -> bool:
        """Whether Trakt holds exactly what it should, and the app has nothing left to do."""
        return self.comparison.is_right and not self.unsettled


async def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Let it all happen, then compare."""
    began = time.monotonic()
    clock = Clock(scale=plan.scale, epoch=Clock().timestamp())
    plexes = [_server(plan, clock, index) for index in range(plan.servers)]
    chance = random.Random(plan.seed)
    trakt = SimulatedTrakt(clock=clock)
    async with Ground(clock=clock, plexes=plexes, trakt=trakt, listed=()) as ground:
        truth = Truth(plexes, trakt)
        links = _link_everybody(ground)
        if plan.webhooks:
            post.expect(ground.document)
            post.register(ground)
        await ground.start_app()
        await ground.until_connected()
        weather = Weather(ground, chance, links)
        ears = Ears(plexes, clock, lambda: weather.is_frozen)
        listening = asyncio.create_task(ears.listen())
        storms = [asyncio.create_task(weather.at_trakt()), asyncio.create_task(weather.of_the_app())]
        storms += [asyncio.create_task(weather.at_plex(plex)) for plex in plexes]
        if plan.webhooks:
            storms += [asyncio.create_task(weather.of_the_post(plex)) for plex in plexes]
        quota = Quota(plan.plays)
        people = _viewers(plan, plexes, chance, clock)
        watching = asyncio.gather(*(viewer.live(quota) for viewer in people))
        await _report_progress(watching, quota, plan, say)
        weather.end()
        await asyncio.gather(*storms)
        await _clear_up(trakt, plexes)
        say("everybody has gone to bed; the sky clears")
        await clock.sleep(QUIET_S)
        await _settle(ground)
        listening.cancel()
        plays = await _plays(ground)
        if plan.log is not None:
            shutil.copyfile(ground.log_path, plan.log)
        owners = {who: (account,) for who, account in links.items()}
        known = _knowable(truth, plexes, links, ears)
        comparison = compare(known, truth.held(), owners, plays, tolerance=TOLERANCE)
        return Report(
            plan=plan,
            comparison=comparison,
            troubles=weather.counts,
            seconds=time.monotonic() - began,
            requests=len(trakt.ledger.requests),
            excused=_excused(comparison),
            unsettled=[
                f"{play['media']['label']}: {play['sentence']}" for play in plays if _is_unsettled(play)
            ],
            stories=await stories(ground, comparison, plays, owners),
        )


def _server(plan: Plan, clock: Clock, index: int) -> SimulatedPlex:
    """One of the servers, with guests."""
    options = PlexOptions(
        machine_identifier=f"{index + 1:040x}",
        friendly_name=f"Server {index + 1}",
        session_lag_s=1.0,
        linger_s=30.0,
        doubled_history=index % 2 == 1,
        seed=plan.seed,
    )
    plex = SimulatedPlex(clock=clock, options=options)
    for guest in GUESTS:
        plex.world.people.add(guest)
    return plex


async def _clear_up(trakt: SimulatedTrakt, plexes: list[SimulatedPlex]) -> None:
    """End all trouble, and let what is on its way arrive."""
    trakt.clear_faults()
    for plex in plexes:
        plex.clear_faults()
    for plex in plexes:
        await plex.webhooks.idle()


def _excused(comparison: Comparison) -> list[timedelta]:
    """By how much those are off that only the silence about their end makes right."""
    recorded = [row for row in comparison.rows if row.finding is Finding.RECORDED and row.seen and row.held]
    off = [replace(row.seen, unheard=None).misses_by(row.held.at) for row in recorded]  # type: ignore[type-var, union-attr]
    return [one for one in off if one > TOLERANCE]


def _viewers(plan: Plan, plexes: list[SimulatedPlex], chance: random.Random, clock: Clock) -> list[Viewer]:
    """The players, each with a share of the titles that no other player of the same person has."""
    titles = sorted({item.label for item in _watchable(plexes[0])})
    chance.shuffle(titles)
    players_of = -(-plan.viewers // len(PEOPLE))
    viewers = []
    for number in range(plan.viewers):
        plex = plexes[number // len(PEOPLE) % len(plexes)]
        mine = set(titles[number // len(PEOPLE) :: players_of])
        viewers.append(
            Viewer(
                plex,
                PEOPLE[number % len(PEOPLE)],
                number=number,
                pool=[item for item in _watchable(plex) if item.label in mine],
                chance=random.Random(chance.getrandbits(32)),
                clock=clock,
            )
        )
    return viewers


def _watchable(plex: SimulatedPlex) -> list[Item]:
    """Films and episodes that Trakt knows, each in a file of its own."""
    items = [item for item in plex.world.library.everything() if item.length_ms and item.guids]
    known = [item for item in items if trakt_label(item)]
    files: dict[str, int] = {}
    labels: dict[str, int] = {}
    for item in known:
        labels[trakt_label(item)] = labels.get(trakt_label(item), 0) + 1
        for file in item.media.files if item.media else ():
            files[file] = files.get(file, 0) + 1
    return [
        item
        for item in known
        if item.media
        and labels[trakt_label(item)] == 1
        and all(files[file] == 1 for file in item.media.files)
    ]


def _knowable(truth: Truth, plexes: list[SimulatedPlex], links: dict[str, str], ears: Ears) -> list[Seen]:
    """What was watched, as far as it can be known.

    Reports get lost while a server is down. If it heard too little of a viewing and did not count it
    either, nobody can know how it went on. In between, it depends on who listened when; then what Trakt
    holds decides. What ended in a silence may be dated anywhere in it.
    """
    viewings = [(plex, viewing) for plex in plexes for viewing in plex.world.viewings if viewing.ended_at]
    held = truth.held()
    known = []
    for (plex, viewing), told in zip(viewings, truth.seen(), strict=True):
        seen = replace(told, unheard=ears.silence_about(plex, told.ended_at))
        heard = viewing.reported_ms / viewing.item.length_ms
        unclear = seen.progress is not None and seen.progress >= 100 * HEARD_SHARE and not viewing.counted_at
        theirs = [one for one in held if (one.account, one.label) == (links.get(seen.who), seen.trakt_label)]
        if unclear and not any(seen.misses_by(one.at) <= TOLERANCE for one in theirs):
            known.append(replace(seen, progress=100 * min(heard, HEARD_SHARE - 0.01)))
        else:
            known.append(seen)
    return known


def _link_everybody(ground: Ground) -> dict[str, str]:
    """Link each person to a Trakt account of their own; by the person's title, the account's name there."""
    people, accounts = [], {}
    links = {}
    for name in PEOPLE:
        person = ground.plex.person(name)
        own = name == PEOPLE[0]
        account = "default" if own else name
        links[person.title] = ACCOUNT if own else f"{name}-at-trakt"
        people.append({"name": name, "plex_ids": [1 if own else person.number], "accounts": [account]})
        if not own:
            accounts[account] = ground.link(links[person.title])
    ground.document["people"] = people
    ground.document["accounts"] = accounts
    return links


async def _report_progress(
    watching: asyncio.Future[Any], quota: Quota, plan: Plan, say: Callable[[str], None]
) -> None:
    """Say every ten seconds how far it is; raises what the viewers raise."""
    while not watching.done():
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(watching), 10)
        say(f"{plan.plays - quota.left} of {plan.plays} viewings begun")
    watching.result()


async def _settle(ground: Ground) -> None:
    """Wait until nothing waits any more, or for as long as is reasonable."""
    until = ground.clock.timestamp() + SETTLE_S
    while ground.clock.timestamp() < until:
        with suppress(aiohttp.ClientError):
            queued = await ground.get("/api/plays", verdict="queued", limit=1)
            watching = await ground.get("/api/plays", verdict="watching", limit=1)
            if not queued["plays"] and not watching["plays"]:
                return
        await asyncio.sleep(0.2)


def _is_unsettled(play: dict[str, Any]) -> bool:
    return play["verdict"] in ("queued", "watching")


async def _plays(ground: Ground) -> list[dict[str, Any]]:
    """All plays that the app knows."""
    plays: list[dict[str, Any]] = []
    query: dict[str, str | int] = {"limit": 500}
    while True:
        page = (await ground.get("/api/plays", **query))["plays"]
        plays += page
        if not page:
            return plays
        query["before"] = page[-1]["id"]
