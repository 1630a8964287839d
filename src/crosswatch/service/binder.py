"""Finding out who watches and what it is, in few requests and never by guessing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.events import Account, Media, Player
from crosswatch.core.facts import Binding
from crosswatch.core.likeness import is_keyless, pair_rows
from crosswatch.errors import SourceAuthError, SourceError, SourceNotFoundError, SourceUnavailableError
from crosswatch.service.outage import Outage

if TYPE_CHECKING:
    from crosswatch.core.facts import SessionRow
    from crosswatch.core.ports import MetadataSource
    from crosswatch.core.session import Session

PATIENCE = 3
"""How often an item is asked for that the server plays but cannot show, before its titles have to do."""


class Binder:
    """Answers the tracker's question about new sessions of one server.

    Args:
        source: The server.
    """

    def __init__(self, source: MetadataSource) -> None:
        self._source = source
        self._failures: Counter[str] = Counter()
        self._outage = Outage("plex.lookup", "find out who watches what")

    async def look_up(self, session: Session) -> Binding | None:
        """Who watches and what it is, as far as the server says now; None if it says nothing of use."""
        try:
            row = await self._find_row(session)
            media = await self._media(session, row)
            account = await self._account(session, row)
        except SourceError as error:
            self._outage.note(error)
            return None
        self._outage.end()
        if media is None:
            return None
        if row is None:
            player = session.hearsay.binding.player if session.hearsay.binding else Player()
            return Binding(account=account, media=media, player=player)
        return Binding(
            account=account, media=_with_row(media, row.media), player=row.player, offset_ms=row.offset_ms
        )

    async def _find_row(self, session: Session) -> SessionRow | None:
        if session.has_ended:  # it has left the list
            return None
        try:
            rows = await self._source.fetch_sessions()
        except SourceAuthError:
            if session.hearsay.binding is not None or await self._source.fetch_sole_viewer() is not None:
                return None
            raise
        if is_keyless(session):
            return pair_rows([session], rows, elsewhere=True).get(session.play_id)
        named = [row for row in rows if row.session_key == session.session_key]
        fitting = [row for row in named if row.media.rating_key in ("", session.item)]
        return fitting[0] if fitting else None

    async def _media(self, session: Session, row: SessionRow | None) -> Media | None:
        told = session.hearsay.binding
        known = row.media if row is not None else told.media if told is not None else None
        if known is not None and not known.kind.is_scrobbled:
            return known
        if not session.item.isalnum():  # a path, as of live television: there is no such item to ask for
            return known
        try:
            media = await self._source.fetch_media(session.item)
        except SourceNotFoundError:  # deleted while it plays
            return known
        except SourceUnavailableError:
            self._failures[session.item] += 1
            if row is None or self._failures[session.item] < PATIENCE:
                raise
            media = row.media
        del self._failures[session.item]
        return media

    async def _account(self, session: Session, row: SessionRow | None) -> Account:
        """Who watches: whom the list names, else whom a webhook has named."""
        told = session.hearsay.binding.account if session.hearsay.binding else Account()
        viewer = await self._source.fetch_sole_viewer()
        if viewer is not None and not (is_keyless(session) and told.is_known):
            return viewer
        named = row.account if row is not None and row.account.is_known else told
        if named.id is None:
            return named
        await self._source.resolve_account(named.id)
        return self._source.known_account(named)


def _with_row(media: Media, listed: Media) -> Media:
    """The item with what only the list knows."""
    return replace(
        media,
        duration_ms=media.duration_ms or listed.duration_ms,
        library_id=media.library_id or listed.library_id,
        library=media.library or listed.library,
    )
