"""The frames of the notification socket, in every shape that has been seen.

Source: Plex protocol notes, sections 2.4, 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from crosswatch.simulator.plex.items import TYPE_NUMBERS

if TYPE_CHECKING:
    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.options import FrameShape, PlexOptions
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.sessions import Session

LISTS: dict[str, str] = {
    "playing": "PlaySessionStateNotification",
    "timeline": "TimelineEntry",
    "activity": "ActivityNotification",
    "status": "StatusNotification",
    "progress": "ProgressNotification",
    "transcodeSession.start": "TranscodeSession",
    "transcodeSession.update": "TranscodeSession",
    "transcodeSession.end": "TranscodeSession",
    "reachability": "ReachabilityNotification",
    "backgroundProcessingQueue": "BackgroundProcessingQueueEventNotification",
    "update.statechange": "AutoUpdateNotification",
    "preference": "Setting",
    "account": "AccountUpdateNotification",
    "provider.content.change": "ProviderContentChange",
    "log": "LogSentNotification",
    "some.future.type": "SomethingNew",
}
"""Type to the name of its list."""

PROCESSED = 5
DELETED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of the server to its listeners.

    Attributes:
        type: What it is about; filters go by it.
        entries: What its list holds; empty for a raw frame.
        raw: Text or bytes that go out as they are, in place of the entries.
        person: Whose session it is about, or None; the owner hears of everybody.
    """

    type: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    raw: str | bytes | None = None
    person: Person | None = None

    def text(self, shape: FrameShape) -> str:
        """The document as the socket sends it."""
        name = LISTS.get(self.type, "_children")
        document: dict[str, Any] = {"type": self.type, "size": len(self.entries), name: self.entries}
        match shape:
            case "unwrapped":
                return encode(document)
            case "children":
                children = [{"_elementType": name, **entry} for entry in self.entries]
                return encode({"type": self.type, "size": len(children), "_children": children})
            case "no_size":
                del document["size"]
            case "blank_type":
                document["type"] = f"{self.type} "
            case "modern":
                pass
        return encode({"NotificationContainer": document})

    def events(self, *, wrapped: bool) -> list[str]:
        """The data of the event source: one event for each entry, bare unless wrapped."""
        if wrapped:
            return [self.text("modern")]
        return [encode({LISTS.get(self.type, self.type): entry}) for entry in self.entries]


def encode(document: Any) -> str:
    """The document as JSON text."""
    return msgspec.json.encode(document).decode()


def playing_entry(session: Session, options: PlexOptions, **changes: Any) -> dict[str, Any]:
    """The entry of a `playing` frame about a session.

    Args:
        session: What plays.
        options: The server's switches; some attributes are younger than some servers.
        **changes: Attributes that differ from the session's; None leaves one out.
    """
    item = session.item
    entry: dict[str, Any] = {
        "sessionKey": session.key,
        "clientIdentifier": session.device.client_id if options.client_identifier else None,
        "guid": item.guid if session.device.fills_guid else "",
        "ratingKey": item.rating_key,
        "url": "",
        "key": item.path,
        "viewOffset": session.offset_ms,
        "playQueueItemID": session.queue_item,
        "playQueueID": session.queue if options.play_queue_id else None,
        "state": session.state,
        "transcodeSession": session.transcode,
    }
    entry |= changes
    return {name: value for name, value in entry.items() if value is not None}


WITHOUT_ITEM: dict[str, Any] = {
    "guid": "",
    "ratingKey": "",
    "key": "",
    "playQueueItemID": None,
    "playQueueID": None,
    "transcodeSession": None,
}
"""Changes that take the item out of an entry.

Source: recording `ws/10-stop-key-noitem.json`.
"""

STOP_WITHOUT_SESSION: dict[str, Any] = {
    "viewOffset": 0,
    "url": "",
    "ratingKey": "",
    "state": "stopped",
    "key": "",
    "guid": "",
}
"""The stop that names neither session nor item.

Source: recording `ws/09-stop-nokey-noitem.json`.
"""


def timeline_frame(item: Item, state: int, *, now: float) -> Frame:
    """A change of a library item; a deleted one comes with its ids as text.

    Source: recordings `ws/20-timeline-processed.json` and `ws/21-timeline-deleted.json`.
    """
    section = item.section.number if item.section else -1
    entry: dict[str, Any] = {"identifier": "com.plexapp.plugins.library"}
    if state == DELETED:
        entry |= {"sectionID": str(section), "itemID": item.rating_key}
        if item.parent and item.grandparent:
            entry |= {
                "parentItemID": item.parent.rating_key,
                "rootItemID": item.grandparent.rating_key,
            }
        entry |= {"type": TYPE_NUMBERS[item.kind], "title": "", "state": state, "metadataState": "deleted"}
    else:
        entry |= {"sectionID": section, "itemID": int(item.rating_key)}
        entry |= {"type": TYPE_NUMBERS[item.kind], "title": item.title, "state": state}
    return Frame(type="timeline", entries=[{**entry, "updatedAt": int(now)}])


def preference_frame(setting: dict[str, Any]) -> Frame:
    """A changed preference.

    Source: recording `ws/28-preference.json`.
    """
    return Frame(type="preference", entries=[setting])


def transcode_frame(event: str, transcode_id: str, *, duration_ms: int, progress: float, now: float) -> Frame:
    """News of a transcoder; its progress is not the viewer's.

    Args:
        event: `start`, `update` or `end`.
        transcode_id: What `transcodeSession` says in the viewer's frames.
        duration_ms: Length of the item.
        progress: Percent of the item that is transcoded.
        now: Unix seconds.

    Source: recording `ws/23-transcode-update.json`.
    """
    entry = {
        "key": transcode_id,
        "throttled": False,
        "complete": False,
        "progress": progress,
        "size": -22,
        "speed": 3.2,
        "error": False,
        "duration": duration_ms,
        "remaining": 1900,
        "context": "streaming",
        "sourceVideoCodec": "hevc",
        "sourceAudioCodec": "eac3",
        "videoDecision": "transcode",
        "audioDecision": "transcode",
        "protocol": "dash",
        "container": "mp4",
        "videoCodec": "h264",
        "audioCodec": "aac",
        "audioChannels": 2,
        "transcodeHwRequested": True,
        "timeStamp": now,
        "maxOffsetAvailable": 84.0,
        "minOffsetAvailable": 0.0,
    }
    return Frame(type=f"transcodeSession.{event}", entries=[entry])
