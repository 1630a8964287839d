"""What an answer means for a delivery: body before status, and no success by accident; pure.

Total: every status and every body has an outcome. A firewall's page under any status is not Trakt's word
about an account or an item. A success counts only if its body is what that call answers with; a play that
may have been made is `is_unknown`, so that Trakt is asked before it is made again.

Source: Trakt protocol notes, sections 1, 2, 4 and 5.7; design notes, section 5.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Any

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Outcome, Refused, Retry
from crosswatch.core.phrases import say
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Reply, Unasked, shortened
from crosswatch.providers.scrobble.trakt.items import parse_item, parse_moment, parse_number

EDGE_WAIT_S = 300.0
"""How long to leave a firewall alone that has turned us away."""

LONGEST_WAIT_S = 3600.0
"""No request to wait is followed for longer."""

RULES_OF_2026 = say(
    "Since July 2026 only VIP members may own a Trakt API app, and apps of free accounts were deleted; "
    "a free account may connect one community app."
)

_MESSAGE_LENGTH = 200


class CallKind(StrEnum):
    """What a request is for; the same status means different things."""

    POSITION = "position"
    """A scrobble that makes no play: start, pause, or stop below the mark. Repeating it does no harm."""
    PLAY = "play"
    """The stop that makes a play."""
    HISTORY = "history"
    """Adding plays to the history, or taking one back."""
    READ = "read"
    """Search, look-up, history, settings."""

    @property
    def makes_plays(self) -> bool:
        """Whether carrying it out twice can be seen in the history."""
        return self in (CallKind.PLAY, CallKind.HISTORY)


def classify(kind: CallKind, reply: Reply) -> Outcome:
    """The outcome as far as the reply alone tells; a success has yet to be compared with what was asked."""
    match reply:
        case Unasked():
            return reply.outcome
        case Failure():
            return _no_answer(kind, reply.detail, may_be_done=reply.may_be_done)
        case Answer() if reply.is_success:
            return _success(kind, reply)
        case Answer():
            return _trouble(kind, reply)


def is_item_unknown(reply: Reply) -> bool:
    """Whether Trakt says that it does not know the item: 404, or a 422 that is not about progress."""
    if not isinstance(reply, Answer):
        return False
    if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return not reply.is_edge and not is_about_progress(reply)
    return reply.status == HTTPStatus.NOT_FOUND


def is_call_gone(reply: Reply) -> bool:
    """Whether the call itself may be gone, as `/scrobble/pause` was for a while in 2026."""
    return isinstance(reply, Answer) and reply.status in (
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.GONE,
    )


def is_about_progress(answer: Answer) -> bool:
    """Whether a 422 is about the progress sent, and not about the item."""
    return "progress" in _message(answer).lower()


def retry_after_s(answer: Answer) -> float | None:
    """Seconds that the answer asks to wait, or None."""
    text = answer.headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(seconds, LONGEST_WAIT_S) if 0 <= seconds < float("inf") else None


def app_refused(detail: str = "") -> Hold:
    """Trakt does not accept the app; nothing of this account can be sent."""
    return Hold(
        reason=Reason.APP_REFUSED, detail=detail or say("Trakt refuses the app. {rules}", rules=RULES_OF_2026)
    )


def _no_answer(kind: CallKind, detail: str, *, may_be_done: bool) -> Retry:
    is_unknown = may_be_done and kind is not CallKind.READ
    asks_later = is_unknown and kind.makes_plays
    return Retry(
        reason=Reason.OUTCOME_UNKNOWN if asks_later else Reason.TRAKT_DOWN,
        is_unknown=is_unknown,
        detail=detail,
    )


def _success(kind: CallKind, answer: Answer) -> Outcome:
    if not _is_proper(kind, answer.json):
        if answer.is_edge:
            detail = say("Trakt answered {status} with a web page.", status=answer.status)
        else:
            detail = say("Trakt answered {status} with something unreadable.", status=answer.status)
        return _no_answer(kind, detail, may_be_done=True)
    if kind is CallKind.PLAY and answer.json.get("action") not in ("pause", "start"):
        return Accepted(remote_id=parse_number(answer.json.get("id")))
    return Accepted()


def _is_proper(kind: CallKind, body: Any) -> bool:
    """Whether the body is one that such a call answers with; keys that are not needed do not matter."""
    match kind:
        case CallKind.POSITION | CallKind.PLAY:
            return isinstance(body, dict) and ("action" in body or parse_item(body) is not None)
        case CallKind.HISTORY:
            return isinstance(body, dict) and ("added" in body or "deleted" in body)
        case CallKind.READ:
            return isinstance(body, dict | list)


def _trouble(kind: CallKind, answer: Answer) -> Outcome:
    if answer.status in _HOLDS:
        return _held(answer)
    match answer.status:
        case 404:
            return Refused(reason=Reason.NO_MATCH)
        case 429:
            return _limited(kind, answer)
        case status if status in _PASSING or not 400 <= status < 500:  # noqa: PLR2004
            return _server_trouble(kind, answer)
        case _ if answer.is_edge:
            return Retry(
                reason=Reason.TRAKT_DOWN,
                after_s=EDGE_WAIT_S,
                detail=say(
                    "The firewall in front of Trakt turned the request away ({status}).",
                    status=answer.status,
                ),
            )
        case 403:
            return app_refused()
        case 409:
            return _conflict(kind, answer)
        case 422 if not is_about_progress(answer):
            return Refused(reason=Reason.NO_MATCH, detail=_said(answer))
        case _:
            return Refused(reason=Reason.REJECTED, detail=_said(answer))


_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
"""4xx that pass by themselves."""


def _limited(kind: CallKind, answer: Answer) -> Retry:
    return Retry(
        reason=Reason.RATE_LIMITED,
        after_s=retry_after_s(answer),
        is_account_wide=kind is not CallKind.READ,  # reads have a quota of their own
        detail=say("Trakt answered 429: too many requests."),
    )


def _server_trouble(kind: CallKind, answer: Answer) -> Retry:
    """5xx, and statuses that nobody has ever seen: a redirection must not be followed with a write."""
    is_redirection = 300 <= answer.status < 400  # noqa: PLR2004
    if is_redirection:
        detail = say("Trakt answered {status}, a redirection. Check `trakt.api_url`.", status=answer.status)
    else:
        detail = say("Trakt answered {status}.", status=answer.status)
    trouble = _no_answer(kind, detail, may_be_done=not is_redirection)
    return Retry(
        reason=trouble.reason,
        after_s=retry_after_s(answer),
        is_unknown=trouble.is_unknown,
        # One item can make the server stumble; that must not keep the others from being sent.
        is_account_wide=answer.status != HTTPStatus.INTERNAL_SERVER_ERROR,
        detail=trouble.detail,
    )


def _conflict(kind: CallKind, answer: Answer) -> Outcome:
    """409 says that the play is there already; for other calls nothing is known to answer so."""
    if kind in (CallKind.POSITION, CallKind.PLAY):
        body = answer.json if isinstance(answer.json, dict) else {}
        return AlreadyThere(watched_at=parse_moment(body.get("watched_at")))
    return Refused(reason=Reason.REJECTED, detail=_said(answer))


_HOLDS = {
    401: Hold(reason=Reason.LINK_EXPIRED, detail=say("Trakt refuses the login.")),
    420: Hold(reason=Reason.ACCOUNT_LIMIT, detail=say("A limit of the Trakt account has been reached.")),
    423: Hold(reason=Reason.ACCOUNT_LOCKED, detail=say("Trakt says that the account is locked.")),
    426: Hold(
        reason=Reason.VIP_ONLY, detail=say("Trakt answers that this needs VIP. {rules}", rules=RULES_OF_2026)
    ),
}


def _held(answer: Answer) -> Hold:
    if answer.headers.get("x-account-deactivated", "").lower() == "true":
        return Hold(reason=Reason.ACCOUNT_LOCKED, detail=say("Trakt says that the account is deactivated."))
    return _HOLDS[answer.status]


def _said(answer: Answer) -> str:
    message = _message(answer)
    if not message:
        return say("Trakt answered {status}.", status=answer.status)
    return say("Trakt answered {status}: {message}", status=answer.status, message=message)


def _message(answer: Answer) -> str:
    body = answer.json if isinstance(answer.json, dict) else {}
    message = body.get("message") or body.get("error_description") or body.get("error")
    return shortened(message, _MESSAGE_LENGTH) if isinstance(message, str) else ""
