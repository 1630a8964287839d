"""Who is who: the people of the configuration, the accounts that Plex knows, and who is new. Pure.

Whoever is new is listed with the very number and name that Plex gave, and with the entry that would link
them; the entry names no Trakt account, for whose plays go where is nobody's to guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from crosswatch.core.events import OWNER_ID
from crosswatch.core.filters import ID_PREFIX, fold
from crosswatch.core.people import UNKNOWN_PEOPLE, is_listed, linked_people
from crosswatch.core.ports import PlayQuery
from crosswatch.web.languages import mark

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from crosswatch.config.model import PersonSettings
    from crosswatch.core.events import Account
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Play
    from crosswatch.core.reasons import Reason
    from crosswatch.web.ports import RuntimeLike

MOST_PLAYS = 500
"""So many skipped plays are looked at for each of these reasons, the newest first."""

PLAIN_STEP = frozenset("/\\?#%")
"""What no step of an address may hold as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody whose plays were skipped because nobody has said whose they are.

    Attributes:
        server: `machineIdentifier` of the server.
        account: As Plex named it.
        count: How many of their plays were skipped, of those that were looked at.
        last_seen_at: When the last of them was seen, aware UTC.
        last_title: What it was.
        reason: Why it was skipped.
    """

    server: str
    account: Account
    count: int
    last_seen_at: datetime
    last_title: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of people.

    Attributes:
        people: As the configuration says.
        rules: What follows from it.
        accounts: Everybody whom each server knows, by `machineIdentifier`.
        names: What each server is called.
        sinks: How each sink account stands, as `RuntimeLike.sink_status` says.
        strangers: Who is new.
        now: The moment of all that, aware UTC.
    """

    people: Sequence[PersonSettings]
    rules: Rules
    accounts: Mapping[str, Sequence[Account]]
    names: Mapping[str, str]
    sinks: Sequence[Mapping[str, Any]]
    strangers: Sequence[Stranger]
    now: datetime


async def know(runtime: RuntimeLike) -> Known:
    """What is known of people now.

    Raises:
        StorageError: If the plays cannot be read.
    """
    rules = runtime.rules()
    servers = runtime.watch_status()["servers"]
    return Known(
        people=runtime.config.settings.people,
        rules=rules,
        accounts=runtime.known_accounts(),
        names={server["server_uuid"]: server["name"] for server in servers if server.get("server_uuid")},
        sinks=runtime.sink_status(),
        strangers=await find_strangers(runtime.ledger.plays, rules),
        now=runtime.clock.now(),
    )


async def find_strangers(read: Callable[[PlayQuery], Awaitable[list[Play]]], rules: Rules) -> list[Stranger]:
    """Whose plays were skipped and would be skipped again, the last seen first.

    Args:
        read: Finds plays, as `core.ports.Ledger.plays` does.
        rules: Whose plays count now.

    Raises:
        StorageError: If the plays cannot be read.
    """
    plays = [
        play for reason in UNKNOWN_PEOPLE for play in await read(PlayQuery(reason=reason, limit=MOST_PLAYS))
    ]
    return sort_strangers(plays, rules)


def sort_strangers(plays: Iterable[Play], rules: Rules) -> list[Stranger]:
    """The bearers of skipped plays, each once, without those who count by now or are to be ignored."""
    groups: dict[tuple[str, int | None, str], list[Play]] = {}
    for play in plays:
        is_ignored = is_listed(rules.ignored, play.account, play.server, rules.home)
        if not is_ignored and not counts(rules, play.account, play.server):
            name = "" if play.account.id is not None else fold(play.account.name)
            groups.setdefault((play.server, play.account.id, name), []).append(play)
    strangers = [_stranger(group) for group in groups.values()]
    return sorted(strangers, key=lambda one: one.last_seen_at, reverse=True)


def counts(rules: Rules, account: Account, server: str) -> bool:
    """Whether somebody's plays count as far as that depends on who they are."""
    if rules.usernames and not is_listed(rules.usernames, account, server, rules.home):
        return False
    is_linked = any(person.accounts for person in linked_people(rules, account, server))
    return is_linked if rules.people else account.is_known


def people_shape(known: Known) -> dict[str, Any]:
    """The answer of `GET /api/people`."""
    return {
        "people": [_person_shape(person, known) for person in known.people],
        "plex_accounts": [
            _account_shape(account, server, known)
            for server, accounts in known.accounts.items()
            for account in accounts
        ],
        "new": [_stranger_shape(one, known) for one in known.strangers],
        "everyone_counts": not known.rules.people and not known.rules.usernames,
    }


