"""How an item is named to Trakt, and the scrobble bodies that follow; pure.

An item is named in one form only. Where episode ids and season with number are both sent, the ids win
unseen, so a foreign id would record a foreign episode.

Source: design notes, sections 5 and 6; Trakt protocol notes, sections 5.1 and 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.identity import media_key
from crosswatch.core.ids import Ids
from crosswatch.core.plays import DesiredAction, Match

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.core.events import Percent

LEAST_POSITION = 1.0
"""Below this a pause or stop is refused (Trakt protocol notes, section 5.4)."""

WATCHED_FROM = 80.0
"""From here a stop makes a play, and a pause is refused."""

MOST_POSITION = 79.9
"""The furthest position that can be saved without making a play."""

VERBS = {
    DesiredAction.START: "start",
    DesiredAction.PAUSE: "pause",
    DesiredAction.STOP: "stop",
    DesiredAction.WATCHED: "stop",
}
"""The call under `/scrobble/` for each action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One way to name a movie or an episode.

    Attributes:
        kind: Movie or episode.
        ids: Ids of the movie or the episode; of the show where there are season and number.
        title: Title of the movie or show, sent together with its year.
        year: Year of the movie or show.
        season: Season in aired order, or None.
        number: Number in the season, or None.
    """

    kind: MediaKind
    ids: Ids = Ids()
    title: str = ""
    year: int | None = None
    season: int | None = None
    number: int | None = None

    @property
    def is_numbered(self) -> bool:
        """Whether the ids are the show's."""
        return self.season is not None and self.number is not None

    def named(self) -> dict[str, Any]:
        """The object that names the movie, the show or the episode."""
        named: dict[str, Any] = {}
        if self.title and self.year:
            named |= {"title": self.title, "year": self.year}
        if self.ids:
            named["ids"] = self.ids.as_dict()
        return named

    def body(self) -> dict[str, Any]:
        """The item's part of a scrobble body."""
        if self.kind is MediaKind.MOVIE:
            return {"movie": self.named()}
        if self.is_numbered:
            return {"show": self.named(), "episode": {"season": self.season, "number": self.number}}
        return {"episode": self.named()}

    def without_title(self) -> Address:
        """The same by its ids alone."""
        return replace(self, title="", year=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An address and the item that an answer to it must name."""

    address: Address
    media: Media


def ask_for(media: Media) -> Asked | None:
    """The item by what its server knows; None if that is not enough, and Trakt has to be searched.

    Movies by all their ids with title and year, or by those alone. Episodes by the show's ids with season and
    number where these are aired order, else by their own ids; a title alone is never enough for them.
    """
    if media.kind is MediaKind.MOVIE:
        if not media.ids and not (media.title and media.year):
            return None
        address = Address(kind=media.kind, ids=media.ids, title=media.title, year=media.year)
        return Asked(address=address, media=media)
    show = media.show
    is_aired = media.numbering is Numbering.AIRED and media.season is not None and media.number is not None
    if show is not None and show.ids and is_aired:
        address = Address(
            kind=media.kind,
            ids=show.ids,
            title=show.title,
            year=show.year,
            season=media.season,
            number=media.number,
        )
        return Asked(address=address, media=media)
    return Asked(address=Address(kind=media.kind, ids=media.ids), media=media) if media.ids else None


def ask_by_match(media: Media, match: Match) -> Asked | None:
    """The item by what is remembered of it; None if that is remembered as not found."""
    kind = match.kind or media.kind
    is_movie = kind is MediaKind.MOVIE
    if match.ids:
        address = Address(kind=kind, ids=_sharpest(match.ids))
    elif match.show_ids and match.season is not None and match.number is not None and not is_movie:
        address = Address(kind=kind, ids=_sharpest(match.show_ids), season=match.season, number=match.number)
    else:
        return None
    is_titled = is_movie and media.kind is MediaKind.MOVIE
    named = Media(
        kind=kind,
        title=media.title if is_titled else "",
        year=media.year if is_titled else None,
        ids=match.ids,
        show=None if is_movie else Show(title="", ids=match.show_ids),
        season=match.season,
        number=match.number,
    )
    return Asked(address=address, media=named)


def is_fit_for_good(asked: Asked) -> bool:
    """Whether the address is sure enough for a play, which stays even if Trakt took it for something else.

    Title and year may hit another object of that name, so there has to be an id that Trakt matches.
    """
    ids = asked.address.ids
    if asked.address.kind is MediaKind.MOVIE:
        ids = replace(ids, tvdb=None)  # Trakt does not match movies by it
    return bool(ids)


def scrobble_progress(action: DesiredAction, progress: Percent) -> float | None:
    """The progress that Trakt accepts for this action, two decimals; None if there is nothing to tell."""
    value = round(float(progress), 2)
    match action:
        case DesiredAction.START:
            return value
        case DesiredAction.PAUSE:
            return None if not LEAST_POSITION <= value < WATCHED_FROM else min(value, MOST_POSITION)
        case DesiredAction.STOP:
            return None if value < LEAST_POSITION else min(value, MOST_POSITION)
        case DesiredAction.WATCHED:
            return max(value, WATCHED_FROM)


def match_from(media: Media, found: Media, *, evidence: str, now: datetime) -> Match | None:
    """What is to be remembered of the item that Trakt named; None if it named no ids."""
    if not found.ids:
        return None
    return Match(
        key=media_key(media),
        ids=found.ids,
        show_ids=found.show.ids if found.show else Ids(),
        season=found.season,
        number=found.number,
        evidence=evidence,
        made_at=now,
        item=media.label,
        found=found.label,
    )


def _sharpest(ids: Ids) -> Ids:
    """Trakt's own number alone where it is known, for no other id can contradict it then."""
    return Ids(trakt=ids.trakt) if ids.trakt is not None else ids
