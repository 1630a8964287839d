"""Webhooks between their arrival and the moment at which they have been dealt with.

A Plex server sends each webhook once. So it is written down before it is answered, and kept until whatever
follows from it is written as well; whoever dies in between finds it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crosswatch.core.facts import WebhookFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook that was received.

    Attributes:
        id: Its number among those that were ever received; they are dealt with in this order.
        received_at: When that was, aware UTC.
        fact: What it says.
    """

    id: int
    received_at: datetime
    fact: WebhookFact


class Inbox(Protocol):
    """Where webhooks are kept; the ledger is one. Each call is one durable transaction.

    What a change of a play makes superfluous goes with that change (`PlayChange.hooks`).

    Raises:
        StorageError: From any call, if the database cannot be used now. Nothing is changed then.
    """

    async def put_hook(self, fact: WebhookFact, received_at: datetime, *, most: int) -> Hook | None:
        """Keep a webhook; None, with nothing kept, if `most` of them wait already."""

    async def hooks(self, server: str) -> list[Hook]:
        """Those of that server that are kept, the oldest first."""

    async def drop_hooks(self, ids: Iterable[int]) -> None:
        """Keep these no longer."""

    async def unfinished_servers(self) -> list[str]:
        """Servers of which webhooks are kept, or plays are open that webhooks told of first."""
