"""`crosswatch serve`: the app under uvicorn, started from code."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import click
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

import crosswatch
from crosswatch.cli.notify import READY, STOPPING, ServiceManager

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- as people write it
BACKLOG = 2048
HEAD_WITHIN_S = 15.0
"""Real seconds in which the head of a request must have come."""


class Impatient(H11Protocol):
    """Gives up a connection on which no whole request has come for a while.

    uvicorn waits for ever for the rest of a request's head, and each connection takes one of the process's
    file descriptors, which the sockets to Plex need as well.

    Source: uvicorn 0.54, `protocols/http/h11_impl.py`.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next one."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self._give_up)

    def _give_up(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if cycle is None or cycle.response_complete:
            self.transport.close()


class ToldServer(uvicorn.Server):
    """Says where to open the pages once they can be opened, and tells the service manager how it stands.

    Args:
        config: uvicorn's; how often the manager is told that the loop turns is added to it.
        manager: Whom to tell.
    """

    def __init__(self, config: uvicorn.Config, manager: ServiceManager) -> None:
        super().__init__(config)
        self._manager = manager
        if manager.ping_every_s is not None:
            config.callback_notify = manager.ping
            config.timeout_notify = manager.ping_every_s  # type: ignore[assignment] # only ever compared

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        click.echo(f"CrossWatch {crosswatch.__version__} is open at http://{_readable(host)}:{port}/")
        self._manager.say(READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that the end has come, and end."""
        self._manager.say(STOPPING)
        await super().shutdown(sockets)


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104
@click.option(
    "--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
def command(host: str, port: int) -> None:
    """Run CrossWatch until it is told to stop."""
    listener = _listen(host, port)
    config = uvicorn.Config(
        "crosswatch:app",
        workers=1,  # one process watches and writes
        http=Impatient,
        ws="none",
        access_log=False,
        log_config=None,  # what uvicorn says goes the way of all lines
        server_header=False,
        proxy_headers=False,  # the door believes them by a list of its own
        lifespan="on",
    )
    try:
        ToldServer(config, ServiceManager.of(os.environ)).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn hands Ctrl-C on once it has shut down
        click.echo("Stopped.")


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; what is in the way is said before anything else starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"Port {port} on {host} cannot be used ({reason}). Stop what uses it, or choose another --port."
        ) from error


def _readable(host: str) -> str:
    """The address as a browser on this machine takes it."""
    return EVERYWHERE.get(host) or (f"[{host}]" if ":" in host else host)
