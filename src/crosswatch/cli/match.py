"""`crosswatch match`: say what an item is, where Plex and Trakt do not agree about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click
import msgspec

from crosswatch.cli.asking import ask

if TYPE_CHECKING:
    from typing import BinaryIO

SERVICES = ("trakt", "imdb", "tmdb", "tvdb")


@click.group()
def command() -> None:
    """What items are at Trakt, where you know better.

    The app has to run: at CROSSWATCH_URL, or http://127.0.0.1:8787. Where it has a password,
    CROSSWATCH_API_KEY holds an API key that may do it.
    """


@command.command(name="set")
@click.argument("play")
@click.argument("what")
@click.option("--season", type=click.IntRange(min=0), default=None, help="At Trakt; WHAT is the show then.")
@click.option("--number", type=click.IntRange(min=1), default=None, help="The episode's number in it.")
@click.option("--show", "of_show", is_flag=True, help="Say it of the whole show.")
def choose(play: str, what: str, season: int | None, number: int | None, *, of_show: bool) -> None:
    """Say that the item of PLAY, an id, is WHAT: its address at Trakt, or an id such as tmdb:329865.

    Trakt is asked first. What waits for it is sent at once.
    """
    wish = _named(what, by_show=(season, number) != (None, None))
    wish |= {"season": season, "number": number, "scope": "show" if of_show else "item"}
    answer = ask("POST", f"/api/plays/{quote(play, safe='')}/match", wish)
    click.echo(answer["detail"])
    click.echo(_tried(answer["retried"]))


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, which `crosswatch match import` reads.")
def show(*, as_json: bool) -> None:
    """List what you said, by key."""
    answer = ask("GET", "/api/matches")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
        return
    for match in answer["matches"]:
        whose = " (the whole show)" if match["scope"] == "show" else ""
        click.echo(f"{match['key']}\n  {match['item'] or 'an item'} is {match['found'] or 'as said'}{whose}")
    if not answer["matches"]:
        click.echo("You have said of nothing what it is.")


@command.command()
@click.argument("key")
def forget(key: str) -> None:
    """Forget what you said under KEY; the item goes by its own name again."""
    ask("DELETE", f"/api/matches?{urlencode({'key': key})}")
    click.echo("Forgotten.")


@command.command(name="import")
@click.argument("file", type=click.File("rb"))
def adopt(file: BinaryIO) -> None:
    """Take over what FILE says, as `crosswatch match list --json` wrote it; the rest stays."""
    try:
        document = json.loads(file.read())
    except ValueError as error:
        raise click.ClickException(f"That is not JSON: {error}.") from error
    answer = ask("PUT", "/api/matches", document)
    click.echo(f"Taken over: {answer['adopted']}. {_tried(answer['retried'])}")


def _named(what: str, *, by_show: bool) -> dict[str, Any]:
    """What is meant, as the app wants it told."""
    service, _, text = what.partition(":")
    if service not in SERVICES:
        return {"link": what}
    ids: dict[str, Any] = {service: int(text) if text.isdecimal() else text}
    return {"show_ids" if by_show else "ids": ids}


def _tried(count: int) -> str:
    return f"Tried again because of it: {count}." if count else "Nothing waited for it."
