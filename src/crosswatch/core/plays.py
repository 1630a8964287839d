"""The rows that outlive the process: plays, deliveries, and what is kept beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from crosswatch.core.events import Account, Media, MediaKind, Percent, Player, PlayId
from crosswatch.core.ids import Ids
from crosswatch.core.reasons import Reason, Verdict


class Origin(StrEnum):
    """Which source a play was first heard from."""

    WATCH = "watch"
    WEBHOOK = "webhook"
    HISTORY = "history"


class PlayState(StrEnum):
    """Where the viewing itself stands."""

    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkAccount:
    """Somebody's account at a sink, by the name the configuration gives it."""

    sink: str = "trakt"
    name: str = "default"

    def __str__(self) -> str:
        return f"{self.sink}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One viewing: one account, one item, from its start to its end.

    Attributes:
        id: Identity.
        server: `machineIdentifier` of the server.
        origin: Where it was first heard from.
        session_key: Session at the server's run in which it was seen last; empty for history.
        play_queue_item: As in the frames; empty if unknown.
        account: Who watches; unknown until the server says.
        media: What is watched.
        player: On what.
        state: Playing, paused or ended.
        offset_ms: Last good position in milliseconds, or None.
        progress: The same in percent, or None.
        started_at: When it was first seen, aware UTC.
        last_seen_at: When it was heard of last, aware UTC.
        ended_at: When it ended, or None.
        counted_at: When the server itself counted it as watched, as far as that was heard while it went on.
        watched_at: The time that a sink must hold for it: when it ended (or was counted) past the watched
            mark. None until then; never unset.
        verdict: How it stands.
        reason: Why.
        detail: Facts for the reason's sentence; no secrets.
        history_key: Line of the server's play history that it stands for or was confirmed by.
    """

    id: PlayId
    server: str
    origin: Origin = Origin.WATCH
    session_key: str = ""
    play_queue_item: str = ""
    account: Account
    media: Media
    player: Player = Player()
    state: PlayState
    offset_ms: int | None = None
    progress: Percent | None = None
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    counted_at: datetime | None = None
    watched_at: datetime | None = None
    verdict: Verdict = Verdict.WATCHING
    reason: Reason = Reason.LIVE
    detail: str = ""
    history_key: str = ""


class DesiredAction(StrEnum):
    """What a sink should know about a play."""

    START = "start"
    PAUSE = "pause"
    STOP = "stop"
    """Ended before the watched mark: only the position is of interest."""
    WATCHED = "watched"
    """Ended past the watched mark: never dropped, never superseded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """What a sink should know.

    Attributes:
        action: The state.
        progress: 0.0 to 100.0.
        at: When that became so, aware UTC; for `WATCHED` the time that the sink must hold.
    """

    action: DesiredAction
    progress: Percent
    at: datetime


class DeliveryState(StrEnum):
    """How a delivery stands."""

    PENDING = "pending"
    """The sink does not know yet; see `next_attempt_at` and the lease."""
    SETTLED = "settled"
    """The sink knows what is desired, or never needs to."""
    DEAD = "dead"
    """Refused for good; only a person brings it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one sink account should know of one play, and what it does know. Level-triggered.

    Attributes:
        play_id: The play.
        account: The sink account.
        state: Pending, settled or dead.
        desired: What it should know.
        version: Counts changes of `desired`, from 1.
        acknowledged: What it does know, or None.
        acknowledged_version: The `version` that `acknowledged` stands for; 0 for none.
        attempts: Requests since the last change or success.
        next_attempt_at: Not before this moment, aware UTC.
        lease_owner: The worker that holds it, empty for none.
        lease_until: When the lease ends by itself, or None.
        fence: Counts leases; whoever writes with an older number is refused.
        sending_since: When a request for `WATCHED` was begun under the present lease, or None. It is written
            with the lease, before anything is sent; a lease that is found abandoned leaves its trace here.
        unknown_since: When a request for `WATCHED` was first sent whose outcome is not known, or None.
        remote_id: Number of the play at the sink, or None.
        reason: Why it waits, or how it ended.
        detail: Facts for the reason's sentence; no secrets.
        updated_at: Last change of the row.
    """

    play_id: PlayId
    account: SinkAccount
    state: DeliveryState = DeliveryState.PENDING
    desired: Desired
    version: int = 1
    acknowledged: Desired | None = None
    acknowledged_version: int = 0
    attempts: int = 0
    next_attempt_at: datetime
    lease_owner: str = ""
    lease_until: datetime | None = None
    fence: int = 0
    sending_since: datetime | None = None
    unknown_since: datetime | None = None
    remote_id: int | None = None
    reason: Reason = Reason.LIVE
    detail: str = ""
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """One step of a play's story.

    Attributes:
        at: When, aware UTC.
        step: What kind of step: `heard`, `bound`, `person`, `rules`, `desired`, `sent`, `answered`, `ended` …
        ok: Whether it went well; None where that is no question.
        text: A sentence for people; no secrets.
        data: Facts for machines; no secrets.
    """

    at: datetime
    step: str
    text: str
    ok: bool | None = None
    data: dict[str, Any] = field(default_factory=dict)


OVERRIDE = "override"
"""Evidence of a match that a person gave; no guess replaces it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a sink calls an item, or all items of a show, remembered.

    Attributes:
        key: The item, the show or its season: see `core.identity`.
        kind: What the sink has it as, where that is not what the server has it as; else None.
        ids: Ids at the sink of the movie, or of the episode itself; empty for "not found".
        show_ids: Ids of the show, empty for a movie.
        season: Season at the sink, or None.
        number: Number at the sink, or None.
        season_offset: For a whole show: what to add to the server's seasons; else None.
        number_offset: For a whole show: what to add to the server's numbers; else None.
        evidence: How it was found: `answer`, `search`, `override` …
        made_at: When, aware UTC.
        expires_at: When it must be looked up again, or None for never.
        item: What the server calls it, for people.
        found: What the sink calls it, for people; where it knows nothing, what was tried, in sentences.
    """

    key: str
    kind: MediaKind | None = None
    ids: Ids = Ids()
    show_ids: Ids = Ids()
    season: int | None = None
    number: int | None = None
    season_offset: int | None = None
    number_offset: int | None = None
    evidence: str
    made_at: datetime
    expires_at: datetime | None = None
    item: str = ""
    found: str = ""

    @property
    def is_of_show(self) -> bool:
        """Whether it says what all episodes of a show, or of its season, are called."""
        return self.season_offset is not None and self.number_offset is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Up to where a server's play history has been read.

    Attributes:
        server: `machineIdentifier`.
        viewed_at: Time of the newest line handled, aware UTC, by the server's clock.
        keys: `history_key` of every line handled in the overlap before it.
    """

    server: str
    viewed_at: datetime
    keys: frozenset[str] = frozenset()
