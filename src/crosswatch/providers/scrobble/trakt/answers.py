"""A request to Trakt and what came of it, as values; no I/O."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswatch.core.outcomes import Hold, Retry

SHOWN_LENGTH = 2000
"""Characters of a body that a play's story keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, without what the client adds to each (address, headers, token).

    Attributes:
        method: The verb; everything but `GET` is a write.
        path: Path on Trakt's API, beginning with a slash.
        query: Names and values in order.
        body: JSON to send, or None for no body.
    """

    method: Literal["GET", "POST"]
    path: str
    query: tuple[tuple[str, str | int], ...] = ()
    body: dict[str, Any] | None = None

    @property
    def target(self) -> str:
        """Path and query as they travel."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path

    @property
    def is_write(self) -> bool:
        """Whether it changes something, and counts against the limit of one write a second."""
        return self.method != "GET"

    def shown(self) -> str:
        """Verb and target, and the body on a second line, for a play's story."""
        line = f"{self.method} {self.target}"
        return (
            line if self.body is None else f"{line}\n{shortened(json.dumps(self.body, ensure_ascii=False))}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        json: The decoded body; None if there is none or it is not JSON. Not shown, for it may hold tokens.
        text: Beginning of the body as text; empty only if there was none. Not shown either.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = field(default=None, repr=False)
    text: str = field(default="", repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status says so; what it means, the body decides."""
        return 200 <= self.status < 300  # noqa: PLR2004 -- that is what 2xx means

    @property
    def is_edge(self) -> bool:
        """Whether a firewall or proxy speaks, and not Trakt: a page, or text that is no JSON.

        Trakt's own answers pass through the same firewall and may carry its name, so the name alone
        proves nothing.

        Source: Trakt protocol notes, section 1 (User-Agent and the firewall).
        """
        if "html" in self.headers.get("content-type", "").lower() or self.text.lstrip().startswith("<"):
            return True
        is_cloudflare = self.headers.get("server", "").lower() == "cloudflare"
        return is_cloudflare and bool(self.text) and self.json is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No usable answer.

    Attributes:
        detail: What broke, as a sentence.
        may_be_done: Whether the request may have been carried out all the same.
    """

    detail: str
    may_be_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """The request was not made, since the account has no token that could go with it."""

    outcome: Retry | Hold


Reply = Answer | Failure | Unasked

_STEP = re.compile(
    "scrobble|start|pause|stop|sync|history|ratings|remove|users|settings|search|imdb|tmdb|tvdb|trakt|"
    "movies?|shows?|seasons?|episodes?|oauth|token|device|code|revoke"
)


def route_of(path: str) -> str:
    """The path with `{id}` in place of whatever names something, so that there are only a few of them."""
    steps = path.strip("/").split("/")
    return "/" + "/".join(step if _STEP.fullmatch(step) else "{id}" for step in steps)


def shortened(text: str, length: int = SHOWN_LENGTH) -> str:
    """The text, or its beginning."""
    return text if len(text) <= length else f"{text[:length]}…"
