"""What in a configuration is secret, how it is hidden, and how a hidden one finds its way back.

Whatever leaves the process (an API answer, a page, a support bundle) carries `MASK` in place of each
secret. A document that is posted back may still carry it, and then means "keep what is stored". That
round trip must never lose a secret and never put one in the wrong place, so where it is not certain
which stored secret a mask stands for, `unmask` refuses.

A value is secret if its key, or a key above it, reads like a secret's name, known to us or not; or if
it is an address with a password or token in it.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.document import Document

MASK = "••••••••"
"""Stands for a secret in everything that leaves the process; reserved, so never a secret itself."""

SHORTEST_REDACTED = 4
"""Secrets shorter than this are masked, but not searched for in log lines: they would hit every word."""

_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|apikey|accesskey|privatekey|signingkey|credential|authorization|cookie"
    r"|webhookurl|ntfyurl|appriseurl"  # whoever knows the address may write there
)
_HARMLESS_NAMES = frozenset(
    {"tokentype", "tokenurl", "tokenuri", "tokenendpoint", "tokenexpiresat", "tokenexpiresin"}
)
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_QUERY_SECRET = re.compile(
    r"[?&;](?:[\w.-]*(?:token|secret|passw|apikey|api_key|credential)[\w.-]*|key|auth|sig)=([^&#;\s]+)",
    re.IGNORECASE,
)
_IDENTITIES = ("server_uuid", "uuid", "id", "account_id", "server_url", "url", "name", "username")
_TOKEN_DATES = ("expires_at", "created_at", "expires_in")


def is_secret_name(name: str) -> bool:
    """Whether a value under this key is a secret by the sound of the key."""
    plain = re.sub(r"[^a-z0-9]", "", name.casefold())
    return plain not in _HARMLESS_NAMES and _SECRET_NAME.search(plain) is not None


def mask(document: Document) -> Document:
    """A copy of the document in which `MASK` stands in place of each secret; empty ones stay empty."""
    return {key: _mask(value, secret=is_secret_name(key)) for key, value in document.items()}


def unmask(new: Document, stored: Document) -> Document:
    """A copy of `new` in which each `MASK` has become the secret that `stored` holds in its place.

    In a list, an entry is recognised by its server, address or name, then by its position. When an
    access token is kept, the dates that belong to it are kept as well, since it may have been renewed
    after the document was fetched. An empty text or `null` clears a secret.

    Raises:
        ConfigError: If nothing is stored where a mask stands, or it is not certain what was. Names the key.
    """
    return _unmask_object(new, stored, path="", secret=False)


def find_mask(document: Document) -> str | None:
    """The dotted key of the first value that is a mask, or None; a document in force holds none."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        path, value = waiting.pop(0)
        if value == MASK:
            return path
        if isinstance(value, dict):
            waiting.extend((f"{path}.{key}" if path else key, item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", item) for index, item in enumerate(value))
    return None


def secret_values(document: Document) -> frozenset[str]:
    """Every secret in the document, as it is and as it looks inside an address, for redaction."""
    found: set[str] = set()
    for text in _secret_texts(document, secret=False):
        found.update(_spellings(text))
    return frozenset(value for value in found if len(value) >= SHORTEST_REDACTED and value != MASK)


def _is_hidden(value: Any, *, secret: bool) -> bool:
    """Whether this single value must not be shown."""
    if isinstance(value, bool) or value is None or value == "":
        return False
    if isinstance(value, str):
        return secret or bool(_address_secrets(value))
    return secret and isinstance(value, int | float)


def _mask(value: Any, *, secret: bool) -> Any:
    if isinstance(value, dict):
        return {key: _mask(item, secret=secret or is_secret_name(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask(item, secret=secret) for item in value]
    return MASK if _is_hidden(value, secret=secret) else value


def _unmask(new: Any, stored: Any, *, path: str, secret: bool) -> Any:
    if isinstance(new, dict):
        return _unmask_object(new, stored if isinstance(stored, dict) else {}, path=path, secret=secret)
    if isinstance(new, list):
        return _unmask_list(new, stored if isinstance(stored, list) else [], path=path, secret=secret)
    if new == MASK:
        if not _is_hidden(stored, secret=secret):
            raise ConfigError(
                say(
                    "{path} is the mask of a hidden secret, but no secret is stored there. Give the "
                    "secret itself, or an empty text for none.",
                    path=path,
                ),
                key=path,
            )
        return stored
    return new


def _unmask_object(new: Document, stored: Document, *, path: str, secret: bool) -> Document:
    result: Document = {}
    for key, value in new.items():
        below = f"{path}.{key}" if path else key
        hidden = secret or is_secret_name(key)
        result[key] = _unmask(value, stored.get(key), path=below, secret=hidden)
    if new.get("access_token") == MASK:
        result.update({key: stored[key] for key in _TOKEN_DATES if key in new and key in stored})
    return result


def _unmask_list(new: list[Any], stored: list[Any], *, path: str, secret: bool) -> list[Any]:
    if not _holds_mask(new):
        return copy.deepcopy(new)
    partners = _partners(new, stored)
    if MASK in new:
        partners |= _masked_partners(new, stored, secret=secret)
    result = []
    for index, item in enumerate(new):
        below = f"{path}[{index}]"
        if index not in partners and _holds_mask(item):
            raise ConfigError(
                say(
                    "{below} holds the mask of a hidden secret, but it is not certain which stored entry "
                    "it was. Give the secret itself.",
                    below=below,
                ),
                key=below,
            )
        result.append(_unmask(item, partners.get(index), path=below, secret=secret))
    return result


def _holds_mask(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_mask(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_mask(item) for item in value)
    return bool(value == MASK)


def _partners(new: list[Any], stored: list[Any]) -> dict[int, Any]:
    """For each new entry its stored one: the only one with the same identity, else the one in its place."""
    partners: dict[int, Any] = {}
    free = dict(enumerate(stored))
    for identity in _IDENTITIES:
        for index, item in enumerate(new):
            if index in partners:
                continue
            value = _identity(item, identity)
            same = [place for place, old in free.items() if value and _identity(old, identity) == value]
            if len(same) == 1:
                partners[index] = free.pop(same[0])
    if len(new) == len(stored):  # nothing was added or taken away, so places have kept their meaning
        for index in range(len(new)):
            if index not in partners and index in free:
                partners[index] = free.pop(index)
    return partners


def _identity(item: Any, name: str) -> Any:
    """The entry's identity under this name; a mask identifies nothing."""
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, str | int) and value != MASK else None


def _masked_partners(new: list[Any], stored: list[Any], *, secret: bool) -> dict[int, Any]:
    """For a list of bare secrets: the first mask is the first stored secret, if none is missing."""
    places = [index for index, item in enumerate(new) if item == MASK]
    hidden = [item for item in stored if _is_hidden(item, secret=secret)]
    return dict(zip(places, hidden, strict=True)) if len(places) == len(hidden) else {}


def _secret_texts(value: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secret_texts(item, secret=secret or is_secret_name(key))
    elif isinstance(value, list):
        for item in value:
            yield from _secret_texts(item, secret=secret)
    elif _is_hidden(value, secret=secret):
        if secret:
            yield str(value)
        yield from _address_secrets(str(value))


def _spellings(text: str) -> set[str]:
    """The secret as stored, without the blanks of a careless paste, and as it is spelled in addresses."""
    bare = text.strip()
    return {text, bare, quote(bare, safe=""), quote(bare), unquote(bare)}


def _address_secrets(text: str) -> list[str]:
    """The password and the tokens inside an address; none for any other text."""
    if not _ADDRESS.match(text):
        return []
    found = [match.group(1) for match in _QUERY_SECRET.finditer(text)]
    try:
        password = urlsplit(text).password
    except ValueError:
        password = text  # an address nobody can take apart is hidden as a whole
    if password:
        found.append(password)
    return found
