"""Reasons in words: the sentence of a reason, filled with the facts of one play.

One place fills `core.reasons.EXPLANATIONS`, so that API, pages, demo and command line say the same. A fact
that is not known reads as what it is ("Somebody", "an unknown position"), never as a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from crosswatch.core.events import Percent
from crosswatch.core.plays import Delivery, Play, SinkAccount
from crosswatch.core.reasons import EXPLANATIONS, Explanation

DEFAULT_ACCOUNT = SinkAccount()
UNKNOWN_TITLE = "an unknown title"

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


def tell_play(play: Play, *, mark: float, account: SinkAccount = DEFAULT_ACCOUNT) -> Told:
    """Why the play stands as it stands.

    Args:
        play: The play.
        mark: Percent from which a play counts as watched.
        account: The sink account that it goes to.
    """
    return _fill(EXPLANATIONS[play.reason], _facts(play, play.progress, mark, account), play.detail)


def tell_delivery(play: Play, delivery: Delivery, *, mark: float) -> Told:
    """Why one delivery of the play waits, or how it ended; arguments as for `tell_play`."""
    facts = _facts(play, delivery.desired.progress, mark, delivery.account)
    return _fill(EXPLANATIONS[delivery.reason], facts, delivery.detail)


def percent_words(progress: float | None) -> str:
    """Progress for people; rounded down, so that 79.9 never reads as the watched mark of 80."""
    return "an unknown position" if progress is None else f"{floor(progress)}\u00a0%"


def account_words(account: SinkAccount) -> str:
    """What a sink account is called within a sentence; the one that everybody has goes without a name."""
    sink = account.sink.capitalize()
    return f"the {sink} account" if account.name == DEFAULT_ACCOUNT.name else f"{account.name} on {sink}"


def _facts(play: Play, progress: Percent | None, mark: float, account: SinkAccount) -> dict[str, str]:
    return {
        "person": play.account.name or "Somebody",
        "account_id": "" if play.account.id is None else str(play.account.id),
        "title": play.media.label or UNKNOWN_TITLE,
        "account": account_words(account),
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
    is_ours = template.startswith("{account}") or text.startswith(UNKNOWN_TITLE)
    return text[:1].upper() + text[1:] if is_ours else text  # a name is written as its bearer writes it
