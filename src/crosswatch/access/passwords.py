"""Passwords: what may be one, and their hashes (argon2id).

Hashing takes some 20 MB and some hundredths of a second, on purpose. Call it off the event loop, and not many
times at once.

Source: OWASP password storage cheat sheet (19 MiB, two passes, one lane) and NIST SP 800-63B, section 3.1.1
(at least 12 characters here, no rules about which).
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024

TIME_COST, MEMORY_COST_KIB, PARALLELISM = 2, 19_456, 1


def password_problem(password: str) -> str:
    """Why this can be no password, or empty."""
    if len(_normal(password)) < SHORTEST_PASSWORD:
        return say(
            "The password must have at least {number} characters. A few words make a good one.",
            number=SHORTEST_PASSWORD,
        )
    if len(password) > LONGEST_PASSWORD:
        return say("The password must have at most {number} characters.", number=LONGEST_PASSWORD)
    return ""


def hash_password(password: str) -> str:
    """The hash to keep, which names its own parameters."""
    return _hasher().hash(_normal(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the one.

    Args:
        password: As it was typed.
        kept: The hash; None for a user who does not exist, which takes just as long.
    """
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 -- as below

    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        _hasher().verify(kept or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 -- loaded when somebody signs in, and not at each start

    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_COST_KIB, parallelism=PARALLELISM)


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def _normal(password: str) -> str:
    """The same characters, however a keyboard has composed them; what is no text at all is never right."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())
