"""Answers of Plex: JSON or XML, to one shape. Pure.

XML becomes what JSON would have been: attributes are entries, children are lists under their names, and all
kinds of item at the top are in the one list `Metadata`. A document type is refused, so that no entity can
expand or reach out.

Source: Plex protocol notes, section 1.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import msgspec

from crosswatch.errors import PayloadError

if TYPE_CHECKING:
    from crosswatch.providers.scrobble.plex.values import Item

MAX_DEPTH = 64
"""Elements within elements; Plex stays below ten."""

_ITEM_TAGS = frozenset({"Video", "Track", "Photo", "Directory"})
_BOM = b"\xef\xbb\xbf"


def parse_document(body: bytes) -> Item:
    """The `MediaContainer` of an answer.

    Raises:
        PayloadError: If it is anything else: an error page, cut off, nested without end, empty.
    """
    text = body.removeprefix(_BOM).lstrip()
    if text.startswith(b"<"):
        return _Reader().read(text)
    container = parse_json(text)
    found = container.get("MediaContainer") if isinstance(container, dict) else None
    if not isinstance(found, dict):
        raise PayloadError("The answer has no MediaContainer.")
    return found


def parse_json(body: bytes | str) -> Any:
    """Whatever JSON it is.

    Raises:
        PayloadError: If it is none.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise PayloadError("The JSON is nested too deeply.") from None
    except ValueError as error:  # msgspec's own, and those of UTF-8
        raise PayloadError(f"The text is not JSON ({_shortened(error)}).") from None


class _Reader:
    """Builds the container while expat reads."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(encoding="utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._open: list[dict[str, Any]] = []
        self._root: dict[str, Any] = {}

    def read(self, text: bytes) -> Item:
        """The container.

        Raises:
            PayloadError: See `parse_document`.
        """
        try:
            self._parser.Parse(text, True)  # noqa: FBT003 -- expat takes no keywords
        except expat.ExpatError as error:
            raise PayloadError(f"The answer is not XML ({_shortened(error)}).") from None
        return self._root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element: dict[str, Any] = dict(attributes)
        if not self._open:
            if tag != "MediaContainer":
                raise PayloadError(f"The answer is a page or error ({tag[:20]}), not a MediaContainer.")
            self._root = element
        else:
            at_top = len(self._open) == 1
            name = "Metadata" if at_top and tag in _ITEM_TAGS else tag
            siblings = self._open[-1].setdefault(name, [])
            if isinstance(siblings, list):  # an attribute of that name stays what it is
                siblings.append(element)
        self._open.append(element)
        if len(self._open) > MAX_DEPTH:
            raise PayloadError("The XML is nested too deeply.")

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _refuse_doctype(self, *_declaration: Any) -> None:
        raise PayloadError("The answer is a page or carries a document type, and none is accepted.")


def _shortened(error: Exception) -> str:
    return str(error)[:80]
