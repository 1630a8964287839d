"""Answers as values, and how Trakt writes times.

Source: Trakt protocol notes, sections 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=UTF-8"

UPGRADE_URL = "https://trakt.tv/vip"
"""Value of the header that points to the VIP page; never fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back to the client.

    Attributes:
        status: HTTP status.
        json: Body before encoding; None for an empty body or where `text` is set.
        text: Body as text.
        headers: Header names in any case.
        applied: True if the request changed the state.
    """

    status: int = 200
    json: Any = None
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    applied: bool = False

    def body(self) -> bytes:
        """The bytes of the body."""
        return self.text.encode() if self.json is None else msgspec.json.encode(self.json)

    def all_headers(self) -> dict[str, str]:
        """Headers with the content type where there is JSON."""
        return self.headers if self.json is None else {"Content-Type": JSON_TYPE, **self.headers}


class RefusedError(Exception):
    """A request that gets this answer instead of the usual one; nothing has been changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered {answer.status}")
        self.answer = answer


def refuse(status: int, json: Any = None, headers: dict[str, str] | None = None) -> RefusedError:
    """An answer to raise; without a body and headers of its own it is the recorded one."""
    if json is None and headers is None:
        return RefusedError(recorded_answer(status))
    return RefusedError(Answer(status=status, json=json, headers=headers or {}))


EXHAUSTED = (
    '{"name":"AUTHED_API_POST_LIMIT","period":1,"limit":1,"remaining":0,"until":"2026-10-10T00:00:01Z"}'
)
"""An `X-Ratelimit` as recorded."""

RECORDED_HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="Trakt"', "Content-Type": "text/html"},
    403: {"Content-Type": "application/json"},
    420: {"X-Upgrade-URL": UPGRADE_URL, "X-VIP-User": "false", "X-Account-Limit": "250"},
    423: {"X-Account-Locked": "true", "X-Account-Deactivated": "false"},
    426: {"X-Upgrade-URL": UPGRADE_URL},
    429: {"X-Ratelimit": EXHAUSTED, "Retry-After": "1"},
}


def recorded_answer(status: int) -> Answer:
    """What was recorded for an error: its headers, and an empty body unless it comes from the edge.

    Source: Trakt protocol notes, section 2, and the recorded error exchanges.
    """
    if status in (520, 521, 522):
        return edge(status, "Web server is returning an unknown error")
    return Answer(status=status, headers=RECORDED_HEADERS.get(status, {}))


def edge(status: int, title: str, text: str = "") -> Answer:
    """An HTML page by the firewall in front of Trakt, with neither `X-Ratelimit` nor `Retry-After`.

    Source: Trakt protocol notes, section 1 (User-Agent and the firewall).
    """
    return Answer(
        status=status,
        text=f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>",
        headers={"Content-Type": HTML_TYPE, "Server": "cloudflare", "CF-RAY": "0000000000000000-AMS"},
    )


def edge_blocked() -> Answer:
    """The firewall's 403."""
    return edge(403, "Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>")


def edge_rate_limited() -> Answer:
    """The firewall's 429 (error 1015)."""
    return edge(429, "Access denied | error code: 1015", "You are being rate limited")


def iso(moment: datetime) -> str:
    """A time as Trakt writes it: UTC, milliseconds (always zero), `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def iso_short(moment: datetime) -> str:
    """A time as the rate-limit header writes it: UTC, seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str, *, end_of_day: bool = False) -> datetime:
    """A time sent by a client: ISO 8601, or a day alone.

    Args:
        text: What was sent; a time without an offset counts as UTC.
        end_of_day: True if a day alone means its last moment rather than its first.

    Raises:
        ValueError: If it is neither.
    """
    if len(text) == len("2026-01-01"):
        day = datetime.fromisoformat(text).date()
        return datetime.combine(day, time.max if end_of_day else time.min, UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def whole_second(moment: datetime) -> datetime:
    """The moment without its fraction; Trakt stores no finer times."""
    return moment.replace(microsecond=0)


def paged(
    items: Sequence[Any], query: dict[str, str], *, default_limit: int = 10
) -> tuple[list[Any], dict[str, str]]:
    """One page of a list and the headers that count it.

    Args:
        items: The whole list, already in order.
        query: Query of the request; `page` counts from 1, `limit` above 250 is cut.
        default_limit: Items a page where the request does not say.

    Raises:
        RefusedError: 400, if `page` or `limit` is not a number above 0.

    Source: Trakt protocol notes, section 6.1.
    """
    try:
        page, limit = int(query.get("page", "1")), int(query.get("limit", str(default_limit)))
    except ValueError as error:
        raise refuse(400) from error
    if page < 1 or limit < 1:
        raise refuse(400)
    limit = min(limit, 250)
    headers = {
        "X-Pagination-Page": str(page),
        "X-Pagination-Limit": str(limit),
        "X-Pagination-Page-Count": str(-(-len(items) // limit)),
        "X-Pagination-Item-Count": str(len(items)),
    }
    return list(items[(page - 1) * limit : page * limit]), headers
