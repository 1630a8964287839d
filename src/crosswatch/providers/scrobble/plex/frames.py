"""Frames of the notification socket, text to facts. Pure.

A library scan makes more than a thousand frames in a burst, none of them about a player. So the first look
finds the type and leaves the lists as raw text; only what matters is decoded.

Source: Plex protocol notes, sections 2.3, 2.4, 3 and 4; design notes, section 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import parse_json
from crosswatch.providers.scrobble.plex.values import int_of, text_of
from crosswatch.providers.scrobble.scrobble import from_plex_pssn

if TYPE_CHECKING:
    from crosswatch.core.facts import Notification

MAX_FRAME_BYTES = 1024 * 1024
"""Frames beyond are not decoded; real ones have a few hundred bytes."""

_FORGET_STATES = frozenset({5, 9})
"""Timeline states that make cached metadata wrong: processing finished, deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What one frame says.

    Attributes:
        type: As the server names it, such as `playing` or `activity`.
        notifications: What players say; mostly one.
        forgotten: Keys of items whose metadata has changed or gone.
        preferences: Ids of settings that have changed.
        problems: What is wrong with entries that were left out.
    """

    type: str
    notifications: tuple[Notification, ...] = ()
    forgotten: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


_ABSENT = msgspec.Raw()


class _Lists(msgspec.Struct):
    """The lists that matter, not yet decoded, and the type."""

    type: Any = None
    playing: msgspec.Raw = msgspec.field(default=_ABSENT, name="PlaySessionStateNotification")
    timeline: msgspec.Raw = msgspec.field(default=_ABSENT, name="TimelineEntry")
    preference: msgspec.Raw = msgspec.field(default=_ABSENT, name="Setting")
    children: msgspec.Raw = msgspec.field(default=_ABSENT, name="_children")


class _Document(_Lists):
    """A frame, wrapped or not."""

    container: _Lists | None = msgspec.field(default=None, name="NotificationContainer")


_DOCUMENT = msgspec.json.Decoder(_Document)


def decode_frame(text: str | bytes) -> Frame:
    """What the frame says; a frame of a type that does not matter says nothing but its type.

    The wrapper may be missing, the list may be a single object, be called `_children`, or hold several
    entries; where the data of an event stream names no type, its list does. An entry that makes no sense
    is left out and named in `problems`.

    Raises:
        PayloadError: If it is no frame at all; the text is the same for the same kind of fault.
    """
    lists = _lists_of(text)
    if isinstance(lists.type, str) and lists.type.strip():
        name = lists.type.strip()
    elif lists.playing is not _ABSENT:
        name = "playing"
    else:
        raise PayloadError("A frame names no type.")
    match name:
        case "playing":
            return _playing(_entries(name, lists.playing, lists.children))
        case "timeline":
            return _timeline(_entries(name, lists.timeline, lists.children))
        case "preference":
            return _preference(_entries(name, lists.preference, lists.children))
        case _:
            return Frame(type=name)


def _lists_of(text: str | bytes) -> _Lists:
    if len(text) > MAX_FRAME_BYTES:
        raise PayloadError("A frame is larger than 1 MiB.")
    try:
        document = _DOCUMENT.decode(text)
    except RecursionError:
        raise PayloadError("A frame is nested too deeply.") from None
    except msgspec.ValidationError:
        raise PayloadError("A frame is not an object with a container.") from None
    except ValueError:  # malformed, or not UTF-8
        raise PayloadError("A frame is not JSON.") from None
    return document if document.container is None else document.container


def _entries(name: str, *lists: msgspec.Raw) -> list[Any]:
    raw = next((found for found in lists if found is not _ABSENT), None)
    found = parse_json(bytes(raw)) if raw is not None else None
    if not found:
        raise PayloadError(f"A frame of type {name} has no entries.")
    return found if isinstance(found, list) else [found]


def _playing(entries: list[Any]) -> Frame:
    notifications, problems = [], []
    for entry in entries:
        try:
            notifications.append(from_plex_pssn(entry))
        except PayloadError as error:
            problems.append(str(error))
    return Frame(type="playing", notifications=tuple(notifications), problems=tuple(problems))


def _timeline(entries: list[Any]) -> Frame:
    known = [entry for entry in entries if isinstance(entry, dict)]
    keys = (text_of(entry.get("itemID")) for entry in known if int_of(entry.get("state")) in _FORGET_STATES)
    return Frame(
        type="timeline",
        forgotten=tuple(key for key in keys if key),
        problems=() if len(known) == len(entries) else ("A timeline entry is not an object.",),
    )


def _preference(entries: list[Any]) -> Frame:
    known = [entry for entry in entries if isinstance(entry, dict)]
    return Frame(
        type="preference",
        preferences=tuple(text_of(entry.get("id")) for entry in known),
        problems=() if len(known) == len(entries) else ("A preference entry is not an object.",),
    )
