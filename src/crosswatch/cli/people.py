"""`crosswatch people`: who is linked to which account, whom Plex knows, and who is new."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import msgspec

from crosswatch.cli.outfit import Outfit, outfit
from crosswatch.config.links import rules_from
from crosswatch.core.people import Home
from crosswatch.core.phrases import plain
from crosswatch.core.plays import SinkAccount
from crosswatch.core.sentences import account_words
from crosswatch.errors import SourceAuthError, SourceError, StorageError
from crosswatch.providers.scrobble.trakt.accounts import sink_accounts
from crosswatch.storage.opening import DATABASE_NAME
from crosswatch.storage.peeking import peek
from crosswatch.watching import keyed_servers
from crosswatch.web.people import Known, find_strangers, people_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.model import PlexSettings
    from crosswatch.core.events import Account
    from crosswatch.core.people import Rules
    from crosswatch.providers.scrobble.plex.pms import PlexServer
    from crosswatch.web.people import Stranger

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What one server has said.

    Attributes:
        server_uuid: Its `machineIdentifier`; that of the configuration, or empty, if it does not answer.
        name: What it is called.
        accounts: Whom it knows.
        owner_plex_id: Its owner's number at plex.tv, or None.
        problem: Why it said nothing, or empty.
    """

    server_uuid: str
    name: str = ""
    accounts: tuple[Account, ...] = ()
    owner_plex_id: int | None = None
    problem: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, as GET /api/people answers.")
def command(*, as_json: bool) -> None:
    """Show people and their accounts, and what to write in order to link whoever is new.

    Asks each Plex server and plex.tv who is who. Nothing is changed anywhere.
    """
    shape = asyncio.run(_gather())
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(shape, enc_hook=plain)).decode())
        return
    for line in lines_of(shape):
        click.echo(line)


def lines_of(shape: Shape) -> Iterator[str]:
    """The same as `GET /api/people`, for people."""
    yield from shape["problems"]
    yield "People" if shape["people"] else _without_people(everyone=shape["everyone_counts"])
    for person in shape["people"]:
        accounts = " + ".join(account_words(SinkAccount(name=one["name"])) for one in person["accounts"])
        yield f"  {person['name']} → {accounts or 'nothing'}"
        yield from (f"      {_called(one)}" for one in person["plex_accounts"])
        yield from (f"      {one['name']}: {one['sentence']}" for one in person["accounts"] if not one["ok"])
        if person["problem"]:
            yield f"      {person['problem']}"
    free = [one for one in shape["plex_accounts"] if not one["people"]]
    yield from _listed("At Plex, linked to nobody", free, is_linking=bool(shape["people"]))
    yield from _listed("New", shape["new"], is_linking=bool(shape["people"]))


def _without_people(*, everyone: bool) -> str:
    if everyone:
        return "Nobody is linked, so everyone's plays go to the one Trakt account."
    return "Nobody is linked: whoever is in username_whitelist goes to the one Trakt account."


def _listed(heading: str, accounts: list[Shape], *, is_linking: bool) -> Iterator[str]:
    """Accounts, each with what to write so that it counts."""
    if accounts:
        yield heading
    for one in accounts:
        yield f"  {_called(one)}{_plays_of(one)}"
        if is_linking and one["entry"]:
            yield f"      {json.dumps(one['entry'], ensure_ascii=False)}"
        elif one.get("whitelist") and not is_linking:
            yield f"      {json.dumps(one['whitelist'], ensure_ascii=False)}"


def _plays_of(account: Shape) -> str:
    if "plays" not in account:
        return ""
    plays = "1 play" if account["plays"] == 1 else f"{account['plays']} plays"
    return f", {plays} skipped, last {account['last_title']}"


def _called(account: Shape) -> str:
    """`bob (id 1000002) on Den`."""
    number = "" if account["id"] is None else f" (id {account['id']})"
    place = f" on {account['server'] or account['server_uuid']}"
    others = [name for name in account["names"] if name != account["name"]]
    also = f", also {', '.join(others)}" if others else ""
    return f"{account['name'] or 'somebody without a name'}{number}{place}{also}"


# ---------------------------------------------------------------- asking


async def _gather() -> Shape:
    async with outfit() as tools:
        tools.require_config()
        settings = tools.config.settings
        asked = [await _ask(tools, key, one) for key, one in keyed_servers(settings).items()]
        rules = rules_from(settings, _home(asked))
        known = Known(
            people=settings.people,
            rules=rules,
            accounts={one.server_uuid: one.accounts for one in asked if not one.problem},
            names={one.server_uuid: one.name for one in asked if not one.problem},
            sinks=[_stand(tools, account) for account in sink_accounts(settings)],
            strangers=await _strangers(tools, rules),
            now=tools.clock.now(),
        )
        return {**people_shape(known), "problems": [one.problem for one in asked if one.problem]}


async def _ask(tools: Outfit, key: str, settings: PlexSettings) -> _Asked:
    server = tools.plex_server(key, settings)
    try:
        return _Asked(
            server_uuid=(await server.fetch_identity()).server_uuid,
            accounts=tuple(await _everybody(server)),
            name=(await server.fetch_server_facts()).name or server.address,
            owner_plex_id=server.owner_plex_id,
        )
    except SourceError as error:
        return _Asked(server_uuid=settings.server_uuid, problem=str(error))
    finally:
        await server.aclose()


async def _everybody(server: PlexServer) -> list[Account]:
    """Everybody whom the server knows; with a guest's token the guest alone."""
    try:
        return await server.fetch_accounts()
    except SourceAuthError:
        viewer = await server.fetch_sole_viewer()
        if viewer is None:
            raise
        return [viewer]


def _home(asked: list[_Asked]) -> Home:
    """What is known of the first server, as the app knows it."""
    if not asked:
        return Home()
    first = asked[0]
    return Home(
        server=first.server_uuid or ("" if len(asked) > 1 else None), owner_plex_id=first.owner_plex_id
    )


def _stand(tools: Outfit, account: SinkAccount) -> Shape:
    """How a sink account stands, by what the configuration holds."""
    status = tools.sink.status(account)
    return {
        "name": str(account),
        "ok": status.hold is None,
        "reason": status.hold.reason if status.hold else "",
        "sentence": status.hold.detail if status.hold else status.warning,
    }


async def _strangers(tools: Outfit, rules: Rules) -> list[Stranger]:
    try:
        async with peek(tools.config.directory / DATABASE_NAME) as ledger:
            return await find_strangers(ledger.plays, rules)
    except StorageError:  # nothing was played yet, so nobody is new
        return []
