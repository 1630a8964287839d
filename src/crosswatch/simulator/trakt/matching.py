"""How Trakt finds the item that a request means.

Ids first, in the order trakt, imdb, tmdb, tvdb, slug; then title and year; then title alone, where
the most recent object of that name is taken. Ids of the wrong kind are not noticed: a show's number
sent as an episode's finds whatever episode has it.

Source: Trakt protocol notes, section 1 (matching rule) and section 5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from crosswatch.simulator.trakt.answers import refuse
from crosswatch.simulator.trakt.catalogue import ID_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswatch.simulator.trakt.catalogue import Catalogue
    from crosswatch.simulator.trakt.items import Episode, Item, Movie, Season, Show
    from crosswatch.simulator.trakt.options import TraktOptions

T = TypeVar("T")

NUMERIC_KINDS = ("trakt", "tmdb", "tvdb")


class Matcher:
    """The matching rule over one catalogue."""

    def __init__(self, catalogue: Catalogue, options: TraktOptions) -> None:
        self._catalogue = catalogue
        self.options = options

    def movie(self, ref: Any) -> Movie | None:
        """The movie that `{title, year, ids}` means, or None."""
        return self._by_ids(ref, self._catalogue.movie) or self._by_title(ref, self._catalogue.movies_titled)

    def show(self, ref: Any) -> Show | None:
        """The show that `{title, year, ids}` means, or None."""
        return self._by_ids(ref, self._catalogue.show) or self._by_title(ref, self._catalogue.shows_titled)

    def season(self, ref: Any) -> Season | None:
        """The season that `{ids}` means, or None."""
        return self._by_ids(ref, self._catalogue.season)

    def episode(self, ref: Any) -> Episode | None:
        """The episode that `{ids}` means, or None."""
        kinds = ID_KINDS if self.options.episode_imdb_tmdb_ids else ("trakt", "tvdb")
        return self._by_ids(ref, self._catalogue.episode, kinds)

    def playable(self, body: dict[str, Any]) -> Item | None:
        """The movie or episode that a scrobble or check-in names, or None.

        An episode's own ids win over the show with season and number (Trakt protocol notes, section 5.1).
        """
        if "movie" in body:
            return self.movie(body["movie"])
        ref = body.get("episode")
        if not isinstance(ref, dict):
            return None
        by_ids = self.episode(ref)
        if by_ids or "show" not in body:
            return by_ids
        show = self.show(body["show"])
        return self.numbered(show, ref) if show else None

    @staticmethod
    def numbered(show: Show, ref: dict[str, Any]) -> Episode | None:
        """The show's episode by `season` and `number`, else by `number_abs`, or None."""
        season, number, number_abs = (ref.get(key) for key in ("season", "number", "number_abs"))
        if isinstance(season, int) and isinstance(number, int):
            return show.episode(season, number)
        return show.absolute(number_abs) if isinstance(number_abs, int) else None

    def _by_ids(
        self, ref: Any, find: Callable[[str, int | str], T | None], kinds: tuple[str, ...] = ID_KINDS
    ) -> T | None:
        ids = ref.get("ids") if isinstance(ref, dict) else None
        if not isinstance(ids, dict):
            return None
        for kind in kinds:
            value = self._value(kind, ids.get(kind))
            found = find(kind, value) if value is not None else None
            if found is not None:
                return found
        return None

    def _by_title(self, ref: Any, find: Callable[[str], list[T]]) -> T | None:
        title = ref.get("title") if isinstance(ref, dict) else None
        if not isinstance(title, str):
            return None
        titled: list[Any] = list(find(title))
        year = ref.get("year")
        if isinstance(year, int):
            dated = [item for item in titled if item.year == year]
            if dated or not self.options.title_despite_year:
                return dated[0] if dated else None
        return titled[0] if titled else None

    def _value(self, kind: str, value: Any) -> int | str | None:
        if kind not in NUMERIC_KINDS:
            return value if isinstance(value, str) and value else None
        if isinstance(value, str) and value:
            if self.options.string_ids == "422":
                raise refuse(422, {"message": f"{kind} id has to be a number."})
            return int(value) if value.isdecimal() else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None
