"""What tells two states of a value apart and says nothing of the value: it may hold secrets."""

from __future__ import annotations

import secrets
from hashlib import blake2s
from typing import Any

import msgspec

_KEY = secrets.token_bytes(32)
"""Of this process: a state from before a restart is not recognised, so nobody can guess at what it holds."""


def revision_of(value: Any) -> str:
    """The same for equal values, in the order of their keys, as long as the process runs.

    Args:
        value: Whatever JSON can hold.
    """
    return blake2s(msgspec.json.encode(value), key=_KEY, digest_size=12).hexdigest()
