"""What the page of now shows: who watches what, what waits, what came last, and how each stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

from crosswatch.core.events import MediaKind
from crosswatch.core.people import linked_people, watched_mark
from crosswatch.core.plays import PlayState
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.sentences import Told, accounts_words, tell_play
from crosswatch.errors import StorageError
from crosswatch.health.checks import Level
from crosswatch.web.actions import next_action, possible
from crosswatch.web.charts import build_chart
from crosswatch.web.languages import mark, told, translate
from crosswatch.web.posters import has_poster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Delivery, Play, SinkAccount
    from crosswatch.core.ports import Backlog, Tally
    from crosswatch.health.checks import Health
    from crosswatch.web.actions import NextAction
    from crosswatch.web.charts import Chart
    from crosswatch.web.ports import RuntimeLike

MOST_CARDS = 24
MOST_ROWS = 12
LOOKED_AT = 100
FAILURES_FOR = timedelta(days=7)
HUES = 8
GLANCE_DAYS = 14
TRAKT_SITE = "https://trakt.tv"

SHAPES = {
    Verdict.WATCHING: "▶",
    Verdict.DELIVERED: "●",
    Verdict.QUEUED: "◔",
    Verdict.SKIPPED: "–",  # noqa: RUF001 -- a dash, as wide as the other shapes
    Verdict.FAILED: "✕",
}
WORDS = {
    Verdict.WATCHING: mark("Watching"),
    Verdict.DELIVERED: mark("Delivered"),
    Verdict.QUEUED: mark("Queued"),
    Verdict.SKIPPED: mark("Skipped"),
    Verdict.FAILED: mark("Failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A verdict as people see it: a colour (by the class `kind`), a shape and a word."""

    kind: str
    shape: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A play, as the page shows it.

    Attributes:
        id: The play's.
        title: Of the movie or the show.
        subtitle: Year, or season, number and the episode's title; may be empty.
        label: The same in short, for one line.
        initial: First letter of the title, drawn where a poster would be.
        hue: 0 to 7, always the same for a title.
        person: Who watches.
        device: On what; may be empty.
        is_playing: Whether the position moves.
        offset_ms: Position in milliseconds at `at`, or None.
        duration_ms: Length in milliseconds, or None.
        at: When the position was known, aware UTC.
        shown_at: The moment that a list shows: of the end, or of the start.
        badge: How it stands.
        told: Why.
        can_retry: Whether pressing Retry makes sense.
        can_ignore: Whether it can still be left out.
        action: What is best done about it next, or None.
        has_poster: Whether there may be a picture of it.
        trakt_url: Its page at Trakt, or empty.
        next_try_at: When the app tries again by itself, or None.
        pausable: Whom of the configuration pressing Pause would mean, by name; empty if nobody.
    """

    id: str
    title: str
    subtitle: str
    label: str
    initial: str
    hue: int
    person: str
    device: str
    is_playing: bool
    offset_ms: int | None
    duration_ms: int | None
    at: datetime
    shown_at: datetime
    badge: Badge
    told: Told
    can_retry: bool
    can_ignore: bool
    action: NextAction | None
    has_poster: bool
    trakt_url: str
    next_try_at: datetime | None
    pausable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NowPage:
    """The page.

    Attributes:
        health: Whether plays reach Trakt.
        playing: What is watched now, moving ones first.
        more: How many further ones there are.
        needs: Plays that a person has to look at.
        waiting: Finished plays that Trakt does not know yet, oldest last.
        waiting_count: How many deliveries of finished plays wait in all.
        next_try_at: When the first of them is tried again, or None.
        last: The last plays that ended.
        today: How many of the plays that began today stand how.
        chart: The same day by day, or None while there is nothing to compare.
        now: The moment of the page, aware UTC.
    """

    health: Health
    playing: tuple[Card, ...]
    more: int
    needs: tuple[Card, ...]
    waiting: tuple[Card, ...]
    waiting_count: int
    next_try_at: datetime | None
    last: tuple[Card, ...]
    today: tuple[tuple[Badge, int], ...]
    chart: Chart | None
    now: datetime

    @property
    def is_new(self) -> bool:
        """Whether the first set-up is not over, so that there is little else to show."""
        return any(check.level is Level.SETUP for check in self.health.checks)

    @property
    def is_deaf(self) -> bool:
        """Whether no server can be heard, so that positions are old and do not move."""
        servers = self.health.servers
        return bool(servers) and not any(server.connected for server in servers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What was read for the page."""

    recent: Sequence[Play] = ()
    watching: Sequence[Play] = ()
    queued: Sequence[Play] = ()
    failed: Sequence[Play] = ()
    deliveries: dict[PlayId, list[Delivery]]
    backlog: dict[SinkAccount, Backlog]
    tallies: Sequence[Tally] = ()
    problem: str = ""


