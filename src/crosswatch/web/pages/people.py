"""What the page of people shows: who is linked to what and how each link stands, and who is new."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from crosswatch.core.events import OWNER_ID
from crosswatch.core.filters import ID_PREFIX, fold, is_same_person
from crosswatch.core.people import is_listed, is_number, linked_people, numbers_of
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import EXPLANATIONS, Reason, Verdict
from crosswatch.errors import ConfigError, LoginError
from crosswatch.linking.changes import free_name
from crosswatch.linking.household import Kind
from crosswatch.linking.people import is_same
from crosswatch.providers.scrobble.trakt.accounts import account_names
from crosswatch.web.languages import mark, translate
from crosswatch.web.now import HUES, SHAPES, Badge
from crosswatch.web.people import (
    Stranger,
    counts,
    entry_for,
    know,
    problem_of,
    way_to,
    whitelist_entry,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crosswatch.config.document import Document
    from crosswatch.config.model import PersonSettings
    from crosswatch.core.events import Account
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Backlog
    from crosswatch.web.people import Known
    from crosswatch.web.ports import RuntimeLike

LOOKED_AT = 500
"""So many plays are looked at for the last one of each person."""

KINDS_WITHIN_S = 1.0
"""Real seconds that the page waits for plex.tv to say what somebody is; it is kept afterwards."""

KIND_WORDS = {
    Kind.OWNER: mark("owner"),
    Kind.HOME: mark("home"),
    Kind.MANAGED: mark("home, managed"),
    Kind.FRIEND: mark("friend"),
}
NOT_SIGNED_IN = mark("not signed in")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """How the link to one Trakt account stands.

    Attributes:
        account: What the configuration calls the account.
        called: What Trakt calls it, or the configuration if that is not known.
        badge: In a word.
        ended_at: When the link ended, if it did, or None.
        sentence: Why it cannot be used, or that it is about to end; may be empty.
        safe: How many finished plays wait for it.
        was_linked: Whether there are tokens of it.
        needs_link: Whether somebody has to link it.
    """

    account: str
    called: str
    badge: Badge
    ended_at: datetime | None
    sentence: str
    safe: int
    was_linked: bool
    needs_link: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody of the configuration.

    Attributes:
        name: What they are called.
        way: The address of their page, relative to the first page.
        initial: First letter of the name.
        hue: 0 to 7, always the same for a name.
        kind: What they are to the owner; empty if that is not known.
        is_paused: Whether nothing of theirs counts for now.
        paused_until: When that ends by itself, or None.
        links: To Trakt.
        problem: Why nothing of theirs would count; may be empty.
        last: Their last play, or None.
    """

    name: str
    way: str
    initial: str
    hue: int
    kind: str
    is_paused: bool
    paused_until: datetime | None
    links: tuple[LinkState, ...]
    problem: str
    last: Play | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRow:
    """An account at Plex for which there is no entry.

    Attributes:
        key: Finds it again, as the form sends it back.
        name: What Plex calls it; may be empty.
        initial: First letter of the name.
        hue: 0 to 7, always the same for a name.
        kind: What they are to the owner, or "not signed in"; empty if that is not known.
        server: What its server is called; may be empty.
        counts: Whether its plays count all the same.
        can_be_added: Whether an entry could recognise it.
        can_be_ignored: Whether it can be told apart from others.
        plays: How many of its plays were skipped.
        last_seen_at: When the last of these was seen, or None.
        last: The last play of it, or None.
    """

    key: str
    name: str
    initial: str
    hue: int
    kind: str
    server: str
    counts: bool
    can_be_added: bool
    can_be_ignored: bool
    plays: int = 0
    last_seen_at: datetime | None = None
    last: Play | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """The page.

    Attributes:
        people: Who has an entry.
        new: Whose plays were skipped since nobody has said whose they are.
        others: Whom else Plex knows.
        ignored: About whom nobody wants to be asked, as the configuration has it.
        everyone_counts: Whether all plays go to the one Trakt account.
        is_listed: Whether those of a list do, without entries.
        links: How the one account stands, where there are no entries.
        now: The moment of the page, aware UTC.
    """

    people: tuple[PersonRow, ...]
    new: tuple[OtherRow, ...]
    others: tuple[OtherRow, ...]
    ignored: tuple[str, ...]
    everyone_counts: bool
    is_listed: bool
    links: tuple[LinkState, ...]
    now: datetime

    @property
    def is_lonely(self) -> bool:
        """Whether there is nobody but one."""
        return len(self.people) + len(self.others) <= 1 and not self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read for the page.

    Attributes:
        known: Who is who.
        plays: The last ones, newest first.
        backlog: What waits, per account.
        kinds: What somebody is to the owner, by number at plex.tv.
        names: What Trakt calls the accounts, as far as that is known.
        with_tokens: The accounts that were linked once.
    """

    known: Known
    plays: Sequence[Play]
    backlog: Mapping[SinkAccount, Backlog]
    kinds: Mapping[int, Kind]
    names: Mapping[str, str]
    with_tokens: Sequence[str]


async def look(runtime: RuntimeLike) -> PeoplePage:
    """Everybody, as it is now.

    Raises:
        StorageError: If the plays cannot be read.
    """
    seen = await read(runtime)
    known, rules = seen.known, seen.known.rules
    new = [one for one in known.strangers if not linked_people(rules, one.account, one.server)]
    strangers = [(one.account, one.server) for one in new]
    rest = [
        (account, server)
        for server, accounts in known.accounts.items()
        for account in accounts
        if not linked_people(rules, account, server)
        and not is_listed(rules.ignored, account, server, rules.home)
        and not any(server == there and is_same_person(account, one) for one, there in strangers)
    ]
    return PeoplePage(
        people=tuple(person_row(person, seen) for person in known.people),
        new=tuple(_stranger_row(one, seen) for one in new),
        others=tuple(_other_row(account, server, seen) for account, server in rest),
        ignored=rules.ignored,
        everyone_counts=not rules.people and not rules.usernames,
        is_listed=not rules.people and bool(rules.usernames),
        links=() if rules.people else (link_state(SinkAccount().name, seen),),
        now=known.now,
    )


async def read(runtime: RuntimeLike) -> Seen:
    """What is known of people, their plays and their links.

    Raises:
        StorageError: If the plays cannot be read.
    """
    known = await know(runtime)
    usable = [str(one["name"]).partition("/")[2] for one in known.sinks if one.get("ok")]
    kinds, names = await asyncio.gather(_kinds(runtime), _names(runtime, usable))
    return Seen(
        known=known,
        plays=await runtime.ledger.plays(PlayQuery(limit=LOOKED_AT)),
        backlog=await runtime.ledger.backlog(),
        kinds=kinds,
        names=names,
        with_tokens=account_names(runtime.config.settings),
    )


def person_row(person: PersonSettings, seen: Seen) -> PersonRow:
    """Somebody of the configuration, with their links."""
    known = seen.known
    found = accounts_of(person, known)
    problem = problem_of(person, found, known)
    is_paused = person.is_paused_at(known.now)
    return PersonRow(
        name=person.name,
        way=way_to(person.name),
        initial=_initial(person.name),
        hue=_hue(person.name),
        kind=next((kind for kind in (_kind(one, there, seen) for there, one in found) if kind), ""),
        is_paused=is_paused,
        paused_until=person.end_of_pause if is_paused and not person.paused else None,
        links=tuple(link_state(name, seen) for name in person.accounts),
        problem=problem if person.accounts and not is_paused else "",
        last=next((play for play in seen.plays if is_theirs(play, person, known)), None),
    )


def link_state(name: str, seen: Seen) -> LinkState:
    """How the account of that name stands."""
    account = SinkAccount(name=name)
    status: Mapping[str, Any] = next(
        (one for one in seen.known.sinks if one["name"] == str(account)), {"reason": Reason.LINK_EXPIRED}
    )
    backlog = seen.backlog.get(account)
    reason = str(status.get("reason", ""))
    has_ended, was_linked = reason == Reason.LINK_EXPIRED, name in seen.with_tokens
    return LinkState(
        account=name,
        called=seen.names.get(name) or (translate("Trakt") if account == SinkAccount() else name),
        badge=_link_badge(status, reason, was_linked=was_linked),
        ended_at=status.get("expires_at") if has_ended else None,
        sentence=status.get("sentence", ""),
        safe=backlog.watched if backlog is not None else 0,
        was_linked=was_linked,
        needs_link=has_ended,
    )


def accounts_of(person: PersonSettings, known: Known) -> list[tuple[str, Account]]:
    """The accounts at Plex that are the person's, each with its server."""
    return [
        (server, account)
        for server, accounts in known.accounts.items()
        for account in accounts
        if _means(person, known, account, server)
    ]


