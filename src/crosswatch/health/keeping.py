"""What is done beside the plays: notices and backups. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say, say_count, together
from crosswatch.health.checks import Check, Level
from crosswatch.health.words import span_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.health.facts import BackupState, Facts, NoticeState

OLD_FROM = timedelta(days=2)
"""One night may be missed, for machines are switched off; not two."""


def keeping_checks(facts: Facts) -> Iterator[Check]:
    """How notices and backups stand."""
    if facts.notices is not None:
        yield _notices(facts, facts.notices)
    if facts.backup is not None:
        yield _backup(facts, facts.backup)


def _notices(facts: Facts, state: NoticeState) -> Check:
    if state.problem:
        return Check(
            id="notices",
            level=Level.ATTENTION,
            title=say("Notices don't get through"),
            sentence=state.problem,
            action=say("Check the addresses under `notices`."),
        )
    sentence = say("Nobody is told when something is wrong: none is set up.")
    if state.targets:
        sentence = say_count(
            "{number} place would be told; nothing was sent so far.",
            "{number} places would be told; nothing was sent so far.",
            state.targets,
        )
        if state.last_sent_at is not None:
            sentence = say("The last was sent {span} ago.", span=span_words(facts.now - state.last_sent_at))
    return Check(id="notices", title=say("Notices"), sentence=sentence)


def _backup(facts: Facts, state: BackupState) -> Check:
    age = facts.now - (state.last_at or state.wanted_since)
    made = say("None has been made so far.")
    if state.last_at:
        made = say("The last was made {span} ago.", span=span_words(age))
    if state.problem or age > OLD_FROM:
        return Check(
            id="backup",
            level=Level.ATTENTION,
            title=say("No fresh backup"),
            sentence=together([made, state.problem]),
            action=say("Run `crosswatch backup` to see what is in the way."),
        )
    kept = say_count("{number} backup kept.", "{number} backups kept.", state.count) if state.count else ""
    return Check(id="backup", title=say("Backups"), sentence=together([made, kept]))
