"""Refusals and failures as answers: a sentence for people, facts for programs, and never a secret.

Programs get `{"detail": …}`, with the `key` that is wrong and the place where that is known; browsers that
ask for a page get a page that says the same.
"""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from crosswatch.errors import (
    AccessError,
    ConfigError,
    ConflictError,
    CorrectionError,
    CrossWatchError,
    DeniedError,
    StorageError,
    TooManyTriesError,
    UnfitError,
)
from crosswatch.web.answers import Json, refusal, wants_page
from crosswatch.web.drawing import draw_page
from crosswatch.web.languages import mark, translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

NOTHING_HERE = mark("There is nothing at this address.")
TITLES = {
    401: mark("Sign in first"),
    403: mark("Not allowed"),
    404: mark("Nothing here"),
    500: mark("That should not have happened"),
    503: mark("Not now"),
}

log = logging.getLogger("crosswatch.web")


def refuse(
    request: Request, status: int, sentence: str, *, headers: Mapping[str, str] | None = None, **facts: Any
) -> Response:
    """The answer to a request that is not met, in the form that the asker understands."""
    if wants_page(request):
        title = translate(TITLES.get(status) or HTTPStatus(status).phrase.capitalize())
        said = translate(sentence)  # as far as it is one of those that never change
        answer: Response = draw_page(
            request, "error.html", status=status, title=title, sentence=said, facts=facts
        )
    else:
        answer = Json(refusal(sentence, **facts), status)
    answer.headers.update(headers or {})
    return answer


def add_error_handlers(app: FastAPI) -> None:
    """Have the app answer for our errors, and for the framework's, in one form."""

    @app.exception_handler(StorageError)
    async def storage(request: Request, error: StorageError) -> Response:
        log.error("%s", error, extra={"event": "web.storage"})
        return refuse(request, 503, error.sentence)

    @app.exception_handler(ConfigError)
    async def config(request: Request, error: ConfigError) -> Response:
        return refuse(request, 422, error.sentence, key=error.key, line=error.line, column=error.column)

    @app.exception_handler(AccessError)
    async def access(request: Request, error: AccessError) -> Response:
        return refuse(request, access_status(error), error.sentence, headers=access_headers(error))

    @app.exception_handler(CorrectionError)
    async def correction(request: Request, error: CorrectionError) -> Response:
        return refuse(request, correction_status(error), error.sentence)

    @app.exception_handler(CrossWatchError)
    async def other(request: Request, error: CrossWatchError) -> Response:
        return refuse(request, 502, error.sentence)

    @app.exception_handler(RequestValidationError)
    async def parameters(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        message = str(first["msg"])
        return refuse(request, 422, f"{name}: {message[:1].lower()}{message[1:]}.", key=name)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        is_bare = error.detail == HTTPStatus(error.status_code).phrase
        sentence = _OWN_WORDS.get(error.status_code, error.detail) if is_bare else error.detail
        return refuse(request, error.status_code, sentence, headers=error.headers)


def correction_status(error: CorrectionError) -> int:
    """The status that says whether trying again later may help."""
    return 503 if error.is_passing else 409


def config_status(error: ConfigError) -> int:
    """The status that says what is at fault: what somebody else did, what was sent, or the disk."""
    return 409 if isinstance(error, ConflictError) else 422 if error.key else 503


def access_status(error: AccessError) -> int:
    """The status that says whose turn it is."""
    statuses = {DeniedError: 401, UnfitError: 422, TooManyTriesError: 429}
    return next((status for kind, status in statuses.items() if isinstance(error, kind)), 503)


def access_headers(error: AccessError) -> dict[str, str]:
    """When to try again, where that is the question."""
    return {"Retry-After": str(math.ceil(error.wait_s))} if isinstance(error, TooManyTriesError) else {}


_OWN_WORDS = {
    404: NOTHING_HERE,
    405: "This address does not take that kind of request.",
}