def is_theirs(play: Play, person: PersonSettings, known: Known) -> bool:
    """Whether the person watched it."""
    return _means(person, known, play.account, play.server)


def key_of(account: Account, server: str) -> str:
    """Finds an account again: its server, its number there, and its name where it has none."""
    who = str(account.id) if account.id is not None else f"={account.name}"
    return f"{server}/{who}"


async def find_other(runtime: RuntimeLike, key: str) -> Account | None:
    """The account of that key; None if nobody knows it any more.

    Raises:
        StorageError: If the plays cannot be read.
    """
    known = await know(runtime)
    everybody = [(one.account, one.server) for one in known.strangers]
    everybody += [(account, server) for server, accounts in known.accounts.items() for account in accounts]
    return next((account for account, server in everybody if key_of(account, server) == key), None)


def who_counts_by_now(runtime: RuntimeLike) -> list[Document]:
    """An entry for everybody whose plays go to the one Trakt account, as long as nobody has one.

    Raises:
        ConfigError: If everyone counts, and a server has not said yet who that is.
    """
    rules, accounts = runtime.rules(), runtime.known_accounts()
    if not rules.usernames and not all(accounts.get(uuid) for uuid in _servers(runtime)):
        raise ConfigError(
            translate(
                "Everyone counts by now, and not every server has said who that is. Try again once all are "
                "connected."
            ),
            key="people",
        )
    pairs = [(one, server) for server, several in accounts.items() for one in several]
    found = [entry_for(one) for one, server in pairs if counts(rules, one, server)]
    for name in rules.usernames:
        if not any(is_listed((name,), one, server, rules.home) for one, server in pairs):
            number = name.strip().lower().removeprefix(ID_PREFIX)
            known_by = {"plex_ids": [int(number)]} if is_number(fold(name)) else {"aliases": [name]}
            found.append({"name": name, **known_by})
    entries: list[Document] = []
    for entry in found:
        if entry is not None and not any(is_same(one, entry) for one in entries):
            name = free_name(str(entry["name"]), [str(one["name"]) for one in entries])
            entries.append({**entry, "name": name, "accounts": [SinkAccount().name]})
    return entries


