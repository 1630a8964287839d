"""The simulated Plex on real sockets: a media server, plex.tv, and the people in front of their screens.

Two listeners on the loopback. The first is the media server's, and can break; plex.tv's routes and the
control interface are there too, as long as it works. The second is plex.tv's, with the control
interface, and stays.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from crosswatch.clock import Clock
from crosswatch.simulator.ledger import Ledger
from crosswatch.simulator.plex import routes_library, routes_server
from crosswatch.simulator.plex.calls import Access, Route
from crosswatch.simulator.plex.control import PREFIX, control_app
from crosswatch.simulator.plex.faults import ActiveFault, Fault, FaultKind, FaultPlan, usable
from crosswatch.simulator.plex.frames import Frame, encode
from crosswatch.simulator.plex.front import Front
from crosswatch.simulator.plex.link import Link
from crosswatch.simulator.plex.options import PlexOptions
from crosswatch.simulator.plex.player import Player
from crosswatch.simulator.plex.plextv import PinDesk, connection
from crosswatch.simulator.plex.routes_plextv import PlexTvRoutes
from crosswatch.simulator.plex.sessions import DEVICES
from crosswatch.simulator.plex.shelving import default_library
from crosswatch.simulator.plex.traces import replay_trace
from crosswatch.simulator.plex.webhooks import WebhookSender
from crosswatch.simulator.plex.world import World

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine, Mapping
    from types import TracebackType

    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.library import Library
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.sessions import Device

logger = logging.getLogger("crosswatch.simulator")

SOCKET_PATHS = ("/:/websockets/notifications", "/:/websocket/notifications")
EVENTS_PATH = "/:/eventsource/notifications"
STREAM_PREFIX = "/:/websocket"
LARGEST_BODY = 8 * 1024 * 1024


class SimulatedPlex:
    """A Plex Media Server that listens, as an asynchronous context manager.

    Attributes:
        world: Everything behind the routes: library, people, sessions, history, viewings, hub.
        ledger: Every request, of both listeners (`listener` is `pms` or `plextv`).
        faults: Trouble in force.
        link: The media server's listener.
        pins: Sign-ins on their way.
        webhooks: Hooks, and what was sent to them.
        players: Every player that was made.
        also_at: Further addresses that plex.tv gives for the server, see `plextv.connection`.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        options: PlexOptions | None = None,
        library: Library | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        plextv_port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """A server that does not listen yet.

        Args:
            clock: Its time, and the players'; None is the ordinary one.
            options: Its switches; None leaves all at their defaults.
            library: What there is to play; None is the sample library.
            host: Address to listen at.
            port: Port of the media server, 0 for any.
            plextv_port: Port of plex.tv, 0 for any.
            ssl_context: Certificate of the media server, or None for plain HTTP.
        """
        self.clock = clock or Clock()
        self.options = options or PlexOptions()
        self.world = World(clock=self.clock, options=self.options, library=library or default_library())
        self.ledger = Ledger()
        self.faults = FaultPlan(self.options.seed)
        self.link = Link(self.clock, host=host, port=port, ssl_context=ssl_context)
        self.pins = PinDesk(self.world)
        self.webhooks = WebhookSender(self.world)
        self.world.hooks = self.webhooks
        self.players: list[Player] = []
        self.also_at: list[dict[str, Any]] = []
        self._plextv_link = Link(self.clock, host=host, port=plextv_port, ssl_context=None)
        self._front = Front(self.world, self.ledger, self.faults, name="pms")
        self._plextv_front = Front(self.world, self.ledger, self.faults, name="plextv")
        self._tasks: set[asyncio.Task[Any]] = set()

    # ------------------------------------------------------------ where it is

    @property
    def base_url(self) -> str:
        """Address of the media server, without a slash at its end; known once it has been started."""
        return self.link.url

    @property
    def plextv_url(self) -> str:
        """Address of plex.tv, without a slash at its end; known once it has been started."""
        return self._plextv_link.url

    @property
    def control_url(self) -> str:
        """Address of the control interface that stays when the media server breaks."""
        return f"{self.plextv_url}{PREFIX}"

    @property
    def owner_token(self) -> str:
        """The owner's account token, good for the server and for plex.tv."""
        return self.world.people.owner.account_token

    async def start(self) -> None:
        """Listen, at the former ports if it has listened before.

        Raises:
            OSError: If a port is taken.
        """
        await self.link.start(self._app(self._front, media_server=True))
        try:
            await self._plextv_link.start(self._app(self._plextv_front, media_server=False))
        except OSError:
            await self.link.stop()
            raise

    async def stop(self) -> None:
        """End everything: scripts, players, listeners, webhooks."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for player in self.players:
            player.abandon()
        await self.webhooks.close()
        self.world.hub.drop_all()
        await self.link.stop()
        await self._plextv_link.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # ------------------------------------------------------------ who plays what

    def item(self, name: str) -> Item:
        """An item by rating key, path or title.

        Raises:
            KeyError: If there is none.
        """
        return self.world.library.find(name)

    def person(self, name: str) -> Person:
        """Somebody by user name, title or plex.tv number.

        Raises:
            KeyError: If nobody is called so.
        """
        return self.world.people.named(name)

    def player(self, person: str | None = "alice", device: str | Device = "web", **changes: Any) -> Player:
        """A player for somebody.

        Args:
            person: Their name, or None for somebody who has not signed in.
            device: A device, or the name of a ready-made one (`DEVICES`).
            **changes: Manners in which this one differs (fields of `Device`).

        Raises:
            KeyError: If person or device is unknown.
        """
        ready = DEVICES[device] if isinstance(device, str) else device
        who = None if person is None else self.person(person)
        player = Player(self.world, who, replace(ready, **changes))
        self.players.append(player)
        return player

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let something run beside, such as a player's script; it ends with the server."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def replay_trace(self, trace: Mapping[str, Any], person: str = "alice") -> None:
        """Play a recorded trace by the clock, see `crosswatch.simulator.plex.traces`.

        Raises:
            TimeoutError: If a step needs a listener and none came within 30 real seconds.
        """
        await replay_trace(self.world, self, trace, self.person(person))

    # ------------------------------------------------------------ what it says

    def push_frame(self, frame: Mapping[str, Any] | str | bytes, person: str | None = None) -> None:
        """Send a document, or any text or bytes, to all listeners.

        Args:
            frame: A document as the socket sends it, or what goes out as it is.
            person: Whose session it is about; others than the owner hear of their own only.
        """
        whose = None if person is None else self.person(person)
        if isinstance(frame, str | bytes):
            self.world.hub.publish(Frame(type="playing", raw=frame, person=whose))
            return
        container = frame.get("NotificationContainer")
        inner = container if isinstance(container, dict) else frame
        self.world.hub.publish(
            Frame(type=str(inner.get("type", "")).strip(), raw=encode(frame), person=whose)
        )

    def set_sessions(self, sessions: list[dict[str, Any]] | None) -> None:
        """Answer this list in `/status/sessions`; None goes back to the truth."""
        self.world.sessions.override = sessions

    # ------------------------------------------------------------ how it breaks

    def add_fault(self, fault: Fault) -> ActiveFault:
        """Put a fault in force; it meets requests of both listeners.

        Raises:
            ValueError: If it makes no sense here.
        """
        return self.faults.add(usable(fault), self.clock.now())

    def clear_faults(self) -> None:
        """End all faults."""
        self.faults.clear()

    def drop(self) -> None:
        """Cut all sockets and event sources."""
        self.world.hub.drop_all()

    def silence(self) -> None:
        """Make all present sockets and event sources half open: no frames, no pongs, no end."""
        self.world.hub.silence()

    def flap(self, count: int = 1, after_s: float = 0.0) -> None:
        """Accept the next sockets or event sources and cut them again after so many real seconds."""
        self._front.flap(count, after_s)

    async def refuse(self, seconds: float | None = None) -> None:
        """Refuse connections, and cut those that are open; players go on and are heard of.

        Args:
            seconds: Seconds of the clock after which it listens again, or None until `listen`.
        """
        self.drop()
        await self.link.refuse(seconds)

    async def listen(self) -> None:
        """Accept connections again."""
        await self.link.listen()

    def answer_handshakes(self, status: int, *, count: int = 1) -> None:
        """Refuse the next sockets with this status."""
        self.add_fault(Fault(kind=FaultKind.STATUS, status=status, path=STREAM_PREFIX, count=count))

    async def restart(self, *, down_s: float = 0.0, starting_s: float = 0.0, swap_keys: bool = True) -> None:
        """The server's process ends and begins anew; session keys count from 1 again.

        Whoever plays goes on and turns up again with the next report; what they report meanwhile is lost.

        Args:
            down_s: Seconds of the clock for which connections are refused; this waits for their end.
            starting_s: Seconds after that in which everything is answered with 503.
            swap_keys: True if those who play come back in reverse order, so that one gets the key that
                was another's.
        """
        ready_at = self.clock.timestamp() + down_s + starting_s
        self.world.restart(ready_at=ready_at, swap_keys=swap_keys)
        await self.refuse()
        await self.clock.sleep(down_s)
        await self.listen()

    # ------------------------------------------------------------ inside

    def _app(self, front: Front, *, media_server: bool) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_subapp(PREFIX, control_app(self))
        plextv = PlexTvRoutes(self.pins, self.webhooks, lambda: [connection(self.base_url), *self.also_at])
        routes = plextv.routes()
        if media_server:
            routes = [*routes_server.ROUTES, *routes_library.ROUTES, *routes]
            for path in SOCKET_PATHS:
                app.router.add_get(path, front.listen)
            app.router.add_get(EVENTS_PATH, front.follow)
        for route in routes:
            app.router.add_route(route.method, route.path, front.handler(route))
        anything = Route(path="/{path:.*}", handler=routes_server.not_found, access=Access.ANYBODY)
        app.router.add_route("*", anything.path, front.handler(anything))
        return app

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a script of the simulated Plex failed", exc_info=task.exception())