def way_to(name: str) -> str:
    """The address of a person's page, relative to the first page; a name may be no step of an address."""
    is_step = name.isprintable() and not PLAIN_STEP & set(name) and name.strip(".")
    return f"people/{quote(name, safe='')}" if is_step else f"people/-?{urlencode({'name': name})}"


def entry_for(account: Account) -> dict[str, Any] | None:
    """The entry of `people` that would recognise the account; None if nothing could."""
    name = account.name or f"account {account.id}"
    if account.id == OWNER_ID and account.plex_id is None:
        return {"name": name, "aliases": [account.name], "accounts": []} if account.name else None
    if account.id is not None:
        return {"name": name, "plex_ids": [account.plex_id], "accounts": []}
    return {"name": name, "aliases": [account.name], "accounts": []} if account.name.strip() else None


def _stranger(plays: Sequence[Play]) -> Stranger:
    last = max(plays, key=lambda play: play.last_seen_at)
    return Stranger(
        server=last.server,
        account=last.account,
        count=len(plays),
        last_seen_at=last.last_seen_at,
        last_title=last.media.label,
        reason=last.reason,
    )


def _person_shape(person: PersonSettings, known: Known) -> dict[str, Any]:
    ours = [one for one in known.rules.people if one.name == person.name]
    found = [
        (server, account)
        for server, accounts in known.accounts.items()
        for account in accounts
        if any(one in ours for one in linked_people(known.rules, account, server))
    ]
    sinks = {status["name"]: status for status in known.sinks}
    return {
        "name": person.name,
        "plex_ids": person.plex_ids,
        "aliases": person.aliases,
        "paused": person.paused,
        "paused_until": person.paused_until,
        "servers": person.servers,
        "libraries": person.libraries,
        "ignored_libraries": person.ignored_libraries,
        "ignored_titles": person.ignored_titles,
        "kinds": person.kinds,
        "players": person.players,
        "networks": person.networks,
        "watched_at_percent": person.watched_at_percent,
        "accounts": [_sink_shape(f"trakt/{name}", sinks) for name in person.accounts],
        "plex_accounts": [_who(account, server, known) for server, account in found],
        "problem": problem_of(person, found, known),
    }


def problem_of(person: PersonSettings, found: Sequence[tuple[str, Account]], known: Known) -> str:
    """Why nothing of the person's would count, as far as that can be seen now; or empty."""
    if not person.accounts:
        return mark("Linked to no Trakt account: plays are skipped.")
    if person.is_paused_at(known.now):
        return mark("Paused: plays are skipped.")
    if found and not any(counts(known.rules, account, server) for server, account in found):
        return mark("Not in features.scrobble.filters.username_whitelist: plays are skipped.")
    if not found and any(known.accounts.values()):
        return mark("No account of that number or name is known to Plex now.")
    return ""


def _sink_shape(name: str, sinks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    status = sinks.get(name, {})
    sink, _, account = name.partition("/")
    return {
        "sink": sink,
        "name": account,
        "ok": status.get("ok", False),
        "reason": status.get("reason", ""),
        "sentence": status.get("sentence", ""),
    }


def _account_shape(account: Account, server: str, known: Known) -> dict[str, Any]:
    linked = linked_people(known.rules, account, server)
    return {
        **_who(account, server, known),
        "is_owner": account.id == OWNER_ID,
        "people": [person.name for person in linked],
        "counts": counts(known.rules, account, server),
        "entry": None if linked else entry_for(account),
    }


def _stranger_shape(one: Stranger, known: Known) -> dict[str, Any]:
    return {
        **_who(one.account, one.server, known),
        "plays": one.count,
        "last_seen_at": one.last_seen_at,
        "last_title": one.last_title,
        "reason": one.reason,
        "entry": entry_for(one.account),
        "whitelist": whitelist_entry(one.account),
    }


def whitelist_entry(account: Account) -> str | None:
    """What would let the account pass `username_whitelist`; None if nothing could."""
    return f"{ID_PREFIX}{account.plex_id}" if account.plex_id is not None else account.name or None


def _who(account: Account, server: str, known: Known) -> dict[str, Any]:
    """The account on that server. E-mails are nobody's business unless they are all that Plex calls them."""
    names = {account.name, *account.aliases} - {""}
    return {
        "server_uuid": server,
        "server": known.names.get(server, ""),
        "id": account.id,
        "plex_id": account.plex_id,
        "name": account.name,
        "names": sorted(name for name in names if "@" not in name or name == account.name),
    }
