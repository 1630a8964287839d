"""What a person may do about a play, and what is best done next. Pure.

The rules are those of `service.corrections`, which refuses whatever is pressed too late all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.access.register import Scope
from crosswatch.core.delivery import is_taken_back
from crosswatch.core.judging import judge_after_all
from crosswatch.core.people import stopping_person
from crosswatch.core.plays import DeliveryState, DesiredAction, PlayState
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.health.checks import Level
from crosswatch.web.ignoring import offers_for
from crosswatch.web.languages import mark
from crosswatch.web.people import way_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.access.verdict import Guest
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Delivery, Play
    from crosswatch.health.checks import Check

NAMELESS = (Reason.NO_MATCH, Reason.AMBIGUOUS_MATCH, Reason.WRONG_MATCH)
"""What saying what an item is can mend."""

_PEOPLE = ("people", mark("People"))
_RULES = ("settings/rules", mark("Settings"))


def _rule(name: str) -> tuple[str, str]:
    """The way to one of the rules for everybody."""
    way, word = _RULES
    return (f"{way}?all=1#features.scrobble.filters.{name}-field", word)


ELSEWHERE = {
    Reason.LINK_EXPIRED: ("people", mark("Link again")),
    Reason.PERSON_UNLINKED: ("people", mark("Link")),
    Reason.PERSON_UNKNOWN: _PEOPLE,
    Reason.PERSON_PAUSED: _PEOPLE,
    Reason.PERSON_NOT_LISTED: _PEOPLE,
    Reason.SERVER_NOT_SELECTED: _rule("server_uuid"),
    Reason.SERVER_OFF: _PEOPLE,
    Reason.LIBRARY_OFF: _rule("libraries"),
    Reason.TITLE_OFF: _rule("ignored_titles"),
    Reason.KIND_OFF: _rule("kinds"),
    Reason.PLAYER_OFF: _rule("players"),
    Reason.NETWORK_OFF: _rule("networks"),
    Reason.FEATURE_OFF: _RULES,
    Reason.APP_REFUSED: ("settings/trakt", mark("Settings")),
}
"""On which screen a reason is mended, and what the way there is called."""

OF_PEOPLE = frozenset(
    {Reason.LINK_EXPIRED, Reason.PERSON_UNLINKED, Reason.PERSON_PAUSED, Reason.PERSON_NOT_LISTED}
)
"""Reasons that a button on the page of people mends altogether."""

STRANGERS = frozenset({Reason.PERSON_UNLINKED, Reason.PERSON_NOT_LISTED})
"""Reasons that befall those who may have no entry yet."""

ACTS = "#acts"
"""Where the buttons of a play are on its page."""

MENDS = {
    "plex_token": ("setup/plex", mark("Sign in to Plex")),
    "plex_server": ("setup/server", mark("Choose the server")),
    "trakt_app": ("setup/trakt", mark("Set up Trakt")),
    "trakt_link": ("setup/trakt", mark("Link Trakt")),
    "watch": ("setup/server", mark("Choose the server")),
    "scrobble": ("setup/people", mark("Choose people")),
    "unclaimed": ("setup/claim", mark("Set a password")),
    "link": ("people", mark("Link again")),
    "everyone": ("people", mark("Choose people")),
    "config": ("settings/raw", mark("Raw config.json")),
}
"""On which screen a kind of check is mended, and what the way there is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """What is best done next.

    Attributes:
        word: What the button or link says.
        way: Where it leads, relative to the first page; empty for a button that tries again.
    """

    word: str
    way: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What a person may do about a play now."""

    can_retry: bool
    can_ignore: bool
    can_undo: bool
    can_match: bool


def may_operate(guest: Guest) -> bool:
    """Whether whoever asks may do more than look."""
    return guest.scope is not None and guest.scope.covers(Scope.OPERATE)


def may_change(guest: Guest) -> bool:
    """Whether whoever asks may change the configuration."""
    return guest.scope is not None and guest.scope.covers(Scope.ADMIN)


def next_action(play: Play, deliveries: Sequence[Delivery], rules: Rules) -> NextAction | None:
    """What is best done about the play, or None if nothing needs to be.

    Args:
        play: The play.
        deliveries: All its deliveries.
        rules: Whose plays count now; they say whose entry it is that stops the play.
    """
    if play.verdict is Verdict.DELIVERED or play.reason in (Reason.LIVE, Reason.IDENTIFYING):
        return None
    if play.reason in NAMELESS:
        return NextAction(word=mark("Fix match"), way=f"history/{play.id}#match")
    if judge_after_all(rules, play) is not None:
        return NextAction(word=mark("Count it"))
    if play.reason in ELSEWHERE:
        return _elsewhere(play, rules)
    if play.reason is Reason.IGNORED_BY_YOU:
        return NextAction(word=mark("Count it")) if deliveries else None
    is_open = play.verdict in (Verdict.QUEUED, Verdict.FAILED)
    if not (is_open and possible(play, deliveries, rules).can_retry):
        return None
    return NextAction(word=mark("Try now") if play.verdict is Verdict.QUEUED else mark("Retry"))


def _elsewhere(play: Play, rules: Rules) -> NextAction:
    """The way to where a reason is mended: to the button, to the person's page, or to the screen for all."""
    if is_ignored(play, rules):
        return NextAction(word=mark("Count again"), way=f"history/{play.id}{ACTS}")
    way, word = ELSEWHERE[play.reason]
    person = stopping_person(rules, play)
    if person:
        return NextAction(word=mark("People") if way.startswith(_RULES[0]) else word, way=way_to(person))
    return NextAction(word=word, way=f"{way}{_place_of(play)}")


