"""What the history shows: plays that fit the filters, by day, each with its verdict and one next action."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from crosswatch.core.events import MediaKind, PlayId
from crosswatch.core.plays import PlayState
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import EXPLANATIONS, Reason, Verdict
from crosswatch.web.charts import ORDER, build_chart
from crosswatch.web.languages import mark, translate
from crosswatch.web.now import SHAPES, WORDS, Badge, build_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from enum import StrEnum
    from typing import TypeVar

    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Delivery, Play
    from crosswatch.core.ports import Tally
    from crosswatch.web.actions import NextAction
    from crosswatch.web.charts import Chart
    from crosswatch.web.now import Card
    from crosswatch.web.ports import RuntimeLike

    E = TypeVar("E", bound=StrEnum)

PAGE_SIZE = 50
LONGEST_FILTER = 200
MOST_DIGITS = 4
SINCE = {
    "1": mark("Today"),
    "7": mark("7 days"),
    "30": mark("30 days"),
    "90": mark("90 days"),
    "365": mark("A year"),
}
"""How far back, in days; a date such as `2026-11-01` will do as well."""

KINDS = {MediaKind.MOVIE: mark("Films"), MediaKind.EPISODE: mark("Episodes")}
ONE_DAY = timedelta(days=1)
LEAST_DAYS = 14
"""The chart shows at least so many days, so that one evening does not look like a wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows the history, as it stands in the address; empty texts narrow nothing.

    Attributes:
        who: Name of an account, or `id:<number>`.
        outcome: A verdict.
        reason: A reason's code.
        server: `machineIdentifier`.
        kind: A kind of item.
        since: A number of days, today included, or a date.
        q: Part of a title.
    """

    who: str = ""
    outcome: str = ""
    reason: str = ""
    server: str = ""
    kind: str = ""
    since: str = ""
    q: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Filters:
        """Those of an address; what cannot be understood narrows nothing."""
        texts = {field.name: asked.get(field.name, "").strip()[:LONGEST_FILTER] for field in fields(cls)}
        found = cls(**texts)
        return replace(
            found,
            outcome=_member(Verdict, found.outcome),
            reason=_member(Reason, found.reason),
            kind=_member(MediaKind, found.kind),
            since=found.since if _since(found.since, date.max) else "",
        )

    def __bool__(self) -> bool:
        return bool(self.as_dict())

    def as_dict(self) -> dict[str, str]:
        """Those that narrow, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value}

    def address(self, page: str = "history", **more: str) -> str:
        """The address of a page with these filters, relative to the first page."""
        query = urlencode({**self.as_dict(), **{name: value for name, value in more.items() if value}})
        return f"{page}?{query}" if query else page

    def query(self, now: datetime, *, before: str = "", limit: int = PAGE_SIZE) -> PlayQuery:
        """The same as the ledger understands it."""
        return PlayQuery(
            who=self.who or None,
            verdict=Verdict(self.outcome) if self.outcome else None,
            reason=Reason(self.reason) if self.reason else None,
            server=self.server or None,
            kind=self.kind or None,
            text=self.q or None,
            since=self.begin(now),
            before=PlayId(before) or None,
            limit=limit,
        )

    def begin(self, now: datetime) -> datetime | None:
        """The midnight, in this machine's zone, from which on plays are shown; None for all."""
        day = _since(self.since, now.astimezone().date())
        return datetime.combine(day, time()).astimezone() if day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One play.

    Attributes:
        card: What it was and how it stands.
        began_at: When it began, by which it is listed.
        ended_at: When it ended, as other screens show it, or None.
        action: What is to be done about it next, or None.
    """

    card: Card
    began_at: datetime
    ended_at: datetime | None
    action: NextAction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The plays that began on one day of this machine's zone, the newest first.

    Attributes:
        date: The day.
        name: What it is called.
        is_near: Whether that is today or yesterday.
        rows: The plays.
    """

    date: date
    name: str
    is_near: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """The page.

    Attributes:
        filters: What narrows it.
        days: The newest first.
        total: How many plays fit in all.
        outcomes: How many of them came to which end, without noughts.
        chart: The same by day, or None where there is nothing to compare.
        people: Whom one may ask for.
        servers: The same, by `machineIdentifier`; empty if there is only one.
        older: The cursor of the next page, or empty.
        is_first: Whether nothing newer is left out.
        now: The moment of the page, aware UTC.
    """

    filters: Filters
    days: tuple[Day, ...]
    total: int
    outcomes: tuple[tuple[Badge, int], ...]
    chart: Chart | None
    people: tuple[str, ...]
    servers: Mapping[str, str]
    older: str
    is_first: bool
    now: datetime


