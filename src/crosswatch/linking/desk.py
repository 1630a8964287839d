"""What is being linked now, for whoever looks: the sign-ins under way, the servers found, the people known.

Nothing here decides what is in force; that is in the configuration, to which each step writes at once. What
is lost with the process are the codes that nobody has used yet.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.core.plays import SinkAccount
from crosswatch.errors import (
    ConfigError,
    CrossWatchError,
    LoginError,
    SourceAuthError,
    SourceError,
    WrongServerError,
)
from crosswatch.linking import changes
from crosswatch.linking.attempts import Attempt, Stage
from crosswatch.linking.codes import ShownCode, trakt_code
from crosswatch.linking.household import fetch_members
from crosswatch.linking.plex_sign_in import PlexSignIn
from crosswatch.linking.search import ServerSearch
from crosswatch.linking.trouble import tell_plex_tv
from crosswatch.providers.scrobble.plex.plextv import PlexTv
from crosswatch.providers.scrobble.plex.pms import PlexServer
from crosswatch.providers.scrobble.trakt.login import DeviceLogin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    import aiohttp

    from crosswatch.clock import Clock
    from crosswatch.config.file import ConfigFile
    from crosswatch.linking.household import Member
    from crosswatch.providers.scrobble.trakt.client import TraktClient

    AskName = Callable[[SinkAccount], Awaitable[str]]

PING_EVERY_S = 10.0
PEOPLE_KEPT = timedelta(minutes=1)
NAME_WITHIN_S = 2.0
"""Real seconds that a page waits for what an account is called at Trakt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Members:
    """Who may play on a server, as it was asked with that token for that server."""

    key: tuple[str, str] = field(repr=False)
    at: datetime
    found: list[Member]


