"""HTTP to one Plex Media Server: what it is, what plays, what an item is, what was played, who is who.

Source: Plex protocol notes, sections 1, 7, 8, 10, 11 and 14.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from crosswatch.clock import Clock
from crosswatch.core.events import OWNER_ID, Account, MediaKind
from crosswatch.core.phrases import say
from crosswatch.errors import (
    PayloadError,
    SourceAuthError,
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
)
from crosswatch.providers.scrobble.plex.accounts import AccountDirectory
from crosswatch.providers.scrobble.plex.cache import KeyedCache
from crosswatch.providers.scrobble.plex.documents import parse_document
from crosswatch.providers.scrobble.plex.items import ShowFacts, media_from, show_facts_from
from crosswatch.providers.scrobble.plex.plextv import PlexTv
from crosswatch.providers.scrobble.plex.register import Listed
from crosswatch.providers.scrobble.plex.rows import (
    Identity,
    PlayedRule,
    ServerFacts,
    accounts_from,
    history_from,
    identity_from,
    played_rule_from,
    server_facts_from,
    sessions_from,
)
from crosswatch.providers.scrobble.plex.server_time import ServerTime
from crosswatch.providers.scrobble.plex.several import may_be_shared, with_shared_file
from crosswatch.providers.scrobble.plex.transport import MIB, PlexHttp, neighbour_at, shown
from crosswatch.providers.scrobble.plex.values import children_of, int_of, rating_key_of
from crosswatch.providers.scrobble.scrobble import enrich

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import aiohttp

    from crosswatch.core.events import Media, SharedFile
    from crosswatch.core.facts import HistoryRow, SessionRow
    from crosswatch.providers.scrobble.plex.values import Item

    T = TypeVar("T")

logger = logging.getLogger("crosswatch.plex")

SOCKET_PATH = ":/websockets/notifications"
MAX_SESSIONS_BYTES = 32 * MIB
MAX_MESSAGE_BYTES = 4 * MIB
KEPT_ITEMS = 2_000
KEPT_SHOWS = 500
KEPT_POSTERS = 60
POSTER_SIZE = {"width": "240", "height": "360", "minSize": "1", "upscale": "0"}
"""Pixels; twice what pages show, for fine screens. It comes as a JPEG of some ten KB."""
KEPT_FOR_S = 6 * 3600.0
"""Real seconds; a correction that no timeline frame told us about is seen at least so soon."""

PAGE_ROWS = 200
MAX_PAGES = 100
"""Far beyond what a household plays within the days that are caught up."""

CLOSE_WITHIN_S = 0.5
_ALL = ""
"""The key of what there is only one of."""


class PlexServer:
    """One server; implements `core.ports.MetadataSource`.

    Args:
        http: Shared with the whole process; it is not closed here.
        url: Where the server answers, such as `http://192.0.2.10:32400`.
        token: Of the owner; other people's tokens may not list sessions, history and accounts.
        client_id: Stable per installation (`transport.client_headers`).
        allow_self_signed: Whether a certificate that nobody vouches for will do.
        tv_url: Where plex.tv answers. It is asked who is who; and whose server it is, if that refuses us.
        key: Where the configuration speaks of the server: `plex`, or an entry of `servers`.
        clock: Ours, against which the server's is held; None is the ordinary one.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        token: str,
        client_id: str,
        allow_self_signed: bool = False,
        tv_url: str = "https://plex.tv",
        key: str = "plex",
        clock: Clock | None = None,
    ) -> None:
        self._time = ServerTime(clock or Clock())
        self._http = PlexHttp(
            http,
            url=url,
            client_id=client_id,
            allow_self_signed=allow_self_signed,
            neighbour=neighbour_at(say("Plex at {address}", address=shown(url)), key=key),
            time=self._time,
        )
        self._tv = PlexTv(http, url=tv_url, client_id=client_id, key=key)
        self._key = key
        self._token = token
        self._is_owner = False
        self.address = shown(url)
        self._media = KeyedCache(self._load_media, size=KEPT_ITEMS, max_age_s=KEPT_FOR_S)
        self._shows = KeyedCache(self._load_show, size=KEPT_SHOWS, max_age_s=KEPT_FOR_S)
        self._posters = KeyedCache(self._load_poster, size=KEPT_POSTERS, max_age_s=KEPT_FOR_S)
        self._sessions = KeyedCache(self._load_sessions, size=0, max_age_s=0.0)
        self._directory = AccountDirectory(
            load_own=self._load_accounts, load_uuid=self._load_uuid, tv=self._tv, token=token
        )
        self._rule = KeyedCache(self._load_rule, size=1, max_age_s=KEPT_FOR_S)
        self._sole_viewer = KeyedCache(self._load_sole_viewer, size=1, max_age_s=KEPT_FOR_S)

    @property
    def key(self) -> str:
        """Where the configuration speaks of the server."""
        return self._key

    @property
    def owner_plex_id(self) -> int | None:
        """The owner's number at plex.tv, or None while it is not known."""
        return self._directory.owner_plex_id

    async def fetch_identity(self) -> Identity:
        """Which server answers; asked without the token, which a stranger has no need to know.

        Raises:
            SourceError: See `core.ports.MetadataSource`; the same for all that follow.
        """
        return self._read(await self._http.get("identity", token=None), identity_from)

    async def fetch_server_facts(self) -> ServerFacts:
        """The server's name and its owner's."""
        return self._read(await self._get(""), server_facts_from)

    async def fetch_sessions(self) -> list[SessionRow]:
        """What plays now; whoever asks while an answer is under way gets that one."""
        return await self._sessions.get(_ALL)

    async def fetch_media(self, rating_key: str) -> Media:
        """The item with its ids and its show's: at most two requests, none if both are known."""
        media = await self._media.get(rating_key)
        if media.kind is not MediaKind.EPISODE or not media.show_rating_key:
            return media
        try:
            return enrich(media, await self._shows.get(media.show_rating_key))
        except SourceNotFoundError:
            return media

    async def fetch_history(self, since: datetime) -> list[HistoryRow]:
        """Plays that the server counted at that time or later, oldest first, each row once.

        Times are ours, going and coming, whatever the server's clock says.
        """
        rows: dict[str, HistoryRow] = {}
        for page in range(MAX_PAGES):
            container = await self._history_page(since, start=page * PAGE_ROWS)
            found = {row.history_key: row for row in history_from(container)}
            listed = len(children_of(container, "Metadata"))
            total = int_of(container.get("totalSize"))
            is_new = not found.keys() <= rows.keys()  # a server that does not page repeats itself
            rows.update(found)
            is_last = listed < PAGE_ROWS if total is None else page * PAGE_ROWS + listed >= total
            if is_last or not listed or not is_new:
                break
        else:
            logger.warning(
                "%s lists more than %d plays since %s; the later ones are left out for now.",
                self._http.neighbour.name,
                MAX_PAGES * PAGE_ROWS,
                since.isoformat(),
                extra={"event": "plex.history_cut"},
            )
        ours = (replace(row, viewed_at=self._time.to_ours(row.viewed_at)) for row in rows.values())
        return sorted(ours, key=lambda row: row.viewed_at)

    async def fetch_accounts(self) -> list[Account]:
        """Everybody whom the server and plex.tv know, by number; all lists are read anew."""
        return await self._directory.fetch_everybody()

    async def prepare_accounts(self) -> None:
        """Learn who is who before somebody plays; if that cannot be done now, it is done then."""
        try:
            await self._directory.resolve(OWNER_ID)
        except SourceError as error:
            logger.debug("cannot tell who is who: %s", error, extra={"event": "plex.accounts_unknown"})

    async def resolve_account(self, account_id: int) -> Account:
        """The account of that number with all its names; a bare number where nobody knows more.

        The owner's number at plex.tv is taken for 1, and number 0 is nobody.
        """
        try:
            return await self._directory.resolve(account_id)
        except SourceAuthError:  # the token is not the owner's, or the owner is refused for a moment
            viewer = await self.fetch_sole_viewer()
        if viewer is not None and viewer.id == account_id:
            return viewer
        return Account(id=account_id or None, has_all_names=viewer is not None)

    def known_account(self, account: Account) -> Account:
        """The account with all that is known of it by now; nobody is asked."""
        return self._directory.know(account)

    def known_accounts(self) -> list[Account]:
        """Everybody who is known by now; nobody is asked."""
        return self._directory.everybody()

    async def fetch_sole_viewer(self) -> Account | None:
        """Whose plays alone this token shows, if it is not the owner's; None for the owner's token.

        Whoever may list sessions is the owner. To be refused proves little, for a server that is starting
        refuses its owner too; so plex.tv must call the server somebody else's.
        """
        if self._is_owner:
            return None
        try:
            await self.fetch_sessions()
        except SourceAuthError:
            return await self._sole_viewer.get(_ALL)
        return None

    async def fetch_played_rule(self) -> PlayedRule:
        """When the server itself counts a video as watched."""
        return await self._rule.get(_ALL)

    async def fetch_counted_at_ms(self, shared: SharedFile) -> int:
        """Where in a file of several episodes the server counts it as watched."""
        rule = await self.fetch_played_rule()
        return rule.counted_at_ms(shared.length_ms, shared.first_credits_ms, shared.final_credits_ms)

    async def fetch_poster(self, rating_key: str) -> bytes:
        """The poster of an item or a show in a small size, as the server draws it; whatever its type."""
        return await self._posters.get(rating_key)

    async def open_socket(self, ping_every_s: float) -> aiohttp.ClientWebSocketResponse:
        """The notification socket.

        Args:
            ping_every_s: Real seconds of silence until a ping; half as long later the socket is dead.
        """
        return await self._http.open_socket(
            SOCKET_PATH,
            token=self._token,
            ping_every_s=ping_every_s,
            close_within_s=CLOSE_WITHIN_S,
            limit=MAX_MESSAGE_BYTES,
        )

    def forget(self, rating_key: str) -> None:
        """Drop what is cached about the item, be it a movie, an episode or a show."""
        for cache in (self._media, self._shows, self._posters):
            cache.forget(rating_key)

    def forget_played_rule(self) -> None:
        """Drop the rule: a preference was changed."""
        self._rule.forget(_ALL)

    def forget_all(self) -> None:
        """Drop all that is cached: nobody knows what changed while nobody listened."""
        self._is_owner = False
        self._directory.forget()
        for cache in (self._media, self._shows, self._posters, self._rule, self._sole_viewer):
            cache.clear()

    async def aclose(self) -> None:
        """Ask nobody any more."""
        await self._directory.aclose()

    # ------------------------------------------------------------------------------ one request each

    async def _load_media(self, rating_key: str) -> Media:
        container = await self._item_page(rating_key)
        item = children_of(container, "Metadata")[0]
        media = media_from(item, container)
        media = media if media.rating_key else replace(media, rating_key=rating_key)
        season_key = rating_key_of(item, "parentRatingKey", "parentKey")
        if not may_be_shared(media):
            return media
        season = await self._season_page(season_key)
        return with_shared_file(media, item, children_of(season, "Metadata"), season)

    async def _season_page(self, season_key: str) -> Item:
        """The episodes of a season; none if it has no page."""
        if not season_key:
            return {}
        try:
            return await self._page(f"library/metadata/{quote(season_key, safe='')}/children")
        except SourceNotFoundError:
            return {}

    async def _load_show(self, rating_key: str) -> ShowFacts:
        return show_facts_from(children_of(await self._item_page(rating_key), "Metadata")[0])

    async def _load_poster(self, rating_key: str) -> bytes:
        # The last step of the address only tells caches one picture from another; any will do.
        picture = f"/library/metadata/{quote(rating_key, safe='')}/thumb/0"
        return await self._get("photo/:/transcode", {"url": picture, **POSTER_SIZE}, limit=MIB)

    async def _page(self, path: str) -> Item:
        """Items with all that helps to name them."""
        return self._read(await self._get(path, {"includeGuids": "1", "includeMarkers": "1"}), _itself)

    async def _item_page(self, rating_key: str) -> Item:
        """The page of one item.

        Raises:
            SourceNotFoundError: If no item is on it.
        """
        path = f"library/metadata/{quote(rating_key, safe='')}"
        container = await self._page(path) if rating_key else {}
        if not children_of(container, "Metadata"):
            raise SourceNotFoundError(
                say("{name} has no such item (any more).", name=self._http.neighbour.name)
            )
        return container

    async def _load_sessions(self, _key: str) -> list[SessionRow]:
        rows = self._read(await self._get("status/sessions", limit=MAX_SESSIONS_BYTES), sessions_from)
        self._is_owner = True
        return rows

    async def _load_sole_viewer(self, _key: str) -> Account | None:
        server_uuid = await self._load_uuid()
        offers = await self._tv.fetch_servers(self._token)
        is_foreign = any(offer.server_uuid == server_uuid and not offer.is_owned for offer in offers)
        return (await self._tv.fetch_user(self._token)).account if is_foreign else None

    async def _load_accounts(self) -> list[Listed]:
        accounts = self._read(await self._get("accounts"), accounts_from)
        owner = (await self.fetch_server_facts()).owner
        return [
            Listed(number=one.id, name=one.name, own=frozenset({owner} - {""} if one.id == OWNER_ID else ()))
            for one in accounts
            if one.id is not None
        ]

    async def _load_uuid(self) -> str:
        return (await self.fetch_identity()).server_uuid

    async def _load_rule(self, _key: str) -> PlayedRule:
        return self._read(await self._get(":/prefs"), played_rule_from)

    async def _history_page(self, since: datetime, start: int) -> Item:
        # The comparison belongs to the name: `viewedAt>` and then `=`. Ascending is the default, and a
        # `sort` that the server does not like is answered with 400, so none is asked for.
        query = {
            "viewedAt>": str(max(0, int(self._time.to_theirs(since).timestamp()))),
            "X-Plex-Container-Start": str(start),
            "X-Plex-Container-Size": str(PAGE_ROWS),
        }
        return self._read(await self._get("status/sessions/history/all", query), _itself)

    async def _get(self, path: str, params: dict[str, str] | None = None, limit: int = 8 * MIB) -> bytes:
        return await self._http.get(path, token=self._token, params=params, limit=limit)

    def _read(self, body: bytes, parse: Callable[[Item], T]) -> T:
        """What the answer says.

        Raises:
            SourceUnavailableError: If it is no answer of a Plex server.
        """
        try:
            return parse(parse_document(body))
        except PayloadError as error:
            neighbour = self._http.neighbour
            raise SourceUnavailableError(
                say(
                    "{name} does not answer as a Plex server does: {error} Check {address_key}, and any "
                    "proxy in between.",
                    name=neighbour.name,
                    error=error.sentence,
                    address_key=neighbour.address_key,
                )
            ) from error


def _itself(container: Item) -> Item:
    return container
