"""Where the layers meet: what the service needs from storage, from sinks and from sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from crosswatch.core.inbox import Inbox
from crosswatch.core.reasons import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crosswatch.core.events import Account, Media, MediaKind, Percent, PlayId, SharedFile, Show
    from crosswatch.core.facts import HistoryRow, SessionRow
    from crosswatch.core.identity import Choice
    from crosswatch.core.outcomes import Outcome
    from crosswatch.core.plays import (
        Cursor,
        Delivery,
        Desired,
        DesiredAction,
        Match,
        Play,
        SinkAccount,
        TraceEntry,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayChange:
    """What is to be written about one play, all or nothing.

    Attributes:
        play: The row as it is now; made if it is new.
        desired: What each of these accounts should know from now on.
        trace: Steps to be added to its story.
        hooks: Received webhooks (`core.inbox`) that need not be kept any more.
    """

    play: Play
    desired: tuple[tuple[SinkAccount, Desired], ...] = ()
    trace: tuple[TraceEntry, ...] = ()
    hooks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A leased delivery and the play that it is about, as they were when the lease was taken."""

    play: Play
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What came of a claim.

    Attributes:
        claim: The claim; its fence and version are what counts.
        outcome: What came of it; None drops a stale state.
        at: The moment of the answer, aware UTC.
        retry_at: When to try again if the outcome asks for that.
        trace: Steps to be added to the play's story.
    """

    claim: Claim
    outcome: Outcome | None
    at: datetime
    retry_at: datetime
    trace: tuple[TraceEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayQuery:
    """Which plays a reader wants; every attribute that is not None narrows.

    Attributes:
        who: Name of the account, capitals ignored, or `id:<number>`.
        since: Only plays that began then or later, aware UTC.
        before: Only plays older than this id, for the next page.
        limit: At most so many, newest first, 1 to 500.
        text: Part of the title or of the show's title, case ignored.
    """

    who: str | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    server: str | None = None
    kind: str | None = None
    text: str | None = None
    since: datetime | None = None
    before: PlayId | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many plays of one verdict began in one quarter of an hour.

    Quarters fit into the days of every zone, so that whoever shows days can make them.

    Attributes:
        at: Begin of the quarter, aware UTC.
        verdict: How they stand.
        count: How many, at least one.
    """

    at: datetime
    verdict: Verdict
    count: int


