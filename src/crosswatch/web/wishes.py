"""What programs ask for in a body: a match for a play, and lists of matches; and how matches are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from crosswatch.core.events import MediaKind
from crosswatch.core.identity import Choice
from crosswatch.core.ids import Ids
from crosswatch.core.plays import OVERRIDE, Match

if TYPE_CHECKING:
    from datetime import datetime

MOST_MATCHES = 2_000

Season = Annotated[int, Field(ge=0, le=100_000)]
Number = Annotated[int, Field(ge=1, le=1_000_000)]
Offset = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Id = Annotated[int, Field(ge=1, le=10**12)]
Words = Annotated[str, StringConstraints(max_length=500)]


def _nonsense(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("nonsense", sentence)


class IdsWish(BaseModel):
    """Ids of one movie, show or episode."""

    model_config = ConfigDict(extra="forbid")

    trakt: Id | None = None
    imdb: Annotated[str, StringConstraints(pattern=r"^tt\d{7,10}$")] | None = None
    tmdb: Id | None = None
    tvdb: Id | None = None

    def as_ids(self) -> Ids:
        """The same in our words."""
        return Ids(trakt=self.trakt, imdb=self.imdb, tmdb=self.tmdb, tvdb=self.tvdb)


class MatchWish(BaseModel):
    """What a play is of: a link to its page on Trakt, its ids, or its show's ids with season and number.

    With the scope `show`, all episodes of the server's show are meant.
    """

    model_config = ConfigDict(extra="forbid")

    link: Words = ""
    ids: IdsWish | None = None
    show_ids: IdsWish | None = None
    season: Season | None = None
    number: Number | None = None
    scope: Literal["item", "show"] = "item"

    @model_validator(mode="after")
    def _check(self) -> Self:
        by_show = self.show_ids is not None and bool(self.show_ids.as_ids())
        by_ids = self.ids is not None and bool(self.ids.as_ids())
        if [bool(self.link.strip()), by_ids, by_show].count(True) != 1:
            raise _nonsense("give one of `link`, `ids`, or `show_ids` with `season` and `number`")
        if by_show and (self.season is None or self.number is None):
            raise _nonsense("`show_ids` need `season` and `number`")
        return self

    def as_choice(self, kind: MediaKind) -> Choice:
        """The same in our words.

        Args:
            kind: What the server has the item as.
        """
        show_ids = self.show_ids.as_ids() if self.show_ids else Ids()
        return Choice(
            kind=MediaKind.EPISODE if show_ids else kind,
            ids=self.ids.as_ids() if self.ids else Ids(),
            show_ids=show_ids,
            season=self.season,
            number=self.number,
            link=self.link.strip(),
            is_of_show=self.scope == "show",
        )


class KeptMatch(BaseModel):
    """A match as `GET /api/matches` shows it; `scope` and `made_at` are not read."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    scope: Literal["item", "show"] | None = None
    kind: Literal["movie", "episode"] | None = None
    ids: IdsWish = IdsWish()
    show_ids: IdsWish = IdsWish()
    season: Season | None = None
    number: Number | None = None
    season_offset: Offset | None = None
    number_offset: Offset | None = None
    item: Words = ""
    found: Words = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        names_show = bool(self.show_ids.as_ids())
        is_placed = names_show and None not in (self.season, self.number)
        is_shifted = names_show and None not in (self.season_offset, self.number_offset)
        if not (self.ids.as_ids() or is_placed or is_shifted):
            raise _nonsense("a match names nothing: give `ids`, or `show_ids` with numbers or offsets")
        return self

    def as_match(self, now: datetime) -> Match:
        """The same in our words, as a person's choice of this moment."""
        return Match(
            key=self.key,
            kind=MediaKind(self.kind) if self.kind else None,
            ids=self.ids.as_ids(),
            show_ids=self.show_ids.as_ids(),
            season=self.season,
            number=self.number,
            season_offset=self.season_offset,
            number_offset=self.number_offset,
            evidence=OVERRIDE,
            made_at=now,
            item=self.item,
            found=self.found,
        )


class KeptMatches(BaseModel):
    """What `GET /api/matches` answers with."""

    matches: Annotated[list[KeptMatch], Field(max_length=MOST_MATCHES)]


def match_shape(match: Match) -> dict[str, Any]:
    """A match as JSON. What is here is promised, and can be put back as it is."""
    return {
        "key": match.key,
        "scope": "show" if match.is_of_show else "item",
        "kind": match.kind,
        "ids": match.ids.as_dict(),
        "show_ids": match.show_ids.as_dict(),
        "season": match.season,
        "number": match.number,
        "season_offset": match.season_offset,
        "number_offset": match.number_offset,
        "item": match.item,
        "found": match.found,
        "made_at": match.made_at,
    }
