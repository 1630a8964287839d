"""What the simulated Trakt remembers of its members.

Source: Trakt protocol notes, section 10 (state per user) and sections 5.3 to 5.6.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from crosswatch.simulator.trakt.answers import whole_second
from crosswatch.simulator.trakt.items import Episode, Item, ItemKey, Listable, slugify
from crosswatch.simulator.trakt.matching import Matcher
from crosswatch.simulator.trakt.oauth import OAuth
from crosswatch.simulator.trakt.options import with_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswatch.clock import Clock
    from crosswatch.simulator.trakt.catalogue import Catalogue
    from crosswatch.simulator.trakt.options import TraktOptions

FIRST_PLAYBACK_ID = 1337
FIRST_USER_NUMBER = 1_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One line of a member's history.

    Attributes:
        id: History id, 64 bits.
        item: What was watched.
        watched_at: When, aware UTC, whole seconds.
        action: How it came about: by a stop, by a check-in, or added by `/sync/history`.
        made_at: When the request that made it arrived, aware UTC.
        made_by: Verb and path of that request.
        request: Body of that request.
    """

    id: int
    item: Item
    watched_at: datetime
    action: Literal["scrobble", "checkin", "watch"]
    made_at: datetime
    made_by: str
    request: Any = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """`movie` or `episode`."""
        return self.item.kind

    @property
    def label(self) -> str:
        """Readable name: `Arrival (2016)` or `Severance S01E02`."""
        return self.item.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What a member watches now.

    Attributes:
        item: The movie or episode.
        action: By a start, or by a check-in.
        started_at: When, aware UTC.
        expires_at: When the rest of the runtime will have passed, aware UTC.
        checkin: The play that a check-in becomes by then, None for a scrobble.
    """

    item: Item
    action: Literal["scrobble", "checkin"]
    started_at: datetime
    expires_at: datetime
    checkin: Play | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """A saved position.

    Attributes:
        id: Number for `/sync/playback/{id}`.
        item: The movie or episode.
        progress: Position in percent, 1.0 to below 80.0 (or 80.0, see the boundary option).
        paused_at: When it was saved, aware UTC.
    """

    id: int
    item: Item
    progress: float
    paused_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A rating from 1 to 10."""

    item: Listable
    rating: int
    rated_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class TraktUser:
    """A member.

    Attributes:
        username: Login and slug.
        vip: True for a paying member.
        number: Trakt's number of the account.
        uuid: Identity that never changes.
        joined_at: When the account was made, aware UTC.
        locked: True answers 423 to all calls with a token.
        deactivated: The same, with the other header.
        watching: What is on now; read it through `Members.settle`.
        playback: Saved positions by item.
        history: Plays in order of making.
        ratings: Ratings by item.
        watchlist: Items and when they were added.
        stamps: Area (such as `movies.watched_at`) to the last change.
        last_write_at: Time of the last accepted write, for the rate limit.
    """

    username: str
    vip: bool = False
    number: int
    uuid: str
    joined_at: datetime
    locked: bool = False
    deactivated: bool = False
    watching: Watching | None = None
    playback: dict[ItemKey, Playback] = field(default_factory=dict)
    history: list[Play] = field(default_factory=list)
    ratings: dict[ItemKey, Rating] = field(default_factory=dict)
    watchlist: dict[ItemKey, tuple[Listable, datetime]] = field(default_factory=dict)
    stamps: dict[str, datetime] = field(default_factory=dict)
    last_write_at: datetime | None = None

    @property
    def slug(self) -> str:
        """The name in addresses."""
        return slugify(self.username)

    def touch(self, area: str, now: datetime) -> None:
        """Note a change for `/sync/last_activities`."""
        self.stamps[area] = now
        self.stamps["all"] = now

    def last_play_of(self, item: Item) -> Play | None:
        """The play of the item with the latest time, or None."""
        return max((p for p in self.history if p.item is item), key=lambda p: p.watched_at, default=None)

    def newest_first(self) -> list[Play]:
        """The history as Trakt lists it."""
        return sorted(self.history, key=lambda p: (p.watched_at, p.id), reverse=True)


