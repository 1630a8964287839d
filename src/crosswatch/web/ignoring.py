"""Ignoring the title or the library of a play, for one person or for everyone; and letting it count again.

Pure, but for `write`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crosswatch.config.changes import differences
from crosswatch.core.filters import ID_PREFIX, fold, library_names, title_names
from crosswatch.core.people import linked_people
from crosswatch.linking.ignoring import FILTERS, LIBRARIES, TITLES, heed, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from crosswatch.config.changes import Change
    from crosswatch.config.document import Document
    from crosswatch.config.file import ConfigFile
    from crosswatch.core.events import Media
    from crosswatch.core.filters import Limits
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Play

    Names = frozenset[str]


class What(StrEnum):
    """What can be ignored of a play."""

    TITLE = "title"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A list on which it may be.

    Attributes:
        person: Whose entry holds the list; empty for everyone's.
        is_listed: Whether it is on it.
    """

    person: str
    is_listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be ignored, and where.

    Attributes:
        what: The title or the library.
        name: What it is called, as a list would have it.
        names: All that a list may call it, folded.
        places: The lists that can be changed.
    """

    what: What
    name: str
    names: Names
    places: tuple[Place, ...]

    @property
    def listed(self) -> tuple[Place, ...]:
        """Where it is ignored."""
        return tuple(place for place in self.places if place.is_listed)

    @property
    def free(self) -> tuple[Place, ...]:
        """Where it could be; nowhere while everyone's list holds it."""
        if any(not place.person for place in self.listed):
            return ()
        return tuple(place for place in self.places if not place.is_listed)

    def place_of(self, person: str, *, is_listed: bool) -> Place | None:
        """The list of that person if it stands so; an empty name means everyone's."""
        sought = Place(person=person, is_listed=is_listed)
        return sought if sought in self.places else None

    def change(self, person: str, *, ignored: bool) -> Callable[[Document], None]:
        """Put it on that list, or take it off."""
        key = KEYS[self.what]
        return ignore(key, self.name, person=person) if ignored else heed(key, self.names, person=person)


KEYS = {What.TITLE: TITLES, What.LIBRARY: LIBRARIES}


def offers_for(play: Play, rules: Rules, locked: Collection[str] = ()) -> tuple[Offer, ...]:
    """What can be ignored of a play, and what is.

    Args:
        play: The play.
        rules: Whose plays count now.
        locked: Keys of the configuration that cannot be changed here.
    """
    if not play.media.kind.is_scrobbled:
        return ()
    people = linked_people(rules, play.account, play.server)
    found = []
    for what, (name, names) in _called(play.media).items():
        lists = [(one.name, one.limits) for one in people]
        if ".".join((*FILTERS, KEYS[what])) not in locked:
            lists.append(("", rules.limits))
        places = tuple(
            Place(person=person, is_listed=bool(names & _listed(limits, what))) for person, limits in lists
        )
        if name and places:
            found.append(Offer(what=what, name=name, names=names, places=places))
    return tuple(found)


def write(config: ConfigFile, change: Callable[[Document], None]) -> tuple[Change, ...]:
    """Change the configuration, durably and in force; what that has changed. Blocks.

    Raises:
        ConflictError: If what was to be changed is gone.
        ConfigError: If it cannot be written.
    """
    changed: tuple[Change, ...] = ()

    def noted(document: Document) -> None:
        nonlocal changed
        before = copy.deepcopy(document)
        change(document)
        changed = differences(before, document)

    config.update(noted)
    return changed


def _called(media: Media) -> dict[What, tuple[str, Names]]:
    """The best name of the title and of the library, and all of them; empty where nobody knows."""
    titles, libraries = title_names(media), library_names(media)
    is_plain = fold(media.library) in libraries
    library = media.library.strip() if is_plain else f"{ID_PREFIX}{media.library_id}" if libraries else ""
    return {
        What.TITLE: (next(iter(titles), ""), frozenset(map(fold, titles))),
        What.LIBRARY: (library, frozenset(libraries)),
    }


def _listed(limits: Limits, what: What) -> Names:
    return limits.ignored_titles if what is What.TITLE else limits.ignored_libraries
