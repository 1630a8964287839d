"""What happens to every request: start-up, faults, tokens, the route, the dialect, the ledger.

Source: Plex protocol notes, section 1.1.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from aiohttp import web

from crosswatch.simulator.ledger import Ledger, RecordedRequest
from crosswatch.simulator.plex.answers import Answer, RefusedError, page, refuse, refuse_plextv
from crosswatch.simulator.plex.calls import Access, Call, Route, argument
from crosswatch.simulator.plex.faults import SLOW_PIECES, FaultKind, FaultPlan, cut, spoil
from crosswatch.simulator.plex.streams import events, notifications

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crosswatch.simulator.plex.faults import Fault
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.world import World

SWITCHING_PROTOCOLS = 101
UNAVAILABLE = 503
LONGEST_TEXT = 2_000
"""Characters of a body that the ledger keeps."""


class Front:
    """The door of one listener.

    Attributes:
        world: Everything behind it.
        ledger: What came through it.
        faults: What may happen at it.
    """

    def __init__(self, world: World, ledger: Ledger, faults: FaultPlan, *, name: str) -> None:
        """A door.

        Args:
            world: Everything behind it.
            ledger: Where requests are remembered.
            faults: The faults in force.
            name: Name of the listener in the ledger.
        """
        self.world = world
        self.ledger = ledger
        self.faults = faults
        self._name = name
        self._flaps = 0
        self._flap_after_s = 0.0

    def flap(self, count: int, after_s: float) -> None:
        """Cut the next streams again, so many real seconds after they were accepted."""
        self._flaps = count
        self._flap_after_s = after_s

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """An aiohttp handler for a route."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, route)

        return handle

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """The notification socket."""
        return await self._stream(request, notifications, SWITCHING_PROTOCOLS)

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """The event source."""
        return await self._stream(request, events, 200)

    # ------------------------------------------------------------ plain requests

    async def _answer(self, request: web.Request, route: Route) -> web.StreamResponse:
        call, fault, raw = await self._receive(request, route.access)
        prevented = fault is not None and fault.prevents
        answer = Answer(status=0) if prevented else self._run(call, route)
        answer = spoil(answer, fault, wants_json=call.wants_json)
        self._remember(call, raw, answer, fault)
        return await self._send(request, call, answer, fault)

    def _run(self, call: Call, route: Route) -> Answer:
        try:
            self._check(call, route.access)
            return route.handler(call)
        except RefusedError as refused:
            return refused.answer

    def _check(self, call: Call, access: Access) -> None:
        """Refuse who may not.

        Raises:
            RefusedError: 503 while the server starts, 401 without a good token, 403 for others than the
                owner.
        """
        if access is Access.PLEXTV:
            if call.person is None:
                raise refuse_plextv(401, 1001, "User could not be authenticated")
            return
        if not self.world.is_up:
            raise refuse(UNAVAILABLE)
        if access is not Access.ANYBODY and call.person is None:
            raise refuse(401)
        if access is Access.OWNER and not call.is_owner:
            raise refuse(403)

    async def _send(
        self, request: web.Request, call: Call, answer: Answer, fault: Fault | None
    ) -> web.StreamResponse:
        if fault is not None and fault.kind is FaultKind.HANG:
            await self.world.clock.sleep(fault.delay_s)
            return cut(request)
        if fault is not None and fault.kind is FaultKind.RESET:
            return cut(request)
        body, content_type = answer.render(wants_json=call.wants_json)
        headers = {
            "Content-Type": content_type,
            "Date": formatdate(self.world.own_time, usegmt=True),
            "X-Plex-Protocol": "1.0",
            **answer.headers,
        }
        if fault is not None and fault.kind is FaultKind.SLOW_BODY:
            return await self._trickle(request, answer.status, headers, body, fault.delay_s)
        return web.Response(status=answer.status, body=body, headers=headers)

    async def _trickle(
        self, request: web.Request, status: int, headers: dict[str, str], body: bytes, delay_s: float
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        size = max(1, -(-len(body) // SLOW_PIECES))
        for begin in range(0, len(body), size):
            await self.world.clock.sleep(delay_s / SLOW_PIECES)
            await response.write(body[begin : begin + size])
        await response.write_eof()
        return response

    # ------------------------------------------------------------ streams

    async def _stream(
        self,
        request: web.Request,
        serve: Callable[..., Awaitable[web.StreamResponse]],
        status: int,
    ) -> web.StreamResponse:
        call, fault, raw = await self._receive(request, Access.MEMBER)
        if fault is None:
            try:
                self._check(call, Access.MEMBER)
            except RefusedError as refused:
                answer = refused.answer
            else:
                self._remember(call, raw, Answer(status=status), None)
                return await serve(call, request, drop_after_s=self._next_flap())
        else:
            answer = spoil(page(UNAVAILABLE), fault, wants_json=False)
        self._remember(call, raw, answer, fault)
        return await self._send(request, call, answer, fault)

    def _next_flap(self) -> float | None:
        if not self._flaps:
            return None
        self._flaps -= 1
        return self._flap_after_s

    # ------------------------------------------------------------ every request

    async def _receive(self, request: web.Request, access: Access) -> tuple[Call, Fault | None, bytes]:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(request.query.items())
        call = Call(
            world=self.world,
            method=request.method,
            path=request.path,
            query=query,
            headers=headers,
            params=dict(request.match_info),
            form=_form(headers, raw),
            now=self.world.clock.now(),
            person=self._whose(argument(headers, query, "X-Plex-Token"), access),
        )
        name = call.person.name if call.person else None
        return call, self.faults.pick(call.method, call.path, name, call.now), raw

    def _whose(self, token: str | None, access: Access) -> Person | None:
        people = self.world.people
        return people.at_plextv(token) if access is Access.PLEXTV else people.at_server(token)

    def _remember(self, call: Call, raw: bytes, answer: Answer, fault: Fault | None) -> None:
        is_cut = fault is not None and fault.kind in (FaultKind.HANG, FaultKind.RESET)
        self.ledger.add(
            RecordedRequest(
                at=call.now,
                method=call.method,
                path=call.path,
                query=call.query,
                headers=call.headers,
                body=raw.decode(errors="replace")[:LONGEST_TEXT] or None,
                account=call.person.name if call.person else None,
                status=0 if is_cut else answer.status,
                applied=answer.applied,
                fault=fault.kind.value if fault else None,
                listener=self._name,
            )
        )


def _form(headers: dict[str, str], raw: bytes) -> dict[str, list[str]]:
    if "application/x-www-form-urlencoded" not in headers.get("content-type", ""):
        return {}
    return parse_qs(raw.decode(errors="replace"), keep_blank_values=True)