async def look(runtime: RuntimeLike) -> NowPage:
    """What is so now; a database that cannot be read is one of the findings."""
    now = runtime.clock.now()
    try:
        rows = await _read(runtime, now)
    except StorageError as error:
        rows = _Rows(deliveries={}, backlog={}, problem=error.sentence)
    return _build(runtime, rows, now)


async def _read(runtime: RuntimeLike, now: datetime) -> _Rows:
    ledger = runtime.ledger
    recent = await ledger.plays(PlayQuery(limit=LOOKED_AT))
    watching = await ledger.plays(PlayQuery(verdict=Verdict.WATCHING, limit=LOOKED_AT))
    queued = await ledger.plays(PlayQuery(verdict=Verdict.QUEUED, limit=MOST_ROWS))
    failed = await ledger.plays(PlayQuery(verdict=Verdict.FAILED, since=now - FAILURES_FOR, limit=MOST_ROWS))
    ids = {play.id for play in (*recent, *watching, *queued, *failed)}
    return _Rows(
        recent=recent,
        watching=watching,
        queued=queued,
        failed=failed,
        deliveries=await ledger.deliveries(sorted(ids)),
        backlog=await ledger.backlog(),
        tallies=await ledger.tally(PlayQuery(since=datetime.combine(_first_day(now), time()).astimezone())),
    )


def _first_day(now: datetime) -> date:
    return now.astimezone().date() - timedelta(days=GLANCE_DAYS - 1)


def _build(runtime: RuntimeLike, rows: _Rows, now: datetime) -> NowPage:
    rules = runtime.rules()
    health = runtime.upkeep.judge(rows.backlog, rows.problem)

    def cards(plays: Sequence[Play]) -> tuple[Card, ...]:
        return tuple(build_card(play, rows.deliveries.get(play.id, []), rules) for play in plays)

    def playing(plays: Sequence[Play]) -> tuple[Card, ...]:
        shown = zip(plays, cards(plays), strict=True)
        return tuple(replace(card, pausable=_pausable(rules, play, now)) for play, card in shown)

    running = _open_plays(rows)
    needs = [play for play in rows.failed if play.state is PlayState.ENDED]
    chart = build_chart(rows.tallies, first=_first_day(now), last=now.astimezone().date())
    ended = sorted(
        (play for play in rows.recent if play.state is PlayState.ENDED), key=_shown_at, reverse=True
    )
    return NowPage(
        health=health,
        playing=playing(running[:MOST_CARDS]),
        more=max(0, len(running) - MOST_CARDS),
        needs=cards(needs),
        waiting=cards(rows.queued),
        waiting_count=sum(backlog.watched for backlog in rows.backlog.values()),
        next_try_at=min(
            (waits.next_attempt_at for waits in rows.backlog.values() if waits.next_attempt_at), default=None
        ),
        last=cards(
            [play for play in ended if play not in needs and play.verdict is not Verdict.QUEUED][:MOST_ROWS]
        ),
        today=_today(chart),
        chart=chart if chart.is_worth_a_look else None,
        now=now,
    )


def _open_plays(rows: _Rows) -> list[Play]:
    """Plays that have not ended, moving ones first; a play that is not scrobbled is among the recent ones."""
    running = {play.id: play for play in (*rows.watching, *rows.recent) if play.state is not PlayState.ENDED}
    return sorted(running.values(), key=lambda play: (play.state is not PlayState.PLAYING, play.id))


def _pausable(rules: Rules, play: Play, now: datetime) -> str:
    """The one person of the configuration who watches; their name has to do as a step of an address."""
    linked = linked_people(rules, play.account, play.server)
    meant = [one.name for one in linked if not one.is_paused_at(now)]
    is_step = len(meant) == 1 and meant[0].isprintable() and "/" not in meant[0] and meant[0].strip(".")
    return meant[0] if is_step else ""


