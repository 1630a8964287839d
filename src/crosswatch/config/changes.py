"""What differs between two configurations, and single values that are put into one. Pure."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswatch.config.schema import path_of
from crosswatch.config.validation import Path, dotted
from crosswatch.core.phrases import say
from crosswatch.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.document import Document


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands where there is no value."""


MISSING = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that is another one.

    Attributes:
        key: Dotted, with places in lists.
        before: What it was, or `MISSING`.
        after: What it is, or `MISSING`.
    """

    key: str
    before: Any
    after: Any


def differences(before: Document, after: Document) -> tuple[Change, ...]:
    """What must be changed to come from one to the other, in the order of the second.

    Lists of objects are compared entry by entry as long as there are as many, others as a whole.
    """
    return tuple(_differences([], before, after))


def value_at(document: Any, path: Path) -> Any:
    """The value there, or `MISSING`."""
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return document


def put_at(document: Any, path: Path, value: Any) -> None:
    """Put the value there, or take away what is there if it is `MISSING`; what is missing above is made.

    An entry that comes after a list's last one is added to it.
    """
    *above, last = path
    for place, step in enumerate(above):
        empty: Any = [] if isinstance(path[place + 1], int) else {}
        if value_at(document, [step]) in (MISSING, None):
            if value is MISSING:
                return
            _set(document, step, empty)
        document = document[step]
    if value is MISSING:
        if value_at(document, [last]) is not MISSING:
            del document[last]
    else:
        _set(document, last, copy.deepcopy(value))


def take_back(document: Document, changes: tuple[Change, ...]) -> None:
    """Undo the changes in a document that they have led to, and perhaps others as well.

    Raises:
        ConflictError: If one of the values is no longer what it was changed to. Nothing is changed then.
    """
    for change in changes:
        if value_at(document, path_of(change.key)) != change.after:
            raise ConflictError(say("{key} was changed again meanwhile.", key=change.key), key=change.key)
    for change in reversed(changes):
        put_at(document, path_of(change.key), change.before)


def _set(document: Any, step: str | int, value: Any) -> None:
    if isinstance(document, list) and step == len(document):
        document.append(value)
    else:
        document[step] = value


def _differences(path: Path, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in (*after, *(name for name in before if name not in after)):
            yield from _differences([*path, name], before.get(name, MISSING), after.get(name, MISSING))
    elif _has_objects(before) and _has_objects(after) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences([*path, index], *pair)
    elif isinstance(after, dict) and before is MISSING and after:
        for name, value in after.items():
            yield from _differences([*path, name], MISSING, value)
    elif before != after or type(before) is not type(after):
        yield Change(key=dotted(path), before=before, after=after)


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
