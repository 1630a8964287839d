"""`crosswatch why`: what became of a play, and why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click
import msgspec

from crosswatch.clock import clock_from_environment
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.config.links import rules_from
from crosswatch.core.events import PlayId
from crosswatch.core.people import Home, watched_mark
from crosswatch.core.phrases import plain
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import PlayQuery
from crosswatch.core.sentences import account_words
from crosswatch.storage.opening import DATABASE_NAME
from crosswatch.storage.peeking import peek
from crosswatch.web.shapes import play_shape, trace_shape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crosswatch.core.plays import Play
    from crosswatch.storage.peeking import PeekedLedger

MOST_SHOWN = 5


@click.command()
@click.argument("play", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, as GET /api/plays/{play_id} answers.")
def command(play: str | None, *, as_json: bool) -> None:
    """Say what became of a PLAY, and why: an id, or part of a title; the last play if left out.

    Reads the database beside a running app. Exits with 1 if there is no such play.
    """
    shapes = asyncio.run(_look(play))
    if not shapes:
        raise click.ClickException(f"There is no play {play!r}." if play else "There are no plays yet.")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(shapes[0], enc_hook=plain)).decode())
        return
    for line in _lines_of(shapes):
        click.echo(line)


async def _look(wanted: str | None) -> list[dict[str, Any]]:
    """The plays that are meant, the newest first; the first with its story."""
    config = ConfigFile(config_directory(), clock=clock_from_environment())
    config.load()
    rules = rules_from(config.settings, Home())
    async with peek(config.directory / DATABASE_NAME) as ledger:
        plays = await _find(ledger, wanted)
        deliveries = await ledger.deliveries([play.id for play in plays])
        shapes = [play_shape(play, deliveries.get(play.id, []), watched_mark(rules, play)) for play in plays]
        if plays:
            shapes[0]["trace"] = [trace_shape(entry) for entry in await ledger.trace(plays[0].id)]
        return shapes


async def _find(ledger: PeekedLedger, wanted: str | None) -> list[Play]:
    if wanted is not None:
        play = await ledger.play(PlayId(wanted))
        if play is not None:
            return [play]
    return await ledger.plays(PlayQuery(text=wanted, limit=MOST_SHOWN if wanted else 1))


def _lines_of(shapes: list[dict[str, Any]]) -> Iterator[str]:
    play, *others = shapes
    yield f"{_summary(play)}"
    yield f"  {play['sentence']}"
    if play["action"]:
        yield f"  {play['action']}"
    for delivery in play["deliveries"]:
        account = account_words(SinkAccount(**delivery["account"]))
        yield f"  {account}: {delivery['title']} ({delivery['state']}). {delivery['sentence']}"
    yield "What happened"
    for entry in play["trace"]:
        yield f"  {_moment(entry['at'])}  {entry['text']}"
    if others:
        yield "Others that fit"
        yield from (f"  {_summary(one)}" for one in others)


def _summary(play: dict[str, Any]) -> str:
    person = play["person"]["name"] or "somebody"
    return (
        f"{_moment(play['started_at'])}  {play['media']['label']} · {person} · {play['verdict']}: "
        f"{play['title']}  [{play['id']}]"
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
