"""Routes about what there is to play.

Source: Plex protocol notes, sections 1.2, 1.3 and 8; recordings `metadata/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.answers import Answer, container, refuse
from crosswatch.simulator.plex.calls import Call, Route, paged
from crosswatch.simulator.plex.images import poster
from crosswatch.simulator.plex.items import ADDED_AT, TYPE_NUMBERS, Item, Section
from crosswatch.simulator.plex.metadata import describe

if TYPE_CHECKING:
    from crosswatch.simulator.plex.items import Kind

IDENTIFIER = "com.plexapp.plugins.library"
TAGS = {
    "identifier": IDENTIFIER,
    "mediaTagPrefix": "/system/bundle/media/flags/",
    "mediaTagVersion": ADDED_AT,
}
PICTURES = ("thumb", "art")


def metadata(call: Call) -> Answer:
    """One item or several, by a comma list of rating keys; unknown ones among known ones are left out."""
    found = [item for key in call.params["keys"].split(",") if (item := _get(call, key)) is not None]
    if not found:
        raise refuse(404)
    documents = [_describe(call, item, with_guids=True) for item in found]
    return container("Metadata", documents, allowSync=True, **TAGS, **_section_of(found))


def children(call: Call) -> Answer:
    """Seasons of a show, episodes of a season."""
    item = _get(call, call.params["key"])
    if item is None:
        raise refuse(404)
    return _listing(call, call.world.library.children(item), **_section_of([item]))


def leaves(call: Call) -> Answer:
    """All episodes of a show or season."""
    item = _get(call, call.params["key"])
    if item is None:
        raise refuse(404)
    return _listing(call, call.world.library.leaves(item), **_section_of([item]))


def library(call: Call) -> Answer:  # noqa: ARG001 -- a route takes the call
    """The way to the libraries."""
    entries = [{"key": "sections", "title": "Library Sections"}]
    return container("Directory", entries, allowSync=False, title1="Plex Library", **TAGS)


def sections(call: Call) -> Answer:
    """All libraries."""
    entries = [_section(section) for section in call.world.library.sections.values()]
    return container("Directory", entries, allowSync=False, title1="Plex Library")


def section_items(call: Call) -> Answer:
    """The items of a library, of its own kind or of the kind in `type`."""
    section = _section_by_key(call)
    kind = _kind(call)
    return _listing(
        call,
        call.world.library.listed(section, kind),
        librarySectionID=section.number,
        librarySectionTitle=section.title,
        librarySectionUUID=section.uuid,
    )


def picture(call: Call) -> Answer:
    """A poster or a background of an item."""
    if call.params["what"] not in PICTURES or _get(call, call.params["key"]) is None:
        raise refuse(404)
    return Answer(body=poster(call.path), content_type="image/png")


def transcoded_picture(call: Call) -> Answer:
    """A picture of any address, in another size."""
    url = call.query.get("url")
    if not url:
        raise refuse(400)
    return Answer(body=poster(url), content_type="image/png")


ROUTES = [
    Route(path="/library", handler=library),
    Route(path="/library/sections", handler=sections),
    Route(path="/library/sections/", handler=sections),
    Route(path="/library/sections/{section}/all", handler=section_items),
    Route(path="/library/metadata/{keys}", handler=metadata),
    Route(path="/library/metadata/{key}/children", handler=children),
    Route(path="/library/metadata/{key}/allLeaves", handler=leaves),
    Route(path="/library/metadata/{key}/{what}/{version}", handler=picture),
    Route(path="/photo/:/transcode", handler=transcoded_picture),
]


def _get(call: Call, rating_key: str) -> Item | None:
    try:
        return call.world.library.get(rating_key)
    except KeyError:
        return None


def _describe(call: Call, item: Item, *, with_guids: bool) -> dict[str, Any]:
    world, person = call.world, call.me
    return describe(
        item,
        world.history.view(person, item),
        with_guids=with_guids or call.flag("includeGuids"),
        with_markers=call.flag("includeMarkers"),
        counts=world.library.counts(item, person, world.history),
    )


def _listing(call: Call, items: list[Item], **fields: Any) -> Answer:
    shown, start = paged(items, call)
    documents = [_describe(call, item, with_guids=False) for item in shown]
    return container(
        "Metadata", documents, totalSize=len(items), offset=start, allowSync=True, **TAGS, **fields
    )


def _section_of(items: list[Item]) -> dict[str, Any]:
    """The library that all of them lie in, with numbers for ids; nothing if there are several."""
    found = {item.section for item in items}
    section = found.pop() if len(found) == 1 else None
    if section is None or section.number < 0:
        return {}
    return {
        "librarySectionID": section.number,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "allowSync": True,
        "art": f"/:/resources/{section.kind}-fanart.jpg",
        "composite": f"{section.key}/composite/{ADDED_AT}",
        "filters": True,
        "refreshing": False,
        "thumb": f"/:/resources/{section.kind}.png",
        "key": str(section.number),
        "type": section.kind,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": "en-US",
        "uuid": section.uuid,
        "updatedAt": ADDED_AT,
        "createdAt": ADDED_AT,
        "scannedAt": ADDED_AT,
        "content": True,
        "directory": True,
        "hidden": 0,
        "Location": [{"id": section.number, "path": f"/media/{section.title}"}],
    }


def _section_by_key(call: Call) -> Section:
    found = {str(number): section for number, section in call.world.library.sections.items()}
    section = found.get(call.params["section"])
    if section is None:
        raise refuse(404)
    return section


def _kind(call: Call) -> Kind | None:
    if "type" not in call.query:
        return None
    kinds = {str(number): kind for kind, number in TYPE_NUMBERS.items()}
    if call.query["type"] not in kinds:
        raise refuse(400)
    return kinds[call.query["type"]]