TALLY_SPAN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for one sink account.

    Attributes:
        pending: Deliveries that the sink does not know yet.
        watched: How many of them are finished plays.
        oldest_at: When the oldest of those was watched, or None.
        next_attempt_at: When the next of those is due, or None.
        dead: Deliveries that were refused for good.
    """

    pending: int = 0
    watched: int = 0
    oldest_at: datetime | None = None
    next_attempt_at: datetime | None = None
    dead: int = 0


class Ledger(Inbox, Protocol):
    """Plays, deliveries and what is kept beside them; each call is one durable transaction.

    Raises:
        StorageError: From any call, if the database cannot be used now. Nothing is changed then.
    """

    async def record(self, changes: Sequence[PlayChange], *, cursor: Cursor | None = None) -> None:
        """Write plays, what sinks should know of them, and how far a history has been read.

        Deliveries change by `core.delivery.with_desired`; a play's verdict follows by `verdict_of`.
        Later calls never overtake earlier ones.
        """

    async def open_plays(self, server: str) -> list[Play]:
        """Plays of the server that have not ended, oldest first."""

    async def plays_of(self, server: str, account_id: int | None, since: datetime) -> list[Play]:
        """Plays of one account (any, if None) that were last seen at that time or later, newest first."""

    async def claim(
        self, account: SinkAccount, *, worker: str, now: datetime, lease: timedelta, batch: int
    ) -> list[Claim]:
        """Lease what is most urgent for the account (`core.delivery.urgency`), durably.

        Returns:
            Nothing if nothing is due or another worker holds a lease of this account; one claim for a
            live state; up to `batch` claims where only back-fill is due, oldest first; up to `batch` stale
            states, which need no request, where nothing else is due. The kinds are never mixed.
        """

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Write outcomes and give leases back; False for each whose lease was lost meanwhile.

        The row is taken as it is now (`core.delivery.with_outcome` or `dropped`), not as it was claimed.
        A match that an outcome carries is remembered in the same transaction.
        """

    async def release(self, worker: str | None = None) -> int:
        """Give back the leases of one worker (of all, if None); how many there were."""

    async def next_due(self, account: SinkAccount) -> datetime | None:
        """When the next delivery of the account can be claimed; in the past if now; None if none waits."""

    async def backlog(self) -> dict[SinkAccount, Backlog]:
        """What waits, for each account that has deliveries waiting or dead."""

    async def retry(
        self, play_id: PlayId, now: datetime, *, anew: bool = False, trace: Sequence[TraceEntry] = ()
    ) -> int:
        """Make the play's waiting and dead deliveries due at once, and those that a person chose to ignore.

        Args:
            play_id: The play.
            now: The present moment.
            anew: Whether those that were taken back are told again as well (`core.delivery.woken`).
            trace: Steps to be added to the play's story.

        Returns:
            How many there were.
        """

    async def ignore(self, play_id: PlayId, now: datetime, trace: TraceEntry) -> bool:
        """Tell nobody of the play any more, now or later; what sinks know already, they know.

        Returns:
            False, with nothing changed, if there is no such play, a sink holds it as watched, or a request
            about it is under way.
        """

    async def take_back(self, claim: Claim, now: datetime, trace: Sequence[TraceEntry]) -> bool:
        """Write that a sink has let go of a play (`core.delivery.taken_back`).

        Args:
            claim: The play and the settled delivery, as they were read.
            now: The present moment.
            trace: Steps to be added to the play's story.

        Returns:
            Whether the delivery was still as it was read; else nothing is changed.
        """

    async def amend(self, play_id: PlayId, media: Media, trace: TraceEntry) -> None:
        """Write what the server has come to say of the item since; the viewing stays what it was."""

    async def wake_account(self, account: SinkAccount, now: datetime) -> int:
        """Make all waiting deliveries of the account due at once; how many there were."""

    async def play(self, play_id: PlayId) -> Play | None:
        """The play, or None."""

    async def plays(self, query: PlayQuery) -> list[Play]:
        """Plays that fit, newest first."""

    async def tally(self, query: PlayQuery) -> list[Tally]:
        """How many plays fit, by quarter of an hour and verdict, oldest first; `before` and `limit` aside."""

    async def deliveries(self, play_ids: Sequence[PlayId]) -> dict[PlayId, list[Delivery]]:
        """The deliveries of these plays; plays without any are left out."""

    async def trace(self, play_id: PlayId) -> list[TraceEntry]:
        """The play's story, in order."""

    async def delivered_near(
        self, account: SinkAccount, since: datetime, until: datetime
    ) -> list[tuple[Play, Delivery]]:
        """Finished plays of the account whose `watched_at` lies in that span, whatever became of them."""

    async def cursor(self, server: str) -> Cursor | None:
        """Up to where the server's history has been read, or None before the first contact."""

    async def match(self, key: str, now: datetime) -> Match | None:
        """What the sink calls the item, if that is remembered and has not expired."""

    async def recall(self, keys: Sequence[str], now: datetime) -> dict[str, Match]:
        """What is remembered under these keys and has not expired."""

    async def matches(self, evidence: str) -> list[Match]:
        """Everything that is remembered with this evidence, by key."""

    async def save_match(self, match: Match) -> None:
        """Remember what the sink calls an item; a guess never takes the place of a person's choice."""

    async def forget_matches(self, keys: Sequence[str], evidence: Sequence[str]) -> int:
        """Drop what is remembered under these keys with one of these evidences; how many there were."""

    async def unsettled_plays(self) -> list[Play]:
        """Plays of which a sink does not know what it should: deliveries wait, or were refused for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing to tell a sink.

    Attributes:
        account: Whose account.
        media: The item.
        action: What it is.
        progress: 0.0 to 100.0, true; the sink's own limits are the sink's to know.
        at: When it became so, aware UTC.
        started_at: When the viewing began, aware UTC.
        play_id: For the log.
        match: What the sink calls the item, as far as that is remembered.
    """

    account: SinkAccount
    media: Media
    action: DesiredAction
    progress: Percent
    at: datetime
    started_at: datetime
    play_id: PlayId
    match: Match | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePlay:
    """One line of the history that a sink holds.

    Attributes:
        remote_id: Its number.
        watched_at: Aware UTC.
        media: The item, with ids (and the show's), season and number as the sink writes them.
    """

    remote_id: int
    watched_at: datetime
    media: Media


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, for a play's story; no secrets.

    Attributes:
        request: Verb, path and body.
        status: HTTP status, or 0 if there was no answer.
        answer: What came back, shortened; or what broke.
    """

    request: str
    status: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An outcome and how it came about.

    Attributes:
        outcome: What came of it.
        exchanges: What was asked and answered.
        how: Why the item was called as it was, for the play's story; empty where it goes by its own name.
    """

    outcome: Outcome
    exchanges: tuple[Exchange, ...] = ()
    how: str = ""


