"""Single values of the Plex dialect, whatever type they come in. Pure.

XML has only texts; JSON has numbers in one route and texts in the next; some objects come as lists of one.

Source: Plex protocol notes, sections 1.2 and 7.1; tests/recordings/plex/ws/19-ids-as-numbers.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]
"""An element: its attributes, and its children as lists under their names."""

_INTEGER = re.compile(r"-?\d{1,18}(?:\.0+)?", re.ASCII)


def text_of(value: Any) -> str:
    """A text without blanks around it; a number as text; anything else as empty."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def int_of(value: Any, *, least: int = 0) -> int | None:
    """A whole number of at least `least` and at most 18 digits, given as number or text, or None."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip()
    number = int(text.partition(".")[0]) if _INTEGER.fullmatch(text) else None
    return number if number is not None and number >= least else None


def is_set(value: Any) -> bool:
    """Whether a flag is on; absent means off."""
    return value is True or text_of(value).lower() in ("1", "true")


def children_of(item: Item, name: str) -> list[Item]:
    """The elements of that name: a list, a single one, or none; what is no element is left out."""
    found = item.get(name)
    listed = found if isinstance(found, list) else [found]
    return [child for child in listed if isinstance(child, dict)]


def child_of(item: Item, name: str) -> Item:
    """The element of that name, or an empty one."""
    return next(iter(children_of(item, name)), {})


def key_in_path(path: str) -> str:
    """The item's key in `/library/metadata/9723` or a path below it; empty in any other path."""
    before, found, after = path.partition("/library/metadata/")
    return after.partition("/")[0].partition("?")[0] if found and not before else ""


def rating_key_of(item: Item, key: str = "ratingKey", path: str = "key") -> str:
    """The item's key, from its own attribute (in which a path has been seen too) or from its path."""
    named = text_of(item.get(key))
    return key_in_path(named) if named.startswith("/") else named or key_in_path(text_of(item.get(path)))
