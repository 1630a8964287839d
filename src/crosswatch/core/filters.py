"""Whose plays count: the account and server rules, decided once, before any sink.

Names compare by Unicode casefold of their NFKC form, trimmed, never by stripping characters. A person
whom nobody named is never the owner: where a rule exists, the unknown are held while the answer may still
come, and skipped in the end.

Source: hand-over, "Filters"; design notes, section 8; Plex protocol notes, section 10.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from crosswatch.core.events import Account, Media, Player
from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import Reason

ID_PREFIX = "id:"
NOT_SAID = "Plex did not say which one it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the configuration says about whose plays count.

    Attributes:
        is_on: Whether plays are sent anywhere at all.
        usernames: Names, or `id:<number>`; empty lets everyone pass.
        server_uuid: The only server that counts; empty lets every one pass.
        accounts: The sink accounts that are told.
    """

    is_on: bool
    usernames: tuple[str, ...] = ()
    server_uuid: str = ""
    accounts: tuple[SinkAccount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The play counts for these sink accounts."""

    accounts: tuple[SinkAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The answer may still come: the server has not said who watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The play does not count."""

    reason: Reason
    detail: str = ""


def decide(rules: Rules, account: Account, server_uuid: str) -> Passed | Held | Stopped:
    """Whether a play by this account on this server counts, and for whom."""
    if rules.server_uuid and rules.server_uuid.casefold() != server_uuid.casefold():
        return Stopped(reason=Reason.SERVER_NOT_SELECTED, detail=f"its id is {server_uuid}")
    if not rules.is_on or not rules.accounts:
        return Stopped(reason=Reason.FEATURE_OFF)
    if not rules.usernames:
        return Passed(accounts=rules.accounts)
    if not account.is_known:
        return Held()
    if not is_listed(account, rules.usernames):
        return Stopped(reason=Reason.PERSON_NOT_LISTED)
    return Passed(accounts=rules.accounts)


def is_listed(account: Account, usernames: tuple[str, ...]) -> bool:
    """Whether one of the names, or numbers, means this account."""
    wanted = {fold(name) for name in usernames}
    if account.id is not None and f"{ID_PREFIX}{account.id}" in wanted:
        return True
    names = {fold(name) for name in (account.name, *account.aliases)} - {""}
    return bool(names & {name for name in wanted if not _is_number(name)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which plays count; each list that is not empty lets only those pass that it names.

    What a server did not say is on no list: a play of an unknown library does not pass where libraries are
    named.

    Attributes:
        libraries: Titles, folded, or `id:<section>`.
        kinds: Kinds of item, such as `movie`.
        players: Titles or products, folded, or `id:<client identifier>`.
        networks: `lan`, `wan`, `cellular`.

    Source: Plex protocol notes, Q40.
    """

    libraries: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    players: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    def refusal(self, media: Media, player: Player) -> Stopped | None:
        """Why a play does not count, or None if it does."""
        if self.kinds and media.kind not in self.kinds:
            return Stopped(reason=Reason.KIND_OFF, detail=media.kind.value)
        if self.libraries and not self.libraries & _names_of_library(media):
            return Stopped(reason=Reason.LIBRARY_OFF, detail="" if media.library_id else NOT_SAID)
        if self.players and not self.players & _names_of_player(player):
            return Stopped(reason=Reason.PLAYER_OFF, detail=player.title or player.product or "unknown")
        if self.networks and player.network not in self.networks:
            return Stopped(reason=Reason.NETWORK_OFF, detail=player.network or "unknown")
        return None


NO_LIMITS = Limits()


def _names_of_library(media: Media) -> set[str]:
    if media.library_id is None:
        return set()
    return {f"{ID_PREFIX}{media.library_id}", *_plain(media.library)}


def _names_of_player(player: Player) -> set[str]:
    by_id = {fold(f"{ID_PREFIX}{player.client_id}")} if player.client_id else set()
    return by_id | _plain(player.title, player.product)


def _plain(*names: str) -> set[str]:
    """The names, folded, without those that look like an identifier: who bears such a one is not meant."""
    return {name for name in map(fold, names) if name and not name.startswith(ID_PREFIX)}


def is_same_person(one: Account, other: Account) -> bool:
    """Whether two accounts of one server are the same; those without a number go by their name."""
    if one.id is not None and other.id is not None:
        return one.id == other.id
    return bool(fold(one.name)) and fold(one.name) == fold(other.name)


def fold(name: str) -> str:
    """The form in which two spellings of one name are equal."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _is_number(name: str) -> bool:
    """Whether an entry means a number; whoever takes it for a name of their own is not meant."""
    return name.startswith(ID_PREFIX) and name.removeprefix(ID_PREFIX).isdecimal()
