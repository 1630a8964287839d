"""Whose plays count, and for which sink accounts: the rules, decided once, before any sink.

People link accounts of Plex servers to accounts at sinks, many to many. A number decides before any name:
where a person and an account both have one, names say nothing. A name that two accounts bear identifies
neither. Whoever cannot be told apart is held while the answer may still come, and never sent.

A server numbers its own owner 1 and everybody else as plex.tv does. In the configuration 1 means the owner of
the server under `plex` (`Home`), on that server and, once plex.tv has told their number, everywhere.

Source: design notes, sections 2 (P3) and 8; hand-over, "Filters"; Plex protocol notes, section 10.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from crosswatch.core.events import OWNER_ID, Account
from crosswatch.core.filters import ID_PREFIX, NO_LIMITS, Limits, Stopped, fold
from crosswatch.core.phrases import say
from crosswatch.core.plays import Play, SinkAccount
from crosswatch.core.policy import mark_with_credits
from crosswatch.core.reasons import Reason

NAMES_TO_COME = say("plex.tv has not told all names of the account yet.")
HOME_TO_COME = say("The server under `plex`, whose owner is number 1, has not answered yet.")

TO_COME = frozenset({NAMES_TO_COME, HOME_TO_COME})
"""Details of plays that ended before it was known whose they are; they are judged again."""

UNKNOWN_PEOPLE = (Reason.PERSON_UNLINKED, Reason.PERSON_NOT_LISTED, Reason.PERSON_UNKNOWN)
"""Why a play was skipped by somebody who is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The server whose owner is number 1 in the configuration.

    Attributes:
        server: Its `machineIdentifier`; empty while it has not said it; None where no other is configured, so
            that any server which answers is this one.
        owner_plex_id: The owner's number at plex.tv, or None while it is not known.
    """

    server: str | None = None
    owner_plex_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the configuration.

    Attributes:
        name: What we call them; it identifies nobody.
        plex_ids: Numbers at plex.tv; 1 is the owner of the home server.
        aliases: Names at Plex, folded; they count only where a number is missing.
        accounts: The sink accounts that their plays go to.
        is_paused: Whether nothing of theirs counts for now.
        paused_until: Until when nothing of theirs counts, aware; None for no such moment.
        servers: `machineIdentifier`s, folded, of the only servers that count; empty for all.
        limits: Which of their plays count.
        watched_at_percent: From where their plays are watched, 50 to 100; None as for everybody.
    """

    name: str
    plex_ids: frozenset[int] = frozenset()
    aliases: frozenset[str] = frozenset()
    accounts: tuple[SinkAccount, ...] = ()
    is_paused: bool = False
    paused_until: datetime | None = None
    servers: frozenset[str] = frozenset()
    limits: Limits = NO_LIMITS
    watched_at_percent: float | None = None

    def refusal(self, play: Play) -> Stopped | None:
        """Why this person's play does not count, or None if it does."""
        if not self.accounts:
            return Stopped(reason=Reason.PERSON_UNLINKED)
        at = play.ended_at or play.last_seen_at
        if self.is_paused_at(at):
            return Stopped(reason=Reason.PERSON_PAUSED, detail=self._end_of_pause())
        if self.servers and fold(play.server) not in self.servers:
            return Stopped(reason=Reason.SERVER_OFF, detail=say("its id is {id}", id=play.server))
        return self.limits.refusal(play.media, play.player)

    def is_paused_at(self, moment: datetime) -> bool:
        """Whether what happens at that moment does not count.

        A play asks by its own time, not by that of the judge: one that ended in the pause, and is found in a
        server's history after it, stays out.
        """
        return self.is_paused or (self.paused_until is not None and moment < self.paused_until)

    def _end_of_pause(self) -> str:
        if self.is_paused or self.paused_until is None:
            return ""
        return say("Until {moment}.", moment=f"{self.paused_until.astimezone():%Y-%m-%d %H:%M}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the configuration says about whose plays count.

    Attributes:
        is_on: Whether plays are sent anywhere at all.
        usernames: Names, or `id:<number>`; empty lets everyone pass.
        server_uuid: The only server that counts; empty lets every one pass.
        limits: Which plays count, whoever watches.
        people: Who is linked to which accounts; empty links everyone to `accounts`.
        ignored: Names, or `id:<number>`, of those about whom nobody wants to be asked again; they decide
            nothing.
        accounts: The sink accounts that are told where no people are listed.
        home: The server that numbers mean.
        watched_at_percent: Progress from which an ended play is watched, 50 to 100.
        with_credits: Whether it is also watched from its final credits on.
    """

    is_on: bool
    usernames: tuple[str, ...] = ()
    server_uuid: str = ""
    limits: Limits = NO_LIMITS
    people: tuple[Person, ...] = ()
    ignored: tuple[str, ...] = ()
    accounts: tuple[SinkAccount, ...] = ()
    home: Home = Home()
    watched_at_percent: float = 80.0
    with_credits: bool = False

    def mark_of(self, play: Play, watched_at_percent: float | None = None) -> float:
        """The progress from which the play is watched.

        Args:
            play: The play.
            watched_at_percent: Somebody's own mark; None as for everybody.
        """
        mark = self.watched_at_percent if watched_at_percent is None else watched_at_percent
        return mark_with_credits(mark, play.media) if self.with_credits else mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A sink account that is to be told of a play.

    Attributes:
        account: Whose.
        watched_at_percent: Progress from which the play is watched for it.
    """

    account: SinkAccount
    watched_at_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The play counts.

    Attributes:
        recipients: For these, each account once.
        people: Names of the people who are linked; empty where no people are listed.
    """

    recipients: tuple[Recipient, ...]
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """It is not known yet who watches, and the answer may still come.

    Attributes:
        otherwise: What it comes to if the answer does not come.
    """

    otherwise: Stopped = field(default_factory=lambda: Stopped(reason=Reason.PERSON_UNKNOWN))


Decision = Passed | Held | Stopped


def decide(rules: Rules, play: Play) -> Decision:
    """Whether a play counts, by what is known of it now, and for whom."""
    if rules.server_uuid and fold(rules.server_uuid) != fold(play.server):
        return Stopped(reason=Reason.SERVER_NOT_SELECTED, detail=say("its id is {id}", id=play.server))
    if not rules.is_on or not (rules.accounts or rules.people):
        return Stopped(reason=Reason.FEATURE_OFF)
    if (rules.usernames or rules.people) and not play.account.is_known:
        return Held()
    if rules.usernames and not is_listed(rules.usernames, play.account, play.server, rules.home):
        return _held_or_stopped(Reason.PERSON_NOT_LISTED, play, rules)
    refusal = rules.limits.refusal(play.media, play.player)
    if refusal is not None:
        return refusal
    if rules.people:
        return _decide_by_people(rules, play)
    mark = rules.mark_of(play)
    return Passed(recipients=tuple(Recipient(account=one, watched_at_percent=mark) for one in rules.accounts))


def linked_people(rules: Rules, account: Account, server: str) -> tuple[Person, ...]:
    """Everybody of the configuration who is that account of that server.

    By number first. A name counts for people without any number. For people with a number it counts only
    where the server gave none, and nobody else can be meant: no other of the people, and no other account.
    """
    if account.id is None and account.namesake is not None and account.has_all_names:
        account = replace(account, id=account.namesake, namesake=None)
    numbers = numbers_of(account, server, rules.home)
    by_number = tuple(person for person in rules.people if person.plex_ids & numbers)
    if by_number:
        return by_number
    names = names_of(account)
    by_name = tuple(person for person in rules.people if person.aliases & names)
    if account.id is None and len(by_name) == 1 and account.has_all_names:
        return by_name
    is_doubtful = account.id is None and any(person.plex_ids for person in by_name)
    return () if is_doubtful else tuple(person for person in by_name if not person.plex_ids)


def is_listed(usernames: tuple[str, ...], account: Account, server: str, home: Home) -> bool:
    """Whether one of the names, or `id:<number>`, means this account of that server."""
    wanted = {fold(name) for name in usernames}
    if any(f"{ID_PREFIX}{number}" in wanted for number in numbers_of(account, server, home)):
        return True
    return bool(names_of(account) & {name for name in wanted if not is_number(name)})


def numbers_of(account: Account, server: str, home: Home) -> frozenset[int]:
    """The numbers by which the configuration may mean the account: plex.tv's, and 1 for the home's owner."""
    found = {account.plex_id}
    is_owner_there = account.id == OWNER_ID and (home.server is None or fold(home.server) == fold(server))
    is_owner_elsewhere = home.owner_plex_id is not None and home.owner_plex_id in found
    if is_owner_there or is_owner_elsewhere:
        found |= {OWNER_ID, home.owner_plex_id}
    return frozenset(number for number in found if number is not None)


def names_of(account: Account) -> frozenset[str]:
    """The names, folded, that identify the account."""
    return frozenset(map(fold, (account.name, *account.aliases))) - account.contested - {""}


def is_number(name: str) -> bool:
    """Whether an entry means a number; whoever takes it for a name of their own is not meant."""
    return name.startswith(ID_PREFIX) and name.removeprefix(ID_PREFIX).isdecimal()


def watched_mark(rules: Rules, play: Play) -> float:
    """The progress from which the play is watched for whom it counts; the lowest, if marks differ."""
    decision = decide(rules, play)
    marks = [one.watched_at_percent for one in decision.recipients] if isinstance(decision, Passed) else []
    return min(marks, default=rules.mark_of(play))


def stopping_person(rules: Rules, play: Play) -> str:
    """Whose own entry gives the reason for which the play does not count, by name; empty if none does."""
    if rules.limits.refusal(play.media, play.player) is not None:
        return ""
    refusals = ((one, one.refusal(play)) for one in linked_people(rules, play.account, play.server))
    return next((one.name for one, found in refusals if found and found.reason is play.reason), "")


def _decide_by_people(rules: Rules, play: Play) -> Decision:
    found = linked_people(rules, play.account, play.server)
    if not found:
        return _held_or_stopped(Reason.PERSON_UNLINKED, play, rules)
    refusals = [person.refusal(play) for person in found]
    passing = [person for person, refusal in zip(found, refusals, strict=True) if refusal is None]
    if not passing:
        return next(refusal for refusal in refusals if refusal is not None)
    marks: dict[SinkAccount, float] = {}
    for person in passing:
        mark = rules.mark_of(play, person.watched_at_percent)
        for account in person.accounts:
            marks[account] = min(mark, marks.get(account, mark))
    return Passed(
        recipients=tuple(Recipient(account=one, watched_at_percent=mark) for one, mark in marks.items()),
        people=tuple(person.name for person in passing),
    )


def _held_or_stopped(reason: Reason, play: Play, rules: Rules) -> Held | Stopped:
    """Nobody's, as far as is known: for good, or until the rest of what is to be known has come."""
    if _may_be_homes_owner(play, rules):
        return Held(otherwise=Stopped(reason=reason, detail=HOME_TO_COME))
    if not play.account.has_all_names:
        return Held(otherwise=Stopped(reason=reason, detail=NAMES_TO_COME))
    return Stopped(reason=reason)


def _may_be_homes_owner(play: Play, rules: Rules) -> bool:
    """Whether number 1 of the configuration may turn out to mean this account once the home has answered."""
    is_meant = any(OWNER_ID in person.plex_ids for person in rules.people)
    if not is_meant and f"{ID_PREFIX}{OWNER_ID}" not in rules.usernames:
        return False
    home = rules.home
    if home.server == "":  # any server may be it
        return play.account.id is not None
    is_elsewhere = home.server is not None and fold(home.server) != fold(play.server)
    return is_elsewhere and home.owner_plex_id is None and play.account.id is not None
