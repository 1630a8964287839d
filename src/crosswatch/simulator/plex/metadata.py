"""How the server writes an item down: in full, in a session, in the history, in a webhook.

The same item has other types in other places: ids are numbers in the details and text in sessions and
history. Source: Plex protocol notes, sections 1.2, 7.1, 8, 11 and 12.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.documents import without_none
from crosswatch.simulator.plex.items import ADDED_AT, PARENT_KINDS, Item, Section

if TYPE_CHECKING:
    from crosswatch.simulator.plex.history import View

PART_SIZE = 4_000_000_000
MARKER_VERSION = 4
"""Not in the recordings; `plexapi` reads it from every marker."""

SUMMARIES = {"movie": "…", "episode": "…", "clip": ""}


def describe(
    item: Item,
    view: View,
    *,
    with_guids: bool = True,
    with_markers: bool = False,
    counts: dict[str, int] | None = None,
) -> dict[str, Any]:
    """An item in full, as the detail route has it.

    Args:
        item: What to describe.
        view: What the asking person has seen of it.
        with_guids: True includes `Guid[]`, where the item has one.
        with_markers: True includes `Marker[]`.
        counts: For a show or season: `leafCount`, `viewedLeafCount` and `childCount`.
    """
    document = _facts(item, number=True)
    document.update(counts or {})
    document.update(_view(view))
    if with_guids and item.guids is not None:
        document["Guid"] = _guids(item)
    if item.media:
        document["Media"] = [_media(item, number=True)]
    if with_markers and item.markers:
        document["Marker"] = _markers(item)
    return document


def describe_playing(item: Item, *, decision: str) -> dict[str, Any]:
    """An item as a session names it: ids as text, no `Guid[]`.

    Args:
        item: What is played.
        decision: `directplay` or `transcode`.
    """
    document = _facts(item, number=False)
    document.pop("summary", None)
    if item.is_live:
        document["live"] = "1"
        document["Media"] = [_live_media(decision)]
    elif item.media:
        media = _media(item, number=False)
        for part in media["Part"]:
            part.update(decision=decision, selected=True)
        document["Media"] = [{**media, "selected": True}]
    return document


def describe_webhook(item: Item, view: View, *, with_duration: bool) -> dict[str, Any]:
    """An item as a webhook names it: the library's kind, no file."""
    document: dict[str, Any] = {}
    if item.kind != "clip":
        document["librarySectionType"] = item.section.kind if item.section else "show"
    document |= _facts(item, number=True) | _view(view)
    left_out = {"viewOffset"} if with_duration else {"viewOffset", "duration"}
    if item.kind == "clip":
        left_out |= {"duration", "librarySectionID", "librarySectionTitle", "librarySectionKey"}
    document = {name: value for name, value in document.items() if name not in left_out}
    if item.guids is not None:
        document["Guid"] = _guids(item)
    if item.is_live:
        document["live"] = "1"
    return document


def describe_seen(item: Item, *, deleted: bool) -> dict[str, Any]:
    """An item as a history row names it; a deleted one has a title and numbers only."""
    section = item.section
    keys: dict[str, Any] = {}
    if not deleted:
        keys = {"key": item.path, "ratingKey": item.rating_key}
    parents: dict[str, Any] = {}
    if not deleted and item.parent and item.grandparent:
        parents = {"parentKey": item.parent.path, "grandparentKey": item.grandparent.path}
    return without_none(
        {
            **keys,
            "librarySectionID": str(section.number) if section else None,
            **parents,
            "title": item.title,
            "parentTitle": item.parent.title if item.parent else None,
            "grandparentTitle": item.grandparent.title if item.grandparent else None,
            "type": item.kind,
            "thumb": f"{item.path}/thumb/1",
            "index": item.index if item.parent else None,
            "parentIndex": item.season_index,
            "originallyAvailableAt": item.day.isoformat() if item.day else None,
        }
    )


