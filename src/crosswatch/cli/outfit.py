"""What a command needs that talks to Plex and Trakt as the app does, without being the app."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from crosswatch.clock import Clock, clock_from_environment
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.examining import connect_by
from crosswatch.logs import LogHub
from crosswatch.outgoing import make_connector
from crosswatch.providers.scrobble.plex.plextv import PlexTv
from crosswatch.providers.scrobble.plex.pms import PlexServer
from crosswatch.providers.scrobble.trakt.client import TraktClient
from crosswatch.providers.scrobble.trakt.sink import TraktSink
from crosswatch.providers.scrobble.trakt.tokens import Tokens
from crosswatch.runtime import client_identifier
from crosswatch.storage.closed import ClosedLedger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.config.model import PlexSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """The tools.

    Attributes:
        config: The configuration, read.
        clock: What time it is.
        http: For requests.
        trakt: Makes single requests to Trakt.
        sink: Speaks with Trakt in an account's name; it remembers no matches.
    """

    config: ConfigFile
    clock: Clock
    http: aiohttp.ClientSession
    trakt: TraktClient
    sink: TraktSink

    def plex_server(self, key: str, settings: PlexSettings) -> PlexServer:
        """A server of the configuration.

        Args:
            key: Where the configuration speaks of it.
            settings: What it says there.
        """
        return connect_by(self.http, self.config, client_identifier(self.config.directory))(key, settings)

    def plex_tv(self) -> PlexTv:
        """plex.tv, as the configuration names it."""
        return PlexTv(
            self.http,
            url=self.config.settings.plex.tv_url,
            client_id=client_identifier(self.config.directory),
        )

    def connect(self, url: str, *, allow_self_signed: bool = False) -> PlexServer:
        """A server at any address, to be tried; nothing is asked yet."""
        plex = self.config.settings.plex
        return PlexServer(
            self.http,
            url=url,
            token=plex.account_token,
            client_id=client_identifier(self.config.directory),
            allow_self_signed=allow_self_signed,
            tv_url=plex.tv_url,
        )

    def require_config(self) -> None:
        """Go on only with a configuration that is in force.

        Raises:
            ConfigError: Why the file cannot be used.
        """
        if self.config.problem is not None:
            raise self.config.problem


@asynccontextmanager
async def outfit() -> AsyncIterator[Outfit]:
    """The tools of one command; log lines go nowhere, for the command says itself what is to be said."""
    clock = clock_from_environment()
    config = ConfigFile(config_directory(), clock=clock, environment=os.environ)
    logs = LogHub(secrets=lambda: config.secrets, clock=clock)
    logs.install(console=None)
    try:
        config.load()
        async with aiohttp.ClientSession(connector=make_connector()) as http:
            trakt = TraktClient(http, lambda: config.settings.trakt)
            tokens = Tokens(config, trakt, clock)
            sink = TraktSink(trakt, tokens, ClosedLedger("Nothing is remembered here."), clock)
            yield Outfit(config=config, clock=clock, http=http, trakt=trakt, sink=sink)
            await tokens.aclose()
    finally:
        logs.uninstall()
