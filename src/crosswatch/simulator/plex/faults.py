"""Trouble on command, of the same kinds as at the simulated Trakt, in this server's dialects.

A fault of kind `STATUS` without a body gets the server's own small page. `WRONG_ITEM` has no meaning
here and is refused.
"""

from __future__ import annotations

from dataclasses import replace

from crosswatch.simulator.plex.answers import HTML_TYPE, Answer, page
from crosswatch.simulator.trakt.faults import ActiveFault, Fault, FaultKind, FaultPlan
from crosswatch.simulator.trakt.wire import SLOW_PIECES, cut

__all__ = ["SLOW_PIECES", "ActiveFault", "Fault", "FaultKind", "FaultPlan", "cut", "spoil", "usable"]

HTML_PAGE = b"<html><head><title>Please wait</title></head><body>Back in a moment.</body></html>"


def usable(fault: Fault) -> Fault:
    """The fault, if this server can have it.

    Raises:
        ValueError: If it cannot.
    """
    if fault.kind is FaultKind.WRONG_ITEM:
        raise ValueError("the simulated Plex has no wrong_item; match or replace the item instead")
    return fault


def spoil(answer: Answer, fault: Fault | None, *, wants_json: bool) -> Answer:
    """The answer that goes out under a fault; unchanged where the fault is about the connection.

    Args:
        answer: What the request came to; of no interest where the fault prevented it.
        fault: What has met the request, or None.
        wants_json: Which dialect was asked for.
    """
    if fault is None:
        return answer
    if fault.kind is FaultKind.STATUS:
        plain = page(fault.status) if not fault.body else Answer(body=fault.body.encode())
        return replace(plain, status=fault.status, headers=dict(fault.headers), applied=answer.applied)
    if fault.kind is FaultKind.HTML:
        return Answer(body=HTML_PAGE, content_type=HTML_TYPE, applied=answer.applied)
    body, content_type = answer.render(wants_json=wants_json)
    rendered = replace(answer, document=None, content_type=content_type)
    if fault.kind is FaultKind.TRUNCATED_JSON:
        return replace(rendered, body=body[: len(body) // 2])
    if fault.kind is FaultKind.HUGE_BODY:
        return replace(rendered, body=body + b" " * fault.size)
    return answer