class LinkingDesk:
    """Links accounts.

    Args:
        config: Where everything that was decided is written.
        http: For requests; it is not closed here.
        trakt: Makes requests to Trakt.
        clock: Tells the time.
        client_id: Our own identifier towards Plex.
        ask_name: Asks Trakt what an account is called there; empty where that cannot be told now.
        in_container: Whether this process lives in a container, which names and addresses depend on.

    Attributes:
        plex: The sign-in to Plex that was begun last, or None.
        is_in_container: Whether this process lives in a container.
        trakt: For each person, the link to Trakt that was begun last.
        search: The search for servers that was begun last, or None.
        trial_began_at: Since when a first play is waited for, or None.
    """

    def __init__(
        self,
        *,
        config: ConfigFile,
        http: aiohttp.ClientSession,
        trakt: TraktClient,
        clock: Clock,
        client_id: str,
        ask_name: AskName,
        in_container: bool = False,
    ) -> None:
        self.plex: Attempt | None = None
        self.trakt: dict[str, Attempt] = {}
        self.search: ServerSearch | None = None
        self.trial_began_at: datetime | None = None
        self.is_in_container = in_container
        self._config = config
        self._http = http
        self._client = trakt
        self._clock = clock
        self._client_id = client_id
        self._ask_name = ask_name
        self._searched_for = ""
        self._names: dict[str, str] = {}
        self._members: _Members | None = None

    async def aclose(self) -> None:
        """Give up whatever is under way."""
        under_way = [one for one in (self.plex, self.search, *self.trakt.values()) if one is not None]
        await asyncio.gather(*(one.aclose() for one in under_way))

    # ---------------------------------------------------------------- Plex

    async def sign_in_to_plex(self, *, anew: bool = False) -> Attempt:
        """The sign-in that is under way, or was begun last; a new one if there is none.

        Args:
            anew: Whether to begin a new one in any case.
        """
        earlier = self.plex
        if self.plex is None or anew:
            sign_in = PlexSignIn(self._tv(), self._clock)
            self.plex = Attempt(sign_in.start, lambda: self._finish_plex(sign_in), tell=self._tell_plex_tv)
            if earlier is not None:  # given up only now: whoever else begins meanwhile must find the new one
                await earlier.aclose()
        return self.plex

    async def use_plex_token(self, token: str) -> None:
        """Take a token that somebody has already.

        While plex.tv does not answer it is taken untried; the server will show what it is worth.

        Raises:
            LoginError: If plex.tv refuses it.
            ConfigError: If it cannot be kept.
        """
        try:
            await self._keep_plex(token)
        except SourceAuthError as error:
            raise LoginError(error.sentence) from error
        except SourceError:
            await self._keep_token(token, self._config.settings.plex.username)

    async def _finish_plex(self, sign_in: PlexSignIn) -> None:
        await self._keep_plex(await sign_in.wait())

    async def _keep_plex(self, token: str) -> None:
        account = await self._tv().fetch_user(token)
        await self._keep_token(token, account.listed.name)

    async def _keep_token(self, token: str, username: str) -> None:
        await self.write(changes.sign_in(token, username))

    # ---------------------------------------------------------------- servers

    async def look_for_servers(self, *, anew: bool = False) -> ServerSearch:
        """The search for this account's servers, begun if there is none.

        Args:
            anew: Whether to begin a new one in any case.
        """
        token = self._config.settings.plex.account_token
        earlier = self.search
        if self.search is None or anew or self._searched_for != token:
            self._searched_for = token
            self.search = ServerSearch(self._tv(), token, self.connect, tell=self._tell_plex_tv)
            if earlier is not None:
                await earlier.aclose()
        return self.search

    def connect(self, url: str, *, allow_self_signed: bool = False, token: str = "") -> PlexServer:
        """A server at that address, for the account that is signed in; nothing is asked yet."""
        plex = self._config.settings.plex
        return PlexServer(
            self._http,
            url=url,
            token=token or plex.account_token,
            client_id=self._client_id,
            allow_self_signed=allow_self_signed
            or self._config.settings.features.watch.options.allow_self_signed,
            tv_url=plex.tv_url,
        )

    async def choose_server(
        self, url: str, server_uuid: str = "", *, token: str = "", allow_self_signed: bool = False
    ) -> None:
        """Go the way of a play to the server, and if it leads there, watch the server from now on.

        Args:
            url: Its address.
            server_uuid: Who should answer; empty for whoever it is.
            token: For a server of somebody else; empty for the account's own.
            allow_self_signed: Whether its own certificate has to do.

        Raises:
            SourceError: If it cannot be watched there.
            ConfigError: If that cannot be written down.
        """
        server = self.connect(url, allow_self_signed=allow_self_signed, token=token)
        found = (await server.fetch_identity()).server_uuid
        if server_uuid and found.lower() != server_uuid.lower():
            raise WrongServerError(
                say("Another server answers at {address} ({found}).", address=server.address, found=found)
            )
        await server.fetch_sole_viewer()
        socket = await server.open_socket(PING_EVERY_S)
        await socket.close()
        await self.write(changes.choose_server(url, found, token=token, allow_self_signed=allow_self_signed))

    # ---------------------------------------------------------------- people

    async def fetch_people(self) -> list[Member]:
        """Everybody who may play on the server; asked once a minute at most.

        Raises:
            LoginError: Why that cannot be told.
        """
        plex, now = self._config.settings.plex, self._clock.now()
        key = (plex.account_token, plex.server_uuid)
        if self._members is None or self._members.key != key or now - self._members.at > PEOPLE_KEPT:
            try:
                found = await fetch_members(self._tv(), *key)
            except SourceError as error:
                raise LoginError(self._tell_plex_tv(error)) from error
            self._members = _Members(key=key, at=now, found=found)
        return self._members.found

    # ---------------------------------------------------------------- Trakt

    async def link_trakt(self, person: str, account: str) -> Attempt:
        """Begin to link an account of the person's; one that is under way for them is given up.

        Args:
            person: Name of somebody in `people`; empty if the account is everybody's who counts.
            account: Name to keep it under.
        """
        earlier = self.trakt.get(person)
        login = DeviceLogin(
            self._config,
            self._client,
            self._clock,
            account=account,
            also=changes.link_account(person, account),
        )

        async def begin() -> ShownCode:
            return trakt_code(await login.start())

        async def finish() -> None:
            await login.wait()
            self._names.pop(account, None)

        self.trakt[person] = Attempt(begin, finish)
        if earlier is not None:
            await earlier.aclose()
        return self.trakt[person]

    async def use_app(self, change: changes.Change) -> None:
        """Ask Trakt in the name of another app; what was begun in that of the one before is given up.

        Raises:
            ConfigError: If that cannot be, or cannot be written. Nothing is given up then.
        """
        await self.write(change)
        ended = {who: one for who, one in self.trakt.items() if one.stage is not Stage.LINKED}
        self.trakt = {who: one for who, one in self.trakt.items() if who not in ended}
        await asyncio.gather(*(one.aclose() for one in ended.values()))

    async def name_at_trakt(self, account: str) -> str:
        """What a linked account is called at Trakt; empty while that is not known."""
        if account not in self._names:
            try:
                async with asyncio.timeout(NAME_WITHIN_S):
                    name = await self._ask_name(SinkAccount(name=account))
            except (TimeoutError, CrossWatchError):
                return ""
            if not name:
                return ""
            self._names[account] = name
        return self._names[account]

    # ---------------------------------------------------------------- inside

    async def write(self, change: changes.Change) -> None:
        """Change the configuration as a step of the set-up does.

        Raises:
            ConfigError: If that cannot be, or cannot be written.
        """
        await asyncio.to_thread(self._config.update, change)

    def _tv(self) -> PlexTv:
        return PlexTv(self._http, url=self._config.settings.plex.tv_url, client_id=self._client_id)

    def _tell_plex_tv(self, error: CrossWatchError) -> str:
        if isinstance(error, SourceError):
            return tell_plex_tv(error, in_container=self.is_in_container)
        if isinstance(error, ConfigError):
            return say("You are signed in, but that cannot be kept: {error}", error=error.sentence)
        return error.sentence
