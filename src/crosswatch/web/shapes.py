"""Plays, deliveries and their stories as JSON. What is here is promised: names never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.core.plays import DeliveryState
from crosswatch.core.sentences import tell_delivery, tell_play

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.core.events import Media
    from crosswatch.core.plays import Delivery, Desired, Play, TraceEntry
    from crosswatch.core.sentences import Told


def play_shape(play: Play, deliveries: Sequence[Delivery], mark: float) -> dict[str, Any]:
    """A play with its verdict in words, and what became of it at each sink account.

    Args:
        play: The play.
        deliveries: Its deliveries.
        mark: Percent from which a play counts as watched.
    """
    return {
        "id": play.id,
        "origin": play.origin,
        "server": play.server,
        "person": {"id": play.account.id, "name": play.account.name},
        "media": _media_shape(play.media),
        "player": {"title": play.player.title, "product": play.player.product},
        "state": play.state,
        "progress": play.progress,
        "offset_ms": play.offset_ms,
        "started_at": play.started_at,
        "last_seen_at": play.last_seen_at,
        "ended_at": play.ended_at,
        "watched_at": play.watched_at,
        "verdict": play.verdict,
        "reason": play.reason,
        **_told_shape(tell_play(play, mark=mark, deliveries=deliveries)),
        "deliveries": [_delivery_shape(play, delivery, mark) for delivery in deliveries],
    }


def trace_shape(entry: TraceEntry) -> dict[str, Any]:
    """One step of a play's story."""
    return {"at": entry.at, "step": entry.step, "ok": entry.ok, "text": entry.text, "data": entry.data}


def _media_shape(media: Media) -> dict[str, Any]:
    return {
        "kind": media.kind,
        "label": media.label,
        "title": media.title,
        "year": media.year,
        "ids": media.ids.as_dict(),
        "show": media.show
        and {"title": media.show.title, "year": media.show.year, "ids": media.show.ids.as_dict()},
        "season": media.season,
        "number": media.number,
        "duration_ms": media.duration_ms,
        "library": media.library,
        "rating_key": media.rating_key,
    }


def _delivery_shape(play: Play, delivery: Delivery, mark: float) -> dict[str, Any]:
    waits = delivery.state is DeliveryState.PENDING
    return {
        "account": {"sink": delivery.account.sink, "name": delivery.account.name},
        "state": delivery.state,
        "desired": _desired_shape(delivery.desired),
        "acknowledged": delivery.acknowledged and _desired_shape(delivery.acknowledged),
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at if waits else None,
        "remote_id": delivery.remote_id,
        "updated_at": delivery.updated_at,
        "reason": delivery.reason,
        **_told_shape(tell_delivery(play, delivery, mark=mark)),
    }


def _desired_shape(desired: Desired) -> dict[str, Any]:
    return {"action": desired.action, "progress": desired.progress, "at": desired.at}


def _told_shape(told: Told) -> dict[str, str]:
    return {"title": told.title, "sentence": told.sentence, "action": told.action}
