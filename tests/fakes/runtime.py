"""A runtime without watcher and sinks, for what shows and steers one: real configuration, real log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from crosswatch.access.desk import AccessDesk
from crosswatch.clock import Clock
from crosswatch.config.file import ConfigFile
from crosswatch.config.links import rules_from
from crosswatch.core.anime import AnimeList
from crosswatch.core.events import Account, PlayId
from crosswatch.core.facts import WebhookFact
from crosswatch.core.people import Home, Rules
from crosswatch.core.plays import SinkAccount
from crosswatch.examining import Examiner
from crosswatch.logs import LogHub
from crosswatch.providers.anime.lists import SourceStatus
from crosswatch.service.corrections import Corrections
from crosswatch.service.delivery import AccountWorker
from crosswatch.service.memory import Memory
from crosswatch.service.recorder import Recorder
from crosswatch.service.webhooks import Receipt
from crosswatch.service.workers import DeliveryWorkers
from crosswatch.tallies import Tallies
from crosswatch.upkeep.keeper import Upkeep
from fakes.sink import ModelSink


class FakeRuntime:
    """As `crosswatch.web.ports.RuntimeLike` says; what a test wants to be so, it sets."""

    def __init__(self, directory: Path, ledger: Any, *, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.config = ConfigFile(directory, clock=self.clock)
        self.access = AccessDesk(directory, clock=self.clock)
        self.logs = LogHub(secrets=lambda: self.config.secrets, clock=self.clock)
        self.ledger = ledger
        self.upkeep = Upkeep(self, Tallies())
        self.watch: dict[str, Any] = {
            "has_watch": False,
            "alive": False,
            "stop_set": False,
            "connected": False,
            "problem": "",
            "last_frame_at": None,
            "servers": [],
            "webhooks": [],
        }
        self.webhooks: list[WebhookFact] = []
        self.receipt: Receipt | Exception = Receipt(play_id=PlayId("play-1"))
        self.sinks: list[dict[str, Any]] = []
        self.home = Home()
        self.accounts: dict[str, list[Account]] = {}
        self.sources: dict[str, Any] = {}
        self.started = 0
        self.stopped = 0
        self.changed: list[PlayId] = []
        self.trakt = ModelSink(self.clock)
        self.trakt.latency_s = 0.0
        self.reread: dict[PlayId, Any] = {}
        self.anime: tuple[SourceStatus, ...] = ()
        self.recall = Memory(ledger, self.clock, AnimeList).recall
        self._workers = DeliveryWorkers(self._make_worker, clock=self.clock)
        self.corrections = self._make_corrections()
        self.linking: Any = None
        self.examiner = Examiner(self.config, connect=None, sink=self.trakt)
        self._listeners: list[asyncio.Queue[PlayId | None]] = []

    def _make_worker(self, account: SinkAccount) -> AccountWorker:
        return AccountWorker(
            account,
            sink=self.trakt,
            ledger=self.ledger,
            recall=self.recall,
            clock=self.clock,
            worker="fake",
            write_interval_s=lambda: 0.0,
            changed=self.changed.append,
        )

    def _make_corrections(self) -> Corrections:
        recorder = Recorder(
            self.ledger,
            rules=self.rules,
            clock=self.clock,
            wake=self._workers.wake,
            changed=self.changed.append,
        )
        return Corrections(
            self.ledger,
            sink=self.trakt,
            workers=self._workers,
            recall=self.recall,
            reread=self._reread,
            count_after_all=recorder.count_after_all,
            clock=self.clock,
            changed=self.changed.append,
        )

    async def start(self) -> None:
        self.started += 1
        self.config.load()
        self.access.open()
        self.logs.install(console=None)

    async def stop(self) -> None:
        self.stopped += 1
        await self._workers.stop()
        self.logs.close()
        self.logs.uninstall()

    def watch_status(self) -> dict[str, Any]:
        return self.watch

    async def start_watch(self) -> bool:
        self.watch |= {"has_watch": True, "alive": True, "stop_set": False}
        self.announce()
        return True

    async def stop_watch(self) -> None:
        self.watch |= {"alive": False, "stop_set": True}
        self.announce()

    async def receive_webhook(self, fact: WebhookFact) -> Receipt:
        self.webhooks.append(fact)
        if isinstance(self.receipt, Exception):
            raise self.receipt
        return self.receipt

    def rules(self) -> Rules:
        return rules_from(self.config.settings, self.home)

    def known_accounts(self) -> dict[str, list[Account]]:
        return self.accounts

    def source_of(self, server: str) -> Any:
        return self.sources.get(server)

    def sink_status(self) -> list[dict[str, Any]]:
        return self.sinks

    async def _reread(self, play: Any) -> Any:
        return self.reread.get(play.id)

    def anime_status(self) -> tuple[SourceStatus, ...]:
        return self.anime

    async def refresh_anime(self) -> tuple[SourceStatus, ...]:
        return self.anime

    def announce(self, play_id: PlayId | None = None) -> None:
        """Say that something changed."""
        for listener in self._listeners:
            listener.put_nowait(play_id)

    async def changes(self) -> AsyncIterator[PlayId | None]:
        listener: asyncio.Queue[PlayId | None] = asyncio.Queue()
        self._listeners.append(listener)
        try:
            while True:
                yield await listener.get()
        finally:
            self._listeners.remove(listener)
