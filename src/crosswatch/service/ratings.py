"""Ratings on their way from webhooks to sink accounts: whose they are, and what is still to be told."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from crosswatch.core.judging import judge_counted
from crosswatch.core.outcomes import Refused
from crosswatch.core.plays import Origin, Play, PlayState
from crosswatch.core.ratings import NONE, new_rating, value_of
from crosswatch.errors import SourceError, SourceNotFoundError, StorageError
from crosswatch.service.story import person_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.events import Account, Media, PlayId
    from crosswatch.core.inbox import Hook
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import SinkAccount
    from crosswatch.core.ports import MetadataSource
    from crosswatch.core.ratings import Rating, RatingBook, RatingSink
    from crosswatch.service.memory import Known
    from crosswatch.service.pace import Pace

ASK_AGAIN_S = (1.0, 5.0, 15.0)
"""Seconds until a server is asked again about what was rated; then what the webhook says has to do."""

STORAGE_RETRY_S = 5.0

log = logging.getLogger("crosswatch.webhook")


class RatingIntake:
    """Takes in what webhooks say of ratings.

    Args:
        book: Where ratings are kept.
        rules: Whose plays count, as the settings in force say; ratings follow the same rules.
        wake: Called with the accounts that have something new to know.
        clock: Tells the time.
        new_play_id: Makes an identity, for the rules to be asked with.
    """

    def __init__(
        self,
        book: RatingBook,
        *,
        rules: Callable[[], Rules],
        wake: Callable[[SinkAccount], None],
        clock: Clock,
        new_play_id: Callable[[datetime], PlayId],
    ) -> None:
        self._book = book
        self._rules = rules
        self._wake = wake
        self._clock = clock
        self._new_play_id = new_play_id

    async def take(self, hook: Hook, source: MetadataSource) -> None:
        """Find out whose rating it is and of what, and write it down for each account that it counts for."""
        fact = hook.fact
        if fact.media is None or fact.rating is None:
            return
        account, media = await self._learn(fact.account, fact.media, source)
        play = Play(
            id=self._new_play_id(hook.received_at),
            server=fact.server_uuid,
            origin=Origin.WEBHOOK,
            account=account,
            media=media,
            player=fact.player,
            state=PlayState.ENDED,
            started_at=hook.received_at,
            last_seen_at=hook.received_at,
        )
        judgement = judge_counted(self._rules(), play, hook.received_at)
        value = value_of(fact.rating)
        accounts = [account for account, _ in judgement.wanted]
        log.info(
            "%s gives %s %s%s",
            person_of(account),
            media.label,
            "no rating any more" if value == NONE else f"{value} of 10",
            "" if accounts else f" (not told: {judgement.play.reason.value})",
            extra={"event": "webhook.rated"},
        )
        await self._write(hook, [new_rating(one, media, value, hook.received_at) for one in accounts])
        for one in accounts:
            self._wake(one)

    async def _learn(self, account: Account, media: Media, source: MetadataSource) -> tuple[Account, Media]:
        """Who it is and what it is, as the server says; if it does not in time, as the webhook said."""
        for wait_s in (*ASK_AGAIN_S, None):
            try:
                if account.id is not None:
                    await source.resolve_account(account.id)
                return source.known_account(account), await source.fetch_media(media.rating_key)
            except SourceNotFoundError:
                break
            except SourceError as error:
                log.debug("cannot ask what was rated: %s", error)
            if wait_s is not None:
                await self._clock.sleep(wait_s)
        return source.known_account(account), media

    async def _write(self, hook: Hook, ratings: list[Rating]) -> None:
        """Write them, for as long as it takes: the webhook does not come again."""
        while True:
            try:
                await self._book.put_ratings(ratings, hooks=(hook.id,))
            except StorageError as error:
                log.warning("a rating cannot be written down yet: %s", error)
                await self._clock.sleep(STORAGE_RETRY_S)
            else:
                return


class RatingTeller:
    """Tells accounts what they do not know yet of ratings.

    Args:
        book: Where ratings are kept.
        sink: Where they go.
        recall: What is known of an item.
        clock: Tells the time.
    """

    def __init__(
        self,
        book: RatingBook,
        *,
        sink: RatingSink,
        recall: Callable[[Media], Awaitable[Known]],
        clock: Clock,
    ) -> None:
        self._book = book
        self._sink = sink
        self._recall = recall
        self._clock = clock

    async def next_due(self, account: SinkAccount) -> datetime | None:
        """When the account is to be told something; None if it knows all."""
        return await self._book.next_rating_due(account)

    async def tell(self, account: SinkAccount, pace: Pace) -> bool:
        """Tell the account one thing that it does not know; whether there was any."""
        rating = await self._book.due_rating(account, self._clock.now())
        if rating is None:
            return False
        known = await self._recall(rating.media)
        attempt = await self._sink.rate(replace(rating, media=known.media), known.match)
        now = self._clock.now()
        pace.wrote(now)
        pace.note([attempt.outcome], now)
        retry_at = pace.retry_at(attempt.outcome, rating.attempts + 1, now)
        if isinstance(attempt.outcome, Refused):
            log.warning(
                "%s: the rating of %s is not taken (%s). %s",
                account,
                rating.media.label,
                attempt.outcome.reason.value,
                attempt.outcome.detail,
                extra={"event": "trakt.rating_refused"},
            )
        await self._book.settle_rating(rating, attempt.outcome, now=now, retry_at=retry_at)
        return True
