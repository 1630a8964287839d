"""What the page of a play shows: why it stands as it stands, step by step, and what may be done about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from crosswatch.core.delivery import verdict_of
from crosswatch.core.people import watched_mark
from crosswatch.core.phrases import plain
from crosswatch.core.plays import OVERRIDE, DeliveryState, PlayState
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.sentences import account_title, accounts_words, percent_words, tell_delivery
from crosswatch.web.actions import NAMELESS, OF_PEOPLE, NextAction, is_ignored, possible
from crosswatch.web.ignoring import offers_for
from crosswatch.web.issue_text import Evidence, issue_text
from crosswatch.web.languages import mark, told, translate
from crosswatch.web.now import SHAPES, WORDS, Badge, build_card
from crosswatch.web.pages.checks import Check, build_checks
from crosswatch.web.pages.match import search_for
from crosswatch.web.shapes import play_shape, trace_shape
from crosswatch.web.words import WEEKDAY_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from crosswatch.core.events import PlayId
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Delivery, Play, TraceEntry
    from crosswatch.core.sentences import Told
    from crosswatch.service.memory import Known
    from crosswatch.web.actions import Possible
    from crosswatch.web.ignoring import Offer
    from crosswatch.web.now import Card
    from crosswatch.web.pages.match import Search
    from crosswatch.web.ports import RuntimeLike

ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
"""Around a title that may be written from right to left, so that it does not turn the sentence about."""

QUERY = re.compile(r"\?\S+")
"""What an address asks for is long, and stands with the rest of what was sent."""

SHOWN_FIRST, SHOWN_LAST = 6, 12
"""So many steps of a long story are shown at once."""

MOST_LINES = 200
"""So many lines of the log are shown, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """How the play stands at one account.

    Attributes:
        account: What it is called.
        badge: How it stands there.
        told: Why.
        position: How far it was watched, as the account should know.
        attempts: Requests since the last change or success.
        next_try_at: When it is tried again, or None.
        changed_at: When something changed last, aware UTC.
    """

    account: str
    badge: Badge
    told: Told
    position: str
    attempts: int
    next_try_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the story.

    Attributes:
        at: When.
        day: On which day of this machine's zone.
        is_good: Whether it went well; None where that is no question.
        text: What happened.
        sent: What was sent, or empty.
        answered: What came back, or empty.
    """

    at: datetime
    day: date
    is_good: bool | None
    text: str
    sent: str = ""
    answered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayPage:
    """The page.

    Attributes:
        card: What it was and how it stands.
        heading: The question that the page answers, or the good news.
        facts: What else is known of it, each with its name.
        began_at: When it began.
        ended_at: When it ended, or None.
        checks: What had to be so for it to be delivered, and whether it was.
        destinations: How it stands at each account.
        steps: Its story.
        lines: What the log says of it.
        raw: All of it as the API shows it.
        issue: What to put into a bug report: no secrets, no names.
        may: What may be done about it.
        action: What is best done, or None.
        ignoring: What can be ignored of it altogether, and what is.
        hint: What helps, in words, where no button here does it.
        chosen: How the item came by its name, where a person or a list of anime said it; or empty.
        is_choice: Whether it was a person.
        search: What to look for at Trakt, where the match is wrong.
        now: The moment of the page.
        first: How many steps of a long story come before what is folded away.
    """

    card: Card
    heading: str
    facts: tuple[tuple[str, str], ...]
    began_at: datetime
    ended_at: datetime | None
    checks: tuple[Check, ...]
    destinations: tuple[Destination, ...]
    steps: tuple[Step, ...]
    lines: tuple[str, ...]
    raw: str
    issue: str
    may: Possible
    action: NextAction | None
    ignoring: tuple[Offer, ...]
    hint: str
    chosen: str
    is_choice: bool
    search: Search
    now: datetime
    first: int = SHOWN_FIRST

    @property
    def day(self) -> date:
        """The day on which it began, in this machine's zone."""
        return self.began_at.astimezone().date()

    @property
    def is_open(self) -> bool:
        """Whether more will become of it by itself."""
        return self.card.badge.kind in (Verdict.WATCHING, Verdict.QUEUED)

    @property
    def is_long_ago(self) -> bool:
        """Whether moments of that time are told by their day alone."""
        return self.now - self.began_at >= WEEKDAY_WITHIN

    @property
    def folds(self) -> int:
        """How many steps in the middle of a long story are folded away."""
        return max(0, len(self.steps) - SHOWN_FIRST - SHOWN_LAST)


async def look(runtime: RuntimeLike, play_id: PlayId) -> PlayPage | None:
    """What is known of the play; None if there is none.

    Raises:
        StorageError: If the database cannot be read.
    """
    play = await runtime.ledger.play(play_id)
    if play is None:
        return None
    deliveries = (await runtime.ledger.deliveries([play_id])).get(play_id, [])
    trace = await runtime.ledger.trace(play_id)
    known = await runtime.recall(play.media)
    records = [record for record in runtime.logs.dump() if record.play == play_id][-MOST_LINES:]
    evidence = Evidence(play=play, deliveries=deliveries, trace=trace, records=records)
    return build_page(runtime, evidence, known)


