"""What has to be so for a play to be delivered, and whether it was: the short answer to "why?". Pure.

A reason belongs to one check; those before it were met, and those after it were not come to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.core.events import Media, MediaKind, Numbering
from crosswatch.core.filters import kind_words, network_words
from crosswatch.core.people import Passed, decide
from crosswatch.core.plays import Origin, PlayState
from crosswatch.core.reasons import BY_PERSON, BY_SETTING, EXPLANATIONS, Reason, Verdict
from crosswatch.core.sentences import account_title, percent_words
from crosswatch.web.actions import NAMELESS
from crosswatch.web.languages import mark, told, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosswatch.core.ids import Ids
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Delivery, Play

RULES = BY_SETTING | {Reason.TYPE_UNSUPPORTED}
POSITION = frozenset(
    {
        Reason.BELOW_THRESHOLD,
        Reason.TOO_SHORT,
        Reason.PROGRESS_UNKNOWN,
        Reason.SKIPPED_THROUGH,
        Reason.DUPLICATE_OF,
    }
)
HEARD = {
    Origin.WATCH: mark("Heard from %(server)s as it played"),
    Origin.WEBHOOK: mark("Heard from a webhook of %(server)s"),
    Origin.HISTORY: mark("Found in the play history of %(server)s"),
}
COUNTED = {
    Numbering.DVD: mark("in DVD order"),
    Numbering.ABSOLUTE: mark("counted through all seasons"),
    Numbering.ANIDB: mark("as AniDB counts"),
    Numbering.UNKNOWN: mark("and nobody knows what they count"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that has to be so.

    Attributes:
        is_met: Whether it is; None where it was not come to, or is not known yet.
        name: What it is about.
        text: What was found.
    """

    is_met: bool | None
    name: str
    text: str


def build_checks(
    play: Play, deliveries: Sequence[Delivery], rules: Rules, *, mark: float, server: str
) -> Iterator[Check]:
    """The checks, in the order in which they are made.

    Args:
        play: The play.
        deliveries: Its deliveries.
        rules: Whose plays count now; for the names of those who are linked.
        mark: Percent from which a play counts as watched.
        server: What its server is called.
    """
    heard = translate(HEARD[play.origin]) % {"server": server}
    yield Check(is_met=True, name=translate("Heard"), text=heard)
    for name, reasons, text in (
        (translate("Person"), BY_PERSON, _person(play, rules)),
        (translate("Rules"), RULES, _rules(play)),
        (translate("Position"), POSITION, _position(play, mark)),
        (translate("Ids"), frozenset(NAMELESS), _named(play.media)),
    ):
        is_failing = play.reason in reasons
        shown = f"{translate(EXPLANATIONS[play.reason].title)}. {text}" if is_failing else text
        yield Check(is_met=not is_failing, name=name, text=shown)
        if is_failing:
            return
    yield _at_trakt(play, deliveries)


def _person(play: Play, rules: Rules) -> str:
    account = play.account
    number = f"id {account.id}" if account.id is not None else ""
    text = " · ".join(part for part in (account.name, number) if part) or translate("Plex did not say who.")
    decision = decide(rules, play)
    if not isinstance(decision, Passed):
        return text
    accounts = ", ".join(told(account_title(one.account)) for one in decision.recipients)
    return f"{text} → {accounts}"


def _rules(play: Play) -> str:
    network = network_words(play.player.network) if play.player.network else ""
    parts = (kind_words(play.media.kind), play.media.library, play.player.title, network)
    return " · ".join(told(part) for part in parts if part)


def _position(play: Play, mark: float) -> str:
    facts = {"percent": told(percent_words(play.progress)), "mark": percent_words(mark)}
    if play.state is not PlayState.ENDED:
        return translate("At %(percent)s now; it counts as watched from %(mark)s.") % facts
    return translate("Stopped at %(percent)s; it counts as watched from %(mark)s.") % facts


def _named(media: Media) -> str:
    parts = [_ids(media.ids)] if media.ids else []
    if media.show is not None and media.show.ids:
        parts.append(translate("show %(ids)s") % {"ids": _ids(media.show.ids)})
    if media.kind is MediaKind.EPISODE and media.season is not None and media.number is not None:
        numbers = {"season": media.season, "number": media.number}
        place = translate("season %(season)s, episode %(number)s") % numbers
        counted = COUNTED.get(media.numbering)
        parts.append(f"{place} {translate(counted)}" if counted else place)
    return " · ".join((*parts, *media.foreign_ids)) or translate("No ids, so it goes by its title.")


def _ids(ids: Ids) -> str:
    return ", ".join(f"{name} {value}" for name, value in ids.as_dict().items())


def _at_trakt(play: Play, deliveries: Sequence[Delivery]) -> Check:
    is_met = {Verdict.DELIVERED: True, Verdict.FAILED: False}.get(play.verdict)
    text = EXPLANATIONS[play.reason].title if deliveries else mark("Nothing was sent.")
    return Check(is_met=is_met, name="Trakt", text=translate(text))
