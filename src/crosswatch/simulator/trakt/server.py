"""The simulated Trakt on real sockets.

Two listeners on the loopback, as Trakt has two hosts: one for the API, one for OAuth. Both serve the
page that a device code points to; the control interface is at the API's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from aiohttp import web

from crosswatch.simulator.trakt.control import PREFIX, control_app
from crosswatch.simulator.trakt.page import ActivationPage
from crosswatch.simulator.trakt.service import TraktService
from crosswatch.simulator.trakt.wire import send

if TYPE_CHECKING:
    from types import TracebackType

    from crosswatch.clock import Clock
    from crosswatch.simulator.trakt.catalogue import Catalogue
    from crosswatch.simulator.trakt.options import TraktOptions

LARGEST_BODY = 1024 * 1024
"""Bytes of a request body beyond which the answer is 413."""

GRACE_S = 0.1
"""How long a stop waits for answers under way, in seconds."""


class SimulatedTrakt(TraktService):
    """A Trakt that listens, as an asynchronous context manager.

    A stop and a start in its life keep ports, members, tokens and history: that is an outage.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        options: TraktOptions | None = None,
        catalogue: Catalogue | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        auth_port: int = 0,
    ) -> None:
        """A Trakt without members or apps, which does not listen yet.

        Args:
            clock: Its time; None is the ordinary one.
            options: Its switches; None leaves all at their defaults.
            catalogue: What it knows; None is everything of the sample library.
            host: Address to listen at.
            port: Port of the API, 0 for any.
            auth_port: Port of OAuth, 0 for any.
        """
        super().__init__(clock=clock, options=options, catalogue=catalogue)
        self._host = host
        self._ports = [port, auth_port]
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """Address of the API, without a slash at its end; known once it has been started."""
        return f"http://{self._host}:{self._ports[0]}"

    @property
    def auth_url(self) -> str:
        """Address of OAuth, without a slash at its end; known once it has been started."""
        return f"http://{self._host}:{self._ports[1]}"

    @property
    def control_url(self) -> str:
        """Address of the control interface, without a slash at its end."""
        return f"{self.api_url}{PREFIX}"

    async def start(self) -> None:
        """Listen, at the former ports if it has listened before.

        Raises:
            OSError: If a port is taken.
            RuntimeError: If it listens already.
        """
        if self._runner is not None:
            raise RuntimeError("the simulated Trakt listens already")
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_subapp(PREFIX, control_app(self))
        app.router.add_routes(ActivationPage(self).routes())
        app.router.add_route("*", "/{path:.*}", self._handle)
        # A request whose client has gone is given up, or hanging ones would pile up.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=GRACE_S)
        await runner.setup()
        try:
            for port in self._ports:
                await web.TCPSite(runner, self._host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._ports = [address[1] for address in runner.addresses]
        self._runner = runner

    async def stop(self) -> None:
        """Close all connections and both listeners; nothing happens if it does not listen."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        reply = self.serve(
            host=self._listener(request),
            auth_url=self.auth_url,
            method=request.method,
            path=request.path,
            query=dict(request.query.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            raw=await request.read(),
        )
        return await send(request, reply, self.clock)

    def _listener(self, request: web.Request) -> Literal["api", "auth"]:
        transport = request.transport
        port = transport.get_extra_info("sockname")[1] if transport else self._ports[0]
        return "auth" if port == self._ports[1] else "api"
