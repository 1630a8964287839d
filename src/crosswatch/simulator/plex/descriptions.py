"""How the control interface describes items, players, viewings and rows to drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosswatch.simulator.plex.history import HistoryRow
    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.player import Player
    from crosswatch.simulator.plex.world import Viewing


def describe_item(item: Item) -> dict[str, Any]:
    """What a driver needs to choose an item."""
    return {
        "key": item.rating_key or item.live_key,
        "kind": item.kind,
        "label": item.label,
        "guid": item.guid,
        "guids": item.guids,
        "section": item.section.number if item.section else None,
        "length_ms": item.length_ms,
        "aired": item.aired,
    }


def describe_player(number: int, player: Player) -> dict[str, Any]:
    """A player and what it does."""
    viewing = player.viewing
    return {
        "number": number,
        "person": player.person.name if player.person else None,
        "device": player.device.title,
        "state": player.state,
        "session_key": player.session_key,
        "position_ms": player.position_ms,
        "viewing": describe_viewing(viewing) if viewing else None,
    }


def describe_viewing(viewing: Viewing) -> dict[str, Any]:
    """What somebody really watched."""
    return {
        "number": viewing.number,
        "person": viewing.person.name if viewing.person else None,
        "item": describe_item(viewing.item),
        "device": viewing.device.title,
        "started_at": viewing.started_at,
        "ended_at": viewing.ended_at,
        "offset_ms": viewing.offset_ms,
        "reported_ms": viewing.reported_ms,
        "progress": viewing.progress,
        "session_keys": viewing.session_keys,
        "counted_at": viewing.counted_at,
        "ending": viewing.ending,
    }


def describe_row(row: HistoryRow) -> dict[str, Any]:
    """A row of the play history."""
    return {
        "key": row.key,
        "item": describe_item(row.item),
        "person": row.person.name,
        "viewed_at": row.viewed_at,
    }
