"""Trying everything that a play needs, the way the app does it, and saying step by step what came of it.

`crosswatch doctor` and the Test buttons of the pages share this, so that a test says yes only where the app
itself would get through. Nothing is written anywhere.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from crosswatch.config.addresses import parse_address
from crosswatch.config.redaction import Redactor
from crosswatch.core.outcomes import Accepted, AlreadyThere
from crosswatch.core.phrases import say
from crosswatch.core.plays import SinkAccount
from crosswatch.core.sentences import tell_action, tell_trouble
from crosswatch.errors import ConfigError, SourceError, WrongServerError
from crosswatch.health.steps import missing_steps
from crosswatch.outgoing import open_socket
from crosswatch.providers.scrobble.plex.pms import PlexServer
from crosswatch.providers.scrobble.trakt.accounts import account_names, sink_accounts
from crosswatch.providers.scrobble.trakt.sink import Profile
from crosswatch.watching import keyed_servers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import aiohttp

    from crosswatch.config.file import ConfigFile
    from crosswatch.config.model import PlexSettings
    from crosswatch.core.outcomes import Hold, Refused, Retry
    from crosswatch.outgoing import AddressInfo
    from crosswatch.providers.scrobble.trakt.sink import TraktSink

PING_EVERY_S = 10.0
KNOCK_WITHIN_S = 5.0
"""Real seconds for each step on the way to a server."""

PORTS = {"http": 80, "https": 443}
MS_PER_S = 1000
TRAKT = "trakt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one step has shown.

    Attributes:
        ok: Whether it went well; None for what is off or not there yet, by choice or so far.
        subject: What was looked at.
        sentence: What is so.
        action: What to do, or empty.
    """

    ok: bool | None
    subject: str
    sentence: str
    action: str = ""


class Connect(Protocol):
    """Makes a server of the configuration that can be asked, without asking it."""

    def __call__(self, key: str, settings: PlexSettings) -> PlexServer:
        """The server of which the configuration speaks under that key."""


def connect_by(http: aiohttp.ClientSession, config: ConfigFile, client_id: str) -> Connect:
    """What makes servers as the configuration in force says.

    Args:
        http: For requests; it is not closed here.
        config: The configuration.
        client_id: Ours towards Plex.
    """

    def connect(key: str, settings: PlexSettings) -> PlexServer:
        return PlexServer(
            http,
            url=settings.server_url,
            token=settings.account_token,
            client_id=client_id,
            allow_self_signed=config.settings.features.watch.options.allow_self_signed,
            tv_url=settings.tv_url,
            key=key,
        )

    return connect


class Examiner:
    """Examines what the configuration in force names.

    Args:
        config: The configuration.
        connect: Makes a server.
        sink: Speaks with Trakt.
    """

    def __init__(self, config: ConfigFile, connect: Connect, sink: TraktSink) -> None:
        self._config = config
        self._connect = connect
        self._sink = sink
        self._redact = Redactor(lambda: config.secrets)

    def names(self) -> tuple[str, ...]:
        """What can be examined by itself: `plex`, `servers[0]`, `trakt` or `trakt:<account>`."""
        settings = self._config.settings
        accounts = sink_accounts(settings) if settings.trakt.client_id and account_names(settings) else ()
        return (*keyed_servers(settings), *map(name_of, accounts))

    async def examine(self, name: str) -> AsyncIterator[Finding]:
        """One finding after the other about a server or an account; none for what is not there.

        Args:
            name: One of `names`.
        """
        async for finding in self._look_at(name):  # a neighbour may say whatever it was told
            yield replace(
                finding,
                subject=self._without_secrets(finding.subject),
                sentence=self._without_secrets(finding.sentence),
            )

    def _without_secrets(self, text: str) -> str:
        """The text; a phrase stays one, unless it holds a secret."""
        clean = self._redact(text)
        return text if clean == text else clean

    async def examine_all(self) -> AsyncIterator[Finding]:
        """One finding after the other, in the order in which a play passes."""
        async for finding in self._examine_config():
            yield finding
        servers = keyed_servers(self._config.settings)
        for name in self.names():
            if name in servers and not servers[name].account_token:  # what is missing was said above
                continue
            async for finding in self.examine(name):
                yield finding

    async def _look_at(self, name: str) -> AsyncIterator[Finding]:
        settings = self._config.settings
        servers = keyed_servers(settings)
        if name in servers:
            async for finding in self._examine_server(name, servers[name]):
                yield finding
        for account in sink_accounts(settings):
            if name == name_of(account):
                async for finding in self._examine_account(account):
                    yield finding

    async def _examine_config(self) -> AsyncIterator[Finding]:
        if self._config.problem is not None:
            yield Finding(
                ok=False,
                subject="config.json",
                sentence=say(
                    "{problem} What follows is about the last good configuration.",
                    problem=self._config.problem.sentence,
                ),
            )
            return
        try:
            await asyncio.to_thread(self._config.ensure_writable)
        except ConfigError as error:
            yield Finding(ok=False, subject="config.json", sentence=error.sentence)
        else:
            sentence = say("{path} is valid and can be written.", path=str(self._config.path))
            yield Finding(ok=True, subject="config.json", sentence=sentence)
        for step in missing_steps(self._config.settings):
            yield Finding(ok=None, subject=step.title, sentence=step.sentence, action=step.action)

    async def _examine_server(self, key: str, settings: PlexSettings) -> AsyncIterator[Finding]:
        """How it is reached, who answers, what the token may do, and whether notifications come through."""
        server = self._connect(key, settings)
        subject = say("Plex at {address}", address=server.address)
        is_lenient = self._config.settings.features.watch.options.allow_self_signed
        async for finding in knock(settings.server_url, subject, allow_self_signed=is_lenient):
            yield finding
        try:
            yield await _identity(server, settings, subject)
            yield await _rights(server, subject)
            frames = await server.open_socket(PING_EVERY_S)
            await frames.close()
            yield Finding(ok=True, subject=subject, sentence=say("It opens its notification socket."))
        except SourceError as error:
            yield Finding(ok=False, subject=subject, sentence=error.sentence)

    async def _examine_account(self, account: SinkAccount) -> AsyncIterator[Finding]:
        subject = "Trakt" if account == SinkAccount() else say("Trakt, account {name}", name=account.name)
        async for finding in knock(self._config.settings.trakt.api_url, subject):
            yield finding
        found = await self._sink.fetch_profile(account)
        if isinstance(found, Profile):
            vip = say("with VIP") if found.is_vip else ""
            sentence = say("Linked to {name}[ {vip}]; Trakt answers.", name=found.username, vip=vip)
            yield Finding(ok=True, subject=subject, sentence=sentence)
        elif isinstance(found.outcome, Accepted | AlreadyThere):
            yield Finding(ok=True, subject=subject, sentence=say("Trakt answers."))
        else:
            yield _trouble(found.outcome, account, subject)