def is_ignored(play: Play, rules: Rules) -> bool:
    """Whether a list of what is ignored stops the play, and still names its title or its library."""
    is_stopped = play.reason in (Reason.LIBRARY_OFF, Reason.TITLE_OFF)
    return is_stopped and any(offer.listed for offer in offers_for(play, rules))


def _place_of(play: Play) -> str:
    """Where people without an entry are shown on their page, as the end of an address; else empty."""
    is_shown = play.reason in STRANGERS and play.account.id is not None
    return f"#who-{play.server}-{play.account.id}" if is_shown else ""


def mend(check: Check) -> NextAction | None:
    """Where a check is mended; None if no screen does that."""
    if check.kind not in MENDS or (check.level is Level.FINE and not check.is_remark):
        return None
    if check.kind == "link" and not check.action:  # nothing is wrong with the link, and it takes only time
        return None
    way, word = MENDS[check.kind]
    return NextAction(word=word, way=way)


def possible(play: Play, deliveries: Sequence[Delivery], rules: Rules) -> Possible:
    """What a person may do about the play; see `next_action`."""
    is_ignored = play.reason is Reason.IGNORED_BY_YOU
    is_told = any(row.acknowledged and row.acknowledged.action is DesiredAction.WATCHED for row in deliveries)
    return Possible(
        can_retry=any(_is_stuck(row) or row.reason is Reason.IGNORED_BY_YOU for row in deliveries)
        or judge_after_all(rules, play) is not None,
        can_ignore=not is_told and not is_ignored and (any(map(_waits, deliveries)) or _is_open(play)),
        can_undo=any(_is_ours(row) for row in deliveries),
        can_match=play.media.kind.is_scrobbled,
    )


def _waits(row: Delivery) -> bool:
    return row.state is not DeliveryState.SETTLED


def _is_stuck(row: Delivery) -> bool:
    """Whether it waits for something other than its turn."""
    return _waits(row) and row.reason is not Reason.LIVE


def _is_open(play: Play) -> bool:
    return play.state is not PlayState.ENDED and play.verdict is Verdict.WATCHING


def _is_ours(row: Delivery) -> bool:
    """Whether the sink told us that it made this entry for us."""
    known = row.acknowledged
    is_watched = known is not None and known.action is DesiredAction.WATCHED
    return is_watched and row.reason is Reason.WATCHED and not is_taken_back(row)
