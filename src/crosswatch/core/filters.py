"""Whose plays count: the account and server rules, decided once, before any sink.

Names compare by Unicode casefold of their NFKC form, trimmed, never by stripping characters. A person
whom nobody named is never the owner: where a rule exists, the unknown are held while the answer may still
come, and skipped in the end.

Source: hand-over, "Filters"; design notes, section 8; Plex protocol notes, section 10.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from crosswatch.core.events import Account
from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import Reason

ID_PREFIX = "id:"


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
    return bool(names & wanted)


def fold(name: str) -> str:
    """The form in which two spellings of one name are equal."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
