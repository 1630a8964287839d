"""What is kept of those who may come in: users, sessions and keys.

Passwords are argon2id hashes, tokens are SHA-256 digests: whoever reads the file can neither sign in nor
pass for a program. The set-up code is there in clear text, and only as long as nobody has set a password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

FORMAT = 1
SESSION_IDLE = timedelta(days=14)
SESSION_LIFE = timedelta(days=90)
MOST_SESSIONS = 200
MOST_KEYS = 100


class Scope(StrEnum):
    """What somebody may do; each includes those before it."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def covers(self, needed: Scope) -> bool:
        """Whether this is enough where that is needed."""
        order = tuple(Scope)
        return order.index(self) >= order.index(needed)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a password.

    Attributes:
        name: What they sign in as.
        password: The hash, with its parameters, as argon2 writes it.
        created_at: When the password was set, aware.
    """

    name: str
    password: str
    created_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in.

    Attributes:
        id: Names it in lists; lets nobody in.
        user: Who signed in.
        digest: SHA-256 of the cookie.
        created_at: When they signed in, aware.
        seen_at: When it was used last, to within some minutes, aware.
        address: From where it was used last.
        agent: What the browser calls itself.
    """

    id: str
    user: str
    digest: str
    created_at: datetime
    seen_at: datetime
    address: str = ""
    agent: str = ""

    def ends_at(self) -> datetime:
        """When it ends, unless it is used again before."""
        return min(self.created_at + SESSION_LIFE, self.seen_at + SESSION_IDLE)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A program that may come in.

    Attributes:
        id: Names it in lists; lets nobody in.
        name: What the user calls it.
        scope: What it may do.
        digest: SHA-256 of the key.
        created_at: When it was made, aware.
        used_at: When it was used last, to within some minutes, aware; None for never.
    """

    id: str
    name: str
    scope: Scope
    digest: str
    created_at: datetime
    used_at: datetime | None = None


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as the file holds it.

    Attributes:
        format: Version of the file's layout.
        instance: Tells this installation's cookies from those of another one on the same machine.
        setup_code: Lets one person set the first password from afar; empty once that was done.
    """

    format: int = FORMAT
    instance: str = ""
    setup_code: str = ""
    users: tuple[User, ...] = ()
    sessions: tuple[Session, ...] = ()
    keys: tuple[ApiKey, ...] = ()

    def user(self, name: str) -> User | None:
        """The user of that name, capitals ignored."""
        return next((user for user in self.users if user.name.casefold() == name.casefold()), None)

    def without_stale(self, now: datetime) -> Register:
        """The register without sessions that have ended, and without the oldest of too many."""
        alive = sorted((one for one in self.sessions if one.ends_at() > now), key=lambda one: one.seen_at)
        return msgspec.structs.replace(self, sessions=tuple(alive[-MOST_SESSIONS:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """When something was used last, not written down yet.

    Attributes:
        at: The moment, aware.
        address: From where.
    """

    at: datetime
    address: str


def with_usage(register: Register, usage: dict[str, Usage]) -> Register:
    """The register with what was used last.

    Args:
        register: As it is.
        usage: By the id of the session or key.
    """
    return msgspec.structs.replace(
        register,
        sessions=tuple(
            msgspec.structs.replace(one, seen_at=used.at, address=used.address)
            if (used := usage.get(one.id)) is not None
            else one
            for one in register.sessions
        ),
        keys=tuple(
            msgspec.structs.replace(one, used_at=used.at) if (used := usage.get(one.id)) is not None else one
            for one in register.keys
        ),
    )