async def look(runtime: RuntimeLike, filters: Filters, cursor: str) -> HistoryPage:
    """What the history shows.

    Args:
        runtime: What is shown.
        filters: What narrows it.
        cursor: `older` of the page before, or empty for the newest plays.

    Raises:
        StorageError: If the plays cannot be read.
    """
    now = runtime.clock.now()
    ledger = runtime.ledger
    found = await ledger.plays(filters.query(now, before=cursor, limit=PAGE_SIZE + 1))
    plays = found[:PAGE_SIZE]
    deliveries = await ledger.deliveries([play.id for play in plays])
    tallies = await ledger.tally(filters.query(now))
    rules = runtime.rules()
    rows = [build_row(play, deliveries.get(play.id, []), rules) for play in plays]
    chart = None if cursor else _chart(tallies, filters.begin(now), now)
    return HistoryPage(
        filters=filters,
        days=tuple(by_day(rows, now)),
        total=sum(tally.count for tally in tallies),
        outcomes=count_outcomes(tallies),
        chart=chart if chart and chart.is_worth_a_look else None,
        people=_people(runtime, plays, filters.who),
        servers=_servers(runtime, filters.server),
        older=plays[-1].id if len(found) > PAGE_SIZE else "",
        is_first=not cursor,
        now=now,
    )


def build_row(play: Play, deliveries: Sequence[Delivery], rules: Rules) -> Row:
    """A play of the list."""
    card = build_card(play, deliveries, rules)
    return Row(
        card=card,
        began_at=play.started_at,
        ended_at=card.shown_at if play.state is PlayState.ENDED else None,
        action=card.action,
    )


def by_day(rows: Iterable[Row], now: datetime) -> list[Day]:
    """The rows, which come newest first, under the days on which they began."""
    today = now.astimezone().date()
    grouped = groupby(rows, key=lambda row: row.began_at.astimezone().date())
    return [
        Day(date=day, name=day_words(day, today), is_near=abs(today - day) <= ONE_DAY, rows=tuple(group))
        for day, group in grouped
    ]


def day_words(day: date, today: date) -> str:
    """`Today`, `Yesterday`, `Mon 12 May`, and with the year where it is another one."""
    if day == today:
        return translate("Today")
    if day == today - ONE_DAY:
        return translate("Yesterday")
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


def count_outcomes(tallies: Iterable[Tally]) -> tuple[tuple[Badge, int], ...]:
    """How many plays came to which end."""
    counts = dict.fromkeys(ORDER, 0)
    for tally in tallies:
        counts[tally.verdict] += tally.count
    return tuple(
        (Badge(kind=verdict.value, shape=SHAPES[verdict], word=WORDS[verdict]), count)
        for verdict, count in counts.items()
        if count
    )


def since_choices(wanted: str) -> list[tuple[str, str]]:
    """How far back one may look, and the date that an address asks for."""
    listed = [(days, translate(word)) for days, word in SINCE.items()]
    return listed if wanted in SINCE or not wanted else [*listed, (wanted, wanted)]


def reasons() -> list[tuple[str, str]]:
    """Every reason's code with its title, by title."""
    titles = [(reason.value, translate(one.title)) for reason, one in EXPLANATIONS.items()]
    return sorted(titles, key=lambda pair: pair[1])


def read_count(text: str | None) -> int:
    """A small number of an address, or 0 for what is none."""
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if is_number and text else 0


def _chart(tallies: Sequence[Tally], begin: datetime | None, now: datetime) -> Chart | None:
    if not tallies:
        return None
    today = now.astimezone().date()
    first = (begin or tallies[0].at).astimezone().date()
    return build_chart(tallies, first=min(first, today - timedelta(days=LEAST_DAYS - 1)), last=today)


def _people(runtime: RuntimeLike, plays: Iterable[Play], wanted: str) -> tuple[str, ...]:
    accounts = [account for found in runtime.known_accounts().values() for account in found]
    names = {account.name for account in (*accounts, *(play.account for play in plays))} | {wanted}
    return tuple(sorted(names - {""}, key=str.casefold))


def _servers(runtime: RuntimeLike, wanted: str) -> dict[str, str]:
    listed = runtime.watch_status()["servers"]
    named = {one["server_uuid"]: one["name"] for one in listed if one.get("server_uuid")}
    if wanted:
        named.setdefault(wanted, wanted)
    return named if len(named) > 1 or wanted else {}


def _member(kind: type[E], text: str) -> str:
    return text if text in set(kind) else ""


def _since(text: str, today: date) -> date | None:
    """The first day that is meant, or None for what is neither a number of days nor a date."""
    if text in SINCE:
        return today - timedelta(days=int(text) - 1)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1970, 1, 2) <= day <= date(9998, 12, 31) else None
