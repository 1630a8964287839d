"""What the OAuth host's answers mean; pure.

Source: Trakt protocol notes, sections 3.1, 3.3 and 3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.core.outcomes import Hold, Retry
from crosswatch.core.phrases import say
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, shortened
from crosswatch.providers.scrobble.trakt.classify import CallKind, app_refused, classify

if TYPE_CHECKING:
    from crosswatch.providers.scrobble.trakt.answers import Reply

_APP_ERRORS = ("invalid_client", "unauthorized_client")


def oauth_error(reply: Reply) -> str:
    """The `error` of an OAuth answer, or an empty text."""
    body = reply.json if isinstance(reply, Answer) and isinstance(reply.json, dict) else {}
    error = body.get("error")
    return error if isinstance(error, str) else ""


def is_app_refused(reply: Reply) -> bool:
    """Whether it is the app that is refused: unknown, deleted, or with the wrong secret."""
    if not isinstance(reply, Answer) or reply.is_success:
        return False
    return oauth_error(reply) in _APP_ERRORS or (reply.status == 403 and not reply.is_edge)  # noqa: PLR2004


def is_grant_refused(reply: Reply) -> bool:
    """Whether the refresh token is refused for good: spent, revoked, or from before the move of July 2026.

    It came as 401 until then and as 400 since; the text beside it is not to be relied upon.
    """
    return isinstance(reply, Answer) and not reply.is_success and oauth_error(reply) == "invalid_grant"


def classify_grant(reply: Reply) -> Retry | Hold:
    """The outcome of a renewal that brought no tokens, and was not refused for good."""
    if is_app_refused(reply):
        return app_refused()
    error = oauth_error(reply)
    status = reply.status if isinstance(reply, Answer) else 0
    if error and status in (400, 401):
        detail = say(
            "Trakt's login answers `{error}`. Check `trakt.redirect_uri`.", error=shortened(error, 60)
        )
        return Hold(reason=Reason.LINK_EXPIRED, detail=detail)
    outcome = classify(CallKind.READ, reply)
    if isinstance(outcome, Retry) or (
        isinstance(outcome, Hold) and outcome.reason is not Reason.LINK_EXPIRED
    ):
        return outcome
    detail = say("Trakt's login answered {status} without a reason.", status=status)
    return Retry(reason=Reason.TRAKT_DOWN, detail=detail)
