"""Users and keys as they are made, and the register after each change. Pure but for chance and hashing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from crosswatch.access.passwords import hash_password, password_problem
from crosswatch.access.register import MOST_KEYS, ApiKey, Register, Scope, Session, User
from crosswatch.access.tokens import digest, new_id, new_key, new_setup_code
from crosswatch.core.phrases import say
from crosswatch.errors import UnfitError

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_NAME = 60


def make_user(name: str, password: str, now: datetime) -> User:
    """A user with that password.

    Raises:
        UnfitError: If the name or the password cannot be.
    """
    problem = password_problem(password)
    if problem:
        raise UnfitError(problem)
    return User(name=fit_name(name), password=hash_password(password), created_at=now)


def make_key(name: str, scope: Scope, now: datetime) -> tuple[str, ApiKey]:
    """A new key, and what is kept of it.

    Raises:
        UnfitError: If the name is none.
    """
    text = new_key()
    key = ApiKey(id=new_id(), name=fit_name(name), scope=scope, digest=digest(text), created_at=now)
    return text, key


def with_user(register: Register, user: User, *sessions: Session) -> Register:
    """The register in which this is the user of that name, with no sessions but these."""
    others = tuple(one for one in register.users if one.name.casefold() != user.name.casefold())
    kept = tuple(one for one in register.sessions if one.user.casefold() != user.name.casefold())
    return msgspec.structs.replace(
        register, users=(*others, user), sessions=(*kept, *sessions), setup_code=""
    )


def with_renewed_hash(register: Register, name: str, before: str, after: str) -> Register:
    """The register with another hash of the same password, unless the password was changed meanwhile."""
    return msgspec.structs.replace(
        register,
        users=tuple(
            msgspec.structs.replace(one, password=after)
            if (one.name, one.password) == (name, before)
            else one
            for one in register.users
        ),
    )


def with_key(register: Register, key: ApiKey) -> Register:
    """The register with the key.

    Raises:
        UnfitError: If there is one of that name, or there are too many.
    """
    if any(one.name.casefold() == key.name.casefold() for one in register.keys):
        raise UnfitError(
            say(
                "There is a key called {name} already. Revoke it first, or choose another name.",
                name=repr(key.name),
            )
        )
    if len(register.keys) >= MOST_KEYS:
        raise UnfitError(
            say("There are {number} keys already. Revoke those that nobody uses.", number=MOST_KEYS)
        )
    return msgspec.structs.replace(register, keys=(*register.keys, key))


def without_key(register: Register, wanted: str) -> Register:
    """The register without the key of that id or name."""
    return msgspec.structs.replace(
        register,
        keys=tuple(
            one for one in register.keys if one.id != wanted and one.name.casefold() != wanted.casefold()
        ),
    )


def with_code(register: Register) -> Register:
    """The register with a name for the installation's cookies, and a set-up code while there is no user."""
    return msgspec.structs.replace(
        register,
        instance=register.instance or new_id(),
        setup_code="" if register.users else register.setup_code or new_setup_code(),
    )


def fit_name(name: str) -> str:
    """The name without blanks around it.

    Raises:
        UnfitError: If it is none.
    """
    tidy = name.strip()
    if not tidy or len(tidy) > LONGEST_NAME or not tidy.isprintable():
        raise UnfitError(
            say(
                "A name has 1 to {number} characters, all of which can be seen.",
                number=LONGEST_NAME,
            )
        )
    return tidy
