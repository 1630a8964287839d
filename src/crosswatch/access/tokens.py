"""Random tokens, and what is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32
KEY_PREFIX = "cw_"
"""Begins every API key, so that people and secret scanners recognise one."""

_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that are taken for another when read aloud
_CODE_GROUPS, _GROUP_LETTERS = 3, 4


def new_token() -> str:
    """A fresh secret of 256 bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_key() -> str:
    """A fresh API key."""
    return KEY_PREFIX + new_token()


def new_id() -> str:
    """A fresh name for something; it lets nobody in."""
    return secrets.token_hex(4)


def new_setup_code() -> str:
    """A fresh code that a person can type, such as `K7QX-2MDA-9TRW` (59 bits)."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_CODE_GROUPS)
    )


def digest(token: str) -> str:
    """What is kept of a token. A plain hash will do: nobody can try all tokens of 256 bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def form_token(session_token: str) -> str:
    """What a form of this session carries; it can be made from the cookie, and the cookie not from it."""
    return hmac.new(
        session_token.encode("utf-8", "surrogateescape"), b"crosswatch form", "sha256"
    ).hexdigest()


def is_same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing about them; an empty one never is."""
    return bool(expected) and hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )


def tidy_code(text: str) -> str:
    """A set-up code as it was meant, however it was typed."""
    letters = "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
    groups = [letters[at : at + _GROUP_LETTERS] for at in range(0, len(letters), _GROUP_LETTERS)]
    return "-".join(groups)
