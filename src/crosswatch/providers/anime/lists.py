"""The anime lists in force: read from files and addresses, kept beside the database, refreshed on request.

Nothing is fetched before the app has started, and nobody waits for a list: until one has come, and while one
is broken, what was known before stays in force. A list is read in a thread of its own, for it is long.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

import crosswatch
from crosswatch.config.atomic import write_atomically
from crosswatch.core.anime import AnimeList
from crosswatch.core.phrases import say
from crosswatch.errors import PayloadError
from crosswatch.providers.anime.formats import parse_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crosswatch.clock import Clock

MOST_BYTES = 64 * 1024 * 1024
"""The public lists stay below a quarter of that."""

TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0, sock_read=30.0)
"""Real seconds."""

_CHUNK = 256 * 1024

log = logging.getLogger("crosswatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one list stands.

    Attributes:
        source: The file or address, without what may be a secret in it.
        titles: How many titles are known from it.
        read_at: When they were read, aware UTC; None if never, or from the copy of an earlier run.
        problem: Why it could not be read the last time, as a sentence; empty if it could.
    """

    source: str
    titles: int = 0
    read_at: datetime | None = None
    problem: str = ""


class AnimeLists:
    """What is known of anime, from all lists that the configuration names.

    Args:
        http: Shared with the whole process; it is not closed here.
        folder: Where copies of fetched lists are kept.
        clock: Tells the time.
    """

    def __init__(self, http: aiohttp.ClientSession, folder: Path, clock: Clock) -> None:
        self.known = AnimeList()
        self._http = http
        self._folder = folder
        self._clock = clock
        self._sources: tuple[str, ...] = ()
        self._lists: dict[str, AnimeList] = {}
        self._status: dict[str, SourceStatus] = {}
        self._turn = asyncio.Lock()

    @property
    def status(self) -> tuple[SourceStatus, ...]:
        """How each list stands, in the order in which they count."""
        return tuple(self._status.get(one, SourceStatus(source=shown(one))) for one in self._sources)

    async def use(self, sources: Sequence[str]) -> bool:
        """Know what these files and addresses say, the first ones first; unchanged ones are left alone.

        Returns:
            Whether something else is known then than before.
        """
        wanted = tuple(dict.fromkeys(source for source in sources if source))
        async with self._turn:
            if wanted == self._sources:
                return False
            before, self._sources = self.known, wanted
            new = [source for source in wanted if source not in self._lists]
            for source in new:
                await self._recall(source)
            self._join()
            for source in new:
                await self._read(source)
            self._join()
        return self.known != before

    async def refresh(self) -> bool:
        """Read all lists anew; whether something else is known then than before."""
        before = self.known
        async with self._turn:
            for source in self._sources:
                await self._read(source)
            self._join()
        return self.known != before

    # ------------------------------------------------------------------------------ one list

    async def _read(self, source: str) -> None:
        """Read one list; one that cannot be read leaves what is known of it as it was."""
        try:
            body = await self._fetch(source) if _is_address(source) else await _read_file(Path(source))
            self._lists[source] = known = await asyncio.to_thread(parse_list, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, PayloadError) as error:
            self._note_problem(source, _sentence(source, error))
            return
        now = self._clock.now()
        self._status[source] = SourceStatus(source=shown(source), titles=len(known.titles), read_at=now)
        log.info("anime list %s: %d titles", shown(source), len(known.titles), extra={"event": "anime.read"})
        if _is_address(source):
            await self._keep(source, body)

    async def _fetch(self, source: str) -> bytes:
        headers = {"User-Agent": f"CrossWatch/{crosswatch.__version__}"}
        async with self._http.get(source, headers=headers, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            body = bytearray()
            async for piece in answer.content.iter_chunked(_CHUNK):
                body += piece
                if len(body) > MOST_BYTES:
                    raise PayloadError(say("It is larger than {size} MiB.", size=MOST_BYTES >> 20))
        return bytes(body)

    def _note_problem(self, source: str, sentence: str) -> None:
        before = self._status.get(source, SourceStatus(source=shown(source)))
        self._status[source] = SourceStatus(
            source=shown(source), titles=before.titles, read_at=before.read_at, problem=sentence
        )
        log.warning("%s", sentence, extra={"event": "anime.unreadable"})

    def _join(self) -> None:
        known = AnimeList()
        for source in self._sources:
            known = known.joined(self._lists.get(source, AnimeList()))
        self.known = known

    # ------------------------------------------------------------------------------ copies

    def _copy_of(self, source: str) -> Path:
        return self._folder / f"anime-list-{hashlib.sha256(source.encode()).hexdigest()[:12]}.cache"

    async def _keep(self, source: str, body: bytes) -> None:
        """Keep a copy for the next start, which may be one without a network."""
        try:
            await asyncio.to_thread(write_atomically, self._copy_of(source), body)
        except OSError as error:
            log.warning("no copy of the anime list could be kept: %s", error.strerror or error)

    async def _recall(self, source: str) -> None:
        """Take up the copy of an earlier run; none, or a broken one, is no trouble."""
        try:
            body = await _read_file(self._copy_of(source))
            known = self._lists[source] = await asyncio.to_thread(parse_list, body)
        except (OSError, PayloadError):
            return
        self._status[source] = SourceStatus(source=shown(source), titles=len(known.titles))


async def _read_file(path: Path) -> bytes:
    return await asyncio.to_thread(path.read_bytes)


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def shown(source: str) -> str:
    """A file or address without what may be a secret in it."""
    if not _is_address(source):
        return source
    scheme, _, rest = source.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _sentence(source: str, error: Exception) -> str:
    match error:
        case aiohttp.ClientResponseError():
            why = f"The server answered {error.status}."
        case TimeoutError():
            why = "The server did not answer in time."
        case OSError() if error.strerror:
            why = f"{error.strerror}."
        case PayloadError():
            why = str(error)
        case _:  # its text may repeat the address, and with it a secret
            why = "There is no such address, or nothing answers there."
    return f"The anime list {shown(source)} cannot be read: {why} What was known before stays in force."
