"""Reasons in words: the sentence of a reason, filled with the facts of one play.

One place fills `core.reasons.EXPLANATIONS`, so that API, pages, demo and command line say the same. A fact
that is not known reads as what it is ("somebody", "an unknown position"), never as a guess. All that is said
is phrases, so that a page can say it in its reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor
from shlex import quote

from crosswatch.core.delivery import is_taken_back, speaking
from crosswatch.core.events import Percent
from crosswatch.core.outcomes import Hold, Refused, Retry
from crosswatch.core.phrases import Phrase, listed, say, together
from crosswatch.core.plays import Delivery, DeliveryState, DesiredAction, Play, PlayState, SinkAccount
from crosswatch.core.reasons import EXPLANATIONS, Explanation, Reason, Verdict

DEFAULT_ACCOUNT = SinkAccount()
_IN_LINE = Explanation(title="Waiting its turn", sentence="{title} is over and will be sent in its turn.")
"""What `live` means of a play that is over: nothing is wrong, it only has not been sent yet."""

EXPLAINED = (*EXPLANATIONS.values(), _IN_LINE)
"""All that is explained here, for whoever translates it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said about a play or a delivery.

    Attributes:
        title: The reason in a few words.
        sentence: What happened, with names.
        action: What to do, or empty if there is nothing to do.
    """

    title: str
    sentence: str
    action: str = ""


def tell_play(play: Play, *, mark: float, deliveries: Sequence[Delivery] = ()) -> Told:
    """Why the play stands as it stands; where it went to several accounts, how it stands at the others.

    Args:
        play: The play.
        mark: Percent from which a play counts as watched.
        deliveries: All its deliveries.
    """
    spoken = speaking(deliveries)
    accounts = [row.account for row in spoken] or [DEFAULT_ACCOUNT]
    told = _fill(_explain(play, play.reason), _facts(play, play.progress, mark, accounts), play.detail)
    if play.state is not PlayState.ENDED or play.verdict is Verdict.SKIPPED:
        return told
    others = _tell_others([row for row in deliveries if row not in spoken])
    return replace(told, sentence=together([told.sentence, *others]))


def title_of(reason: Reason) -> Phrase:
    """The reason in a few words."""
    return Phrase(EXPLANATIONS[reason].title, "", {})


def tell_trouble(outcome: Hold | Refused | Retry) -> str:
    """Why a sink did not take something: in its own words, or by the title of the reason."""
    return outcome.detail or say("{reason}.", reason=title_of(outcome.reason))


def tell_action(reason: Reason, account: SinkAccount) -> Phrase:
    """What to do about an account that cannot be used for that reason; empty if there is nothing to do."""
    facts = {
        "person": say("somebody"),
        "account_id": "",
        "account": account_words(account),
        "login": login_words(account),
    }
    return Phrase(EXPLANATIONS[reason].action, "", facts)


def tell_delivery(play: Play, delivery: Delivery, *, mark: float) -> Told:
    """Why one delivery of the play waits, or how it ended; arguments as for `tell_play`."""
    facts = _facts(play, delivery.desired.progress, mark, [delivery.account])
    return _fill(_explain(play, delivery.reason), facts, delivery.detail)


def percent_words(progress: float | None) -> str:
    """Progress for people; rounded down, so that 79.9 never reads as the watched mark of 80."""
    return say("an unknown position") if progress is None else f"{floor(progress)}\u00a0%"


def account_words(account: SinkAccount) -> Phrase:
    """What a sink account is called within a sentence; the one that everybody has goes without a name."""
    sink = account.sink.capitalize()
    if account.name == DEFAULT_ACCOUNT.name:
        return say("the {sink} account", sink=sink)
    return say("{name} on {sink}", name=account.name, sink=sink)


def account_title(account: SinkAccount) -> str:
    """What a sink account is called where it stands by itself: `maya on Trakt`, `Trakt`."""
    sink = account.sink.capitalize()
    return (
        sink
        if account.name == DEFAULT_ACCOUNT.name
        else say("{name} on {sink}", name=account.name, sink=sink)
    )


def accounts_words(accounts: Sequence[SinkAccount]) -> str:
    """Several of them: `maya and tom on Trakt`."""
    sinks = {account.sink for account in accounts}
    if len(accounts) == 1 or len(sinks) != 1:
        return listed([account_words(account) for account in accounts])
    names = [
        say("the default account") if account.name == DEFAULT_ACCOUNT.name else account.name
        for account in accounts
    ]
    return say("{name} on {sink}", name=listed(names), sink=accounts[0].sink.capitalize())


def login_words(account: SinkAccount) -> str:
    """The command that links the account anew."""
    plain = f"crosswatch login {account.sink}"
    return plain if account.name == DEFAULT_ACCOUNT.name else f"{plain} --account {quote(account.name)}"


def _explain(play: Play, reason: Reason) -> Explanation:
    is_over = play.state is PlayState.ENDED and reason is Reason.LIVE
    return _IN_LINE if is_over else EXPLANATIONS[reason]


def _tell_others(rows: Sequence[Delivery]) -> Iterator[Phrase]:
    """How a play stands at accounts of which its verdict does not speak, as far as it has reached them."""

    def named(found: Iterable[Delivery]) -> str:
        return accounts_words([row.account for row in found])

    if account := named(row for row in rows if _holds(row, DesiredAction.WATCHED)):
        yield say("It is in the history of {account}.", account=account)
    if account := named(row for row in rows if row.state is DeliveryState.PENDING):
        yield say("It waits for {account}.", account=account)
    if account := named(row for row in rows if _holds(row, DesiredAction.STOP)):
        yield say("Its position is saved for {account}.", account=account)
    if account := named(row for row in rows if is_taken_back(row)):
        yield say("It was taken back from {account}.", account=account)


def _holds(row: Delivery, action: DesiredAction) -> bool:
    is_done = row.state is DeliveryState.SETTLED and not is_taken_back(row)
    return is_done and row.acknowledged is not None and row.acknowledged.action is action


def _facts(
    play: Play, progress: Percent | None, mark: float, accounts: Sequence[SinkAccount]
) -> dict[str, str]:
    return {
        "person": play.account.name or say("somebody"),
        "account_id": "" if play.account.id is None else str(play.account.id),
        "title": play.media.label or say("an unknown title"),
        "account": accounts_words(accounts),
        "login": login_words(accounts[0]),
        "library": play.media.library or say("of that item"),
        "percent": percent_words(progress),
        "mark": percent_words(mark),
    }


def _fill(explanation: Explanation, facts: dict[str, str], detail: str) -> Told:
    facts = {**facts, "detail": detail}
    return Told(
        title=Phrase(explanation.title, "", {}),
        sentence=Phrase(explanation.sentence, "", facts),
        action=Phrase(explanation.action, "", facts),
    )
