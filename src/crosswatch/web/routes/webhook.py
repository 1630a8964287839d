"""Plex webhooks."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from crosswatch.config.model import Settings
from crosswatch.core.ignored import SENTENCES, Ignored
from crosswatch.errors import PayloadError, StorageError
from crosswatch.providers.scrobble.plex.documents import parse_json
from crosswatch.providers.scrobble.plex.webhook import (
    MOST_BODY_BYTES,
    MOST_PAYLOAD_BYTES,
    is_authentic,
    payload_of,
)
from crosswatch.providers.scrobble.scrobble import from_plex_webhook
from crosswatch.service.webhooks import Receipt
from crosswatch.web.answers import Json, read_body
from crosswatch.web.depends import Runtime

router = APIRouter(tags=["webhook"])

SIGNATURE = "x-plex-signature"

STATUSES = {
    Ignored.FEATURE_OFF: 503,
    Ignored.WEBHOOK_UNSIGNED: 401,
    Ignored.PAYLOAD_MALFORMED: 400,
    Ignored.TOO_LARGE: 413,
    Ignored.TOO_MANY: 503,
}
"""What is answered to what could not be taken in; to change nothing for other reasons is fine (200)."""

log = logging.getLogger("crosswatch.webhook")
logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what is wrong with a body, its sender is told


@router.post(
    "/webhook/trakt",
    responses={
        400: {"description": "No payload of a webhook. Nothing is done."},
        401: {"description": "A secret is set, and neither signature nor token fits. Nothing is done."},
        413: {"description": "Larger than 4 MiB, or its payload than 1 MiB. Nothing is done."},
        503: {"description": "Webhook mode is off, too many wait, or the database cannot be used."},
    },
)
async def receive(
    request: Request,
    runtime: Runtime,
    token: Annotated[str | None, Query(max_length=1024, description="The secret, if one is set.")] = None,
) -> Json:
    """A webhook of Plex: multipart with or without a picture, a form, or JSON as it is.

    It is written down when the answer comes, and dealt with afterwards. `play` is the id of the play that it
    is about; where it changes nothing, `reason` says why.
    """
    try:
        fact = from_plex_webhook(parse_json(await _payload(request, runtime.config.settings, token)))
        return _answer(await runtime.receive_webhook(fact))
    except PayloadError as error:
        return _refuse(request, Ignored.PAYLOAD_MALFORMED, str(error))
    except _RefusedError as refusal:
        return _refuse(request, refusal.reason)
    except StorageError as error:
        return Json({"ok": False, "play": None, "detail": str(error)}, 503)


class _RefusedError(Exception):
    """A webhook is not taken in."""

    def __init__(self, reason: Ignored) -> None:
        super().__init__(reason)
        self.reason = reason


async def _payload(request: Request, settings: Settings, token: str | None) -> bytes:
    """The JSON text of a webhook whose sender may send it.

    Raises:
        _RefusedError: If it is not taken in.
        PayloadError: If there is none in the body.
    """
    if not settings.features.webhook.enabled:
        raise _RefusedError(Ignored.FEATURE_OFF)
    secrets = {one.webhook_secret for one in (settings.plex, *settings.servers)} - {""}
    payload = payload_of(await _read(request, secrets, token), request.headers.get("content-type", ""))
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise _RefusedError(Ignored.TOO_LARGE)
    return payload


async def _read(request: Request, secrets: set[str], token: str | None) -> bytes:
    """The raw body; it is not read for somebody who knows no secret and has not signed it either.

    Raises:
        _RefusedError: If the sender may not send it, or it is too large.
    """
    signature = request.headers.get(SIGNATURE)
    is_known = is_authentic(secrets, token=token, signature=None, body=None)
    if not is_known and signature is None:
        raise _RefusedError(Ignored.WEBHOOK_UNSIGNED)
    try:
        body = await read_body(request, limit=MOST_BODY_BYTES)
    except HTTPException as error:
        if error.status_code == STATUSES[Ignored.TOO_LARGE]:
            raise _RefusedError(Ignored.TOO_LARGE) from error
        raise
    if not is_known and not is_authentic(secrets, token=token, signature=signature, body=body):
        raise _RefusedError(Ignored.WEBHOOK_UNSIGNED)
    return body


def _answer(receipt: Receipt) -> Json:
    """What the sender of a webhook is told that was taken in."""
    if receipt.ignored is Ignored.TOO_MANY:
        raise _RefusedError(Ignored.TOO_MANY)
    answer: dict[str, Any] = {"ok": not receipt.problem, "play": receipt.play_id}
    if receipt.ignored is not None:
        answer |= {"reason": receipt.ignored, "detail": SENTENCES[receipt.ignored]}
    if receipt.problem:
        answer |= {"detail": f"It is dealt with, but could not be written down first: {receipt.problem}"}
    return Json(answer, 503 if receipt.problem else 200)


def _refuse(request: Request, reason: Ignored, detail: str = "") -> Json:
    """What the sender of a webhook is told that was not taken in; nothing that it sent gets into the log."""
    who = request.client.host if request.client else "somebody"
    log.warning(
        "a webhook from %s was refused (%s)", who, reason.value, extra={"event": f"webhook.{reason.value}"}
    )
    sentence = f"{SENTENCES[reason]} {detail}".strip()
    return Json({"ok": False, "play": None, "reason": reason, "detail": sentence}, STATUSES[reason])
