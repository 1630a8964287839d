"""What a Plex library holds: sections, and items of every kind.

Source: Plex protocol notes, sections 7.3, 8 and 9.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import date

Kind = Literal["movie", "show", "season", "episode", "artist", "album", "track", "clip", "photo"]

TYPE_NUMBERS: dict[Kind, int] = {
    "movie": 1,
    "show": 2,
    "season": 3,
    "episode": 4,
    "artist": 8,
    "album": 9,
    "track": 10,
    "clip": 12,
    "photo": 13,
}
"""Type numbers of the `type` filter and of timeline frames."""

COUNTED_KINDS = frozenset({"movie", "episode", "track"})
"""Kinds of which the server counts plays."""

PARENT_KINDS = frozenset({"show", "season", "artist", "album"})

ADDED_AT = 1_700_000_000
"""When everything was added, as in the recordings: Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One library of the server.

    Attributes:
        number: Its key; negative for what lies outside every library (pre-rolls, unknown clips).
        title: Its name; empty outside every library.
        kind: `movie`, `show`, `artist` or `photo`.
        agent: Where its metadata comes from.
        scanner: What finds its files.
    """

    number: int
    title: str = ""
    kind: str = "movie"
    agent: str = "tv.plex.agents.movie"
    scanner: str = "Plex Movie"

    @property
    def key(self) -> str:
        """Path of the library."""
        return f"/library/sections/{self.number}"

    @property
    def uuid(self) -> str:
        """Identity of the library."""
        return f"00000000-0000-4000-8000-{max(0, self.number):012d}"


PREROLLS = Section(number=-2)
UNKNOWN_CLIPS = Section(number=-3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A stretch of an item that the server has recognised.

    Attributes:
        kind: `intro`, `credits` or `commercial`.
        start_ms: Where it begins.
        end_ms: Where it ends.
        final: True for credits that run to the end.
    """

    kind: Literal["intro", "credits", "commercial"]
    start_ms: int
    end_ms: int
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """The file, or files, behind an item.

    Attributes:
        number: Media number; items that share a file share it.
        files: Paths of the parts, more than one for a movie that is cut in two.
        container: Container format.
    """

    number: int
    files: tuple[str, ...]
    container: str = "mkv"


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One thing that has a rating key, or a live programme that has none.

    Attributes:
        rating_key: Its number on this server, as text; empty for live TV.
        kind: What it is.
        title: Its title.
        guid: Its own guid, in one of the many forms.
        section: Library it lies in, or None for live TV.
        guids: External ids of `Guid[]`; empty for an empty list, None where the key is absent.
        length_ms: How long it plays; 0 for what does not play.
        year: Year of release or airing, or None.
        day: Day of release or airing, or None.
        index: Number among its siblings, or None.
        season_index: For an episode or track: number of its season or disc, or None.
        parent: Season or album, or None.
        media: Its file, or None.
        markers: Recognised stretches.
        aired: For an episode: season and number in aired order where the library counts otherwise.
        live_key: For live TV: the path that stands in for the rating key.
        missing: Attributes that this item lacks although its kind has them (older servers, agents).
        extra: Further attributes of the answers.
        added_at: Unix seconds.
        updated_at: Unix seconds.
    """

    rating_key: str
    kind: Kind
    title: str
    guid: str
    section: Section | None
    guids: tuple[str | None, ...] | None = None
    length_ms: int = 0
    year: int | None = None
    day: date | None = None
    index: int | None = None
    season_index: int | None = None
    parent: Item | None = field(default=None, repr=False)
    media: MediaFile | None = None
    markers: tuple[Marker, ...] = ()
    aired: tuple[int, int] | None = None
    live_key: str = ""
    missing: frozenset[str] = frozenset()
    extra: dict[str, Any] = field(default_factory=dict)
    added_at: int = ADDED_AT
    updated_at: int = ADDED_AT + 100

    @property
    def path(self) -> str:
        """What frames and sessions call `key`."""
        return self.live_key or f"/library/metadata/{self.rating_key}"

    @property
    def is_live(self) -> bool:
        """True for live TV."""
        return bool(self.live_key)

    @property
    def grandparent(self) -> Item | None:
        """The show or artist, or None."""
        return self.parent.parent if self.parent else None

    @property
    def duration_ms(self) -> int | None:
        """The length as the server tells it, or None where it does not know."""
        return None if not self.length_ms or "duration" in self.missing else self.length_ms

    @property
    def counts(self) -> bool:
        """True if the server keeps plays of it in its history."""
        return self.kind in COUNTED_KINDS and self.section is not None and self.section.number > 0

    @property
    def label(self) -> str:
        """Readable name, such as `Severance S01E02` or `Arrival (2016)`."""
        if self.kind == "episode" and self.grandparent:
            number = "" if self.index is None else f"E{self.index:02d}"
            return f"{self.grandparent.title} S{self.season_index or 0:02d}{number}"
        return f"{self.title} ({self.year})" if self.year else self.title
