"""What was really watched, from the players, and what Trakt really holds, both from inside the simulators."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.demo.comparison import Held, Seen
from crosswatch.demo.spectator import SOMEBODY, item_words
from crosswatch.simulator.titles import MOVIES, SHOWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crosswatch.simulator.plex import SimulatedPlex, Viewing
    from crosswatch.simulator.plex.items import Item, MediaFile
    from crosswatch.simulator.trakt import SimulatedTrakt


class Truth:
    """Knows both sides, independently of the app.

    Args:
        plexes: The servers, before anybody renames anything there.
        trakt: Where plays go.
    """

    def __init__(self, plexes: Iterable[SimulatedPlex], trakt: SimulatedTrakt) -> None:
        self._plexes = tuple(plexes)
        self._trakt = trakt
        items = [item for plex in self._plexes for item in plex.world.library.everything()]
        self._names = {item: trakt_label(item) for item in items}
        self._sharing = [_by_file(plex) for plex in self._plexes]

    def seen(self) -> list[Seen]:
        """All viewings that have ended; of a file with several episodes, one of each that was begun."""
        return [
            one
            for plex, sharing in zip(self._plexes, self._sharing, strict=True)
            for viewing in plex.world.viewings
            for one in self._seen(viewing, sharing)
        ]

    def held(self) -> list[Held]:
        """All plays in all histories."""
        return [
            Held(
                account=user.username,
                label=play.label,
                at=play.watched_at,
                told_at=play.made_at,
                told_by=play.made_by,
            )
            for user in self._trakt.world.users.values()
            for play in user.history
        ]

    def _seen(self, viewing: Viewing, sharing: dict[MediaFile, list[Item]]) -> Iterator[Seen]:
        if viewing.ended_at is None:
            return
        whole = Seen(
            who=viewing.person.title if viewing.person else SOMEBODY,
            label=item_words(viewing.item),
            trakt_label=self._names.get(viewing.item, ""),
            rating_key=viewing.item.rating_key,
            progress=viewing.progress if viewing.item.length_ms else None,
            started_at=viewing.started_at,
            ended_at=viewing.ended_at,
            counted_at=viewing.counted_at,
        )
        media = viewing.item.media
        episodes = sharing.get(media, []) if media is not None else []
        if len(episodes) > 1 and whole.progress:
            yield from self._shares(whole, whole.progress, episodes)
        else:
            yield whole

    def _shares(self, whole: Seen, progress: float, episodes: list[Item]) -> Iterator[Seen]:
        """Each episode of the file with its share of a viewing that began at the file's beginning.

        Plex's own count is that of the file, and says nothing of a single one.
        """
        took = (whole.ended_at - whole.started_at) / progress
        share = 100.0 / len(episodes)
        for place, item in enumerate(episodes):
            if progress <= place * share:
                return
            until = min(progress, (place + 1) * share)
            yield replace(
                whole,
                label=item_words(item),
                trakt_label=self._names.get(item, ""),
                rating_key=item.rating_key,
                progress=100.0 * (until - place * share) / share,
                started_at=whole.started_at + place * share * took,
                ended_at=whole.started_at + until * took,
                counted_at=None,
            )


def _by_file(plex: SimulatedPlex) -> dict[MediaFile, list[Item]]:
    """The items of one server by the file behind them; more than one means that the file holds several."""
    found: dict[MediaFile, list[Item]] = {}
    for item in plex.world.library.everything():
        if item.media is not None:
            found.setdefault(item.media, []).append(item)
    return found


def trakt_label(item: Item) -> str:
    """The item as the simulated Trakt names it; empty if Trakt does not know it."""
    if item.kind == "movie":
        known = any((movie.title, movie.year) == (item.title, item.year) for movie in MOVIES)
        return item.label if known else ""
    show = item.grandparent
    if item.kind != "episode" or show is None:
        return ""
    name = next((one.trakt_title or one.title for one in SHOWS if _is_show(show, one.title, one.year)), "")
    season, number = item.aired or (item.season_index, item.index)
    if not name or season is None or number is None:
        return ""
    return f"{name} S{season:02d}E{number:02d}"


def _is_show(show: Item, title: str, year: int) -> bool:
    return (show.title, show.year) == (title, year)
