"""`crosswatch serve`: the app under uvicorn, started from code."""

from __future__ import annotations

import socket

import click
import uvicorn

import crosswatch

EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- as people write it
BACKLOG = 2048


class _Server(uvicorn.Server):
    """Says where to open the pages, once they can be opened."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        click.echo(f"CrossWatch {crosswatch.__version__} is open at http://{_readable(host)}:{port}/")


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
        ws="none",
        access_log=False,
        log_config=None,  # what uvicorn says goes the way of all lines
        server_header=False,
        proxy_headers=False,  # the door believes them by a list of its own
        lifespan="on",
    )
    try:
        _Server(config).run(sockets=[listener])
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
