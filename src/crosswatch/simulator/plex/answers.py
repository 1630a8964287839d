"""Answers as values: documents in the dialect that was asked for, and the small HTML pages of refusals.

Source: Plex protocol notes, sections 1.1 and 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from crosswatch.simulator.plex.documents import JSON_TYPE, XML_TYPE, to_json, to_xml

HTML_TYPE = "text/html"
MEDIA_CONTAINER = "MediaContainer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back to the client.

    Attributes:
        status: HTTP status.
        name: Name of the root element of `document`.
        document: Answer before encoding, in its JSON shape; None where `body` is set.
        body: Bytes of an answer that is no document.
        content_type: Type of `body`; ignored where there is a document.
        headers: Further headers.
        only: `xml` or `json` where the route speaks one dialect only.
        applied: True if the request changed the state.
    """

    status: int = 200
    name: str = MEDIA_CONTAINER
    document: Any = None
    body: bytes = b""
    content_type: str = HTML_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    only: str | None = None
    applied: bool = False

    def render(self, *, wants_json: bool) -> tuple[bytes, str]:
        """Body and content type in the dialect that was asked for."""
        if self.document is None:
            return self.body, self.content_type
        if self.only == "json" or (wants_json and self.only is None):
            return to_json(self.name, self.document), JSON_TYPE
        return to_xml(self.name, self.document), XML_TYPE


class RefusedError(Exception):
    """A request that gets this answer instead of the usual one; nothing has been changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered {answer.status}")
        self.answer = answer


def page(status: int) -> Answer:
    """The small HTML page of a refusal, also where JSON was asked for.

    Source: recordings `metadata/23-404.xml` and `metadata/24-401.xml`.
    """
    phrase = HTTPStatus(status).phrase
    text = f"<html><head><title>{phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>"
    return Answer(status=status, body=text.encode())


def refuse(status: int) -> RefusedError:
    """A refusal to raise, with its HTML page."""
    return RefusedError(page(status))


def refuse_plextv(status: int, code: int, message: str) -> RefusedError:
    """A refusal of plex.tv to raise, with its JSON (or XML) body.

    Source: recordings `plextv/03-pin-expired.json` and `plextv/05-user-401.json`.
    """
    errors = {"errors": [{"code": code, "message": message, "status": status}]}
    return RefusedError(Answer(status=status, name="response", document=errors))


def container(key: str, entries: list[dict[str, Any]], **fields: Any) -> Answer:
    """A `MediaContainer` with a list in it.

    Args:
        key: Name of the list; it is left out when empty.
        entries: What is in it.
        **fields: Further attributes; those that are None are left out.
    """
    document: dict[str, Any] = {"size": len(entries)}
    document.update({name: value for name, value in fields.items() if value is not None})
    if entries:
        document[key] = entries
    return Answer(document=document)
