"""The words of the house: what is played, by whom, and what we make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from crosswatch.core.ids import Ids

OWNER_ID = 1
"""Number of a server's owner in that server's own numbers; everybody else goes by the number at plex.tv."""

Percent = NewType("Percent", float)
"""Progress, 0.0 to 100.0, as Trakt counts it."""

PlayId = NewType("PlayId", str)
"""Identity of one viewing; sorts by the time at which it began."""


class MediaKind(StrEnum):
    """What kind of item it is; only the first two are scrobbled."""

    MOVIE = "movie"
    EPISODE = "episode"
    CLIP = "clip"
    TRACK = "track"
    PHOTO = "photo"
    LIVE = "live"
    UNKNOWN = "unknown"

    @property
    def is_scrobbled(self) -> bool:
        """Whether sinks want to know about it at all."""
        return self in (MediaKind.MOVIE, MediaKind.EPISODE)


class Numbering(StrEnum):
    """What season and number count; only aired order may be sent as season and number."""

    AIRED = "aired"
    DVD = "dvd"
    ABSOLUTE = "absolute"
    ANIDB = "anidb"
    UNKNOWN = "unknown"


class PlayerState(StrEnum):
    """What a player says it does."""

    PLAYING = "playing"
    PAUSED = "paused"
    BUFFERING = "buffering"
    STOPPED = "stopped"
    ERROR = "error"


class ScrobbleAction(StrEnum):
    """What a sink is told."""

    START = "start"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """The show of an episode.

    Attributes:
        title: As Plex writes it.
        year: First year, or None if unknown (an episode's own year is another thing).
        ids: Ids of the show.
    """

    title: str
    year: int | None = None
    ids: Ids = Ids()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file that holds several episodes.

    Attributes:
        episodes: They, in order, each with its share of the length as its own.
        played_key: Rating key of the one that the server takes to be played.
        place: Which of them the bearer is, from 0; None for the file as a whole.
        done: Places of those that had been played to their end before, in the same go.
        first_credits_ms: Where the first credits of the file begin, or None; servers may count from there.
        final_credits_ms: The same for the final ones.
    """

    episodes: tuple[Media, ...]
    played_key: str
    place: int | None = None
    done: tuple[int, ...] = ()
    first_credits_ms: int | None = None
    final_credits_ms: int | None = None

    @property
    def length_ms(self) -> int:
        """Length of the file in milliseconds."""
        return sum(one.duration_ms or 0 for one in self.episodes)

    def begin_ms(self, place: int) -> int:
        """Where an episode begins in the file, in milliseconds."""
        return sum(one.duration_ms or 0 for one in self.episodes[:place])

    def place_at(self, offset_ms: int) -> int:
        """Which episode is at that place of the file; the last one from its end on."""
        begins = [self.begin_ms(place) for place in range(len(self.episodes))]
        return max(place for place, begin_ms in enumerate(begins) if begin_ms <= max(0, offset_ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One item, as far as its server knows it.

    Attributes:
        kind: What it is.
        title: Title of the movie, or of the episode itself.
        year: Year of the movie; for an episode the year in which it aired.
        ids: Ids of the movie, or of the episode itself; never of its show.
        show: The show of an episode.
        season: Season number as the server counts; 0 holds the specials; None if unknown.
        number: Number in the season; None if unknown.
        numbering: What season and number count.
        aired_on: Day of first airing, or None.
        duration_ms: Length in milliseconds, more than 0, or None if unknown.
        guid: The server's own identity of the item, as evidence.
        foreign_ids: Ids that no sink takes as they are, as `name-value` (`anidb-69`, `mal-21`).
        rating_key: The item's key on its server.
        show_rating_key: The show's key on its server.
        library_id: Section of the server, as text, or None.
        library: Title of that section.
        file: Path of the file, or None; two episodes of one file share it.
        credits_ms: Where the final credits begin, in milliseconds, or None if the server does not say.
        shared_file: The other episodes of its file, where that holds several.
    """

    kind: MediaKind
    title: str
    year: int | None = None
    ids: Ids = Ids()
    show: Show | None = None
    season: int | None = None
    number: int | None = None
    numbering: Numbering = Numbering.AIRED
    aired_on: date | None = None
    duration_ms: int | None = None
    guid: str = ""
    foreign_ids: tuple[str, ...] = ()
    rating_key: str = ""
    show_rating_key: str = ""
    library_id: str | None = None
    library: str = ""
    file: str | None = None
    credits_ms: int | None = None
    shared_file: SharedFile | None = None

    @property
    def label(self) -> str:
        """Readable name: `Arrival (2016)`, `Severance S02E03`."""
        if self.kind is MediaKind.EPISODE:
            show = self.show.title if self.show else self.title
            if self.season is None or self.number is None:
                return f"{show}: {self.title}" if show != self.title else show
            return f"{show} S{self.season:02d}E{self.number:02d}"
        return f"{self.title} ({self.year})" if self.year else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The person whom a server names as the viewer.

    Attributes:
        id: Number on that server: 1 is its owner, others are plex.tv ids; None if it gave none.
        name: What the server calls the person.
        aliases: Every other name by which the same account is known (user name, title, e-mail).
        owner_plex_id: The plex.tv id of a server's owner, whose `id` does not tell it; else None.
        contested: Those of the names, folded, that another account bears as well; they identify nobody.
        namesake: Where the server gave no number: that of the only account known to bear the name, or None.
        has_all_names: False while plex.tv may still tell more names, or the owner's number.
    """

    id: int | None = None
    name: str = ""
    aliases: frozenset[str] = frozenset()
    owner_plex_id: int | None = None
    contested: frozenset[str] = frozenset()
    namesake: int | None = None
    has_all_names: bool = True

    @property
    def is_known(self) -> bool:
        """Whether it says who it is; the unknown account is never the owner."""
        return self.id is not None or bool(self.name.strip())

    @property
    def plex_id(self) -> int | None:
        """The number at plex.tv, the same on every server, or None if it is not known."""
        return self.owner_plex_id if self.id == OWNER_ID else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """The device and program that plays; what Plex calls a client.

    Attributes:
        client_id: Its identifier.
        title: Its name.
        product: The program.
        network: How it reaches the server: `lan`, `wan` or `cellular`; empty if the server did not say.
    """

    client_id: str = ""
    title: str = ""
    product: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrobbleEvent:
    """A change that a sink may want to know, normalised.

    Attributes:
        action: What to tell.
        play_id: The viewing that it is about.
        server: `machineIdentifier` of the server.
        account: Who watches.
        media: What is watched.
        progress: How far, or None if that cannot be known.
        at: When it happened, aware UTC.
        why: The cause, for the trace: `frame`, `seek`, `item_changed`, `vanished` …
        is_counted: Whether the server itself has counted the viewing as watched.
    """

    action: ScrobbleAction
    play_id: PlayId
    server: str
    account: Account
    media: Media
    progress: Percent | None
    at: datetime
    why: str = "frame"
    is_counted: bool = False
