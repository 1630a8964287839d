"""The server's place on the network: a port that can be closed and opened, and links that can be cut.

A port that refuses stays ours: a socket that is bound and does not listen keeps it, or the next
connection anybody makes might take it.

Source: Plex protocol notes, sections 1.1 and 2.3.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    import ssl

    from crosswatch.clock import Clock

FREE_WITHIN_S = 2.0
GRACE_S = 0.1
"""How long a stop waits for answers under way, in seconds."""


class Link:
    """One listener.

    Attributes:
        host: Address to listen at.
        port: Port; 0 until it is known, if any will do.
    """

    def __init__(self, clock: Clock, *, host: str, port: int, ssl_context: ssl.SSLContext | None) -> None:
        self.host = host
        self.port = port
        self._clock = clock
        self._ssl = ssl_context
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._holder: socket.socket | None = None
        self._opening: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Address without a slash at its end."""
        return f"{'https' if self._ssl else 'http'}://{self.host}:{self.port}"

    @property
    def is_listening(self) -> bool:
        """True unless connections are refused."""
        return self._site is not None

    async def start(self, app: web.Application) -> None:
        """Listen.

        Raises:
            OSError: If the port is taken.
            RuntimeError: If it was started already.
        """
        if self._runner is not None:
            raise RuntimeError("the simulated Plex listens already")
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=GRACE_S
        )
        await self._runner.setup()
        try:
            await self.listen()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything; nothing happens if it was never started."""
        if self._opening is not None:
            self._opening.cancel()
        runner, self._runner, self._site = self._runner, None, None
        if runner is not None:
            self._cut_all(runner)
            await runner.cleanup()
        self._release()

    async def refuse(self, seconds: float | None = None) -> None:
        """Refuse connections and cut those that are open.

        Args:
            seconds: Seconds of the simulator's clock after which it listens again, or None for never.
        """
        if self._site is not None and self._runner is not None:
            site, self._site = self._site, None
            await site.stop()
            self._cut_all(self._runner)
            self._holder = await self._bind(FREE_WITHIN_S)
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if seconds is not None:
            self._opening = asyncio.create_task(self._listen_later(seconds))

    async def listen(self) -> None:
        """Accept connections again; nothing happens if it does."""
        if self._site is not None or self._runner is None:
            return
        patience_s = FREE_WITHIN_S if self._holder else 0.0
        self._release()
        site = web.SockSite(self._runner, await self._bind(patience_s), ssl_context=self._ssl)
        await site.start()
        self._site = site

    async def _listen_later(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self.listen()

    async def _bind(self, patience_s: float) -> socket.socket:
        """A socket at our port, if need be after some real seconds of waiting.

        Raises:
            OSError: If somebody else has it.
        """
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            ours = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                ours.bind((self.host, self.port))
            except OSError:
                ours.close()
                # some event loops close a listener only in their next round
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(0.01)
            else:
                self.port = ours.getsockname()[1]
                return ours

    def _release(self) -> None:
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    @staticmethod
    def _cut_all(runner: web.AppRunner) -> None:
        for handler in runner.server.connections if runner.server else ():
            if handler.transport is not None:
                handler.transport.abort()
