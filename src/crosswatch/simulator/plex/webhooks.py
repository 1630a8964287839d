"""Sends webhooks as a Plex server does: multipart, unsigned, once, and never again when it fails.

Source: Plex protocol notes, section 12; recordings `webhooks/`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from crosswatch.simulator.plex.frames import encode
from crosswatch.simulator.plex.images import THUMB_JPEG
from crosswatch.simulator.plex.metadata import describe_webhook
from crosswatch.simulator.plex.sessions import PUBLIC_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.sessions import Session
    from crosswatch.simulator.plex.world import World

WITH_THUMB = frozenset({"media.play", "media.rate", "library.new", "library.on.deck", "playback.started"})
WITHOUT_OFFSET = frozenset({"media.scrobble", "media.rate"})
TIMEOUT = aiohttp.ClientTimeout(total=30)

_boundaries = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request that was sent.

    Attributes:
        url: Where to.
        event: What about.
        status: What came back; 0 where nothing did.
        error: Why nothing came back, or empty.
    """

    url: str
    event: str
    status: int = 0
    error: str = ""


class WebhookSender:
    """The hooks of all accounts, and what was sent to them.

    Attributes:
        deliveries: Every request, in order of its end.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._urls: dict[str, Person] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None
        self._held: Coroutine[Any, Any, None] | None = None
        self.deliveries: list[Delivery] = []

    # ------------------------------------------------------------ who is told

    def register(self, person: Person, urls: list[str]) -> None:
        """Set the hooks of an account; former ones are gone.

        Raises:
            PermissionError: If the account has no Plex Pass.
        """
        if urls and not person.plex_pass:
            raise PermissionError(f"{person.name} has no Plex Pass")
        self._urls = {url: owner for url, owner in self._urls.items() if owner is not person}
        self._urls |= dict.fromkeys(urls, person)

    def urls(self, person: Person | None = None) -> list[str]:
        """The hooks of an account, or of all."""
        return [url for url, owner in self._urls.items() if person in (None, owner)]

    # ------------------------------------------------------------ what happens

    def play_event(self, event: str, session: Session) -> None:
        """Tell whom it concerns about a session: the owner of the server, and the person who plays."""
        self.send(event, session)
        if event == "media.play" and session.person not in (None, self._world.people.owner):
            self.send("playback.started", session, owner_only=True)

    def send(self, event: str, session: Session, *, owner_only: bool = False, **extra: Any) -> None:
        """Send an event about a session.

        Args:
            event: Its name.
            session: What it is about.
            owner_only: True if shared users do not hear of it.
            **extra: Further top-level fields, such as `rating`.
        """
        owner = self._world.people.owner
        for url, holder in self._urls.items():
            if holder is owner or (holder is session.person and not owner_only):
                self._dispatch(url, event, {**self.payload(event, session, holder), **extra})

    def send_payload(self, payload: dict[str, Any]) -> None:
        """Send any payload to all hooks of the owner."""
        for url in self.urls(self._world.people.owner):
            self._dispatch(url, str(payload.get("event", "")), payload)

    def payload(self, event: str, session: Session, holder: Person) -> dict[str, Any]:
        """What an event says.

        Args:
            event: Its name.
            session: What it is about.
            holder: Whose hook it goes to.
        """
        world, options = self._world, self._world.options
        person, device = session.person, session.device
        account: dict[str, Any] = {"id": 0, "thumb": "", "title": ""}
        if person is not None:
            own = options.webhook_owner_id == "local"
            number = person.account_id if own else person.number
            account = {"id": number, "thumb": person.avatar, "title": person.title}
        view = world.history.view(person or world.people.owner, session.item)
        metadata = describe_webhook(session.item, view, with_duration=options.webhook_durations)
        first = event == "media.play" and session.offset_ms == 0
        if options.webhook_offsets and not first and event not in WITHOUT_OFFSET:
            metadata["viewOffset"] = session.offset_ms
        return {
            "event": event,
            "user": holder is person,
            "owner": holder is world.people.owner,
            "Account": account,
            "Server": {"title": options.friendly_name, "uuid": options.machine_identifier},
            "Player": {
                "local": device.location == "lan",
                "publicAddress": PUBLIC_ADDRESS,
                "title": device.title,
                "uuid": device.client_id,
            },
            "Metadata": metadata,
        }

    # ------------------------------------------------------------ how it travels

    async def idle(self) -> None:
        """Wait until everything that is on its way has arrived or failed."""
        self._release()
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop sending."""
        if self._held is not None:
            self._held.close()
            self._held = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def _dispatch(self, url: str, event: str, payload: dict[str, Any]) -> None:
        for _ in range(self._world.options.webhook_copies):
            sending = self._deliver(url, event, payload)
            if self._world.options.webhook_swapped and self._held is None:
                self._held = sending
                continue
            self._start(sending)
            self._release()

    def _release(self) -> None:
        if self._held is not None:
            self._start(self._held)
            self._held = None

    def _start(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, event: str, payload: dict[str, Any]) -> None:
        await self._world.clock.sleep(self._world.options.webhook_delay_s)
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=TIMEOUT)
        body, headers = self._request(event, payload)
        try:
            async with self._client.post(url, data=body, headers=headers) as response:
                self.deliveries.append(Delivery(url=url, event=event, status=response.status))
        except (aiohttp.ClientError, TimeoutError) as error:
            self.deliveries.append(Delivery(url=url, event=event, error=str(error) or type(error).__name__))

    def _request(self, event: str, payload: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        options = self._world.options
        thumb = THUMB_JPEG if options.webhook_thumb and event in WITH_THUMB else None
        body, content_type = multipart(encode(payload), file_name=options.webhook_file_name, thumb=thumb)
        headers = {"Content-Type": content_type, "User-Agent": f"PlexMediaServer/{options.version}"}
        if options.webhook_secret is not None:
            digest = hmac.digest(options.webhook_secret.encode(), body, hashlib.sha1)
            headers["X-Plex-Signature"] = base64.b64encode(digest).decode()
        return body, headers


def multipart(payload: str, *, file_name: bool, thumb: bytes | None) -> tuple[bytes, str]:
    """The body of a delivery and its content type.

    Args:
        payload: The JSON.
        file_name: True gives the payload part a file name, so that web frameworks take it for an upload.
        thumb: A JPEG to go with it, or None.

    Source: recordings `webhooks/20-multipart-file-part.json` and `webhooks/21-multipart-field.json`.
    """
    boundary = f"{'-' * 24}example{next(_boundaries):09d}"
    named = '; filename="payload"' if file_name else ""
    parts = [(f'name="payload"{named}', "application/json", payload.encode())]
    if thumb is not None:
        parts.append(('name="thumb"; filename="thumb.jpg"', "image/jpeg", thumb))
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
