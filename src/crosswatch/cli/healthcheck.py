"""`crosswatch healthcheck`: for containers, which need no other program for it then."""

from __future__ import annotations

import http.client
from http import HTTPStatus

import click

PATIENCE_S = 5.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the app listens.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(1, 65535))
def command(host: str, port: int) -> None:
    """Exit with 0 if the app answers, else with 1."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise click.ClickException(f"Nothing answers at {host}:{port} ({error}).") from error
    finally:
        connection.close()
    if status != HTTPStatus.OK:
        raise click.ClickException(f"What answers at {host}:{port} is not well (status {status}).")