def _servers(runtime: RuntimeLike) -> list[str]:
    return [str(server.get("server_uuid")) for server in runtime.watch_status()["servers"]]


def _means(person: PersonSettings, known: Known, account: Account, server: str) -> bool:
    return any(one.name == person.name for one in linked_people(known.rules, account, server))


def _stranger_row(one: Stranger, seen: Seen) -> OtherRow:
    return _other_row(one.account, one.server, seen, plays=one.count, last_seen_at=one.last_seen_at)


def _other_row(
    account: Account, server: str, seen: Seen, *, plays: int = 0, last_seen_at: datetime | None = None
) -> OtherRow:
    theirs = (play for play in seen.plays if play.server == server and is_same_person(play.account, account))
    return OtherRow(
        key=key_of(account, server),
        name=account.name,
        initial=_initial(account.name),
        hue=_hue(account.name),
        kind=_kind(account, server, seen),
        server=seen.known.names.get(server, ""),
        counts=counts(seen.known.rules, account, server),
        can_be_added=entry_for(account) is not None,
        can_be_ignored=whitelist_entry(account) is not None,
        plays=plays,
        last_seen_at=last_seen_at,
        last=next(theirs, None),
    )


def _kind(account: Account, server: str, seen: Seen) -> str:
    """What somebody is to the owner of the first server, in words; empty if that is not known."""
    if account.id is None:
        return translate(NOT_SIGNED_IN)
    numbers = numbers_of(account, server, seen.known.rules.home)
    kind = (
        Kind.OWNER
        if OWNER_ID in numbers
        else next((seen.kinds[number] for number in numbers if number in seen.kinds), None)
    )
    return translate(KIND_WORDS[kind]) if kind is not None else ""


def _link_badge(status: Mapping[str, Any], reason: str, *, was_linked: bool) -> Badge:
    if reason == Reason.LINK_EXPIRED:
        word = translate("link ended") if was_linked else translate("not linked")
        return Badge(kind=Verdict.FAILED.value, shape=SHAPES[Verdict.FAILED], word=word)
    if reason:
        title = EXPLANATIONS[Reason(reason)].title
        return Badge(kind=Verdict.FAILED.value, shape=SHAPES[Verdict.FAILED], word=translate(title))
    if not status.get("ok", True):
        return Badge(
            kind=Verdict.QUEUED.value, shape=SHAPES[Verdict.QUEUED], word=translate("Trakt isn't answering")
        )
    if status.get("sentence"):
        return Badge(
            kind=Verdict.QUEUED.value, shape=SHAPES[Verdict.QUEUED], word=translate("link is about to end")
        )
    return Badge(
        kind=Verdict.DELIVERED.value,
        shape=SHAPES[Verdict.DELIVERED],
        word=translate("linked, renews by itself"),
    )


async def _kinds(runtime: RuntimeLike) -> dict[int, Kind]:
    """What everybody is, by number; nothing while plex.tv does not say."""
    if not runtime.config.settings.plex.account_token:
        return {}
    try:
        async with asyncio.timeout(KINDS_WITHIN_S):
            return {member.number: member.kind for member in await runtime.linking.fetch_people()}
    except (TimeoutError, LoginError):
        return {}


async def _names(runtime: RuntimeLike, accounts: Sequence[str]) -> dict[str, str]:
    """What Trakt calls these accounts, as far as it says so now."""
    names = await asyncio.gather(*map(runtime.linking.name_at_trakt, accounts))
    return dict(zip(accounts, names, strict=True))


def _initial(name: str) -> str:
    return next((letter for letter in name if letter.isalnum()), "?").upper()


def _hue(name: str) -> int:
    return crc32(name.encode()) % HUES
