"""The two ways to listen: the notification socket and the event source.

Source: Plex protocol notes, sections 2 and 3.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from crosswatch.simulator.plex.hub import Filters, Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswatch.simulator.plex.calls import Call

PING_EVENT = "event: ping\ndata: {}\n\n"


async def notifications(
    call: Call, request: web.Request, *, drop_after_s: float | None
) -> web.WebSocketResponse:
    """Serve the notification socket until one side ends it.

    Args:
        call: The request, checked.
        request: The same, to be upgraded.
        drop_after_s: Real seconds after which the link is cut again, or None.
    """
    options = call.world.options
    ping_s = options.server_ping_s
    socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, heartbeat=None)
    await socket.prepare(request)
    listener = _listener("socket", call, abort=_aborter(request))
    call.world.hub.add(listener)
    helpers = [asyncio.create_task(_write_socket(listener, socket))]
    if ping_s is not None:
        helpers.append(asyncio.create_task(_ping(socket, ping_s)))
    if drop_after_s is not None:
        helpers.append(asyncio.create_task(_drop_later(listener, drop_after_s)))
    try:
        await _read_socket(listener, socket)
    finally:
        call.world.hub.remove(listener)
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
    return socket


async def events(call: Call, request: web.Request, *, drop_after_s: float | None) -> web.StreamResponse:
    """Serve the event source until one side ends it.

    Args:
        call: The request, checked.
        request: The same, to be answered piece by piece.
        drop_after_s: Real seconds after which the link is cut again, or None.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    listener = _listener("events", call, abort=_aborter(request))
    call.world.hub.add(listener)
    dropping = None if drop_after_s is None else asyncio.create_task(_drop_later(listener, drop_after_s))
    try:
        await _write_events(listener, response, call.world.options.event_ping_s)
    except ConnectionError:
        pass  # the client has gone; there is nobody to tell
    finally:
        call.world.hub.remove(listener)
        if dropping is not None:
            dropping.cancel()
    return response


def _listener(kind: str, call: Call, *, abort: Callable[[], None]) -> Listener:
    return Listener(
        "socket" if kind == "socket" else "events",
        call.me,
        Filters.from_query(call.query),
        backlog=call.world.options.reader_backlog,
        abort=abort,
    )


def _aborter(request: web.Request) -> Callable[[], None]:
    transport = request.transport

    def abort() -> None:
        if transport is not None:
            transport.abort()

    return abort


async def _read_socket(listener: Listener, socket: web.WebSocketResponse) -> None:
    """Answer pings and the closing handshake; what clients say is ignored."""
    while not listener.closed.is_set():
        message = await socket.receive()
        if message.type is WSMsgType.PING and not listener.silent:
            await socket.pong(message.data)
        elif message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
            if listener.silent:
                await listener.closed.wait()
            else:
                await socket.close()
            return


async def _write_socket(listener: Listener, socket: web.WebSocketResponse) -> None:
    while True:
        message = await listener.queue.get()
        if listener.silent:
            continue
        try:
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_str(message)
        except ConnectionError:
            return  # the reader notices too and cleans up


async def _write_events(listener: Listener, response: web.StreamResponse, ping_s: float) -> None:
    while not listener.closed.is_set():
        try:
            message: str | bytes = await asyncio.wait_for(listener.queue.get(), ping_s)
        except TimeoutError:
            message = PING_EVENT
        if not listener.silent:
            await response.write(message.encode() if isinstance(message, str) else message)


async def _ping(socket: web.WebSocketResponse, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await socket.ping()
        except ConnectionError:
            return


async def _drop_later(listener: Listener, seconds: float) -> None:
    await asyncio.sleep(seconds)
    listener.drop()