def name_of(account: SinkAccount) -> str:
    """The name under which an account is examined."""
    return TRAKT if account == SinkAccount() else f"{TRAKT}:{account.name}"


async def knock(url: str, subject: str, *, allow_self_signed: bool = False) -> AsyncIterator[Finding]:
    """The steps to whoever is at the address, as far as they go: its name, a connection, its certificate.

    Where they go no further nothing is said here: the request that follows says it, in the app's own words.

    Args:
        url: The address.
        subject: Who is there.
        allow_self_signed: Whether a certificate that nobody vouches for will do.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(KNOCK_WITHIN_S):
            began = loop.time()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if parse_address(host) is None:
            sentence = say(
                "The name {host} leads to {address} ({took}).",
                host=host,
                address=str(found[0][4][0]),
                took=_ms_since(began),
            )
            yield Finding(ok=True, subject=subject, sentence=sentence)
        began = loop.time()
        async with asyncio.timeout(KNOCK_WITHIN_S):
            writer = await _connected(found)
        sentence = say("It takes connections at port {port} ({took}).", port=port, took=_ms_since(began))
        yield Finding(ok=True, subject=subject, sentence=sentence)
        try:
            if parts.scheme == "https":
                began = loop.time()
                async with asyncio.timeout(KNOCK_WITHIN_S):
                    await writer.start_tls(_tls(allow_self_signed=allow_self_signed), server_hostname=host)
                sentence = say("What is said is encrypted ({took}).", took=_ms_since(began))
                yield Finding(ok=True, subject=subject, sentence=sentence)
        finally:
            writer.close()
    except (OSError, TimeoutError, UnicodeError):  # an `ssl.SSLError` is an `OSError`
        return


async def _connected(found: Sequence[AddressInfo]) -> asyncio.StreamWriter:
    """A connection to the first of the addresses that takes one.

    Raises:
        OSError: What the last one said, if none does.
    """
    *others, last = found
    for info in others:
        try:
            return await _connect_to(info)
        except OSError:
            continue
    return await _connect_to(last)


async def _connect_to(info: AddressInfo) -> asyncio.StreamWriter:
    connection = open_socket(info)
    try:
        connection.setblocking(False)  # noqa: FBT003 -- the library's own word
        await asyncio.get_running_loop().sock_connect(connection, info[4])
        return (await asyncio.open_connection(sock=connection))[1]
    except BaseException:
        connection.close()
        raise


def _tls(*, allow_self_signed: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if allow_self_signed:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _ms_since(began: float) -> str:
    return f"{(asyncio.get_running_loop().time() - began) * MS_PER_S:.0f} ms"


async def _identity(server: PlexServer, settings: PlexSettings, subject: str) -> Finding:
    identity = await server.fetch_identity()
    wanted = settings.server_uuid
    if wanted and wanted != identity.server_uuid:
        raise WrongServerError(
            say(
                "Another server answers there ({found}), not {wanted}. Check {key}.server_url and "
                "{key}.server_uuid.",
                found=identity.server_uuid,
                wanted=wanted,
                key=server.key,
            )
        )
    sentence = say("Server {id} answers.", id=identity.server_uuid)
    return Finding(ok=True, subject=subject, sentence=sentence)


async def _rights(server: PlexServer, subject: str) -> Finding:
    """Whether the token is the owner's, who sees everybody's sessions, or a guest's."""
    viewer = await server.fetch_sole_viewer()
    if viewer is not None:
        sentence = say("The token is {name}'s: only their plays are seen.", name=viewer.name)
        return Finding(ok=True, subject=subject, sentence=sentence)
    facts = await server.fetch_server_facts()
    running = len(await server.fetch_sessions())
    plays = say("{number} playing", number=running) if running else say("nothing plays")
    name = facts.name or say("the server")
    sentence = say("The token is taken by {name}; {plays} now.", name=name, plays=plays)
    return Finding(ok=True, subject=subject, sentence=sentence)


def _trouble(outcome: Hold | Refused | Retry, account: SinkAccount, subject: str) -> Finding:
    return Finding(
        ok=False,
        subject=subject,
        sentence=tell_trouble(outcome),
        action=tell_action(outcome.reason, account),
    )
