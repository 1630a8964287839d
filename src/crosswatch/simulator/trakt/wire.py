"""How a reply reaches a socket, or does not.

A reset is a TCP reset, not a polite end; a hanging request holds its connection until the time is up,
the client goes away or the server stops.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING

from aiohttp import web

from crosswatch.simulator.trakt.faults import FaultKind

if TYPE_CHECKING:
    from crosswatch.clock import Clock
    from crosswatch.simulator.trakt.answers import Answer
    from crosswatch.simulator.trakt.service import Reply

SLOW_PIECES = 10
"""In how many pieces a slow body comes."""


async def send(request: web.Request, reply: Reply, clock: Clock) -> web.StreamResponse:
    """The response of an aiohttp handler for a reply."""
    answer, fault = reply.answer, reply.fault
    if fault is not None and fault.kind is FaultKind.HANG:
        await clock.sleep(fault.delay_s)
        return cut(request)
    if fault is not None and fault.kind is FaultKind.RESET:
        return cut(request)
    if fault is not None and fault.kind is FaultKind.SLOW_BODY:
        return await _trickle(request, answer, clock, fault.delay_s)
    return web.Response(status=answer.status, body=answer.body(), headers=answer.all_headers())


def cut(request: web.Request) -> web.Response:
    """End the connection by a TCP reset; what is returned never leaves."""
    transport = request.transport
    if transport is not None and not transport.is_closing():
        # With a linger of no time, closing discards what is unsent and answers with a reset. The option
        # belongs to the open socket, not to the descriptor, so it can be set through a second one; not
        # every event loop lets it be set through its own.
        with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as twin:
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _trickle(request: web.Request, answer: Answer, clock: Clock, delay_s: float) -> web.StreamResponse:
    body = answer.body()
    response = web.StreamResponse(status=answer.status, headers=answer.all_headers())
    response.content_length = len(body)
    await response.prepare(request)
    size = max(1, -(-len(body) // SLOW_PIECES))
    for begin in range(0, len(body), size):
        await clock.sleep(delay_s / SLOW_PIECES)
        await response.write(body[begin : begin + size])
    await response.write_eof()
    return response
