"""Ratings outlive the process until they have been told, and the webhook that brought them goes with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, PlayerState
from crosswatch.core.facts import WebhookFact
from crosswatch.core.outcomes import Accepted, Retry
from crosswatch.core.ratings import new_rating
from crosswatch.core.reasons import Reason
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, FILM, JON, MAYA, NOW, at


@pytest.fixture(params=["memory", "sqlite"])
async def book(request, tmp_path):
    clock = HandClock()
    if request.param == "memory":
        ledger = MemoryLedger(clock)
    else:
        ledger = await open_ledger(tmp_path / DATABASE_NAME, clock=clock)
    yield ledger
    await ledger.close()


async def put(book, *ratings, hooks=()):
    await book.put_ratings(ratings, hooks=hooks)


async def test_a_rating_comes_back_exactly_as_it_was_written(book):
    rating = replace(
        new_rating(MAYA, EPISODE, 7, NOW.replace(microsecond=5)),
        attempts=3,
        reason=Reason.TRAKT_DOWN,
        detail="down",
        next_attempt_at=at(1),
        updated_at=at(2),
    )
    await put(book, rating)
    assert await book.due_rating(MAYA, at(60)) == rating
    assert await book.due_rating(JON, at(60)) is None
    assert await book.next_rating_due(MAYA) == at(1)
    assert await book.next_rating_due(JON) is None


async def test_nothing_is_due_before_its_time(book):
    await put(book, new_rating(MAYA, FILM, 8, at(10)))
    assert await book.due_rating(MAYA, at(9)) is None


async def test_what_was_told_is_not_told_again(book):
    rating = new_rating(MAYA, FILM, 8, at(0))
    await put(book, rating)
    await book.settle_rating(rating, Accepted(), now=at(1), retry_at=at(1))
    await put(book, new_rating(MAYA, FILM, 8, at(5)))
    assert await book.due_rating(MAYA, at(60)) is None
    await put(book, new_rating(MAYA, FILM, 9, at(6)))
    assert (await book.due_rating(MAYA, at(60))).value == 9


async def test_what_failed_is_tried_again_and_sooner_when_the_account_can_be_used(book):
    rating = new_rating(MAYA, FILM, 8, at(0))
    await put(book, rating)
    await book.settle_rating(rating, Retry(reason=Reason.TRAKT_DOWN), now=at(1), retry_at=at(900))
    assert await book.next_rating_due(MAYA) == at(900)
    await book.wake_account(MAYA, at(20))
    assert (await book.due_rating(MAYA, at(20))).attempts == 1


async def test_to_settle_what_is_not_there_is_nothing(book):
    await book.settle_rating(new_rating(MAYA, FILM, 8, at(0)), Accepted(), now=at(1), retry_at=at(1))
    assert await book.next_rating_due(MAYA) is None


async def test_the_webhook_goes_when_the_rating_is_written(book):
    fact = WebhookFact(
        event="media.rate",
        state=None,
        account=Account(id=1, name="Maya"),
        media=FILM,
        server_uuid="den",
        rating=8.0,
    )
    assert fact.state is not PlayerState.PLAYING
    hook = await book.put_hook(fact, NOW, most=10)
    await put(book, new_rating(MAYA, FILM, 8, NOW), hooks=(hook.id,))
    assert await book.hooks("den") == []
