"""What people have seen: the play history of the server, and each person's counts and resume points.

Source: Plex protocol notes, sections 11 and 14.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.answers import refuse
from crosswatch.simulator.plex.metadata import describe_seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.library import Library
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.preferences import Preferences

FIRST_ROW = 5001
FIRST_DEVICE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One completed play.

    Attributes:
        number: Last part of `historyKey`.
        item: What was seen; it may have been deleted since.
        person: Who saw it.
        viewed_at: When it was counted, Unix seconds of the server's own clock.
        device: Number of the player.
    """

    number: int
    item: Item
    person: Person
    viewed_at: int
    device: int = FIRST_DEVICE

    @property
    def key(self) -> str:
        """The stable id."""
        return f"/status/sessions/history/{self.number}"


@dataclass(slots=True)
class View:
    """One person's state of one item.

    Attributes:
        count: How often it was counted as seen.
        offset_ms: Resume point; 0 for none.
        last_viewed_at: Unix seconds of the last time, 0 for never.
    """

    count: int = 0
    offset_ms: int = 0
    last_viewed_at: int = 0


class History:
    """All rows, and all views."""

    def __init__(self) -> None:
        self.rows: list[HistoryRow] = []
        self._numbers = itertools.count(FIRST_ROW)
        self._devices: dict[str, int] = {}
        self._views: defaultdict[tuple[int, str], View] = defaultdict(View)

    def view(self, person: Person, item: Item) -> View:
        """What this person has seen of this item, to read and to change."""
        return self._views[(person.account_id, item.rating_key)]

    def add(self, person: Person, item: Item, viewed_at: int, *, client_id: str = "") -> HistoryRow:
        """Count a play: a row, one view more, no resume point.

        Args:
            person: Who saw it.
            item: What was seen.
            viewed_at: Unix seconds of the server's own clock.
            client_id: The player, for the row's device number.
        """
        device = self._devices.setdefault(client_id, FIRST_DEVICE + len(self._devices))
        row = HistoryRow(
            number=next(self._numbers), item=item, person=person, viewed_at=viewed_at, device=device
        )
        self.rows.append(row)
        view = self.view(person, item)
        view.count += 1
        view.offset_ms = 0
        view.last_viewed_at = viewed_at
        return row

    def double(self, row: HistoryRow, seconds: int) -> HistoryRow:
        """Write a row once more, so many seconds later; the views stay as they are."""
        again = HistoryRow(
            number=next(self._numbers),
            item=row.item,
            person=row.person,
            viewed_at=row.viewed_at + seconds,
            device=row.device,
        )
        self.rows.append(again)
        return again


def watched_mark_ms(item: Item, preferences: Preferences) -> int:
    """Where the server counts an item as seen, in milliseconds.

    Source: Plex protocol notes, section 14.
    """
    threshold = item.length_ms * preferences.played_threshold // 100
    credits_at = sorted(marker.start_ms for marker in item.markers if marker.kind == "credits")
    final_at = [marker.start_ms for marker in item.markers if marker.final]
    match preferences.played_behaviour:
        case "1":
            return final_at[0] if final_at else threshold
        case "2":
            return credits_at[0] if credits_at else threshold
        case "3":
            return min([threshold, *credits_at])
        case _:
            return threshold


def select_rows(rows: list[HistoryRow], query: Mapping[str, str]) -> list[HistoryRow]:
    """The rows that a request asks for, in its order; the oldest first unless it says otherwise.

    Raises:
        RefusedError: 400, if a number or the order makes no sense.
    """
    found = [row for row in rows if all(_fits(row, name, value) for name, value in query.items())]
    return sorted(found, key=lambda row: (row.viewed_at, row.number), reverse=_is_descending(query))


def row_document(row: HistoryRow, library: Library) -> dict[str, Any]:
    """A row as the server writes it."""
    deleted = not library.holds(row.item)
    return {
        "historyKey": row.key,
        **describe_seen(row.item, deleted=deleted),
        "viewedAt": row.viewed_at,
        "accountID": row.person.account_id,
        "deviceID": row.device,
    }


def _is_descending(query: Mapping[str, str]) -> bool:
    field, _, direction = query.get("sort", "viewedAt:asc").partition(":")
    if field != "viewedAt" or direction not in ("", "asc", "desc"):
        raise refuse(400)
    return direction == "desc"


def _fits(row: HistoryRow, name: str, value: str) -> bool:
    item, section = row.item, row.item.section
    match name:
        case "accountID":
            return row.person.account_id == _number(value)
        case "librarySectionID":
            return section is not None and section.number == _number(value)
        case "metadataItemID":
            lineage = (item, item.parent, item.grandparent)
            return value in [one.rating_key for one in lineage if one is not None]
        case "viewedAt>":
            return row.viewed_at >= _number(value)
        case "viewedAt<":
            return row.viewed_at <= _number(value)
        case _:
            return True


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise refuse(400) from error
