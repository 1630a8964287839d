"""One conversation with Trakt in one account's name: token, renewal on 401, distance, story and log.

The pure generators of `flow` and `lookup` are driven here. A conversation ends in bounded time, so that it
fits into the lease of the delivery that it is about.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from crosswatch.core.phrases import say
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Exchange
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Reply, Request, Unasked, shortened

if TYPE_CHECKING:
    from collections.abc import Generator

    from crosswatch.clock import Clock
    from crosswatch.providers.scrobble.trakt.client import TraktClient
    from crosswatch.providers.scrobble.trakt.tokens import Tokens

T = TypeVar("T")

LONGEST_TALK_S = 120.0
"""Real seconds after which no further request of a conversation is begun."""

log = logging.getLogger("crosswatch.trakt")


class Talk:
    """A conversation.

    Args:
        client: Makes the requests.
        tokens: Gives the tokens.
        clock: For the distance between two writes.
        account: In whose name.
        label: What it is about, for the log.
        play: The play that it is about, for the log; empty for none.

    Attributes:
        exchanges: Everything that was asked and answered so far.
    """

    def __init__(
        self,
        client: TraktClient,
        tokens: Tokens,
        clock: Clock,
        account: SinkAccount,
        *,
        label: str,
        play: str = "",
    ) -> None:
        self.account = account
        self.exchanges: list[Exchange] = []
        self._client = client
        self._tokens = tokens
        self._clock = clock
        self._label = label
        self._play = play
        self._has_written = False
        self._end = asyncio.get_running_loop().time() + LONGEST_TALK_S

    @property
    def is_late(self) -> bool:
        """Whether half of the time is over: what is not needed at once had better wait."""
        return asyncio.get_running_loop().time() > self._end - LONGEST_TALK_S / 2

    async def follow(self, flow: Generator[Request, Reply, T]) -> T:
        """Make the requests that the generator asks for; what it returns in the end."""
        try:
            request = next(flow)
            while True:
                request = flow.send(await self.ask(request))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()

    async def ask(self, request: Request) -> Reply:
        """The reply to one request; a 401 is answered with a renewed token, once."""
        if asyncio.get_running_loop().time() > self._end:
            return Failure(detail=say("Trakt answered too slowly."), may_be_done=False)
        token = await self._tokens.fetch(self.account)
        if not isinstance(token, str):
            return Unasked(outcome=token)
        reply = await self._make(request, token)
        if not isinstance(reply, Answer) or reply.status != HTTPStatus.UNAUTHORIZED:
            return reply
        renewed = await self._tokens.fetch(self.account, rejected=token)
        return await self._make(request, renewed) if isinstance(renewed, str) else Unasked(outcome=renewed)

    async def _make(self, request: Request, token: str) -> Reply:
        if request.is_write:
            await self._keep_distance()
        reply = await self._client.call(request, token)
        self._remember(request, reply)
        return reply

    async def _keep_distance(self) -> None:
        """Wait before a second write; the distance to the first one was kept by whoever called."""
        if self._has_written:
            await self._clock.sleep(self._client.settings.write_interval_seconds)
        self._has_written = True

    def _remember(self, request: Request, reply: Reply) -> None:
        is_answer = isinstance(reply, Answer)
        status = reply.status if isinstance(reply, Answer) else 0
        said = reply.text if isinstance(reply, Answer) else getattr(reply, "detail", "")
        self.exchanges.append(Exchange(request=request.shown(), status=status, answer=str(shortened(said))))
        log.log(
            logging.INFO if request.is_write else logging.DEBUG,
            "%s -> %s",
            _described(request, self._label, self.account),
            status if is_answer else said,
            extra={"event": "trakt.request", "play": self._play or None},
        )


def _described(request: Request, label: str, account: SinkAccount) -> str:
    """`start Severance S01E02 12.5% (maya)`; anything but a scrobble by its verb and path.

    The account that everybody has goes without a name.
    """
    place, _, verb = request.path.rpartition("/")
    if place == "/scrobble" and request.body is not None:
        what = f"{verb} {label} {request.body['progress']:g}%"
    else:
        what = f"{request.method} {request.target} for {label}"
    return what if account.name == SinkAccount().name else f"{what} ({account.name})"
