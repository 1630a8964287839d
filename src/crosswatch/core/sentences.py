"""Reasons in words: the sentence of a reason, filled with the facts of one play.

One place fills `core.reasons.EXPLANATIONS`, so that API, pages, demo and command line say the same. A fact
that is not known reads as what it is ("Somebody", "an unknown position"), never as a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor
from shlex import quote

from crosswatch.core.delivery import is_taken_back, speaking
from crosswatch.core.events import Percent
from crosswatch.core.plays import Delivery, DeliveryState, DesiredAction, Play, PlayState, SinkAccount
from crosswatch.core.reasons import EXPLANATIONS, Explanation, Reason, Verdict

DEFAULT_ACCOUNT = SinkAccount()
UNKNOWN_TITLE = "an unknown title"

_NO_PLAY = {
    "person": "Somebody",
    "account_id": "",
    "title": UNKNOWN_TITLE,
    "library": "of that item",
    "percent": "an unknown position",
    "mark": "an unknown position",
    "detail": "",
}
"""Facts where there is no play to take them from."""

_IN_LINE = Explanation(title="Waiting its turn", sentence="{title} is over and will be sent in its turn.")
"""What `live` means of a play that is over: nothing is wrong, it only has not been sent yet."""

_DISPENSABLE = {
    "detail": (" ({detail})", " {detail}"),
    "account_id": (" (id {account_id})", ", or `id:{account_id}`,"),
}


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
    rest = " ".join(_tell_others([row for row in deliveries if row not in spoken]))
    return replace(told, sentence=f"{told.sentence} {rest}".rstrip())


def tell_action(reason: Reason, account: SinkAccount) -> str:
    """What to do about an account that cannot be used for that reason; empty if there is nothing to do."""
    facts = {**_NO_PLAY, "account": account_words(account), "login": login_words(account)}
    return _fill_text(EXPLANATIONS[reason].action, facts)


def tell_delivery(play: Play, delivery: Delivery, *, mark: float) -> Told:
    """Why one delivery of the play waits, or how it ended; arguments as for `tell_play`."""
    facts = _facts(play, delivery.desired.progress, mark, [delivery.account])
    return _fill(_explain(play, delivery.reason), facts, delivery.detail)


def percent_words(progress: float | None) -> str:
    """Progress for people; rounded down, so that 79.9 never reads as the watched mark of 80."""
    return "an unknown position" if progress is None else f"{floor(progress)}\u00a0%"


def account_words(account: SinkAccount) -> str:
    """What a sink account is called within a sentence; the one that everybody has goes without a name."""
    sink = account.sink.capitalize()
    return f"the {sink} account" if account.name == DEFAULT_ACCOUNT.name else f"{account.name} on {sink}"


def accounts_words(accounts: Sequence[SinkAccount]) -> str:
    """Several of them: `maya and tom on Trakt`."""
    named = [account for account in accounts if account.name != DEFAULT_ACCOUNT.name]
    if len(named) != len(accounts) or len({account.sink for account in named}) != 1:
        return " and ".join(map(account_words, accounts))
    return f"{' and '.join(account.name for account in named)} on {named[0].sink.capitalize()}"


def login_words(account: SinkAccount) -> str:
    """The command that links the account anew."""
    plain = f"crosswatch login {account.sink}"
    return plain if account.name == DEFAULT_ACCOUNT.name else f"{plain} --account {quote(account.name)}"


def _explain(play: Play, reason: Reason) -> Explanation:
    is_over = play.state is PlayState.ENDED and reason is Reason.LIVE
    return _IN_LINE if is_over else EXPLANATIONS[reason]


def _tell_others(rows: Sequence[Delivery]) -> Iterator[str]:
    """How a play stands at accounts of which its verdict does not speak, as far as it has reached them."""
    groups = {
        "It is in the history of {}.": [row for row in rows if _holds(row, DesiredAction.WATCHED)],
        "It waits for {}.": [row for row in rows if row.state is DeliveryState.PENDING],
        "Its position is saved for {}.": [row for row in rows if _holds(row, DesiredAction.STOP)],
        "It was taken back from {}.": [row for row in rows if is_taken_back(row)],
    }
    for sentence, found in groups.items():
        if found:
            yield sentence.format(accounts_words([row.account for row in found]))


def _holds(row: Delivery, action: DesiredAction) -> bool:
    is_done = row.state is DeliveryState.SETTLED and not is_taken_back(row)
    return is_done and row.acknowledged is not None and row.acknowledged.action is action


def _facts(
    play: Play, progress: Percent | None, mark: float, accounts: Sequence[SinkAccount]
) -> dict[str, str]:
    return {
        "person": play.account.name or "Somebody",
        "account_id": "" if play.account.id is None else str(play.account.id),
        "title": play.media.label or UNKNOWN_TITLE,
        "account": accounts_words(accounts),
        "login": login_words(accounts[0]),
        "library": play.media.library or "of that item",
        "percent": percent_words(progress),
        "mark": percent_words(mark),
    }


def _fill(explanation: Explanation, facts: dict[str, str], detail: str) -> Told:
    facts = {**facts, "detail": detail}
    return Told(
        title=explanation.title,
        sentence=_fill_text(explanation.sentence, facts),
        action=_fill_text(explanation.action, facts),
    )


def _fill_text(template: str, facts: dict[str, str]) -> str:
    """The text with its facts; where a fact is empty, the words around it go as well."""
    for name, phrases in _DISPENSABLE.items():
        if not facts[name]:
            for phrase in phrases:
                template = template.replace(phrase, "")
    text = template.format_map(facts)
    is_unnamed = template.startswith("{account}") and text.startswith("the ")
    is_ours = is_unnamed or text.startswith(UNKNOWN_TITLE)
    return text[:1].upper() + text[1:] if is_ours else text  # a name is written as its bearer writes it
