"""Tells what people do, by looking at their players now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.demo.remarks import Remark, Tone, whole_percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from crosswatch.simulator.plex import Person, Player, Viewing
    from crosswatch.simulator.plex.items import Item

JUMP_MS = 30_000
"""A position that is off by more than this was sought."""

ROUNDING_MS = 1_000
"""Between its beginning and its first look a viewing may have buffered so long."""

NEARLY_ALL = 99.0
"""Percent from which somebody has seen it to the end."""

SOMEBODY = "somebody"


@dataclass(slots=True)
class _Glance:
    """What was seen of a player the last time."""

    viewing: Viewing
    state: str
    position_ms: int
    at: datetime
    has_ended: bool = False


class Spectator:
    """Remembers what each player did, and tells what is new."""

    def __init__(self) -> None:
        self._glances: dict[Player, _Glance] = {}
        self._begun: set[tuple[Person | None, Item]] = set()

    def look(self, players: Iterable[Player], now: datetime) -> list[Remark]:
        """What has happened since the last look, in order."""
        return [remark for player in players for remark in self._about(player, now)]

    def _about(self, player: Player, now: datetime) -> Iterator[Remark]:
        viewing = player.viewing
        if viewing is None:
            return
        before = self._glances.get(player)
        if before is None or before.viewing is not viewing:
            if before is not None:
                yield from _end(before)
            before = _Glance(viewing, player.state, player.position_ms, now)
            watched = (viewing.person, viewing.item)
            yield _begin(player, viewing, now, is_rewatch=watched in self._begun)
            self._begun.add(watched)
        elif viewing.ended_at is None:
            yield from _change(before, player, now)
        if viewing.ended_at is not None:
            yield from _end(before)
        elif player.state in ("playing", "paused"):
            before.state = player.state
        before.position_ms, before.at = player.position_ms, now
        self._glances[player] = before


def item_words(item: Item) -> str:
    """The item as people call it."""
    return f"the trailer of {item.title}" if item.extra.get("subtype") == "trailer" else item.label


def _begin(player: Player, viewing: Viewing, now: datetime, *, is_rewatch: bool) -> Remark:
    label, device = item_words(viewing.item), viewing.device.title
    passed_ms = int((now - viewing.started_at).total_seconds() * 1000)
    began_ms = player.position_ms - passed_ms + ROUNDING_MS
    if viewing.item.is_live:
        text = f"watches {label}, live, on {device}"
    elif viewing.ended_at is None and began_ms > JUMP_MS:
        text = f"goes on with {label} at {_place(viewing, began_ms)}, on {device}"
    else:
        text = f"starts {label} {'again ' if is_rewatch else ''}on {device}"
    return _remark(viewing, viewing.started_at, "▶", text)


def _change(before: _Glance, player: Player, now: datetime) -> Iterator[Remark]:
    viewing, position_ms = before.viewing, player.position_ms
    label, place = item_words(viewing.item), _place(viewing, position_ms)
    where = f" at {place}" if viewing.item.length_ms else ""
    match before.state, player.state:
        case "playing", "paused":
            yield _remark(viewing, before.at, "‖", f"pauses {label}{where}")
        case "paused", "playing":
            yield _remark(viewing, before.at, "▶", f"resumes {label}{where}")
        case "playing", "playing":
            moved_ms = position_ms - before.position_ms
            elapsed_ms = (now - before.at).total_seconds() * 1000
            if moved_ms and abs(moved_ms - elapsed_ms) > JUMP_MS:
                direction = "ahead" if moved_ms > 0 else "back"
                yield _remark(viewing, before.at, "»", f"jumps {direction} to {place} of {label}")


def _end(glance: _Glance) -> Iterator[Remark]:
    viewing = glance.viewing
    if glance.has_ended or viewing.ended_at is None:
        return
    glance.has_ended = True
    label = item_words(viewing.item)
    if viewing.item.is_live:
        text = f"switches {label} off"
    elif viewing.progress >= NEARLY_ALL:
        text = f"has seen {label} to the end"
    else:
        text = f"stops {label} at {_place(viewing, viewing.offset_ms)}"
    yield _remark(viewing, viewing.ended_at, "■", text)


def _remark(viewing: Viewing, at: datetime, mark: str, text: str) -> Remark:
    who = viewing.person.title if viewing.person else SOMEBODY
    return Remark(at=at, who=who, mark=mark, text=text, tone=Tone.PERSON)


def _place(viewing: Viewing, position_ms: int) -> str:
    return whole_percent(position_ms, viewing.item.length_ms)
