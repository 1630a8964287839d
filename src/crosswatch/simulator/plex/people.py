"""Who may play: the owner of the server, the people it is shared with, Home profiles and friends.

Source: Plex protocol notes, sections 7.2 and 10; the people of the recordings.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum

OWNER_ACCOUNT_ID = 1
"""The owner's number on their own server, whatever plex.tv says."""

FIRST_NUMBER = 1_000_001


class Role(StrEnum):
    """What somebody is to the server's owner."""

    OWNER = "owner"
    SHARED = "shared"
    """Has an account of their own, and the server was shared with them."""
    MANAGED = "managed"
    """A Home profile without user name or e-mail."""
    FRIEND = "friend"
    """A friend who was given nothing (but may have been before)."""


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """One account.

    Attributes:
        number: Account number at plex.tv.
        username: User name at plex.tv; empty for a managed profile.
        title: Name that sessions and webhooks show: user name, profile name or friendly name.
        email: E-mail address, or None.
        friendly_name: Free name at plex.tv, or None.
        role: What they are to the owner.
        account_token: Token at plex.tv; the owner may use it at the server too.
        server_token: Token for this server, or None where nothing is shared.
        listed_name: Name in the server's own list, which may be stale or empty.
        plex_pass: True if they may have webhooks.
    """

    number: int
    username: str
    title: str
    email: str | None = None
    friendly_name: str | None = None
    role: Role = Role.SHARED
    account_token: str
    server_token: str | None = None
    listed_name: str = ""
    plex_pass: bool = False

    @property
    def account_id(self) -> int:
        """Number on the server: 1 for the owner, else the one at plex.tv."""
        return OWNER_ACCOUNT_ID if self.role is Role.OWNER else self.number

    @property
    def name(self) -> str:
        """Name for people and for the ledger: the user name, or the profile's."""
        return self.username or self.title

    @property
    def uuid(self) -> str:
        """Identity in Home routes, 16 digits."""
        return f"{self.number - FIRST_NUMBER + 1:016d}"

    @property
    def at_home(self) -> bool:
        """True for the members of the owner's Home."""
        return self.role in (Role.OWNER, Role.MANAGED)

    @property
    def avatar(self) -> str:
        """Address of a picture; never fetched."""
        return f"https://plex.tv/users/{self.uuid}/avatar?c=1700000000"


class People:
    """Everybody the server and plex.tv know: alice (owner), bob, Kids and carol84 at first."""

    def __init__(self) -> None:
        self._numbers = itertools.count(FIRST_NUMBER)
        self.everybody: list[Person] = []
        self.owner = self.add(
            "alice",
            role=Role.OWNER,
            friendly_name="Alice A.",
            plex_pass=True,
            account_token="EXAMPLE-TOKEN-OWNER",  # noqa: S106 -- the recordings' invented token
            server_token="EXAMPLE-TOKEN-SERVER",  # noqa: S106 -- the recordings' invented token
        )
        self.add("bob", plex_pass=True, server_token="EXAMPLE-TOKEN-BOB")  # noqa: S106 -- the same
        self.add("", title="Kids", role=Role.MANAGED)
        self.add("carol84", title="Carol C.", role=Role.FRIEND, email="carol@example.com", listed_name="")

    def add(
        self,
        username: str,
        *,
        title: str | None = None,
        role: Role = Role.SHARED,
        email: str | None = None,
        friendly_name: str | None = None,
        account_token: str | None = None,
        server_token: str | None = None,
        listed_name: str | None = None,
        plex_pass: bool = False,
    ) -> Person:
        """Somebody new.

        Args:
            username: User name, or empty for a managed profile.
            title: Name in sessions; the user name where None.
            role: What they are to the owner.
            email: E-mail address; made from the user name where None.
            friendly_name: Free name, if any.
            account_token: Token at plex.tv; invented where None.
            server_token: Token at the server; invented where None, except for a friend, who has none.
            listed_name: Name in the server's list; the title where None.
            plex_pass: True if they may have webhooks.

        Raises:
            ValueError: If there is no name at all, or the name is taken.
        """
        shown = username if title is None else title
        if not shown or any(shown in (one.title, one.username) for one in self.everybody):
            raise ValueError(f"{shown!r} is taken or no name")
        stem = f"EXAMPLE-TOKEN-{(username or shown).upper().replace(' ', '-')}"
        granted = None if role is Role.FRIEND else f"{stem}-SERVER"
        person = Person(
            number=next(self._numbers),
            username=username,
            title=shown,
            email=email or (f"{username}@example.com" if username else None),
            friendly_name=friendly_name,
            role=role,
            account_token=account_token or f"{stem}-ACCOUNT",
            server_token=server_token or granted,
            listed_name=shown if listed_name is None else listed_name,
            plex_pass=plex_pass,
        )
        self.everybody.append(person)
        return person

    def named(self, name: str) -> Person:
        """Somebody by user name, title or plex.tv number.

        Raises:
            KeyError: If nobody is called so.
        """
        for person in self.everybody:
            if name in (person.username, person.title, str(person.number)):
                return person
        raise KeyError(f"there is nobody called {name!r}")

    def at_server(self, token: str | None) -> Person | None:
        """Whose token this is at the server, or None.

        Everybody's per-server token works; the account's own token works for the owner only.
        Source: Plex protocol notes, section 1.1.
        """
        if not token:
            return None
        if token == self.owner.account_token:
            return self.owner
        return next((person for person in self.everybody if person.server_token == token), None)

    def at_plextv(self, token: str | None) -> Person | None:
        """Whose token this is at plex.tv, or None."""
        return next((p for p in self.everybody if token and token in (p.account_token, p.server_token)), None)