def section_fields(section: Section, *, number: bool) -> dict[str, Any]:
    """The three attributes that say in which library an item lies."""
    key: int | str = section.number if number else str(section.number)
    if section.number < 0:
        return {"librarySectionID": key}
    return {
        "librarySectionTitle": section.title,
        "librarySectionID": key,
        "librarySectionKey": section.key,
    }


def _facts(item: Item, *, number: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "ratingKey": item.rating_key,
        "key": f"{item.path}/children" if item.kind in PARENT_KINDS else item.path,
        **_parent_keys(item),
        "guid": item.guid,
        "type": item.kind,
        "title": item.title,
        **_parent_titles(item),
    }
    if item.section is not None:
        document.update(section_fields(item.section, number=number))
    document |= {
        "summary": SUMMARIES.get(item.kind),
        "index": item.index,
        "parentIndex": item.season_index,
        "year": item.year,
        "duration": item.duration_ms,
        "originallyAvailableAt": item.day.isoformat() if item.day else None,
    }
    if not item.is_live:
        document |= {"addedAt": item.added_at, "updatedAt": item.updated_at}
    document |= item.extra
    if item.is_live:
        document.pop("summary")
    return {name: value for name, value in without_none(document).items() if name not in item.missing}


def _parent_keys(item: Item) -> dict[str, Any]:
    parent, grandparent = item.parent, item.grandparent
    if parent is None:
        return {}
    keys = {"parentRatingKey": parent.rating_key, "parentGuid": parent.guid, "parentKey": parent.path}
    if grandparent is not None:
        keys |= {
            "grandparentRatingKey": grandparent.rating_key,
            "grandparentGuid": grandparent.guid,
            "grandparentKey": grandparent.path,
        }
    return keys


def _parent_titles(item: Item) -> dict[str, Any]:
    parent, grandparent = item.parent, item.grandparent
    if parent is None:
        return {}
    titles = {"parentTitle": parent.title}
    return titles if grandparent is None else {"grandparentTitle": grandparent.title, **titles}


def _view(view: View) -> dict[str, Any]:
    return {
        name: value
        for name, value in (
            ("viewCount", view.count),
            ("viewOffset", view.offset_ms),
            ("lastViewedAt", view.last_viewed_at),
        )
        if value
    }


def _guids(item: Item) -> list[dict[str, Any]]:
    return [{} if guid is None else {"id": guid} for guid in item.guids or ()]


def _media(item: Item, *, number: bool) -> dict[str, Any]:
    media = item.media
    if media is None:
        raise ValueError(f"{item.label} has no file")
    as_id = int if number else str
    facts = {
        "duration": item.duration_ms,
        "bitrate": 8000,
        "width": 1920,
        "height": 1080,
        "videoResolution": "1080",
        "container": media.container,
    }
    parts = [
        {
            "id": as_id(media.number + 1 + offset),
            "key": f"/library/parts/{media.number + 1 + offset}/{ADDED_AT}/file.{media.container}",
            "duration": None if item.duration_ms is None else item.duration_ms // len(media.files),
            "file": file,
            "size": PART_SIZE,
            "container": media.container,
        }
        for offset, file in enumerate(media.files)
    ]
    return {
        "id": as_id(media.number),
        **without_none(facts),
        "Part": [without_none(part) for part in parts],
    }


def _live_media(decision: str) -> dict[str, Any]:
    return {
        "id": "1",
        "uuid": "00000000-0000-4000-8000-00000000ab02",
        "origin": "livetv",
        "protocol": "hls",
        "channelCallSign": "EXMP-HD",
        "channelTitle": "Example One",
        "container": "mpegts",
        "Part": [{"id": "1", "decision": decision, "selected": True, "protocol": "hls"}],
        "selected": True,
    }


def _markers(item: Item) -> list[dict[str, Any]]:
    return [
        {
            "id": int(item.rating_key) * 10 + number,
            "type": marker.kind,
            **({"final": True} if marker.final else {}),
            "startTimeOffset": marker.start_ms,
            "endTimeOffset": marker.end_ms,
            "Attributes": {"version": MARKER_VERSION},
        }
        for number, marker in enumerate(item.markers, start=1)
    ]
