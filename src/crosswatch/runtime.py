"""The composition root: builds the parts, joins them, starts them, and stops them in order.

With `crosswatch.watching` and `crosswatch.linking` the only place that names classes of two neighbours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp

from crosswatch.access.desk import AccessDesk
from crosswatch.clock import Clock, clock_from_environment
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.config.links import rules_from
from crosswatch.core.anime import is_anime
from crosswatch.core.people import Home
from crosswatch.core.phrases import say
from crosswatch.errors import StorageError
from crosswatch.examining import Examiner, connect_by
from crosswatch.linking.desk import LinkingDesk
from crosswatch.logs import LogHub
from crosswatch.outgoing import make_connector
from crosswatch.providers.anime.lists import AnimeLists
from crosswatch.providers.scrobble.trakt.accounts import pair_of, sink_accounts
from crosswatch.providers.scrobble.trakt.client import TraktClient
from crosswatch.providers.scrobble.trakt.sink import Profile, TraktSink
from crosswatch.providers.scrobble.trakt.tokens import Tokens
from crosswatch.service.corrections import Corrections
from crosswatch.service.delivery import AccountWorker
from crosswatch.service.feed import ChangeFeed
from crosswatch.service.kept import keep_going
from crosswatch.service.memory import Memory
from crosswatch.service.pipeline import CatchUpOptions
from crosswatch.service.play_ids import new_play_id
from crosswatch.service.ratings import RatingIntake, RatingTeller
from crosswatch.service.recorder import Recorder
from crosswatch.service.webhooks import Webhooks
from crosswatch.service.workers import DeliveryWorkers
from crosswatch.storage.closed import ClosedLedger
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from crosswatch.tallies import Tallies
from crosswatch.upkeep.folder import is_in_container
from crosswatch.upkeep.keeper import Upkeep
from crosswatch.watching import Surroundings, Watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
    from pathlib import Path

    from crosswatch.config.model import Settings
    from crosswatch.core.events import Account, Media, PlayId
    from crosswatch.core.facts import WebhookFact
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import SinkAccount
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.providers.anime.lists import SourceStatus
    from crosswatch.service.memory import Known
    from crosswatch.service.webhooks import Receipt
    from crosswatch.storage.ledger import SqliteLedger

OPEN_AGAIN_S = 5.0

log = logging.getLogger("crosswatch")


class Runtime:
    """The running app.

    Args:
        directory: Folder of `config.json` and of the database.
        clock: What time it is.
        environment: Variables that may set keys of the configuration, and the first password.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.config = ConfigFile(directory, clock=self.clock, environment=environment)
        self.access = AccessDesk(directory, clock=self.clock, environment=environment)
        self.logs = LogHub(secrets=lambda: self.config.secrets, clock=self.clock)
        self.ledger: Ledger = ClosedLedger(say("The database is not open yet."))
        self.upkeep = Upkeep(self, Tallies())
        self._feed = ChangeFeed()
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = contextlib.AsyncExitStack()
        self._applied = asyncio.Event()
        self._opened: SqliteLedger | None = None
        self._workers: DeliveryWorkers | None = None
        self._watching: Watching | None = None
        self._webhooks: Webhooks | None = None
        self._sink: TraktSink | None = None
        self._examiner: Examiner | None = None
        self._anime: AnimeLists | None = None
        self._corrections: Corrections | None = None
        self._memory: Memory | None = None
        self._rules: tuple[Settings, Home, Rules] | None = None
        self._stop_asked = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Runtime:
        """The runtime of the folder that the environment names (`CROSSWATCH_CONFIG_DIR`)."""
        variables = os.environ if environment is None else environment
        return cls(config_directory(variables), clock=clock_from_environment(), environment=variables)

    # ---------------------------------------------------------------- life

    async def start(self) -> None:
        """Load the configuration, open the database, deliver, and watch if the configuration says so.

        Never fails on what a user may break: what cannot be used now is said, and tried again.
        """
        self.logs.install()
        settings = self.config.load()
        self.logs.set_debug(settings.runtime.debug)
        self.access.open()
        connector = make_connector()
        http = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        self.linking = LinkingDesk(
            config=self.config,
            http=http,
            trakt=TraktClient(http, lambda: self.config.settings.trakt),
            clock=self.clock,
            client_id=client_identifier(self.config.directory),
            ask_name=self._name_at_trakt,
            in_container=is_in_container(),
        )
        self._stack.push_async_callback(self.linking.aclose)
        self._stack.callback(self.config.subscribe(self._on_config))
        await self._try_open(http)
        await self.upkeep.start(http)
        self._keep_going("watching config.json", lambda: self.config.watch(asyncio.sleep))
        self._keep_going("watching access.json", lambda: self.access.watch(asyncio.sleep))
        self._keep_going("applying config.json", lambda: self._apply_changes(http))

    def _keep_going(self, what: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_going(what, run, self.clock), name=what))

    async def stop(self) -> None:
        """Stop everything, in the order in which nothing is lost: hear, deliver, write."""
        self._feed.close()
        await self.upkeep.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.access.flush()
        if self._watching is not None:
            await self._watching.stop()
        if self._workers is not None:
            await self._workers.stop()
        if self._opened is not None:
            with contextlib.suppress(StorageError):
                await self._opened.release()
            await self._opened.close()
        await self._stack.aclose()
        self.logs.close()
        self.logs.uninstall()

    async def _try_open(self, http: aiohttp.ClientSession) -> bool:
        """Open the database and begin; whether that was possible."""
        try:
            self._opened = await open_ledger(self.config.directory / DATABASE_NAME, clock=self.clock)
        except StorageError as error:
            if str(error) != str(self.ledger):
                log.error("%s", error, extra={"event": "storage.unavailable"})  # noqa: TRY400 -- a sentence
            self.ledger = ClosedLedger(error.sentence)
            return False
        self.ledger = self._opened
        await self._begin(http, self._opened)
        return True

    async def _begin(self, http: aiohttp.ClientSession, ledger: SqliteLedger) -> None:
        client = TraktClient(http, lambda: self.config.settings.trakt, heard=self.upkeep.hear_trakt)
        tokens = Tokens(self.config, client, self.clock)
        self._stack.push_async_callback(tokens.aclose)
        sink = self._sink = TraktSink(client, tokens, ledger, self.clock)
        connect = connect_by(http, self.config, client_identifier(self.config.directory))
        self._examiner = Examiner(self.config, connect, sink)
        anime = self._anime = AnimeLists(http, self.config.directory, self.clock)
        memory = self._memory = Memory(ledger, self.clock, lambda: anime.known)
        teller = RatingTeller(ledger, sink=sink, recall=memory.recall, clock=self.clock)
        work_for = partial(
            AccountWorker,
            sink=sink,
            ledger=ledger,
            recall=memory.recall,
            clock=self.clock,
            worker=f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:6]}",
            write_interval_s=lambda: self.config.settings.trakt.write_interval_seconds,
            changed=self._feed.publish,
            ratings=teller,
            tallies=self.upkeep.tallies,
        )
        workers = self._workers = DeliveryWorkers(work_for, clock=self.clock)
        recorder = Recorder(
            ledger,
            rules=self.rules,
            clock=self.clock,
            wake=workers.wake,
            changed=self._feed.publish,
            tallies=self.upkeep.tallies,
        )
        self._watching = Watching(
            Surroundings(
                http=http,
                client_id=client_identifier(self.config.directory),
                ledger=ledger,
                recorder=recorder,
                clock=self.clock,
                catch_up=self._catch_up,
                changed=lambda: self._feed.publish(None),
                mend=lambda play_id: self.corrections.retry(play_id),  # noqa: PLW0108 -- made below
                ratings=RatingIntake(
                    ledger, rules=self.rules, wake=workers.wake, clock=self.clock, new_play_id=new_play_id
                ),
            )
        )
        self._webhooks = self._make_webhooks(ledger, self._watching)
        self._corrections = Corrections(
            ledger,
            sink=sink,
            workers=workers,
            recall=memory.recall,
            reread=self._watching.reread,
            count_after_all=recorder.count_after_all,
            clock=self.clock,
            changed=self._feed.publish,
        )
        workers.ensure((*sink_accounts(self.config.settings), *(await ledger.backlog())))
        await self._apply(self.config.settings)

    def _make_webhooks(self, ledger: SqliteLedger, watching: Watching) -> Webhooks:
        return Webhooks(
            ledger,
            deliver=watching.hear_hook,
            clock=self.clock,
            takes_ratings=lambda: self.config.settings.features.scrobble.options.ratings,
            changed=lambda: self._feed.publish(None),
        )

    # ---------------------------------------------------------------- configuration

    def _on_config(self, settings: Settings) -> None:
        self.logs.set_debug(settings.runtime.debug)
        self._applied.set()

    async def _apply_changes(self, http: aiohttp.ClientSession) -> None:
        """Bring the parts in line with each new configuration, and open what could not be opened."""
        while True:
            timeout = OPEN_AGAIN_S if self._opened is None else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._applied.wait()
            self._applied.clear()
            if self._opened is None and not await self._try_open(http):
                continue
            await self._apply(self.config.settings)
            if self._workers is not None:
                self._workers.unblock()
            self._feed.publish(None)

    async def _apply(self, settings: Settings) -> None:
        if self._watching is None:
            return
        learning = asyncio.create_task(self._learn_anime(settings), name="read anime lists")
        self._tasks = [*(task for task in self._tasks if not task.done()), learning]
        listens = settings.features.watch.enabled and not self._stop_asked
        if listens or settings.features.webhook.enabled:
            await self._watching.apply(settings, listens=listens)
        else:
            await self._watching.stop()

    async def _learn_anime(self, settings: Settings) -> None:
        """Have the lists of anime in force that the settings name; nothing else waits for them."""
        if self._anime is not None:
            identity = settings.identity
            await self._apply_anime(self._anime.use((identity.anime_list, identity.anime_ids)))

    async def _apply_anime(self, learning: Coroutine[Any, Any, bool]) -> None:
        """Learn, and try again what was not known before."""
        if await learning and self._corrections is not None:
            try:
                await self._corrections.retry_unknown(is_anime)
            except StorageError as error:
                log.warning("what waits for the anime list is not tried again now: %s", error)

    def _catch_up(self) -> CatchUpOptions:
        options = self.config.settings.features.scrobble.options
        return CatchUpOptions(is_on=options.catch_up, days=options.catch_up_days)

    def rules(self) -> Rules:
        """Whose plays count, as the configuration in force says and by what is known of its servers."""
        settings = self.config.settings
        home = self._watching.home(settings) if self._watching is not None else Home()
        if self._rules is None or self._rules[0] is not settings or self._rules[1] != home:
            self._rules = (settings, home, rules_from(settings, home))
        return self._rules[2]

    # ---------------------------------------------------------------- what the web asks

    def watch_status(self) -> dict[str, Any]:
        """How watching stands; the first three keys are the hand-over's."""
        servers = self._watching.status() if self._watching is not None else []
        frames = [server["last_frame_at"] for server in servers if server["last_frame_at"]]
        return {
            "has_watch": bool(servers),
            "alive": any(server["alive"] for server in servers),
            "stop_set": self._stop_asked,
            "connected": bool(servers) and all(server["connected"] for server in servers),
            "last_frame_at": max(frames, default=None),
            "problem": next((server["problem"] for server in servers if server["problem"]), "")
            or self._watch_problem(),
            "servers": servers,
            "webhooks": self._webhooks.status() if self._webhooks is not None else [],
        }

    @property
    def _why_closed(self) -> str:
        """Why there is no database, as it was said; empty if there is one."""
        return self.ledger.sentence if isinstance(self.ledger, ClosedLedger) else ""

    def _watch_problem(self) -> str:
        """Why nothing is watched, as a sentence; empty if something is."""
        if self.config.problem is not None:
            return str(self.config.problem)
        if self._why_closed:
            return self._why_closed
        settings = self.config.settings
        if self._watching is not None and self._watching.status():
            return ""
        if self._stop_asked:
            return say("Watching was stopped. POST /debug/watch/start begins again.")
        if not settings.features.watch.enabled:
            return say("Watching is off: set features.watch.enabled to true in config.json.")
        return say("No server is named: set plex.server_url in config.json.")

    async def start_watch(self) -> bool:
        """Watch from now on, also where `features.watch.enabled` is off; whether the watcher is alive."""
        self._stop_asked = False
        if self._watching is not None:
            await self._watching.apply(self.config.settings)
        return self._watching is not None and self._watching.is_alive

    async def stop_watch(self) -> None:
        """Close the sockets and watch no more, until somebody says otherwise or the app starts anew."""
        self._stop_asked = True
        await self._apply(self.config.settings)
        self._feed.publish(None)

    async def receive_webhook(self, fact: WebhookFact) -> Receipt:
        """Take in a webhook whose sender may send it; it is written down when this comes back.

        Raises:
            StorageError: While there is no database.
        """
        if self._webhooks is None:
            raise StorageError(self._why_closed)
        return await self._webhooks.receive(fact)

    def sink_status(self) -> list[dict[str, Any]]:
        """How each sink account stands."""
        if self._sink is None or self._workers is None:
            return []
        return [self._describe(account) for account in sink_accounts(self.config.settings)]

    def known_accounts(self) -> dict[str, list[Account]]:
        """Everybody whom each watched server knows, by its `machineIdentifier`."""
        servers = self._watching.servers if self._watching is not None else ()
        return {one.server_uuid: one.source.known_accounts() for one in servers if one.server_uuid}

    async def recall(self, media: Media) -> Known:
        """What is known of an item before a sink is asked; a `StorageError` while there is no database."""
        if self._memory is None:
            raise StorageError(self._why_closed)
        return await self._memory.recall(media)

    def source_of(self, server: str) -> MetadataSource | None:
        """The watched server of that `machineIdentifier`, to be asked; None if it is not watched."""
        servers = self._watching.servers if self._watching is not None else ()
        return next((one.source for one in servers if one.server_uuid == server), None)

    def _describe(self, account: SinkAccount) -> dict[str, Any]:
        status = self._sink.status(account) if self._sink is not None else None
        hold = status.hold if status is not None else None
        worker = self._workers.worker(account) if self._workers is not None else None
        outage = worker.outage if worker is not None else None
        sentence = hold.detail if hold is not None else outage.sentence if outage is not None else ""
        pair = pair_of(self.config.settings, account.name)
        return {
            "name": str(account),
            "ok": hold is None and outage is None,
            "reason": hold.reason.value if hold is not None else "",
            "sentence": sentence or (status.warning if status is not None else ""),
            "expires_at": status.expires_at if status is not None else None,
            "renewed_at": pair.made_at if pair is not None else None,
            "last_ok_at": self.upkeep.ear.last_ok_at(pair.access_token) if pair is not None else None,
        }

    async def _name_at_trakt(self, account: SinkAccount) -> str:
        found = await self._sink.fetch_profile(account) if self._sink is not None else None
        return found.username if isinstance(found, Profile) else ""

    @property
    def corrections(self) -> Corrections:
        """What a person may do about plays and matches.

        Raises:
            StorageError: While the database cannot be opened.
        """
        if self._corrections is None:
            raise StorageError(self._why_closed)
        return self._corrections

    @property
    def examiner(self) -> Examiner:
        """What tries everything that a play needs; a `StorageError` while there is no database."""
        if self._examiner is None:
            raise StorageError(self._why_closed)
        return self._examiner

    def anime_status(self) -> tuple[SourceStatus, ...]:
        """How each list of anime stands."""
        return self._anime.status if self._anime is not None else ()

    async def refresh_anime(self) -> tuple[SourceStatus, ...]:
        """Read the lists of anime anew; how they stand then."""
        if self._anime is not None:
            await self._apply_anime(self._anime.refresh())
        return self.anime_status()

    def changes(self) -> AsyncIterator[PlayId | None]:
        """Each play that changes from now on, or None for anything else; ends with the app."""
        return self._feed.listen()


def client_identifier(directory: Path) -> str:
    """Our identifier towards Plex: the same for one folder for ever, so that Plex lists one device."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"crosswatch:{os.uname().nodename}:{directory.resolve()}"))
