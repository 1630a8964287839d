"""A Plex server of dictionaries, with faults; what it says is what a test has put in."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from crosswatch.core.events import Account, Player, PlayerState
from crosswatch.core.facts import HistoryRow, SessionRow
from crosswatch.errors import SourceNotFoundError

OWNER = Account(id=1, name="Maya")


class ScriptedSource:
    """Implements `core.ports.MetadataSource`.

    Attributes:
        library: The items, by key.
        posters: Their pictures, by key.
        sessions: What plays now, by session key.
        history: Plays that the server counted.
        people: Accounts that the server knows, by number.
        sole_viewer: Whose plays alone the token shows, or None.
        faults: What to raise, by the name of the question.
        latency_s: How long an answer takes, by the name of the question.
        asked: How often each question was asked.
        forgotten: Keys of which the cache was dropped.
    """

    def __init__(self, *media):
        self.library = {one.rating_key: one for one in media}
        self.posters = {}
        self.sessions = {}
        self.history = []
        self.people = {OWNER.id: OWNER}
        self.sole_viewer = None
        self.faults = {}
        self.latency_s = {}
        self.asked = Counter()
        self.forgotten = []

    # ---------------------------------------------------------------- what a test puts in

    def list(self, media, *, key="1", account=OWNER, offset_s=0.0, state="playing", client="tv"):
        """Put a session on the list."""
        self.sessions[key] = SessionRow(
            session_key=key,
            state=PlayerState(state),
            offset_ms=round(offset_s * 1000),
            account=account,
            media=replace(media, ids=type(media.ids)()),
            player=Player(client_id=client, title=client),
        )

    def count(self, media, viewed_at, *, account_id=1, key=None):
        """Write a line of the history."""
        row = HistoryRow(
            history_key=key or f"/status/sessions/history/{len(self.history) + 1}",
            rating_key=media.rating_key,
            account_id=account_id,
            viewed_at=viewed_at.replace(microsecond=0),
            media=replace(media, ids=type(media.ids)(), duration_ms=None),
        )
        self.history.append(row)
        return row

    # ---------------------------------------------------------------- what it is asked

    async def fetch_sessions(self):
        await self._answer("sessions")
        return list(self.sessions.values())

    async def fetch_media(self, rating_key):
        await self._answer("media")
        if rating_key not in self.library:
            raise SourceNotFoundError("there is no such item")
        return self.library[rating_key]

    async def fetch_poster(self, rating_key):
        await self._answer("poster")
        return self.posters.get(rating_key, b"")

    async def fetch_history(self, since):
        await self._answer("history")
        rows = [row for row in self.history if row.viewed_at >= since.replace(microsecond=0)]
        return sorted(rows, key=lambda row: row.viewed_at)

    async def resolve_account(self, account_id):
        await self._answer("account")
        return self.people.get(account_id, Account(id=account_id))

    def known_account(self, account):
        return self.people.get(account.id, account)

    async def fetch_sole_viewer(self):
        await self._answer("viewer")
        return self.sole_viewer

    async def fetch_counted_at_ms(self, shared):
        await self._answer("rule")
        return shared.length_ms * 9 // 10

    def forget(self, rating_key):
        self.forgotten.append(rating_key)

    async def _answer(self, question):
        self.asked[question] += 1
        await asyncio.sleep(self.latency_s.get(question, 0.01))
        if question in self.faults:
            raise self.faults[question]
