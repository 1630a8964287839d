"""The places that can be told, and what each is sent: a webhook, ntfy, and whatever Apprise knows.

Their addresses hold tokens, so that no error repeats one.
"""

from __future__ import annotations

import importlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp

import crosswatch
from crosswatch.beside import run_beside
from crosswatch.core.phrases import say
from crosswatch.errors import NoticeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswatch.config.model import NoticeSettings
    from crosswatch.notices.book import Note

TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=10.0)
"""Real seconds."""

MOST_BYTES = 64 * 1024
"""An answer is not read on after these."""

WEBHOOK, NTFY, APPRISE = "webhook", "ntfy", "apprise"

NOT_INSTALLED = say(
    "notices.apprise_urls needs Apprise, which is not installed. Run `pip install '{package}'`.",
    package="crosswatch[notify]",
)


def places_of(settings: NoticeSettings) -> tuple[str, ...]:
    """The places that are configured."""
    places = {
        WEBHOOK: settings.webhook_url,
        NTFY: settings.ntfy_url,
        APPRISE: settings.apprise_urls,
    }
    return tuple(name for name, address in places.items() if address)


async def tell(place: str, note: Note, settings: NoticeSettings, http: aiohttp.ClientSession) -> None:
    """Send the note to the place.

    Raises:
        NoticeError: If it did not get there.
    """
    match place:
        case "webhook":
            await _post(http, "webhook", settings.webhook_url, webhook_body(note), {})
        case "ntfy":
            server, _, topic = settings.ntfy_url.rpartition("/")
            token = settings.ntfy_token
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            await _post(http, "ntfy server", server, ntfy_body(note, topic), headers)
        case _:
            await run_beside(partial(_notify, settings.apprise_urls, note), "apprise")


def webhook_body(note: Note) -> dict[str, Any]:
    """What a webhook is sent; `text` alone is what chat services show."""
    return {
        "app": "crosswatch",
        "event": note.event,
        "state": "resolved" if note.is_recovery else "open",
        "title": note.title,
        "message": note.text,
        "text": f"{note.title}\n{note.text}",
        "at": note.at.isoformat(),
    }


def ntfy_body(note: Note, topic: str) -> dict[str, Any]:
    """What ntfy is sent.

    Source: ntfy's documentation, "Publish as JSON".
    """
    return {
        "topic": topic,
        "title": note.title,
        "message": note.text,
        "tags": ["white_check_mark"] if note.is_recovery else ["warning"],
        "priority": 3 if note.is_recovery else 4,
    }


async def _post(
    http: aiohttp.ClientSession, called: str, address: str, body: Any, headers: Mapping[str, str]
) -> None:
    try:
        async with http.post(
            address,
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": f"CrossWatch/{crosswatch.__version__}",
                **headers,
            },
            timeout=TIMEOUT,
            allow_redirects=False,
        ) as answer:
            await answer.content.read(MOST_BYTES)
            status = answer.status
    except TimeoutError:
        raise NoticeError(say("The {place} did not answer in time.", place=called)) from None
    except (aiohttp.ClientError, OSError, ValueError):  # their texts may repeat the address
        raise NoticeError(say("The {place} cannot be reached.", place=called)) from None
    if not 200 <= status < 300:  # noqa: PLR2004 -- that is what 2xx means
        raise NoticeError(say("The {place} answered {status}.", place=called, status=status))


def _notify(addresses: tuple[str, ...], note: Note) -> None:
    """Tell all that Apprise is given; it blocks.

    Raises:
        NoticeError: If Apprise is missing, knows no such address, or could not reach one of them.
    """
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        raise NoticeError(NOT_INSTALLED) from None
    teller = apprise.Apprise()
    for place, address in enumerate(addresses):
        if not teller.add(address):
            raise NoticeError(
                say("{key} is no address that Apprise knows.", key=f"notices.apprise_urls[{place}]")
            )
    kind = apprise.NotifyType.SUCCESS if note.is_recovery else apprise.NotifyType.WARNING
    if not teller.notify(title=note.title, body=note.text, notify_type=kind):
        raise NoticeError(say("Apprise could not reach all of notices.apprise_urls."))
