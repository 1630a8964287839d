"""One document, two dialects: the XML that Plex speaks by default, and the JSON it speaks when asked.

Documents are written in their JSON shape. In XML each plain value becomes an attribute and all of it
is text; truth is `1`, `None` is absence. A list with a capital name repeats its element (`Media`,
`Guid`); `Metadata` takes the element's name from the kind of item; a list in small letters, as plex.tv
has them, is wrapped (`connections` holds `connection`).

Source: Plex protocol notes, section 1.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, indent, tostring

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_TYPE = "application/json"
XML_TYPE = "text/xml;charset=utf-8"

VIDEOS = frozenset({"movie", "episode", "clip"})
TAGS = {"track": "Track", "photo": "Photo"}


def to_json(name: str, document: Any) -> bytes:
    """The document as JSON; a `MediaContainer` is named, everything else is bare."""
    return msgspec.json.encode({name: document} if name == "MediaContainer" else document)


def to_xml(name: str, document: Any) -> bytes:
    """The document as XML below one element of that name."""
    root = _wrapped(name, document) if isinstance(document, list) else _element(name, document)
    indent(root)
    text: bytes = tostring(root, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text + b"\n"


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value; absence is how Plex says "unknown"."""
    return {name: value for name, value in fields.items() if value is not None}


def _element(name: str, fields: Mapping[str, Any]) -> Element:
    node = Element(name)
    for key, value in fields.items():
        if isinstance(value, list) and key[:1].islower():
            node.append(_wrapped(key, value))
        elif isinstance(value, list):
            node.extend(_element(_tag(key, entry), entry) for entry in value)
        elif isinstance(value, dict):
            node.append(_element(key, value))
        elif value is not None:
            node.set(key, _text(value))
    return node


def _wrapped(name: str, entries: list[Any]) -> Element:
    node = Element(name)
    node.extend(_element(name.removesuffix("s"), entry) for entry in entries)
    return node


def _tag(list_name: str, entry: Mapping[str, Any]) -> str:
    if list_name != "Metadata":
        return list_name
    kind = entry.get("type", "")
    return "Video" if kind in VIDEOS else TAGS.get(kind, "Directory")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
