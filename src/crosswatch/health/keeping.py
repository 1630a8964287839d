"""What is done beside the plays: notices and backups. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.health.checks import Check, Level
from crosswatch.health.words import count_words, span_words

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
            title="Notices don't get through",
            sentence=state.problem,
            action="Check the addresses under `notices`.",
        )
    sentence = "Nobody is told when something is wrong: none is set up."
    if state.targets:
        sentence = f"{count_words(state.targets, 'place')} would be told; nothing was sent so far."
        if state.last_sent_at is not None:
            sentence = f"The last was sent {span_words(facts.now - state.last_sent_at)} ago."
    return Check(id="notices", title="Notices", sentence=sentence)


def _backup(facts: Facts, state: BackupState) -> Check:
    age = facts.now - (state.last_at or state.wanted_since)
    made = f"The last was made {span_words(age)} ago." if state.last_at else "None has been made so far."
    if state.problem or age > OLD_FROM:
        return Check(
            id="backup",
            level=Level.ATTENTION,
            title="No fresh backup",
            sentence=f"{made} {state.problem}".rstrip(),
            action="Run `crosswatch backup` to see what is in the way.",
        )
    kept = f" {count_words(state.count, 'backup')} kept." if state.count else ""
    return Check(id="backup", title="Backups", sentence=f"{made}{kept}")
