"""`/scrobble/…` and `/checkin`.

Source: Trakt protocol notes, section 5 and section 10, rules 2 to 5.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from crosswatch.simulator.trakt.answers import Answer, iso, refuse, whole_second
from crosswatch.simulator.trakt.calls import Call, Route
from crosswatch.simulator.trakt.items import Episode, Item, blocks
from crosswatch.simulator.trakt.state import Watching

if TYPE_CHECKING:
    from datetime import datetime

LEAST_PROGRESS = 1.0
WATCHED_PROGRESS = 80.0
FULL_PROGRESS = 100.0
CONFLICT: Final = 409

TOO_LITTLE = {"message": "Progress should be at least 1.0% to pause."}


def start(call: Call) -> Answer:
    """`POST /scrobble/start`: shows the item as watched now, drops its saved position."""
    item, progress = _item(call), _progress(call)
    current = call.me.watching
    if current and current.action == "checkin" and call.options.start_during_checkin == CONFLICT:
        raise refuse(409, {"expires_at": iso(current.expires_at)})
    if call.options.start_in_window == CONFLICT:
        _refuse_repeat(call, item)
    call.me.playback.pop(item.key, None)
    call.me.watching = Watching(
        item=item,
        action="scrobble",
        started_at=whole_second(call.now),
        expires_at=_expiry(item, progress, call.now),
    )
    return _answer(call, item, "start", progress, 0)


def pause(call: Call) -> Answer:
    """`POST /scrobble/pause`: saves the position between 1 and 80 percent."""
    if call.options.pause_endpoint != "present":
        raise refuse(int(call.options.pause_endpoint))
    item, progress = _item(call), _progress(call)
    if _is_watched(call, progress):
        raise refuse(422, {"message": f"Progress is {progress}%. Use stop to scrobble."})
    return _paused(call, item, progress, clear=call.options.pause_clears_watching)


def stop(call: Call) -> Answer:
    """`POST /scrobble/stop`: a play at 80 percent and more, a pause from 1, nothing below."""
    item, progress = _item(call), _progress(call)
    if not _is_watched(call, progress):
        return _paused(call, item, progress, clear=True)
    _refuse_repeat(call, item)
    play = call.world.new_play(
        item, call.now, "scrobble", made_at=call.now, made_by=call.made_by, request=call.body
    )
    call.world.record(call.me, play)
    call.me.watching = None
    return _answer(call, item, "scrobble", progress, play.id)


def check_in(call: Call) -> Answer:
    """`POST /checkin`: becomes a play by itself when the runtime has passed."""
    item = _item(call)
    if call.me.watching:
        raise refuse(409, {"expires_at": iso(call.me.watching.expires_at)})
    play = call.world.new_play(
        item, call.now, "checkin", made_at=call.now, made_by=call.made_by, request=call.body
    )
    call.me.watching = Watching(
        item=item,
        action="checkin",
        started_at=play.watched_at,
        expires_at=_expiry(item, 0.0, call.now),
        checkin=play,
    )
    body = {"id": play.id, "watched_at": iso(play.watched_at), "sharing": _sharing(), **blocks(item)}
    return Answer(status=call.options.checkin_status, json=body, applied=True)


def drop_check_in(call: Call) -> Answer:
    """`DELETE /checkin`: ends a check-in without a play; a scrobble is left alone."""
    active = call.me.watching is not None and call.me.watching.action == "checkin"
    if active:
        call.me.watching = None
    return Answer(status=204, applied=active)


def _item(call: Call) -> Item:
    item = call.world.matcher.playable(call.object())
    if item is None:
        raise refuse(404)
    return item


def _progress(call: Call) -> float:
    progress = call.object().get("progress", 0)
    if (
        isinstance(progress, bool)
        or not isinstance(progress, int | float)
        or not 0 <= progress <= FULL_PROGRESS
    ):
        raise refuse(422, {"message": "Progress should be a number from 0 to 100."})
    return progress


def _is_watched(call: Call, progress: float) -> bool:
    if call.options.scrobble_boundary == ">=":
        return progress >= WATCHED_PROGRESS
    return progress > WATCHED_PROGRESS


def _paused(call: Call, item: Item, progress: float, *, clear: bool) -> Answer:
    if progress < LEAST_PROGRESS:
        raise refuse(422, TOO_LITTLE)
    saved = call.world.save_position(call.me, item, progress, call.now)
    if clear:
        call.me.watching = None
    return _answer(call, item, "pause", progress, saved.id)


def _refuse_repeat(call: Call, item: Item) -> None:
    """409 while the window after the item's last play is open (notes, section 5.5)."""
    last = call.me.last_play_of(item)
    if last is None:
        return
    expires_at = last.watched_at + timedelta(seconds=call.options.duplicate_window_s)
    if last.watched_at <= call.now < expires_at:
        raise refuse(409, {"watched_at": iso(last.watched_at), "expires_at": iso(expires_at)})


def _expiry(item: Item, progress: float, now: datetime) -> datetime:
    """When the rest of the runtime will have passed (notes, section 5.3)."""
    return now + timedelta(minutes=item.runtime_min * (1 - progress / 100))


def _sharing() -> dict[str, bool]:
    return {"twitter": False, "mastodon": False, "tumblr": False}


def _answer(call: Call, item: Item, action: str, progress: float, number: int) -> Answer:
    """The 201 in the shape the options ask for (notes, section 5.2)."""
    shape = call.options.scrobble_shape
    named = blocks(item)
    body: dict[str, Any] = {} if shape == "legacy" else {"id": number}
    body |= {"action": action, "progress": progress}
    if shape == "full":
        body["sharing"] = _sharing()
    if shape == "legacy":
        body["sharing"] = {"facebook": False, "twitter": False, "tumblr": False}
        for name in ("episode", "show") if isinstance(item, Episode) else ():
            named[name]["ids"]["tvrage"] = None
    return Answer(status=201, json=body | named, applied=True)


ROUTES = [
    Route(method="POST", pattern="/scrobble/start", handler=start),
    Route(method="POST", pattern="/scrobble/pause", handler=pause),
    Route(method="POST", pattern="/scrobble/stop", handler=stop),
    Route(method="POST", pattern="/checkin", handler=check_in),
    Route(method="DELETE", pattern="/checkin", handler=drop_check_in),
]