class ScrobbleSink(Protocol):
    """Where scrobbles go. Nothing is raised for what a sink is known to do: it is an outcome."""

    async def send(self, order: Order) -> Attempt:
        """Tell the sink of a state as it happens; `WATCHED` makes a play dated now."""

    async def fetch_history(
        self, account: SinkAccount, since: datetime, until: datetime
    ) -> tuple[list[RemotePlay], Attempt | None]:
        """What the sink holds in that span; the attempt says why, where it could not be had."""

    async def backfill(self, orders: Sequence[Order], *, held: Collection[int] = ()) -> list[Attempt]:
        """Add finished plays with their own times, one account's, in one request; an outcome for each.

        The sink is known not to hold them: the caller has read its history.

        Args:
            orders: The plays.
            held: Numbers of the plays that the history held; none of them is ours to take back.
        """

    async def look_up(self, account: SinkAccount, choice: Choice) -> Media | Attempt:
        """What the sink has under the ids that a person chose, with its own ids; or why that is nothing."""

    async def search(
        self, account: SinkAccount, text: str, kind: MediaKind
    ) -> Sequence[Media | Show] | Attempt:
        """Movies, or shows for an episode, whose titles resemble the text; or why that cannot be told."""

    async def episodes(self, account: SinkAccount, show_id: int) -> Sequence[Media] | Attempt:
        """The episodes of the show with that number at the sink, in order; or why they cannot be had."""

    async def forget_play(self, account: SinkAccount, remote_id: int) -> Attempt:
        """Take one play out of the account's history; accepted if it is gone, or was gone before."""


class MetadataSource(Protocol):
    """A Plex server as the pipeline needs it.

    Raises:
        SourceError: From any call; the subclass says who has to act.
    """

    async def fetch_sessions(self) -> list[SessionRow]:
        """What plays now."""

    async def fetch_media(self, rating_key: str) -> Media:
        """The item with its ids and its show's."""

    async def fetch_history(self, since: datetime) -> list[HistoryRow]:
        """Plays that the server counted at that time or later, by its own clock, oldest first."""

    async def resolve_account(self, account_id: int) -> Account:
        """The account of that number with all its names; a bare number where nobody knows more.

        The owner's number at plex.tv is as good as 1.
        """

    def known_account(self, account: Account) -> Account:
        """The account with all that is known of it by now, by the server's own number; nobody is asked."""

    async def fetch_sole_viewer(self) -> Account | None:
        """Whose plays alone this token shows, if it is not the owner's; None for the owner's token.

        Only a server that plex.tv lists as somebody else's counts as such: a server that refuses for a
        moment while it starts must not make the owner everybody's stand-in.
        """

    async def fetch_counted_at_ms(self, shared: SharedFile) -> int:
        """Where in a file of several episodes, in milliseconds, the server counts it as watched."""

    async def fetch_poster(self, rating_key: str) -> bytes:
        """A small picture of the item or the show, of whatever type the server likes."""

    def forget(self, rating_key: str) -> None:
        """Drop what is cached about the item: its match was changed, or it was deleted."""
