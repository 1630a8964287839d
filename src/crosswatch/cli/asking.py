"""Questions to the running app, for commands that change what it holds: only one process may do that."""

from __future__ import annotations

import http.client
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

URL_VARIABLE = "CROSSWATCH_URL"
KEY_VARIABLE = "CROSSWATCH_API_KEY"
DEFAULT_URL = "http://127.0.0.1:8787"
PATIENCE_S = 60.0
"""Real seconds: the app may have to ask Trakt first, which answers slowly at times."""


def ask(method: str, path: str, body: Any = None, *, environment: Mapping[str, str] = os.environ) -> Any:
    """Ask the app, and hand back what it answers.

    Args:
        method: The HTTP method.
        path: The address below that of the app, with a slash in front.
        body: What to send as JSON; None sends nothing.
        environment: Says where the app answers, and holds the API key if it wants one.

    Raises:
        click.ClickException: If nothing answers there, or the app refuses; with its own sentence.
    """
    url = (environment.get(URL_VARIABLE) or DEFAULT_URL).rstrip("/")
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if key := environment.get(KEY_VARIABLE):
        headers["X-Api-Key"] = key
    connection, prefix = _connect(url)
    sent = None if body is None else msgspec.json.encode(body)
    try:
        connection.request(method, prefix + path, sent, headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise click.ClickException(
            f"CrossWatch does not answer at {url} ({str(error) or type(error).__name__}). "
            f"It has to run for this; {URL_VARIABLE} says where."
        ) from error
    finally:
        connection.close()
    try:
        answered = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise click.ClickException(f"What answers at {url} is not CrossWatch.") from error
    if status == http.client.UNAUTHORIZED:
        raise click.ClickException(
            f"Make a key with `crosswatch keys create NAME --scope admin`, and put it into {KEY_VARIABLE}."
        )
    if status >= http.client.BAD_REQUEST:
        raise click.ClickException(_sentence(answered, status))
    return answered


def _connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.ClickException(f"{URL_VARIABLE} is {url!r}; it should be like {DEFAULT_URL}.")
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return make(parts.hostname, parts.port, timeout=PATIENCE_S), parts.path


def _sentence(answered: Any, status: int) -> str:
    detail = answered.get("detail") if isinstance(answered, dict) else None
    return str(detail or f"The app answers with status {status}.")