class World:
    """Everything behind the routes: catalogue, members, tokens, switches and counters."""

    def __init__(self, *, clock: Clock, catalogue: Catalogue, options: TraktOptions) -> None:
        self.clock = clock
        self.catalogue = catalogue
        self.options = options
        self.matcher = Matcher(catalogue, options)
        self.oauth = OAuth(options)
        self.users: dict[str, TraktUser] = {}
        """By username."""
        self._history_ids = itertools.count(options.first_history_id)
        self._playback_ids = itertools.count(FIRST_PLAYBACK_ID)
        self._user_numbers = itertools.count(FIRST_USER_NUMBER)

    def change_options(self, changes: Mapping[str, Any]) -> None:
        """Turn switches while the world is running.

        Raises:
            ValueError: If there is no such switch or position; nothing is changed then.
        """
        changed = with_changes(self.options, changes)
        self.options = self.matcher.options = self.oauth.options = changed

    def add_user(self, username: str, *, vip: bool = False) -> TraktUser:
        """A new member with nothing watched.

        Raises:
            ValueError: If the name is taken or empty.
        """
        if not slugify(username) or any(slugify(username) == user.slug for user in self.users.values()):
            raise ValueError(f"{username!r} is taken or no name")
        number = next(self._user_numbers)
        user = TraktUser(
            username=username,
            vip=vip,
            number=number,
            uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulated-trakt/{number}/{username}")),
            joined_at=self.clock.now() - timedelta(days=1000),
        )
        self.users[username] = user
        return user

    def user(self, username: str) -> TraktUser:
        """The member of that name, settled.

        Raises:
            KeyError: If there is none.
        """
        try:
            found = next(user for user in self.users.values() if username in (user.username, user.slug))
        except StopIteration as error:
            raise KeyError(f"there is no user {username!r}") from error
        self.settle(found, self.clock.now())
        return found

    def settle(self, user: TraktUser, now: datetime) -> None:
        """End what has run out: a check-in becomes a play, a scrobble becomes nothing.

        Source: Trakt protocol notes, section 10, rule 5.
        """
        current = user.watching
        if current is None or now < current.expires_at:
            return
        user.watching = None
        if current.checkin is not None:
            self.record(user, current.checkin)

    def new_play(
        self,
        item: Item,
        watched_at: datetime,
        action: Literal["scrobble", "checkin", "watch"],
        *,
        made_at: datetime,
        made_by: str,
        request: Any = None,
    ) -> Play:
        """A play with the next history id, not yet in any history."""
        return Play(
            id=next(self._history_ids),
            item=item,
            watched_at=whole_second(watched_at),
            action=action,
            made_at=made_at,
            made_by=made_by,
            request=request,
        )

    def record(self, user: TraktUser, play: Play) -> None:
        """Put a play into the history, and drop what a watched item no longer needs.

        The saved position goes, and the item leaves the watchlist; a watched episode takes its show
        off. Source: Trakt protocol notes, section 5.4.
        """
        user.history.append(play)
        user.playback.pop(play.item.key, None)
        keys = [play.item.key]
        if isinstance(play.item, Episode):
            keys.append(play.item.show.key)
        for key in keys:
            user.watchlist.pop(key, None)
        user.touch(f"{play.kind}s.watched_at", play.made_at)

    def save_position(self, user: TraktUser, item: Item, progress: float, now: datetime) -> Playback:
        """Save where a member stopped; the item keeps its playback id."""
        known = user.playback.get(item.key)
        saved = Playback(
            id=known.id if known else next(self._playback_ids),
            item=item,
            progress=progress,
            paused_at=whole_second(now),
        )
        user.playback[item.key] = saved
        user.touch(f"{item.kind}s.paused_at", now)
        return saved
