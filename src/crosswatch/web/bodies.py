"""How much somebody may send, and how long they may take: a limit for every body, whoever reads it.

A body that nobody reads to its end closes the connection, for else its sender could go on for ever.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from crosswatch.access.headers import Heads

WITHIN_S = 20.0
"""Real seconds in which a body must have arrived whole."""

CLOSE = {"Connection": "close"}


class Body:
    """The body of one request, on its way in.

    Args:
        heads: The request's headers.
        receive: Where it comes from.
        largest: In bytes.
        within_s: Real seconds in which it must have arrived whole, counted from the first look at it.
    """

    def __init__(self, heads: Heads, receive: Receive, *, largest: int, within_s: float = WITHIN_S) -> None:
        self._receive = receive
        self._largest = largest
        self._within_s = within_s
        self._until: float | None = None
        self._size = 0
        self._declared = heads.get("content-length") or "0"
        self._is_expected = self._declared != "0" or "transfer-encoding" in heads
        self._is_whole = False

    async def receive(self) -> Message:
        """The next piece, as an app asks for it.

        Raises:
            HTTPException: 413 if it is too large, 408 if it takes too long.
        """
        if self._is_whole:  # what comes now is only that the asker goes away
            return await self._receive()
        self._require_room(int(self._declared) if self._declared.isdecimal() else 0)
        loop = asyncio.get_running_loop()
        self._until = self._until or loop.time() + self._within_s
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(
                408, f"The body was not there whole within {self._within_s:g} s.", CLOSE
            ) from None
        self._size += len(message.get("body", b""))
        self._require_room(self._size)
        self._is_whole = not message.get("more_body", False)
        return message

    async def read(self) -> bytes:
        """All of it.

        Raises:
            HTTPException: As `receive` does.
        """
        pieces = bytearray()
        while not self._is_whole:
            pieces += (await self.receive()).get("body", b"")
        return bytes(pieces)

    def closing(self, send: Send) -> Send:
        """Sends answers, and closes the connection after one that was given before the body was whole."""

        async def send_and_close(message: Message) -> None:
            unread = self._is_expected and not self._is_whole
            if message["type"] == "http.response.start" and unread:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        return send_and_close

    def _require_room(self, size: int) -> None:
        if size > self._largest:
            raise HTTPException(413, f"The body is larger than {self._largest // 1024} KiB.", CLOSE)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already once more, then what comes after it."""
    pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pieces.pop() if pieces else await receive()

    return receive_again
