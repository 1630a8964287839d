"""Dataclasses of the core to columns, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from crosswatch.core.events import Account, Media, MediaKind, Percent, Player, PlayId
from crosswatch.core.filters import fold
from crosswatch.core.ids import Ids
from crosswatch.core.phrases import packed, unpacked
from crosswatch.core.plays import (
    Cursor,
    Delivery,
    DeliveryState,
    Desired,
    DesiredAction,
    Match,
    Origin,
    Play,
    PlayState,
    SinkAccount,
    TraceEntry,
)
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.storage.steps import folded_titles

if TYPE_CHECKING:
    import sqlite3

Values = dict[str, Any]
"""Arguments of a statement, by name."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_account = msgspec.json.Decoder(Account)
_media = msgspec.json.Decoder(Media)
_player = msgspec.json.Decoder(Player)
_desired = msgspec.json.Decoder(Desired)
_ids = msgspec.json.Decoder(Ids)
_keys = msgspec.json.Decoder(frozenset[str])


def from_time(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def to_time(microseconds: int) -> datetime:
    """The moment, aware, in UTC."""
    return _EPOCH + microseconds * _MICROSECOND


def play_values(play: Play) -> Values:
    """Arguments for `sql.SAVE_PLAY`."""
    return {
        "id": play.id,
        "server": play.server,
        "origin": play.origin.value,
        "session_key": play.session_key,
        "play_queue_item": play.play_queue_item,
        "account": _json(play.account),
        "account_id": play.account.id,
        "account_name": fold(play.account.name),
        "media": _json(play.media),
        "kind": play.media.kind.value,
        "titles": folded_titles(play.media),
        "player": _json(play.player),
        "state": play.state.value,
        "offset_ms": play.offset_ms,
        "progress": play.progress,
        "started_at": from_time(play.started_at),
        "last_seen_at": from_time(play.last_seen_at),
        "ended_at": _from_time(play.ended_at),
        "counted_at": _from_time(play.counted_at),
        "watched_at": _from_time(play.watched_at),
        "verdict": play.verdict.value,
        "reason": play.reason.value,
        "detail": packed(play.detail),
        "history_key": play.history_key,
    }


def play_from(row: sqlite3.Row) -> Play:
    """A row of `play`."""
    return Play(
        id=PlayId(row["id"]),
        server=row["server"],
        origin=Origin(row["origin"]),
        session_key=row["session_key"],
        play_queue_item=row["play_queue_item"],
        account=_account.decode(row["account"]),
        media=_media.decode(row["media"]),
        player=_player.decode(row["player"]),
        state=PlayState(row["state"]),
        offset_ms=row["offset_ms"],
        progress=row["progress"],
        started_at=to_time(row["started_at"]),
        last_seen_at=to_time(row["last_seen_at"]),
        ended_at=_to_time(row["ended_at"]),
        counted_at=_to_time(row["counted_at"]),
        watched_at=_to_time(row["watched_at"]),
        verdict=Verdict(row["verdict"]),
        reason=Reason(row["reason"]),
        detail=unpacked(row["detail"]),
        history_key=row["history_key"],
    )


def delivery_values(delivery: Delivery) -> Values:
    """Arguments for `sql.SAVE_DELIVERY`."""
    desired = delivery.desired
    return {
        "play_id": delivery.play_id,
        **account_values(delivery.account),
        "state": delivery.state.value,
        "action": desired.action.value,
        "progress": desired.progress,
        "at": from_time(desired.at),
        "is_watched": desired.action is DesiredAction.WATCHED,
        "version": delivery.version,
        "acknowledged": None if delivery.acknowledged is None else _json(delivery.acknowledged),
        "acknowledged_version": delivery.acknowledged_version,
        "attempts": delivery.attempts,
        "next_attempt_at": from_time(delivery.next_attempt_at),
        "lease_owner": delivery.lease_owner,
        "lease_until": _from_time(delivery.lease_until),
        "fence": delivery.fence,
        "sending_since": _from_time(delivery.sending_since),
        "unknown_since": _from_time(delivery.unknown_since),
        "remote_id": delivery.remote_id,
        "reason": delivery.reason.value,
        "detail": packed(delivery.detail),
        "updated_at": from_time(delivery.updated_at),
    }


def delivery_from(row: sqlite3.Row) -> Delivery:
    """A row of `delivery`."""
    acknowledged = row["acknowledged"]
    return Delivery(
        play_id=PlayId(row["play_id"]),
        account=account_from(row),
        state=DeliveryState(row["state"]),
        desired=Desired(
            action=DesiredAction(row["action"]), progress=Percent(row["progress"]), at=to_time(row["at"])
        ),
        version=row["version"],
        acknowledged=None if acknowledged is None else _desired.decode(acknowledged),
        acknowledged_version=row["acknowledged_version"],
        attempts=row["attempts"],
        next_attempt_at=to_time(row["next_attempt_at"]),
        lease_owner=row["lease_owner"],
        lease_until=_to_time(row["lease_until"]),
        fence=row["fence"],
        sending_since=_to_time(row["sending_since"]),
        unknown_since=_to_time(row["unknown_since"]),
        remote_id=row["remote_id"],
        reason=Reason(row["reason"]),
        detail=unpacked(row["detail"]),
        updated_at=to_time(row["updated_at"]),
    )


def account_values(account: SinkAccount) -> Values:
    """The columns that name a sink account."""
    return {"sink": account.sink, "account": account.name}


def account_from(row: sqlite3.Row) -> SinkAccount:
    """The sink account that a row is about."""
    return SinkAccount(sink=row["sink"], name=row["account"])


def trace_values(play_id: PlayId, entry: TraceEntry) -> Values:
    """Arguments for `sql.ADD_TRACE`."""
    return {
        "play_id": play_id,
        "at": from_time(entry.at),
        "step": entry.step,
        "ok": entry.ok,
        "text": packed(entry.text),
        "data": _json(entry.data),
    }


def trace_from(row: sqlite3.Row) -> TraceEntry:
    """A row of `trace`."""
    return TraceEntry(
        at=to_time(row["at"]),
        step=row["step"],
        ok=None if row["ok"] is None else bool(row["ok"]),
        text=unpacked(row["text"]),
        data=msgspec.json.decode(row["data"]),
    )


def match_values(match: Match) -> Values:
    """Arguments for `sql.SAVE_MATCH`."""
    return {
        "key": match.key,
        "kind": None if match.kind is None else match.kind.value,
        "ids": _json(match.ids),
        "show_ids": _json(match.show_ids),
        "season": match.season,
        "number": match.number,
        "season_offset": match.season_offset,
        "number_offset": match.number_offset,
        "evidence": match.evidence,
        "made_at": from_time(match.made_at),
        "expires_at": _from_time(match.expires_at),
        "item": match.item,
        "found": packed(match.found),
    }


def match_from(row: sqlite3.Row) -> Match:
    """A row of `match`."""
    return Match(
        key=row["key"],
        kind=None if row["kind"] is None else MediaKind(row["kind"]),
        ids=_ids.decode(row["ids"]),
        show_ids=_ids.decode(row["show_ids"]),
        season=row["season"],
        number=row["number"],
        season_offset=row["season_offset"],
        number_offset=row["number_offset"],
        evidence=row["evidence"],
        made_at=to_time(row["made_at"]),
        expires_at=_to_time(row["expires_at"]),
        item=row["item"],
        found=unpacked(row["found"]),
    )


def cursor_values(cursor: Cursor) -> Values:
    """Arguments for `sql.SAVE_CURSOR`."""
    return {
        "server": cursor.server,
        "viewed_at": from_time(cursor.viewed_at),
        "keys": _json(sorted(cursor.keys)),
    }


def cursor_from(row: sqlite3.Row) -> Cursor:
    """A row of `cursor`."""
    return Cursor(server=row["server"], viewed_at=to_time(row["viewed_at"]), keys=_keys.decode(row["keys"]))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _from_time(moment: datetime | None) -> int | None:
    return None if moment is None else from_time(moment)


def _to_time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else to_time(microseconds)