def _today(chart: Chart) -> tuple[tuple[Badge, int], ...]:
    counts = dict(chart.bars[-1].counts)
    order = (Verdict.DELIVERED, Verdict.QUEUED, Verdict.SKIPPED, Verdict.FAILED)
    return tuple((_badge(verdict), counts.get(verdict, 0)) for verdict in order)


def build_card(play: Play, deliveries: Sequence[Delivery], rules: Rules) -> Card:
    """The play as the page shows it.

    Args:
        play: The play.
        deliveries: All its deliveries.
        rules: Whose plays count now.
    """
    title, subtitle = _titles(play)
    told = tell_play(play, mark=watched_mark(rules, play), deliveries=deliveries)
    is_waiting = play.verdict in (Verdict.QUEUED, Verdict.FAILED)
    return Card(
        id=play.id,
        title=title,
        subtitle=subtitle,
        label=play.media.label,
        initial=next((letter for letter in title if letter.isalnum()), "?").upper(),
        hue=crc32(title.encode()) % HUES,
        person=play.account.name or translate("Somebody"),
        device=_device(play),
        is_playing=play.state is PlayState.PLAYING,
        offset_ms=play.offset_ms,
        duration_ms=play.media.duration_ms,
        at=play.last_seen_at,
        shown_at=_shown_at(play),
        badge=_live_badge(play, deliveries) if play.state is not PlayState.ENDED else _badge(play.verdict),
        told=told,
        can_retry=is_waiting and bool(deliveries),
        can_ignore=possible(play, deliveries, rules).can_ignore,
        action=next_action(play, deliveries, rules),
        has_poster=has_poster(play),
        trakt_url=trakt_address(play.media),
        next_try_at=min((row.next_attempt_at for row in deliveries), default=None) if is_waiting else None,
    )


def _shown_at(play: Play) -> datetime:
    return play.watched_at or play.ended_at or play.started_at


def _badge(verdict: Verdict, word: str = "") -> Badge:
    return Badge(kind=verdict.value, shape=SHAPES[verdict], word=word or translate(WORDS[verdict]))


def _live_badge(play: Play, deliveries: Sequence[Delivery]) -> Badge:
    """How a play stands that has not ended: what will become of it, as far as that is known."""
    match play.verdict:
        case Verdict.SKIPPED:
            return _badge(Verdict.SKIPPED, translate("Not scrobbling"))
        case Verdict.WATCHING if play.reason is Reason.LIVE and deliveries:
            accounts = accounts_words([row.account for row in deliveries])
            return _badge(
                Verdict.DELIVERED, translate("Scrobbling to %(accounts)s") % {"accounts": told(accounts)}
            )
        case Verdict.WATCHING if play.reason is Reason.LIVE:
            return _badge(Verdict.WATCHING)
        case Verdict.WATCHING if play.reason is Reason.IDENTIFYING:
            return _badge(Verdict.WATCHING, translate("Finding out who and what"))
        case Verdict.WATCHING | Verdict.QUEUED:
            return _badge(Verdict.QUEUED, translate("Will be sent later"))
        case verdict:
            return _badge(verdict)


def _titles(play: Play) -> tuple[str, str]:
    media = play.media
    if media.kind is not MediaKind.EPISODE:
        return media.title or translate("Unknown title"), str(media.year or "")
    numbers = ""
    if media.season is not None and media.number is not None:
        numbers = f"S{media.season:02d} E{media.number:02d}"
    parts = [part for part in (numbers, media.title) if part]
    return (media.show.title if media.show else media.title) or translate("Unknown show"), " · ".join(parts)


def _device(play: Play) -> str:
    parts = [play.player.title, play.player.product]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def trakt_address(media: Media) -> str:
    """The page of the item at Trakt, found there by an id that it has; empty if it has none."""
    ids = media.ids.as_dict()
    if media.kind.is_scrobbled and "imdb" in ids:
        return f"{TRAKT_SITE}/search/imdb/{ids['imdb']}"
    kind = "movie" if media.kind is MediaKind.MOVIE else "episode"
    if media.kind is MediaKind.EPISODE and not ids and media.show is not None:
        ids, kind = media.show.ids.as_dict(), "show"
    named = next(((name, ids[name]) for name in ("trakt", "tmdb", "tvdb") if name in ids), None)
    if named is None or not media.kind.is_scrobbled:
        return ""
    return f"{TRAKT_SITE}/search/{named[0]}/{named[1]}?id_type={kind}"
