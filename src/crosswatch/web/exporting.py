"""Plays as CSV and as lines of JSON: read a page at a time, so that memory does not grow with them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from crosswatch.core.people import watched_mark
from crosswatch.core.phrases import plain
from crosswatch.core.sentences import account_words, tell_play
from crosswatch.web.shapes import play_shape

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from crosswatch.core.events import PlayId
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Delivery, Play
    from crosswatch.core.ports import PlayQuery

    Write = Callable[[Play, Sequence[Delivery], float], bytes]

PAGE_SIZE = 200

COLUMNS = (
    "id",
    "started_at",
    "ended_at",
    "watched_at",
    "person",
    "kind",
    "show",
    "season",
    "number",
    "title",
    "year",
    "library",
    "player",
    "server",
    "progress",
    "verdict",
    "reason",
    "sentence",
    "accounts",
    "imdb",
    "tmdb",
    "tvdb",
)
"""The columns of the table. New ones are added at the end."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for something to be worked out. Source: OWASP, CSV injection."""

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


class Plays(Protocol):
    """Where plays are read; `core.ports.Ledger` is one."""

    async def plays(self, query: PlayQuery) -> list[Play]:
        """Plays that fit, newest first."""

    async def deliveries(self, play_ids: Sequence[PlayId]) -> dict[PlayId, list[Delivery]]:
        """The deliveries of these plays."""


async def export(ledger: Plays, rules: Rules, query: PlayQuery, form: str) -> AsyncGenerator[bytes, None]:
    """All plays that fit, newest first, in pieces.

    Args:
        ledger: Where they are.
        rules: Whose plays count, for the sentences.
        query: Which are meant; `limit` aside.
        form: `csv` or `jsonl`.

    Raises:
        StorageError: From this call, if the first ones cannot be read; later from the pieces.
    """
    query = replace(query, limit=PAGE_SIZE)
    return _pieces(ledger, rules, query, form, await ledger.plays(query))


async def _pieces(
    ledger: Plays, rules: Rules, query: PlayQuery, form: str, plays: list[Play]
) -> AsyncGenerator[bytes, None]:
    write: Write = csv_row if form == "csv" else json_line
    if form == "csv":
        yield _written(COLUMNS)
    while plays:
        deliveries = await ledger.deliveries([play.id for play in plays])
        yield b"".join(write(play, deliveries.get(play.id, []), watched_mark(rules, play)) for play in plays)
        if len(plays) < PAGE_SIZE:
            return
        plays = await ledger.plays(replace(query, before=plays[-1].id))


def json_line(play: Play, deliveries: Sequence[Delivery], mark: float) -> bytes:
    """The play as `GET /api/plays` shows it, on one line."""
    return msgspec.json.encode(play_shape(play, deliveries, mark), enc_hook=plain) + b"\n"


def csv_row(play: Play, deliveries: Sequence[Delivery], mark: float) -> bytes:
    """The play as a row of the table."""
    media, ids = play.media, play.media.ids
    cells = {
        "id": play.id,
        "started_at": play.started_at.isoformat(),
        "ended_at": play.ended_at and play.ended_at.isoformat(),
        "watched_at": play.watched_at and play.watched_at.isoformat(),
        "person": play.account.name,
        "kind": media.kind.value,
        "show": media.show and media.show.title,
        "season": media.season,
        "number": media.number,
        "title": media.title,
        "year": media.year,
        "library": media.library,
        "player": play.player.title,
        "server": play.server,
        "progress": play.progress,
        "verdict": play.verdict.value,
        "reason": play.reason.value,
        "sentence": tell_play(play, mark=mark, deliveries=deliveries).sentence,
        "accounts": ", ".join(account_words(row.account) for row in deliveries),
        "imdb": ids.imdb,
        "tmdb": ids.tmdb,
        "tvdb": ids.tvdb,
    }
    return _written([_harmless(cells[name]) for name in COLUMNS])


def _harmless(cell: Any) -> Any:
    """The cell, so that no spreadsheet takes a title for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _written(cells: Sequence[Any]) -> bytes:
    row = io.StringIO()
    csv.writer(row).writerow(cells)
    return row.getvalue().encode()
