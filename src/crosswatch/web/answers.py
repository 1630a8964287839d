"""How answers are made and bodies are read: JSON, event streams, and a cap on what is sent to us."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException

from crosswatch.core.phrases import plain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

MOST_FIELDS = 200


class Json(Response):
    """An answer in JSON; dates and enumerations are written as texts."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return msgspec.json.encode(content, enc_hook=plain)


class Pieces(StreamingResponse):
    """An answer in pieces that are made while it is sent.

    Args:
        pieces: They are closed when the reader goes away, not when they happen to be collected.
        headers: Further headers.
        media_type: What it is, if the class does not say.
    """

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], *, headers: dict[str, str], media_type: str | None = None
    ) -> None:
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)


class EventStream(Pieces):
    """Server-sent events, passed on at once by proxies that heed `X-Accel-Buffering`."""

    media_type = "text/event-stream"

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        super().__init__(pieces, headers={"X-Accel-Buffering": "no"})


class Download(Pieces):
    """A file for the reader to keep, under this name."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], *, name: str, media_type: str) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(pieces, headers=headers, media_type=media_type)


def refusal(sentence: str, **facts: Any) -> dict[str, Any]:
    """What every refused request is answered with: `detail` for people, and facts for programs."""
    return {"detail": sentence, **{name: value for name, value in facts.items() if value is not None}}


def wants_page(request: Request) -> bool:
    """Whether a browser asks for something to show, rather than a program for data."""
    return "text/html" in request.headers.get("accept", "")


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form, each once; nothing for what is no form."""
    return {name: values[0] for name, values in form_lists(body).items()}


def form_lists(body: bytes, *, most: int = MOST_FIELDS) -> dict[str, list[str]]:
    """The fields of a form with all their values, one at least; none for what is no form or has too many."""
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return {}


async def read_fields(request: Request, *, limit: int) -> dict[str, str]:
    """The texts that a form or a JSON object holds.

    Raises:
        HTTPException: 400 if it is neither, or holds anything but texts; 413 if it is too large.
    """
    body = await read_body(request, limit=limit)
    if not request.headers.get("content-type", "").startswith("application/json"):
        return form_fields(body)
    try:
        return msgspec.json.decode(body, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HTTPException(400, "The body must be a form, or a JSON object that holds texts.") from None


async def read_body(request: Request, *, limit: int) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 413 if it is larger than `limit` bytes; it is not read to its end then.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise HTTPException(413, f"The body is larger than {limit // 1024} KiB.")
    return bytes(body)
