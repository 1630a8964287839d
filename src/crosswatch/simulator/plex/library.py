"""The library: what there is to play, found by rating key, by title or by place in a show."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from crosswatch.simulator.plex.items import PARENT_KINDS, Item, MediaFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswatch.simulator.plex.history import History
    from crosswatch.simulator.plex.items import Kind, Section
    from crosswatch.simulator.plex.people import Person

FIRST_FREE_KEY = 200_001


class Library:
    """Sections and items, in order of adding.

    Attributes:
        sections: Key to library; those outside every library are not listed.
    """

    def __init__(self, sections: Iterable[Section]) -> None:
        self.sections = {section.number: section for section in sections}
        self._items: dict[str, Item] = {}
        self._live: dict[str, Item] = {}
        self._children: dict[str, list[Item]] = {}
        self._free_keys = itertools.count(FIRST_FREE_KEY)

    def free_key(self) -> str:
        """A rating key that nothing has."""
        return next(key for key in map(str, self._free_keys) if key not in self._items)

    def add(self, item: Item) -> Item:
        """Put an item in.

        Raises:
            ValueError: If its key is taken.
        """
        shelf = self._live if item.is_live else self._items
        key = item.live_key or item.rating_key
        if key in shelf:
            raise ValueError(f"the key {key} is taken")
        shelf[key] = item
        if item.parent:
            self._children.setdefault(item.parent.rating_key, []).append(item)
        return item

    def new_movie(self, title: str, section: Section, *, length_ms: int, year: int | None = None) -> Item:
        """A movie with a file, matched by the present agent but without external ids; not yet added.

        Args:
            title: Its title.
            section: Library it is to lie in.
            length_ms: How long it plays.
            year: Year of release, or None.
        """
        rating_key = self.free_key()
        return Item(
            rating_key=rating_key,
            kind="movie",
            title=title,
            guid=plex_guid("movie", rating_key),
            section=section,
            length_ms=length_ms,
            year=year,
            media=media_of(rating_key, section),
        )

    def remove(self, rating_key: str) -> list[Item]:
        """Take an item out, and all that is below it.

        Returns:
            What was taken out, the deepest first.

        Raises:
            KeyError: If there is none.
        """
        item = self.get(rating_key)
        below = [gone for child in self.children(item) for gone in self.remove(child.rating_key)]
        del self._items[rating_key]
        self._children.pop(rating_key, None)
        if item.parent:
            self._children[item.parent.rating_key].remove(item)
        return [*below, item]

    def get(self, rating_key: str) -> Item:
        """The item of that rating key.

        Raises:
            KeyError: If there is none.
        """
        try:
            return self._items[rating_key]
        except KeyError as error:
            raise KeyError(f"there is no item {rating_key!r}") from error

    def holds(self, item: Item) -> bool:
        """True unless the item has been deleted."""
        return item.is_live or self._items.get(item.rating_key) is item

    def at_path(self, path: str) -> Item | None:
        """The item that a frame's `key` names, or None."""
        return self._live.get(path) or self._items.get(path.removeprefix("/library/metadata/"))

    def movie(self, title: str) -> Item:
        """The movie of that title, the first if there are several.

        Raises:
            KeyError: If there is none.
        """
        return self._titled(title, "movie")

    def show(self, title: str) -> Item:
        """The show of that title, the first if there are several.

        Raises:
            KeyError: If there is none.
        """
        return self._titled(title, "show")

    def episode(self, show: str, season: int, number: int) -> Item:
        """An episode by the numbers it has in this library.

        Raises:
            KeyError: If there is none.
        """
        for item in self.leaves(self.show(show)):
            if (item.season_index, item.index) == (season, number):
                return item
        raise KeyError(f"{show} has no episode {season}x{number}")

    def find(self, name: str) -> Item:
        """An item by rating key, path or title.

        Raises:
            KeyError: If there is none.
        """
        item = self.at_path(name)
        if item is not None:
            return item
        everything = (*self._items.values(), *self._live.values())
        for one in everything:
            if name in (one.title, one.label):
                return one
        raise KeyError(f"there is no item {name!r}")

    def next_episode(self, item: Item) -> Item | None:
        """What autoplay would play next: the following episode of the show, or None."""
        show = item.grandparent
        if show is None:
            return None
        leaves = self.leaves(show)
        following = leaves[leaves.index(item) + 1 :] if item in leaves else []
        return following[0] if following else None

    def children(self, item: Item) -> list[Item]:
        """Seasons of a show, episodes of a season, and so on."""
        return list(self._children.get(item.rating_key, ()))

    def leaves(self, item: Item) -> list[Item]:
        """All episodes or tracks below an item."""
        if item.kind not in PARENT_KINDS:
            return [item]
        return [leaf for child in self.children(item) for leaf in self.leaves(child)]

    def everything(self) -> list[Item]:
        """All items, live programmes too."""
        return [*self._items.values(), *self._live.values()]

    def listed(self, section: Section, kind: Kind | None) -> list[Item]:
        """What a library's list shows.

        Args:
            section: The library.
            kind: Which items; the library's own kind where None.
        """
        wanted = kind or section.kind
        return [item for item in self._items.values() if item.section is section and item.kind == wanted]

    def counts(self, item: Item, person: Person, history: History) -> dict[str, int] | None:
        """What a show or season adds up to, or None for everything else."""
        if item.kind not in ("show", "season"):
            return None
        leaves = self.leaves(item)
        counts = {
            "leafCount": len(leaves),
            "viewedLeafCount": sum(1 for leaf in leaves if history.view(person, leaf).count),
        }
        return counts | ({"childCount": len(self.children(item))} if item.kind == "show" else {})

    def _titled(self, title: str, kind: Kind) -> Item:
        for item in self._items.values():
            if item.kind == kind and item.title == title:
                return item
        raise KeyError(f"there is no {kind} called {title!r}")


def plex_guid(kind: Kind, rating_key: str) -> str:
    """An id as Plex's own agents give it, invented from the rating key.

    Source: the recordings, where `plex://` ids are invented in this way.
    """
    return f"plex://{kind}/5d7768{rating_key:0>18}"


def media_of(rating_key: str, section: Section, *, container: str = "mkv") -> MediaFile:
    """A single file of its own."""
    return MediaFile(
        number=int(rating_key) + 1000,
        files=(f"/media/{section.title}/{rating_key}.{container}",),
        container=container,
    )