def build_page(runtime: RuntimeLike, evidence: Evidence, known: Known) -> PlayPage:
    """The page, from what was read for it."""
    play, deliveries, trace = evidence.play, evidence.deliveries, evidence.trace
    rules = runtime.rules()
    mark = watched_mark(rules, play)
    card = build_card(play, deliveries, rules)
    server = server_name(runtime, play.server)
    redact = runtime.logs.redact
    shape = {**play_shape(play, deliveries, mark), "trace": [trace_shape(entry) for entry in trace]}
    return PlayPage(
        card=card,
        heading=heading(play, deliveries),
        facts=tuple(_facts(play, server)),
        began_at=play.started_at,
        ended_at=play.ended_at,
        checks=tuple(build_checks(play, deliveries, rules, mark=mark, server=server)),
        destinations=tuple(_destination(play, row, mark) for row in deliveries),
        steps=tuple(_step(entry, redact) for entry in trace),
        lines=tuple(record.line for record in evidence.records),
        raw=redact(msgspec.json.format(msgspec.json.encode(shape, enc_hook=plain)).decode()),
        issue=redact(issue_text(evidence, card.told.sentence)),
        may=possible(play, deliveries, rules),
        action=card.action,
        ignoring=offers_for(play, rules, runtime.config.overlay.variables),
        hint="" if _has_button(play, rules) else card.told.action,
        chosen=known.how,
        is_choice=known.match is not None and known.match.evidence == OVERRIDE,
        search=search_for(play.media),
        now=runtime.clock.now(),
    )


def _has_button(play: Play, rules: Rules) -> bool:
    """Whether a button does what the words would have one write, or leads there."""
    is_nameless = play.reason in NAMELESS and play.media.kind.is_scrobbled
    return is_nameless or play.reason in OF_PEOPLE or is_ignored(play, rules)


def heading(play: Play, deliveries: Sequence[Delivery]) -> str:
    """The question that somebody comes with, or the good news."""
    return translate(_heading(play, is_told=bool(deliveries))) % {
        "title": f"{ISOLATE}{play.media.label or translate('an unknown title')}{POP_ISOLATE}",
        "account": told(accounts_words([row.account for row in deliveries])),
    }


def _heading(play: Play, *, is_told: bool) -> str:
    match play.verdict:
        case Verdict.DELIVERED if play.reason is Reason.WATCHED and is_told:
            return mark("%(title)s reached %(account)s")
        case Verdict.QUEUED:
            return mark("%(title)s waits to be sent")
        case Verdict.SKIPPED | Verdict.FAILED if play.state is not PlayState.ENDED:
            return mark("Why isn't %(title)s scrobbled?")
        case Verdict.SKIPPED | Verdict.FAILED if play.reason not in (
            Reason.IGNORED_BY_YOU,
            Reason.TAKEN_BACK,
        ):
            return mark("Why wasn't %(title)s scrobbled?")
        case Verdict.WATCHING:
            return mark("%(title)s is being watched")
        case _:
            return mark("What became of %(title)s")


def server_name(runtime: RuntimeLike, server: str) -> str:
    """What the server is called, or its id."""
    listed = runtime.watch_status()["servers"]
    return next((one["name"] for one in listed if one.get("server_uuid") == server), server)


def _facts(play: Play, server: str) -> list[tuple[str, str]]:
    player = " · ".join(part for part in dict.fromkeys((play.player.title, play.player.product)) if part)
    facts = (
        (translate("Player"), player),
        (translate("Library"), play.media.library),
        (translate("Server"), server),
    )
    return [(name, value) for name, value in facts if value]


def _destination(play: Play, row: Delivery, mark: float) -> Destination:
    verdict, _, _ = verdict_of(replace(play, verdict=Verdict.WATCHING), [row])
    waits = row.state is DeliveryState.PENDING
    return Destination(
        account=account_title(row.account),
        badge=Badge(kind=verdict.value, shape=SHAPES[verdict], word=translate(WORDS[verdict])),
        told=tell_delivery(play, row, mark=mark),
        position=percent_words(row.desired.progress),
        attempts=row.attempts,
        next_try_at=row.next_attempt_at if waits else None,
        changed_at=row.updated_at,
    )


def _step(entry: TraceEntry, redact: Callable[[str], str]) -> Step:
    text = redact(told(entry.text))
    return Step(
        at=entry.at,
        day=entry.at.astimezone().date(),
        is_good=entry.ok,
        text=QUERY.sub("", text) if "request" in entry.data else text,
        sent=redact(str(entry.data.get("request", ""))),
        answered=redact(str(entry.data.get("answer", ""))),
    )
