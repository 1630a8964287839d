"""What each step of the set-up writes into the configuration; pure changes of a raw document.

The last act of a step switches on what it was for. Nothing is taken out that the step did not ask about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.core.events import OWNER_ID
from crosswatch.core.filters import ID_PREFIX, fold
from crosswatch.core.plays import SinkAccount
from crosswatch.linking.household import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crosswatch.config.document import Document
    from crosswatch.config.model import PersonSettings, Settings
    from crosswatch.linking.household import Member

    Change = Callable[[Document], None]

DEFAULT_ACCOUNT = SinkAccount().name


def sign_in(token: str, username: str) -> Change:
    """Keep whose account watches."""

    def change(document: Document) -> None:
        section(document, "plex").update(account_token=token, username=username)

    return change


def choose_server(url: str, server_uuid: str, *, token: str = "", allow_self_signed: bool = False) -> Change:
    """Watch the server at that address.

    Args:
        url: Where it answers.
        server_uuid: Its `machineIdentifier`, so that no other is taken for it.
        token: For a server of somebody else, which takes no other; empty keeps the account's.
        allow_self_signed: Whether its own certificate has to do; False leaves that as it is.
    """

    def change(document: Document) -> None:
        plex = section(document, "plex")
        plex.update(server_url=url, server_uuid=server_uuid)
        if token:
            plex["account_token"] = token
        if allow_self_signed:
            section(document, "features", "watch", "options")["allow_self_signed"] = True
        section(document, "features", "watch")["enabled"] = True

    return change


def choose_people(members: Sequence[Member], chosen: Collection[int], names: Sequence[str] = ()) -> Change:
    """Have the plays of those count who were chosen, and of nobody else.

    Whoever is in `people` and was switched off is paused, and keeps their links; a pause that ends by itself
    is left alone. A whitelist that somebody
    has written is added to, so that it does not stop whom they have just chosen; an empty one stays empty,
    for it is `people` that says who counts.

    Args:
        members: Who was shown.
        chosen: The numbers of those that were switched on.
        names: Names at Plex of others who count.
    """

    def change(document: Document) -> None:
        people: list[Document] = document.setdefault("people", [])
        was_empty = not people
        for member in members:
            entry = next((one for one in people if is_meant(member, one.get("plex_ids", ()))), None)
            if entry is not None:
                _switch(entry, on=member.number in chosen)
            elif member.number in chosen:
                name = free_name(member.name, [str(one.get("name", "")) for one in people])
                people.append({"name": name, "plex_ids": [member.number], "accounts": []})
        for name in names:
            if not any(fold(name) in map(fold, one.get("aliases", ())) for one in people):
                taken = [str(one.get("name", "")) for one in people]
                people.append({"name": free_name(name, taken), "aliases": [name], "accounts": []})
        if was_empty and _has_tokens(document):
            _keep_default_account(document, [member for member in members if member.kind is Kind.OWNER])
        let_pass(document, [f"{ID_PREFIX}{number}" for number in chosen] + list(names))

    return change


def set_app(client_id: str, client_secret: str | None, redirect_uri: str) -> Change:
    """Ask Trakt in the name of that app.

    Args:
        client_id: The app's.
        client_secret: The same; None keeps the one that is stored.
        redirect_uri: As it is registered.
    """

    def change(document: Document) -> None:
        trakt = section(document, "trakt")
        trakt.update(client_id=client_id, redirect_uri=redirect_uri)
        if client_secret is not None:
            trakt["client_secret"] = client_secret

    return change


def link_account(person: str, account: str) -> Change:
    """Send the person's plays to the account, and scrobble.

    Args:
        person: Name of somebody in `people`; empty if the account is everybody's who counts.
        account: Name of an account that has its tokens, or gets them in the same change.
    """

    def change(document: Document) -> None:
        for entry in document.get("people", ()):
            if person and entry.get("name") == person and account not in entry.get("accounts", ()):
                entry["accounts"] = [*entry.get("accounts", ()), account]
        scrobble = section(document, "features", "scrobble")
        scrobble["enabled"] = True
        section(scrobble, "providers", "trakt")["enabled"] = True

    return change


def account_for(settings: Settings, person: PersonSettings) -> str:
    """The name for a further account of somebody's.

    The first of the first person is the default one, so that readers who know no people find it.
    """
    linked = {name for one in settings.people for name in one.accounts}
    if person == settings.people[0] and not person.accounts and DEFAULT_ACCOUNT not in linked:
        return DEFAULT_ACCOUNT
    return free_name(person.name, [*settings.accounts, DEFAULT_ACCOUNT, *linked])


def is_meant(member: Member, plex_ids: Collection[int]) -> bool:
    """Whether an entry of `people` with these numbers means the member; the owner's may be 1."""
    return member.number in plex_ids or (member.kind is Kind.OWNER and OWNER_ID in plex_ids)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it if somebody is called so already."""
    folded = set(map(fold, taken))
    number, free = 1, name
    while fold(free) in folded:
        number += 1
        free = f"{name} {number}"
    return free


def section(document: Document, *steps: str) -> Document:
    """The object below these keys; what is missing is made."""
    for step in steps:
        document = document.setdefault(step, {})
    return document


def _switch(entry: Document, *, on: bool) -> None:
    if on:
        entry.pop("paused", None)
    else:
        entry["paused"] = True


def _keep_default_account(document: Document, owners: Sequence[Member]) -> None:
    """Leave the account to which everybody's plays went to the owner, if they count at all."""
    username = fold(str(section(document, "plex").get("username", "")))
    for entry in document["people"]:
        is_named = bool(username) and username in map(fold, entry.get("aliases", ()))
        if is_named or any(is_meant(owner, entry.get("plex_ids", ())) for owner in owners):
            entry["accounts"] = [DEFAULT_ACCOUNT]
            return


def _has_tokens(document: Document) -> bool:
    tokens: Any = section(document, "auth", "trakt")
    return bool(tokens.get("access_token") or tokens.get("refresh_token"))


def let_pass(document: Document, entries: Sequence[str]) -> None:
    """Add these to a whitelist that somebody has written; an empty one stays empty."""
    filters = section(document, "features", "scrobble", "filters")
    listed = [name for name in filters.get("username_whitelist", ()) if str(name).strip()]
    if listed:
        known = set(map(fold, listed))
        filters["username_whitelist"] = listed + [one for one in entries if fold(one) not in known]
