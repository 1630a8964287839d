"""Titles and libraries that do not count, for one person or for everyone; pure changes of a raw document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.config.links import name_of_title
from crosswatch.core.filters import fold
from crosswatch.linking.changes import section
from crosswatch.linking.people import require_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from crosswatch.config.document import Document

    Change = Callable[[Document], None]

LIBRARIES, TITLES = "ignored_libraries", "ignored_titles"
FILTERS = ("features", "scrobble", "filters")
"""Where the lists for everyone are."""


def ignore(key: str, entry: str, *, person: str = "") -> Change:
    """Put an entry on a list of what does not count.

    Args:
        key: `LIBRARIES` or `TITLES`.
        entry: As the configuration has it.
        person: Whose list; empty for everyone's.

    Raises, when it is applied:
        ConflictError: If nobody is called so any more.
    """

    def change(document: Document) -> None:
        holder = _holder(document, person)
        holder[key] = [*holder.get(key, ()), entry]

    return change


def heed(key: str, names: Collection[str], *, person: str = "") -> Change:
    """Take off a list whatever means one of these names, so that it counts again.

    Args:
        key: `LIBRARIES` or `TITLES`.
        names: All that the title or the library may be called, folded.
        person: Whose list; empty for everyone's.

    Raises, when it is applied:
        ConflictError: If nobody is called so any more.
    """
    read = name_of_title if key == TITLES else fold

    def change(document: Document) -> None:
        holder = _holder(document, person)
        holder[key] = [entry for entry in holder.get(key, ()) if read(entry) not in names]

    return change


def _holder(document: Document, person: str) -> Document:
    return require_entry(document, person) if person else section(document, *FILTERS)
