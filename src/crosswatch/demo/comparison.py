"""Holds what was really watched against what Trakt holds. Pure.

The truth comes from the players and the claim from Trakt; CrossWatch is not asked whether something is
right, only for its reason where it rightly told Trakt nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WATCHED_FROM = 80.0
"""Percent from which an ended viewing counts."""

TOLERANCE = timedelta(minutes=15)
"""How far the time at Trakt may be off: a stop that is up to ten minutes late is sent as it is, and gets the
time at which it arrives; on a fast clock its way takes minutes too."""

SAME_VIEWING = timedelta(minutes=10)
"""How much later than the player CrossWatch may have noticed that a viewing began."""


class Finding(StrEnum):
    """What came of a viewing, or what a play at Trakt is; the first two are right."""

    RECORDED = "recorded"
    LEFT_OUT = "left out"
    LOST = "lost"
    DOUBLED = "doubled"
    WRONG = "wrong"

    @property
    def is_right(self) -> bool:
        """Whether it is as it should be."""
        return self in (Finding.RECORDED, Finding.LEFT_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What somebody really watched.

    Attributes:
        who: The person's name.
        label: The item as Plex names it.
        trakt_label: The item as Trakt names it; empty if it is nothing for Trakt.
        rating_key: Number of the item on its server; empty for live TV.
        progress: Where the viewer was at the end, in percent; None for what has no length.
        started_at: When it began, aware UTC.
        ended_at: When it ended.
        counted_at: When Plex counted it as seen, or None.
        unheard: If it ended while nobody could hear of it, from when to when that was.
    """

    who: str
    label: str
    trakt_label: str
    rating_key: str
    progress: float | None
    started_at: datetime
    ended_at: datetime
    counted_at: datetime | None
    unheard: tuple[datetime, datetime] | None = None

    @property
    def counts(self) -> bool:
        """Whether it belongs into the history of whoever watched it."""
        is_far = self.progress is not None and self.progress >= WATCHED_FROM
        return bool(self.trakt_label) and (is_far or self.counted_at is not None)

    def misses_by(self, at: datetime) -> timedelta:
        """How far a time is from when this was watched: from Plex's count to the end, whatever came first.

        What nobody could hear of may be dated anywhere in that silence.
        """
        known = [self.counted_at or self.ended_at, self.ended_at, *(self.unheard or ())]
        off: timedelta = max(min(known) - at, at - max(known), timedelta())
        return off


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A play in somebody's history at Trakt.

    Attributes:
        account: Whose history.
        label: The item as Trakt names it.
        at: The time that it has.
        told_at: When Trakt was told.
        told_by: Verb and path of the request that told it.
    """

    account: str
    label: str
    at: datetime
    told_at: datetime
    told_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the comparison.

    Attributes:
        seen: What was watched; None for a play at Trakt that nobody watched.
        account: The Trakt account that it belongs into, or that holds it; empty if it belongs into none.
        held: What Trakt holds of it, or None.
        finding: How the two go together.
        reason: Why it was not recorded, in CrossWatch's words; empty if it was, or if that is unknown.
    """

    seen: Seen | None = None
    account: str = ""
    held: Held | None = None
    finding: Finding
    reason: str = ""

    @property
    def is_unexplained(self) -> bool:
        """Whether it was rightly left out, but CrossWatch does not say why."""
        return self.finding is Finding.LEFT_OUT and not self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All lines, and what they add up to."""

    rows: Sequence[Row]

    def count(self, *findings: Finding) -> int:
        """How many lines have one of these findings."""
        return sum(row.finding in findings for row in self.rows)

    @property
    def is_right(self) -> bool:
        """Whether Trakt holds exactly what it should."""
        return all(row.finding.is_right for row in self.rows)

    @property
    def unexplained(self) -> int:
        """How many viewings were left out without a verdict; none while the app runs."""
        return sum(row.is_unexplained for row in self.rows)


def compare(
    seen: Sequence[Seen],
    held: Iterable[Held],
    links: Mapping[str, Sequence[str]],
    verdicts: Sequence[Mapping[str, Any]] = (),
    *,
    tolerance: timedelta = TOLERANCE,
) -> Comparison:
    """Find for each viewing what each account holds of it, and for each play at Trakt who watched it.

    Args:
        seen: What was watched.
        held: What Trakt holds, of all accounts.
        links: Whose viewings go to which accounts, by names; who is not in it counts nowhere.
        verdicts: The app's plays as `/api/plays` has them, for reasons.
        tolerance: How far the time at Trakt may be off.
    """
    search = _Search(left=list(held), tolerance=tolerance)
    rows = [
        search.row(one, account, verdicts)
        for one in sorted(seen, key=lambda one: one.ended_at)
        for account in (links.get(one.who, ()) if one.counts else ()) or ("",)
    ]
    return Comparison(rows=[*rows, *search.rest(rows)])


@dataclass(slots=True)
class _Search:
    """The plays at Trakt that nobody has claimed yet."""

    left: list[Held] = field(default_factory=list)
    tolerance: timedelta = TOLERANCE

    def row(self, seen: Seen, account: str, verdicts: Sequence[Mapping[str, Any]]) -> Row:
        if not account:
            return Row(seen=seen, finding=Finding.LEFT_OUT, reason=_reason(seen, verdicts))
        fitting = [one for one in self.left if (one.account, one.label) == (account, seen.trakt_label)]
        if not fitting:
            reason = _reason(seen, verdicts)
            return Row(seen=seen, account=account, finding=Finding.LOST, reason=reason)
        nearest = min(fitting, key=lambda one: seen.misses_by(one.at))
        self.left.remove(nearest)
        is_then = seen.misses_by(nearest.at) <= self.tolerance
        finding = Finding.RECORDED if is_then else Finding.WRONG
        return Row(seen=seen, account=account, held=nearest, finding=finding)

    def rest(self, rows: Sequence[Row]) -> list[Row]:
        """What is left over: a second time what is there already, or what should not be there at all."""
        known = {(row.held.account, row.held.label) for row in rows if row.held}
        return [
            Row(
                account=one.account,
                held=one,
                finding=Finding.DOUBLED if (one.account, one.label) in known else Finding.WRONG,
            )
            for one in self.left
        ]


def _reason(seen: Seen, verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The title of the app's verdict about the viewing; empty if there is none."""
    near = [
        (abs(datetime.fromisoformat(play["started_at"]) - seen.started_at), play["title"])
        for play in verdicts
        if play["media"]["rating_key"] == seen.rating_key
    ]
    apart, title = min(near, default=(SAME_VIEWING, ""))
    return str(title) if apart < SAME_VIEWING else ""
