"""What else a server says: scans, transcodes, notices, things of the future, and rubbish.

Source: Plex protocol notes, sections 2.3 and 4; recordings `ws/20` to `ws/34`.
"""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.frames import PROCESSED, Frame, timeline_frame, transcode_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.simulator.plex.world import World

MIX = ("timeline", "activity", "transcode", "notice")
MIX_WEIGHTS = (9, 9, 1, 1)

ACTIVITY = "00000000-0000-4000-8000-0000000000a1"

MALFORMED: tuple[str, ...] = (
    "",
    "not json",
    "[]",
    "null",
    '{"NotificationContainer":',
    '{"NotificationContainer":null}',
    '{"NotificationContainer":{"type":"playing","size":1}}',
    '{"NotificationContainer":{"type":"playing","size":1,"PlaySessionStateNotification":{}}}',
    '{"NotificationContainer":{"type":"playing","size":1,"PlaySessionStateNotification":[null,"x",{}]}}',
    '{"NotificationContainer":{"type":' + "[" * 2_000 + "]" * 2_000 + "}}",
)
"""Frames that must not break a reader; the last one is deeply nested."""

NOTICES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"title": "Library scan complete", "description": "", "notificationName": "LIBRARY_UPDATE"}),
    ("progress", {"message": "Scanning Season 01"}),
    ("reachability", {"reachability": True}),
    ("backgroundProcessingQueue", {"queueID": 2, "event": "queueRegenerated"}),
    (
        "update.statechange",
        {"key": "/updater/1", "version": "1.43.4.10999-example00", "state": "available"},
    ),
    ("account", {"planState": "active", "signInState": "ok"}),
    ("provider.content.change", {"providerIdentifier": "com.plexapp.plugins.library"}),
    ("log", {"level": 3, "thread": "0x7f0000000000", "time": 1_700_000_000, "message": "Play progress"}),
    ("some.future.type", {"x": 1}),
)
"""One entry of each type that matters to nobody who watches plays."""


def make_noise(world: World, count: int, *, malformed: bool = False) -> None:
    """Push a burst of frames about everything but plays: mostly `timeline` and `activity`, as in a scan.

    Args:
        world: The server that speaks.
        count: How many frames.
        malformed: True puts frames in between that are broken.
    """
    for frame in itertools.islice(_frames(world), count):
        world.hub.publish(frame)
    if malformed:
        for text in MALFORMED:
            world.hub.publish(Frame(type="playing", raw=text))


def push_notices(world: World) -> None:
    """Push one frame of each type of `NOTICES`."""
    for frame_type, entry in NOTICES:
        world.hub.publish(Frame(type=frame_type, entries=[entry]))


def activity_frame(event: str, key: str, progress: int) -> Frame:
    """News of a background job.

    Source: recording `ws/22-activity.json`.
    """
    activity = {
        "uuid": ACTIVITY,
        "type": "library.refresh.items",
        "cancellable": False,
        "userID": 1,
        "title": "Refreshing",
        "subtitle": "Refreshing local metadata",
        "progress": progress,
        "Context": {"accessible": True, "exists": True, "key": key},
    }
    return Frame(type="activity", entries=[{"event": event, "uuid": ACTIVITY, "Activity": activity}])


def _frames(world: World) -> Iterator[Frame]:
    chance = random.Random(world.options.seed)  # noqa: S311 -- chance for tests, not for secrets
    items = [item for item in world.library.everything() if item.rating_key]
    for number in itertools.count():
        item = chance.choice(items)
        now = world.clock.timestamp()
        match chance.choices(MIX, MIX_WEIGHTS)[0]:
            case "timeline":
                yield timeline_frame(item, PROCESSED, now=now)
            case "activity":
                yield activity_frame("updated", item.path, number % 100)
            case "transcode":
                yield transcode_frame(
                    "update",
                    "exampletranscode00000099",
                    duration_ms=item.length_ms,
                    progress=chance.random() * 100,
                    now=now,
                )
            case _:
                frame_type, entry = chance.choice(NOTICES)
                yield Frame(type=frame_type, entries=[entry])
