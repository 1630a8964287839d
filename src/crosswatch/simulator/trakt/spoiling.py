"""What a fault makes of an answer.

The request has been carried out, or not, by the time this is asked. What needs a socket (hanging,
cutting, trickling) is left to `crosswatch.simulator.trakt.wire`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from crosswatch.simulator.trakt.answers import HTML_TYPE, Answer
from crosswatch.simulator.trakt.faults import Fault, FaultKind
from crosswatch.simulator.trakt.items import Movie, Show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.simulator.trakt.catalogue import Catalogue

T = TypeVar("T", Movie, Show)

HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>Please wait</title></head><body>Back in a moment.</body></html>"
)


def spoil(answer: Answer, fault: Fault, catalogue: Catalogue) -> Answer:
    """The answer that goes out under a fault; unchanged where the fault is about the connection.

    Args:
        answer: What the request came to; of no interest where the fault prevented it.
        fault: What has met the request.
        catalogue: Where a wrong item is taken from.
    """
    match fault.kind:
        case FaultKind.STATUS:
            headers = dict(fault.headers)
            return Answer(status=fault.status, text=fault.body, headers=headers, applied=answer.applied)
        case FaultKind.HTML:
            return Answer(text=HTML_PAGE, headers={"Content-Type": HTML_TYPE}, applied=answer.applied)
        case FaultKind.TRUNCATED_JSON:
            body = answer.body()
            return _with_text(answer, body[: len(body) // 2].decode(errors="ignore"))
        case FaultKind.HUGE_BODY:
            return _with_text(answer, answer.body().decode() + " " * fault.size)
        case FaultKind.WRONG_ITEM:
            return replace(answer, json=_misnamed(answer.json, catalogue))
        case FaultKind.HANG | FaultKind.RESET | FaultKind.SLOW_BODY:
            return answer


def _with_text(answer: Answer, text: str) -> Answer:
    return replace(answer, json=None, text=text, headers=answer.all_headers())


def _misnamed(body: Any, catalogue: Catalogue) -> Any:
    """The body with each movie, show and episode replaced by another one."""
    if isinstance(body, list):
        return [_misnamed(one, catalogue) for one in body]
    if not isinstance(body, dict):
        return body
    changed = dict(body)
    if "movie" in body:
        changed["movie"] = _other(body["movie"], catalogue.movies).summary()
    if "show" in body:
        show = _other(body["show"], catalogue.shows)
        changed["show"] = show.summary()
        if "episode" in body:
            changed["episode"] = show.episodes()[-1].summary()
    return changed


def _other(named: dict[str, Any], items: Sequence[T]) -> T:
    return next(item for item in items if item.trakt != named["ids"]["trakt"])
