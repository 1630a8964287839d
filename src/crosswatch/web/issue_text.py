"""A play as text for a bug report: all that helps, without the names of people, accounts and devices. Pure.

Secrets are taken out by whoever shows it, as from every other text (`config.redaction`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import crosswatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosswatch.core.events import Media
    from crosswatch.core.plays import Delivery, Play, TraceEntry
    from crosswatch.logs.records import LogRecordView

LEAST_LETTERS = 2
"""A name of one letter would be found everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a play.

    Attributes:
        play: The play.
        deliveries: Its deliveries.
        trace: Its story.
        records: What the log says of it.
    """

    play: Play
    deliveries: Sequence[Delivery]
    trace: Sequence[TraceEntry]
    records: Sequence[LogRecordView]


def issue_text(evidence: Evidence, sentence: str) -> str:
    """The text, in which names are replaced by what they are names of.

    Args:
        evidence: What is known of the play.
        sentence: Why it stands as it stands.
    """
    text = "\n".join(_lines(evidence, sentence))
    for name, stand_in in _names(evidence):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", stand_in, text, flags=re.IGNORECASE)
    return text


def _lines(evidence: Evidence, sentence: str) -> Iterator[str]:
    play = evidence.play
    yield f"CrossWatch {crosswatch.__version__}, play {play.id}"
    yield f"{play.verdict.value}: {play.reason.value}. {sentence}"
    yield f"Item: {_described(play.media)}"
    yield (
        f"Heard by {play.origin.value}, {play.state.value}, progress {play.progress}, "
        f"began {play.started_at:%Y-%m-%d %H:%M:%S}Z, product {play.player.product or 'unknown'}"
    )
    for row in evidence.deliveries:
        yield (
            f"To {row.account}: {row.state.value}, {row.desired.action.value} at {row.desired.progress}, "
            f"{row.attempts} attempts, {row.reason.value}. {row.detail}".rstrip()
        )
    yield "Story:"
    for entry in evidence.trace:
        yield f"  {entry.at:%H:%M:%S}Z {entry.step}: {entry.text}"
        if "answer" in entry.data:
            yield f"    sent {entry.data.get('request')!r}, got {entry.data['answer']!r}"
    yield "Log:"
    for record in evidence.records:
        yield f"  {record.at:%H:%M:%S}Z {record.level} {record.channel} {record.message}"


def _described(media: Media) -> str:
    parts = [media.kind.value, media.label, f"ids {media.ids.as_dict()}"]
    if media.show is not None:
        parts += [f"show {media.show.year} {media.show.ids.as_dict()}", f"numbers {media.numbering.value}"]
    return ", ".join([*parts, f"guid {media.guid or 'unknown'}", *media.foreign_ids])


def _names(evidence: Evidence) -> list[tuple[str, str]]:
    """Each name with what it is replaced by, the longest first, so that none is left in another."""
    play = evidence.play
    account = play.account
    found = dict.fromkeys((account.name, *account.aliases), "[person]")
    found |= {row.account.name: "[account]" for row in evidence.deliveries if row.account.name != "default"}
    found |= {play.player.title: "[player]", play.player.client_id: "[player]", play.server: "[server]"}
    if account.id is not None and account.id > 1:
        found[str(account.id)] = "[person]"
    named = [(name, stand_in) for name, stand_in in found.items() if len(name.strip()) >= LEAST_LETTERS]
    return sorted(named, key=lambda pair: len(pair[0]), reverse=True)
