"""Answers to "what would happen, and why": each question is played through `crosswatch.rehearsal`."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from crosswatch.core.events import PlayId
from crosswatch.errors import PayloadError, SourceError
from crosswatch.providers.scrobble.plex.frames import decode_frame
from crosswatch.providers.scrobble.scrobble import from_plex_webhook
from crosswatch.rehearsal import Rehearsal, rehearse_play, rehearse_webhook
from crosswatch.service.binder import Binder

if TYPE_CHECKING:
    from crosswatch.core.facts import Binding, Notification
    from crosswatch.core.plays import Play
    from crosswatch.core.session import Session
    from crosswatch.rehearsal import Scene, Telling
    from crosswatch.web.ports import RuntimeLike

NOT_ABOUT_PLAYING = "It is not about a player, so nothing would be told."
CHANGES_NOTHING = (
    "It would change nothing: nothing is known to play that it could be about, or it is old news."
)
POSITION_UNKNOWN = "It says no position, and nothing is made up: the player's next word has to tell it."
NOBODY_KNOWS = "The server does not say who watches, and nobody is guessed: nothing is told until it does."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What would happen.

    Attributes:
        scenes: What would become of it, in order.
        note: Why that is all; or empty.
    """

    scenes: tuple[Scene, ...] = ()
    note: str = ""


async def explain_play(runtime: RuntimeLike, play: Play) -> Explained:
    """What would become of a play by the rules of today."""
    scene = await rehearse_play(runtime.rules(), play, runtime.clock.now(), runtime.recall)
    return Explained(scenes=(scene,))


async def explain_webhook(runtime: RuntimeLike, payload: Any) -> Explained:
    """What would become of a webhook by itself, whatever plays at the moment.

    Raises:
        PayloadError: If it is none.
    """
    fact = from_plex_webhook(payload)
    source = runtime.source_of(fact.server_uuid)
    account = source.known_account(fact.account) if source is not None else fact.account
    if source is not None and fact.media is not None and fact.media.rating_key:
        with contextlib.suppress(SourceError):  # what the payload itself says has to do
            fact = replace(fact, media=await source.fetch_media(fact.media.rating_key))
    scene = await rehearse_webhook(runtime.rules(), fact, account, runtime.clock.now(), runtime.recall)
    if scene is None:
        return Explained(note=NOT_ABOUT_PLAYING)
    return Explained(scenes=(scene,), note=POSITION_UNKNOWN if scene.event.progress is None else "")


async def explain_frame(runtime: RuntimeLike, frame: Any, server: str) -> Explained:
    """What would become of a frame of the notification socket, beside what plays at the moment.

    Raises:
        PayloadError: If it is none.
    """
    decoded = decode_frame(msgspec.json.encode(frame))
    if decoded.problems:
        raise PayloadError(decoded.problems[0])
    if not decoded.notifications:
        return Explained(note=NOT_ABOUT_PLAYING)
    source = runtime.source_of(server)

    async def look_up(session: Session) -> Binding | None:
        return await Binder(source).look_up(session) if source is not None else None

    rehearsal = Rehearsal(
        runtime.rules(),
        server,
        look_up=look_up,
        recall=runtime.recall,
        plays=await _plays_about(runtime, server, decoded.notifications),
    )
    now = runtime.clock.now()
    scenes = await rehearsal.hear(decoded.notifications, now)
    scenes += await rehearsal.wait_for_a_start(now)
    note = "" if scenes else NOBODY_KNOWS if rehearsal.unbound else CHANGES_NOTHING
    return Explained(scenes=tuple(scenes), note=note)


async def find_play(runtime: RuntimeLike, play_id: str) -> Play | None:
    """The play of that id, or None."""
    return await runtime.ledger.play(PlayId(play_id))


def explained_shape(explained: Explained) -> dict[str, Any]:
    """The answer of `POST /api/explain`."""
    return {
        "dry_run": True,
        "note": explained.note,
        "scenes": [scene_shape(one) for one in explained.scenes],
    }


async def _plays_about(
    runtime: RuntimeLike, server: str, notifications: tuple[Notification, ...]
) -> list[Play]:
    """The open plays that the frame may be about."""
    keys = {one.session_key for one in notifications}
    items = {one.rating_key for one in notifications}
    plays = await runtime.ledger.open_plays(server)
    return [play for play in plays if play.session_key in keys or play.media.rating_key in items]


def scene_shape(scene: Scene) -> dict[str, Any]:
    """One event and what would become of it."""
    play = scene.play
    return {
        "at": scene.at,
        "server": play.server,
        "person": {"id": play.account.id, "name": play.account.name},
        "people": scene.people,
        "media": play.media.label,
        "event": {
            "action": scene.event.action,
            "progress": scene.event.progress,
            "why": scene.event.why,
        },
        "verdict": play.verdict,
        "reason": play.reason,
        "title": scene.told.title,
        "sentence": scene.told.sentence,
        "action": scene.told.action,
        "tellings": [_telling_shape(one) for one in scene.tellings],
    }


def _telling_shape(telling: Telling) -> dict[str, Any]:
    desired = telling.desired
    return {
        "account": {"sink": telling.account.sink, "name": telling.account.name},
        "desired": {"action": desired.action, "progress": desired.progress, "at": desired.at},
        "request": telling.request or None,
        "body": telling.body,
        "note": telling.note,
    }
