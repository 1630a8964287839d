"""Answers that last: a stream ends soon after whoever reads it is no longer welcome.

A session that was ended, a key that was taken back, or a network that was closed must not go on reading the
log through a stream that was opened before.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOK_EVERY_S = 2.0
"""Real seconds between two looks at whether somebody is still welcome."""


async def run_while_welcome(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, is_welcome: Callable[[], bool]
) -> None:
    """Run the app, and tell it that the asker has gone once they are not welcome any more.

    The answer is then ended in order, so that nothing looks as if it had been cut off.
    """
    is_open = False

    async def receive_or_leave() -> Message:
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    return await receive()
            except TimeoutError:
                if is_open and not is_welcome():
                    return {"type": "http.disconnect"}

    async def send_and_remember(message: Message) -> None:
        nonlocal is_open
        await send(message)
        is_open = message["type"] == "http.response.start" or message.get("more_body", False)

    await app(scope, receive_or_leave, send_and_remember)
    if is_open:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
