"""What the page shows on which a person says what an item is: what Trakt has, and what would follow.

Every step is an address: what is looked for, the show, the season, the episode, and what would be sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from crosswatch.core.events import Media, MediaKind, Show
from crosswatch.core.filters import fold
from crosswatch.core.identity import Choice, match_of
from crosswatch.core.ids import Ids
from crosswatch.core.phrases import together
from crosswatch.rehearsal import rehearse_play
from crosswatch.service.memory import Known
from crosswatch.web.languages import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswatch.core.plays import Match, Play
    from crosswatch.web.ports import RuntimeLike

LONGEST_TEXT = 300
_NUMBER = re.compile(r"[1-9]\d{0,11}", re.ASCII)
_PLACE = re.compile(r"(\d{1,5})x([1-9]\d{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for."""

    text: str
    kind: MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How far a person has come, as it stands in the address; what cannot be understood is not there.

    Attributes:
        find: What they look for: a title, or the address of a page at Trakt; empty if nothing yet.
        kind: A movie or an episode.
        show: Trakt's number of the show that they picked, or None.
        season: The season whose episodes they look at, or None.
        place: Season and number of the episode that they picked, or None.
        movie: Trakt's number of the movie that they picked, or None.
        is_of_show: Whether all episodes of the server's show are meant.
    """

    find: str = ""
    kind: MediaKind = MediaKind.EPISODE
    show: int | None = None
    season: int | None = None
    place: tuple[int, int] | None = None
    movie: int | None = None
    is_of_show: bool = False

    @classmethod
    def read(cls, asked: Mapping[str, str], play: Play) -> Wanted:
        """What an address, or the fields of a form, ask for."""
        place = _PLACE.fullmatch(asked.get("place", ""))
        season = asked.get("season", "")
        kind = asked.get("kind", "")
        return cls(
            find=asked.get("find", "").strip()[:LONGEST_TEXT],
            kind=MediaKind(kind) if kind in {"movie", "episode"} else search_for(play.media).kind,
            show=_number(asked.get("show", "")),
            season=int(season) if season.isascii() and season.isdecimal() and len(season) < 6 else None,  # noqa: PLR2004
            place=(int(place[1]), int(place[2])) if place else None,
            movie=_number(asked.get("movie", "")),
            is_of_show=asked.get("scope") == "show",
        )

    @property
    def is_link(self) -> bool:
        """Whether they gave the address of a page."""
        return self.find.startswith(("https://", "http://"))

    def choice(self) -> Choice | None:
        """What they say that the item is, or None as long as that is not said."""
        if self.movie is not None:
            return Choice(kind=MediaKind.MOVIE, ids=Ids(trakt=self.movie))
        if self.show is not None and self.place is not None:
            season, number = self.place
            return Choice(
                kind=MediaKind.EPISODE,
                show_ids=Ids(trakt=self.show),
                season=season,
                number=number,
                is_of_show=self.is_of_show,
            )
        if self.is_link:
            return Choice(kind=self.kind, link=self.find, is_of_show=self.is_of_show)
        return None

    def as_dict(self) -> dict[str, str]:
        """The same as fields."""
        place = f"{self.place[0]}x{self.place[1]}" if self.place else ""
        scope = "show" if self.is_of_show else ""
        named = {"find": self.find, "kind": self.kind.value, "show": self.show, "season": self.season}
        named |= {"place": place, "movie": self.movie, "scope": scope}
        return {name: str(value) for name, value in named.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A movie or a show that Trakt has; `query` leads to the next step."""

    title: str
    year: int | None
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A season of the show."""

    number: int
    count: int
    is_open: bool
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An episode that can be picked; one of them is likely the one."""

    place: str
    label: str
    title: str
    is_likely: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be remembered and sent.

    Attributes:
        found: What Trakt calls it.
        scope: Whose episodes it would be said of; empty for this item only.
        requests: What each account would be told: verb and address, and the body.
        note: Why nothing would be sent; or empty.
    """

    found: str
    scope: str
    requests: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPage:
    """The page.

    Attributes:
        play: What is to be matched.
        wanted: How far the person has come.
        search: What the search field holds.
        offers: What was found, or None while nothing was looked for.
        show: The show that was picked, or None.
        seasons: Its seasons.
        picks: The episodes of the open one.
        preview: What would follow, or None while nothing is picked.
    """

    play: Play
    wanted: Wanted
    search: Search
    offers: tuple[Offer, ...] | None = None
    show: Show | None = None
    seasons: tuple[Season, ...] = ()
    picks: tuple[Pick, ...] = field(default=())
    preview: Preview | None = None

    @property
    def may_be_of_show(self) -> bool:
        """Whether what is said of this episode can be said of its whole show."""
        media = self.play.media
        return media.show is not None and None not in (media.season, media.number)


def search_for(media: Media) -> Search:
    """What to look for: the movie's title, or the show's."""
    if media.kind is MediaKind.MOVIE:
        return Search(text=media.title, kind=MediaKind.MOVIE)
    return Search(text=media.show.title if media.show else media.title, kind=MediaKind.EPISODE)


async def look(runtime: RuntimeLike, play: Play, wanted: Wanted) -> MatchPage:
    """What the page shows at this step.

    Raises:
        CorrectionError: If Trakt has nothing of the kind, or cannot be asked now.
    """
    page = blank(play, wanted)
    choice = wanted.choice()
    if choice is not None:
        match = await runtime.corrections.preview(play.id, choice)
        return replace(page, preview=await _preview(runtime, play, match))
    if wanted.show is not None:
        return _with_episodes(page, await runtime.corrections.episodes(play.id, wanted.show))
    if wanted.find:
        found = await runtime.corrections.search(play.id, wanted.find, wanted.kind)
        return replace(page, offers=tuple(_offer(one, wanted) for one in found))
    return page


def blank(play: Play, wanted: Wanted) -> MatchPage:
    """The page before anything was asked, or where nothing could be."""
    usual = search_for(play.media)
    search = Search(text=wanted.find, kind=wanted.kind) if wanted.find else usual
    return MatchPage(play=play, wanted=wanted, search=search)


def _offer(one: Media | Show, wanted: Wanted) -> Offer:
    name = "show" if isinstance(one, Show) else "movie"
    fields = {"find": wanted.find, "kind": wanted.kind.value, name: str(one.ids.trakt)}
    return Offer(title=one.title, year=one.year, query=urlencode(fields))


def _with_episodes(page: MatchPage, episodes: Sequence[Media]) -> MatchPage:
    likely = _likely(page.play.media, episodes)
    numbers = list(dict.fromkeys(one.season or 0 for one in episodes))
    usual = likely.season if likely else next((number for number in numbers if number), 0)
    wished = page.wanted.season
    season = wished if wished in numbers else usual
    fields = {name: value for name, value in page.wanted.as_dict().items() if name != "season"}
    return replace(
        page,
        show=episodes[0].show if episodes else None,
        seasons=tuple(
            Season(
                number=number,
                count=sum(one.season == number for one in episodes),
                is_open=number == season,
                query=urlencode({**fields, "season": str(number)}),
            )
            for number in numbers
        ),
        picks=tuple(
            Pick(
                place=f"{one.season}x{one.number}",
                label=f"S{one.season:02d} E{one.number:02d}",
                title=one.title,
                is_likely=one is likely,
            )
            for one in episodes
            if one.season == season
        ),
    )


def _likely(media: Media, episodes: Sequence[Media]) -> Media | None:
    """The only one of that title, else the one of that season and number."""
    titled = [one for one in episodes if fold(one.title) == fold(media.title) and one.title]
    if len(titled) == 1:
        return titled[0]
    place = (media.season, media.number)
    return next((one for one in episodes if (one.season, one.number) == place), None)


async def _preview(runtime: RuntimeLike, play: Play, match: Match) -> Preview:
    async def recall(media: Media) -> Known:
        return Known(media=media, match=match_of(media, match) if match.is_of_show else match)

    scene = await rehearse_play(runtime.rules(), play, runtime.clock.now(), recall)
    requests = tuple(
        (one.request, msgspec.json.format(msgspec.json.encode(one.body)).decode())
        for one in scene.tellings
        if one.request
    )
    notes = [one.note for one in scene.tellings if not one.request]
    note = "" if requests else together(notes) or scene.told.sentence
    return Preview(found=match.found, scope=_scope(play.media, match), requests=requests, note=note)


def _scope(media: Media, match: Match) -> str:
    """What is said of the other episodes, by the next one as an example."""
    if not match.is_of_show or media.season is None or media.number is None:
        return ""
    following = replace(media, number=media.number + 1)
    there = match_of(following, match)
    if there is None:
        return ""
    return translate("The whole show goes by it: S%(a)02dE%(b)02d here would be S%(c)02dE%(d)02d there.") % {
        "a": media.season,
        "b": media.number + 1,
        "c": there.season,
        "d": there.number,
    }


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
