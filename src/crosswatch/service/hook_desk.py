"""Where the webhooks of one server come in, one after the other, and are cleared away once dealt with."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.hooked import RATE
from crosswatch.core.hooks import Heard, Hooks
from crosswatch.errors import StorageError
from crosswatch.service.no_server import NoServer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from crosswatch.core.events import PlayId
    from crosswatch.core.inbox import Hook, Inbox
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import MetadataSource
    from crosswatch.core.tracker import SessionTracker, Update

REMEMBERED = 2_000
"""Numbers of webhooks that were taken in; one that was kept for a restart must not be taken in again."""

log = logging.getLogger("crosswatch.webhook")


class HookDesk:
    """The webhooks of one server, on their way to its sessions.

    Args:
        tracker: The sessions.
        source: The server, for what is known of its people.
        inbox: Where the webhooks are kept.
        new_play_id: Makes the identity of a play that begins at that moment.
    """

    def __init__(
        self,
        tracker: SessionTracker,
        *,
        source: MetadataSource,
        inbox: Inbox,
        new_play_id: Callable[[datetime], PlayId],
    ) -> None:
        self._hooks = Hooks(tracker, new_play_id, can_ask=not isinstance(source, NoServer))
        self._server = tracker.server
        self._source = source
        self._inbox = inbox
        self._taken: dict[int, Heard] = {}
        self._done: list[int] = []
        self._ratings: list[Hook] = []

    @property
    def has_done(self) -> bool:
        """Whether webhooks are to be cleared away."""
        return bool(self._done)

    def take_up(self, now: datetime, ended: Iterable[Play]) -> None:
        """Look after the sessions that the tracker has restored, and know again what ended shortly before."""
        self._hooks.take_up(now, ended)

    async def read(self) -> list[Hook]:
        """What is still kept from before.

        Raises:
            StorageError: If it cannot be read now.
        """
        return await self._inbox.hooks(self._server)

    def take(self, hook: Hook, answer: asyncio.Future[Heard] | None, now: datetime) -> list[Update]:
        """Take in a webhook, and say what it comes to; one that was taken in already changes nothing more."""
        heard = self._taken.get(hook.id)
        if heard is None and hook.fact.event == RATE:
            heard = Heard(is_done=False)
            self._ratings.append(hook)
            self._remember(hook, heard)
        elif heard is None:
            account = self._source.known_account(hook.fact.account)
            heard = self._hooks.hear(replace(hook, fact=replace(hook.fact, account=account)), now)
            self._remember(hook, heard)
        if answer is not None and not answer.done():
            answer.set_result(heard)
        return heard.updates

    def take_ratings(self) -> list[Hook]:
        """The ratings that have come in since somebody took them last."""
        ratings, self._ratings = self._ratings, []
        return ratings

    def _remember(self, hook: Hook, heard: Heard) -> None:
        if heard.is_done:
            self._done.append(hook.id)
        self._taken[hook.id] = replace(heard, updates=[])
        if len(self._taken) > REMEMBERED:
            del self._taken[next(iter(self._taken))]

    def tick(self, now: datetime) -> list[Update]:
        """What time alone brings."""
        return self._hooks.tick(now)

    def next_at(self, now: datetime) -> datetime | None:
        """When `tick` is worth calling again; None if nothing waits."""
        return self._hooks.next_at(now)

    async def clear(self) -> None:
        """Keep no longer what need not be kept; if that cannot be written now, no harm is done."""
        done, self._done = self._done, []
        try:
            await self._inbox.drop_hooks(done)
        except StorageError as error:
            log.debug("webhooks that were dealt with cannot be cleared away now: %s", error)
            self._done = done + self._done
