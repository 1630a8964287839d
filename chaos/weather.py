"""Everything that goes wrong, drawn from a seed: at Trakt, at the Plex servers, and to the app itself."""

from __future__ import annotations

import json
import logging
import signal
from typing import TYPE_CHECKING, Any

from chaos import post
from crosswatch.demo.stage import ACCOUNT
from crosswatch.simulator.trakt import Fault

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from chaos.ground import Ground
    from crosswatch.simulator.plex import SimulatedPlex

log = logging.getLogger("chaos")

CALM_S = (120.0, 2_400.0)
"""Seconds of the clock between two troubles of one place."""


class Weather:
    """Draws troubles for one place after another, until it is told to end.

    Args:
        stage: The app and its neighbours.
        chance: Draws everything.
        links: By person, the Trakt account that is linked.

    Attributes:
        is_frozen: Whether the app is stopped just now.
        counts: What went wrong, and how often.
    """

    def __init__(self, stage: Ground, chance: random.Random, links: dict[str, str]) -> None:
        self._stage = stage
        self._chance = chance
        self._accounts = sorted(links.values())
        self._is_over = False
        self.is_frozen = False
        self.counts: dict[str, int] = {}

    async def at_trakt(self) -> None:
        """Trouble at Trakt."""
        await self._go_on(
            [
                self._trakt_fails,
                self._trakt_fails,
                self._trakt_breaks_off,
                self._trakt_breaks_off,
                self._trakt_talks_nonsense,
                self._trakt_asks_for_patience,
                self._access_tokens_end,
                self._trakt_is_gone,
                self._the_login_is_lost,
            ]
        )

    async def at_plex(self, plex: SimulatedPlex) -> None:
        """Trouble at one server."""

        async def drop() -> None:
            self._count("socket dropped")
            plex.drop()

        async def silence() -> None:
            self._count("socket half open")
            plex.silence()

        async def refuse() -> None:
            self._count("server unreachable")
            await plex.refuse()
            await self._stage.clock.sleep(self._between(10, 900))
            await plex.listen()

        async def restart() -> None:
            self._count("server restarted")
            await plex.restart(down_s=self._between(5, 120), starting_s=self._between(0, 60))

        async def flap() -> None:
            self._count("socket flaps")
            plex.flap(count=3)
            plex.drop()

        async def fail() -> None:
            path = self._chance.choice(("/status/sessions", "/library/metadata", "/accounts", "/status/"))
            self._count("server answers with errors")
            seconds = self._between(10, 300)
            status = self._chance.choice((500, 503, 401, 403, 404))
            if status == 404 and path == "/library/metadata":  # that would mean "deleted"
                status = 503
            plex.add_fault(Fault.answering(status, path=path, seconds=seconds))

        await self._go_on([drop, drop, silence, refuse, restart, flap, fail])

    async def of_the_app(self) -> None:
        """Trouble of the app itself."""

        async def kill() -> None:
            self._count("app killed")
            await self._stage.kill_app()
            await self._stage.clock.sleep(self._between(0, 1_800) if self._chance.random() < 0.3 else 0)
            await self._stage.start_app()

        async def restart() -> None:
            self._count("app restarted")
            await self._stage.restart_app()

        async def freeze() -> None:
            self._count("app frozen")
            self._stage.signal_app(signal.SIGSTOP)
            self.is_frozen = True
            await self._stage.clock.sleep(self._between(5, 60))
            self.is_frozen = False
            self._stage.signal_app(signal.SIGCONT)

        await self._go_on([kill, kill, kill, restart, freeze])

    async def of_the_post(self, plex: SimulatedPlex) -> None:
        """How one server's webhooks arrive."""
        while not self._is_over:
            for trouble in post.spoil(plex, self._chance):
                self._count(trouble)
            await self._stage.clock.sleep(self._between(*post.SPELL_S))

    def end(self) -> None:
        """No new trouble; what is under way comes to its end."""
        self._is_over = True

    # ------------------------------------------------------------------------------ Trakt

    async def _trakt_fails(self) -> None:
        status = self._chance.choice((500, 502, 503, 504, 520))
        self._count(f"Trakt {status}")
        self._add(Fault.answering(status, after_apply=self._coin(), **self._extent()))

    async def _trakt_breaks_off(self) -> None:
        after = self._coin()
        if self._coin():
            self._count("Trakt resets after the effect" if after else "Trakt resets before the effect")
            self._add(Fault.reset(after_apply=after, **self._extent()))
        else:
            self._count("Trakt hangs after the effect" if after else "Trakt hangs before the effect")
            self._add(Fault.hang(self._between(30, 900), after_apply=after, count=self._chance.randint(1, 3)))

    async def _trakt_talks_nonsense(self) -> None:
        make = self._chance.choice((Fault.html, Fault.truncated_json, Fault.edge_blocked))
        self._count("Trakt answers nonsense")
        self._add(make(**self._extent()))

    async def _trakt_asks_for_patience(self) -> None:
        self._count("Trakt 429")
        if self._coin():
            self._add(Fault.rate_limited(self._chance.randint(1, 60), **self._extent()))
        else:
            self._add(Fault.edge_rate_limited(**self._extent()))

    async def _access_tokens_end(self) -> None:
        self._count("access token ends")
        self._stage.trakt.expire_tokens(self._chance.choice(self._accounts))

    async def _trakt_is_gone(self) -> None:
        self._count("Trakt unreachable")
        await self._stage.trakt.stop()
        await self._stage.clock.sleep(self._between(60, 7_200))
        await self._stage.trakt.start()

    async def _the_login_is_lost(self) -> None:
        """A renewal is refused for good; after a while the person signs in again."""
        self._count("login lost")
        account = self._chance.choice(self._accounts)
        self._stage.trakt.revoke_tokens(account)
        await self._stage.clock.sleep(self._between(60, 3_600))
        tokens = self._stage.trakt.link(account).answer()
        tokens["expires_at"] = tokens["created_at"] + tokens["expires_in"]

        def sign_in(document: dict[str, Any]) -> None:
            name = account.removesuffix("-at-trakt")
            place = document["auth"]["trakt"] if account == ACCOUNT else document["accounts"][name]
            place.update(tokens)

        self._stage.rewrite(sign_in)

    def _add(self, fault: Fault) -> None:
        self._stage.trakt.add_fault(fault)

    def _extent(self) -> dict[str, float | str]:
        where = self._chance.choice(("/", "/scrobble", "/sync", "/oauth"))
        return {
            "path": where,
            "seconds": self._between(30, 900),
            "probability": self._chance.choice((0.3, 0.7, 1.0)),
        }

    # ------------------------------------------------------------------------------ parts

    async def _go_on(self, troubles: list[Callable[[], Awaitable[None]]]) -> None:
        while not self._is_over:
            await self._stage.clock.sleep(self._between(*CALM_S))
            if not self._is_over:
                await self._chance.choice(troubles)()

    def _between(self, least: float, most: float) -> float:
        return self._chance.uniform(least, most)

    def _coin(self) -> bool:
        return self._chance.random() < 0.5

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        log.debug("%s", json.dumps({"trouble": what}))
