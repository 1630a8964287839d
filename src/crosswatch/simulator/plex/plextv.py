"""What plex.tv remembers: PINs on their way to a token, and which servers an account may use.

Source: Plex protocol notes, section 13.
"""

from __future__ import annotations

import itertools
import random
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.people import Role

if TYPE_CHECKING:
    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.world import World

FRIENDS_SERVER = "89abcdef0123456789abcdef0123456789abcdef"
FRIENDS_TOKEN = "EXAMPLE-TOKEN-FRIEND"  # noqa: S105 -- the recordings' invented token
NOWHERE = "127.0.0.1:1"
"""An address where nothing answers; the friend's server is away."""

FIRST_PIN = 100_000_001
CODE_LETTERS = string.ascii_uppercase + string.digits
STRONG_LENGTH = 25


@dataclass(slots=True, kw_only=True, eq=False)
class Pin:
    """A sign-in on its way.

    Attributes:
        number: Id to poll for.
        code: Four letters to type, or a strong one to follow in a link.
        product: Who asks.
        client_id: Which installation asks; only it may poll.
        created_at: When, aware UTC.
        expires_at: Until when, aware UTC.
        claimed_by: Who has allowed it, or None.
    """

    number: int
    code: str
    product: str
    client_id: str
    created_at: datetime
    expires_at: datetime
    claimed_by: Person | None = None


class PinDesk:
    """All PINs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(FIRST_PIN)
        self._chance = random.Random(world.options.seed)  # noqa: S311 -- invented codes, no secrets
        self._pins: dict[int, Pin] = {}

    def create(self, *, product: str, client_id: str, strong: bool, now: datetime) -> Pin:
        """A new PIN for an installation."""
        options = self._world.options
        life_s = options.strong_pin_ttl_s if strong else options.pin_ttl_s
        pin = Pin(
            number=next(self._numbers),
            code=self._code(strong=strong),
            product=product,
            client_id=client_id,
            created_at=now,
            expires_at=now + timedelta(seconds=life_s),
        )
        self._pins[pin.number] = pin
        return pin

    def poll(self, number: int, client_id: str, now: datetime) -> Pin | None:
        """The PIN of that id, if this installation asked for it and it has not expired."""
        pin = self._pins.get(number)
        usable = pin is not None and pin.client_id == client_id and now < pin.expires_at
        return pin if usable else None

    def claim(self, code: str, person: Person, now: datetime) -> Pin:
        """Allow a sign-in, as the person does on plex.tv.

        Args:
            code: The code, in any case.
            person: Whose token the installation will get.
            now: The moment.

        Raises:
            KeyError: If there is none of that code, or it has expired.
        """
        for pin in self._pins.values():
            if pin.code.lower() == code.lower() and now < pin.expires_at:
                pin.claimed_by = person
                return pin
        raise KeyError(f"there is no PIN {code!r}")

    def open_pins(self, now: datetime) -> list[Pin]:
        """The PINs that wait to be claimed, the newest last."""
        return [pin for pin in self._pins.values() if pin.claimed_by is None and now < pin.expires_at]

    def _code(self, *, strong: bool) -> str:
        letters = string.ascii_lowercase + string.digits if strong else CODE_LETTERS
        return "".join(self._chance.choices(letters, k=STRONG_LENGTH if strong else 4))


def own_server(world: World, person: Person, connections: list[dict[str, Any]]) -> dict[str, Any] | None:
    """This server as it stands among somebody's resources, or None where it was not shared.

    Args:
        world: The server.
        person: Who asks.
        connections: The addresses under which it can be reached.
    """
    owned = person.role is Role.OWNER
    if person.server_token is None:
        return None
    return {
        "name": world.options.friendly_name,
        "product": "Plex Media Server",
        "productVersion": world.options.version,
        "platform": "Linux",
        "platformVersion": "6.1",
        "device": "PC",
        "clientIdentifier": world.options.machine_identifier,
        "createdAt": "2020-01-01T00:00:00Z",
        "lastSeenAt": "2025-01-01T00:00:00Z",
        "provides": "server",
        "ownerId": None if owned else world.people.owner.number,
        "sourceTitle": None if owned else world.people.owner.title,
        "publicAddress": "203.0.113.7",
        "accessToken": person.server_token,
        "owned": owned,
        "home": person.role is Role.MANAGED,
        "synced": False,
        "relay": True,
        "presence": True,
        "httpsRequired": False,
        "publicAddressMatches": True,
        "dnsRebindingProtection": False,
        "natLoopbackSupported": False,
        "connections": connections,
    }


def connection(url: str, *, local: bool = True, relay: bool = False) -> dict[str, Any]:
    """One address of a server, out of its URL (`scheme://host:port`)."""
    scheme, _, place = url.partition("://")
    host, _, port = place.rpartition(":")
    return {
        "protocol": scheme,
        "address": host,
        "port": int(port),
        "uri": url,
        "local": local,
        "relay": relay,
        "IPv6": False,
    }


def others_resources(world: World) -> list[dict[str, Any]]:
    """What else the owner sees: a friend's server that is away, and a player.

    Source: recording `plextv/09-resources.json`.
    """
    friend = world.people.named("bob")
    return [
        {
            "name": "Friend Server",
            "product": "Plex Media Server",
            "productVersion": "1.42.0.1-cafe0123",
            "platform": "Windows",
            "clientIdentifier": FRIENDS_SERVER,
            "provides": "server",
            "ownerId": friend.number,
            "sourceTitle": friend.title,
            "publicAddress": "203.0.113.9",
            "accessToken": FRIENDS_TOKEN,
            "owned": False,
            "home": False,
            "synced": False,
            "relay": False,
            "presence": False,
            "httpsRequired": True,
            "publicAddressMatches": False,
            "connections": [connection(f"https://{NOWHERE}", local=False)],
        },
        {
            "name": "Chrome",
            "product": "Plex Web",
            "clientIdentifier": "exampleplayerweb00000001",
            "provides": "player",
            "ownerId": None,
            "accessToken": None,
            "owned": False,
            "presence": True,
            "connections": [],
        },
    ]
