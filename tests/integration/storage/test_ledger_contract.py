"""What every ledger keeps to, whatever it is stored in. A further one is a further case of `ledger`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from crosswatch.core.delivery import LATE_AFTER, STALE_AFTER, UNKNOWN_FOR, Step, next_step
from crosswatch.core.events import Account, Media, MediaKind
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.plays import Cursor, DeliveryState, DesiredAction, Match, PlayState, SinkAccount
from crosswatch.core.ports import Backlog, Claim, PlayChange, PlayQuery, Settlement, Tally
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.storage.opening import open_ledger
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import EPISODE, FILM, JON, MAYA, at, full_play, make_play, step, want, wants

START, PAUSE, STOP, WATCHED = DesiredAction
LEASE = timedelta(seconds=60)
EARLIER = -3600.0
"""Seconds from the beginning of the evening; whatever was watched then is late by now."""


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request, clock, tmp_path):
    if request.param == "memory":
        ledger = MemoryLedger(clock)
    else:
        ledger = await open_ledger(tmp_path / "crosswatch.db", clock=clock)
    yield ledger
    await ledger.close()


@pytest.fixture
def claim(ledger, clock):
    """Claims at this moment."""

    async def claim(account=MAYA, worker="one", batch=100):
        return await ledger.claim(account, worker=worker, now=clock.now(), lease=LEASE, batch=batch)

    return claim


@pytest.fixture
def settle(ledger, clock):
    """Settles claims at this moment; a retry is a minute away."""

    async def settle(claims, outcome, *trace, wait_s=60.0):
        now = clock.now()
        retry_at = now + timedelta(seconds=wait_s)
        return await ledger.settle(
            [
                Settlement(claim=claim, outcome=outcome, at=now, retry_at=retry_at, trace=trace)
                for claim in claims
            ]
        )

    return settle


async def delivery_of(ledger, play, account=MAYA):
    found = await ledger.deliveries([play.id])
    return next(row for row in found[play.id] if row.account == account)


async def verdict_of(ledger, play):
    stored = await ledger.play(play.id)
    return stored.verdict, stored.reason, stored.detail


def names(claims):
    return [claim.play.id for claim in claims]


def ids(*plays):
    return [play.id for play in plays]


# ---------------------------------------------------------------- plays


async def test_a_play_comes_back_exactly_as_it_was_recorded(ledger):
    await ledger.record([PlayChange(play=full_play())])
    assert await ledger.play(full_play().id) == full_play()


async def test_a_moment_of_another_time_zone_comes_back_as_the_same_moment_in_utc(ledger):
    began = datetime(2026, 11, 20, 12, 15, 0, 1, timezone(timedelta(hours=-8)))
    await ledger.record([PlayChange(play=make_play(started_at=began))])
    stored = await ledger.play(make_play().id)
    assert stored.started_at == began
    assert stored.started_at - datetime(2026, 11, 20, 20, 15, tzinfo=UTC) == timedelta(microseconds=1)


async def test_a_play_that_nobody_recorded_is_none(ledger):
    assert await ledger.play("nobody") is None
    assert await ledger.deliveries(["nobody"]) == {}
    assert await ledger.trace("nobody") == []


async def test_a_later_record_replaces_an_earlier_one(ledger):
    await ledger.record([PlayChange(play=make_play(7, server="attic"))])
    await ledger.record([PlayChange(play=full_play())])
    assert await ledger.play(full_play().id) == full_play()
    assert [play.id for play in await ledger.plays(PlayQuery(who="zoë", kind="episode", text="ölüm"))] == [
        full_play().id
    ]


async def test_the_end_of_a_play_is_never_unset(ledger):
    ended = make_play(state=PlayState.ENDED, ended_at=at(60), watched_at=at(61))
    await ledger.record([PlayChange(play=ended)])
    await ledger.record([PlayChange(play=make_play(offset_ms=5))])
    stored = await ledger.play(ended.id)
    assert (stored.ended_at, stored.watched_at, stored.offset_ms) == (at(60), at(61), 5)


async def test_what_a_person_ignores_stays_ignored(ledger):
    ignored = make_play(verdict=Verdict.SKIPPED, reason=Reason.IGNORED_BY_YOU, detail="on Monday")
    await ledger.record([PlayChange(play=make_play())])
    await ledger.record([PlayChange(play=ignored)])
    await ledger.record([wants(make_play(last_seen_at=at(9)), want(WATCHED))])
    assert await verdict_of(ledger, ignored) == (Verdict.SKIPPED, Reason.IGNORED_BY_YOU, "on Monday")
    assert (await ledger.play(ignored.id)).last_seen_at == at(9)


async def test_a_play_that_a_rule_skipped_may_be_taken_up_later(ledger):
    unknown = make_play(verdict=Verdict.SKIPPED, reason=Reason.PERSON_UNKNOWN, account=Account())
    await ledger.record([PlayChange(play=unknown)])
    assert (await verdict_of(ledger, unknown))[1] is Reason.PERSON_UNKNOWN
    await ledger.record([wants(make_play(), want())])
    assert await verdict_of(ledger, unknown) == (Verdict.WATCHING, Reason.LIVE, "")


async def test_open_plays_are_those_of_the_server_that_have_not_ended_oldest_first(ledger):
    first, second, third = make_play(1), make_play(2, state=PlayState.PAUSED), make_play(3)
    elsewhere, ended = make_play(4, server="attic"), make_play(5, state=PlayState.ENDED, ended_at=at(9))
    await ledger.record([PlayChange(play=play) for play in (third, ended, second, elsewhere, first)])
    assert await ledger.open_plays("den") == [first, second, third]
    await ledger.record([PlayChange(play=replace(first, state=PlayState.ENDED, ended_at=at(10)))])
    assert await ledger.open_plays("den") == [second, third]


async def test_the_plays_of_an_account_are_found_by_when_they_were_last_seen(ledger):
    first, second = make_play(1, last_seen_at=at(500)), make_play(2)
    jons, nobodys = make_play(3, account=Account(id=2)), make_play(4, account=Account())
    elsewhere = make_play(5, server="attic")
    await ledger.record([PlayChange(play=play) for play in (first, second, jons, nobodys, elsewhere)])
    assert await ledger.plays_of("den", 1, at(2)) == [second, first]
    assert await ledger.plays_of("den", 1, at(3)) == [first]
    assert await ledger.plays_of("den", 2, at(0)) == [jons]
    assert await ledger.plays_of("den", None, at(0)) == [nobodys, jons, second, first]


LIBRARY = (
    make_play(1),
    make_play(2, media=EPISODE, account=Account(id=7, name="Zoë")),
    make_play(3, server="attic", verdict=Verdict.SKIPPED, reason=Reason.LIBRARY_OFF),
    make_play(4, media=Media(kind=MediaKind.MOVIE, title="100% Wolf_x"), account=Account(id=8, name="")),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(PlayQuery(), [4, 3, 2, 1], id="everything, newest first"),
        pytest.param(PlayQuery(limit=2), [4, 3], id="a page"),
        pytest.param(PlayQuery(limit=2, before=LIBRARY[2].id), [2, 1], id="the next page"),
        pytest.param(PlayQuery(limit=0), [4], id="a limit of nothing shows one"),
        pytest.param(PlayQuery(who="zoë"), [2], id="a name, whatever its capitals"),
        pytest.param(PlayQuery(who="zoe"), [], id="another name that looks like it"),
        pytest.param(PlayQuery(who="id:8"), [4], id="a number"),
        pytest.param(PlayQuery(who="id:" + "9" * 30), [], id="a number that no server counts"),
        pytest.param(PlayQuery(verdict=Verdict.SKIPPED), [3], id="a verdict"),
        pytest.param(PlayQuery(reason=Reason.LIBRARY_OFF), [3], id="a reason"),
        pytest.param(PlayQuery(server="den"), [4, 2, 1], id="a server"),
        pytest.param(PlayQuery(kind="episode"), [2], id="a kind"),
        pytest.param(PlayQuery(since=at(3)), [4, 3], id="since a moment"),
        pytest.param(PlayQuery(text="RIVAL"), [3, 1], id="part of a title"),
        pytest.param(PlayQuery(text="strasse"), [2], id="part of the show's title, folded"),
        pytest.param(PlayQuery(text="ÖLÜM"), [2], id="letters outside ASCII"),
        pytest.param(PlayQuery(text="0% w"), [4], id="a per cent sign is one"),
        pytest.param(PlayQuery(text="f_x"), [4], id="an underscore is one"),
        pytest.param(PlayQuery(text="a' OR 1=1 --"), [], id="a quote is one"),
        pytest.param(PlayQuery(text="arr", server="den"), [1], id="two conditions"),
    ],
)
async def test_a_query_narrows(ledger, query, expected):
    await ledger.record([PlayChange(play=play) for play in LIBRARY])
    assert [play.id for play in await ledger.plays(query)] == [f"play-{number:06d}" for number in expected]


async def test_the_story_of_a_play_grows_in_order(ledger):
    play = make_play()
    first, second = step("one", 1, frame={"state": "playing", "offsets": [1, 2]}), step("two", 2)
    third = replace(step("three", 0), ok=False)
    fourth = replace(step("four", 0), ok=True)
    await ledger.record([PlayChange(play=play, trace=(first, second)), PlayChange(play=play, trace=(third,))])
    await ledger.record([PlayChange(play=play, trace=(fourth,)), PlayChange(play=make_play(2))])
    assert await ledger.trace(play.id) == [first, second, third, fourth]
    assert await ledger.trace(make_play(2).id) == []


# ---------------------------------------------------------------- what sinks should know


async def test_what_is_desired_is_due_at_once(ledger, clock):
    clock.move(5)
    play = make_play()
    await ledger.record([wants(play, want(START, 1))])
    delivery = await delivery_of(ledger, play)
    assert delivery.desired == want(START, 1)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.PENDING, at(5))
    assert await ledger.next_due(MAYA) == at(5)
    assert await verdict_of(ledger, play) == (Verdict.WATCHING, Reason.LIVE, "")


async def test_a_newer_state_takes_the_place_of_an_older_one(ledger):
    play = make_play()
    await ledger.record([wants(play, want(START, 1), want(PAUSE, 2))])
    await ledger.record([wants(play, want(START, 3))])
    delivery = await delivery_of(ledger, play)
    assert (delivery.desired, delivery.version) == (want(START, 3), 3)


async def test_nothing_follows_watched(ledger):
    play = make_play()
    await ledger.record([wants(play, want(WATCHED, 1, 93.0))])
    await ledger.record([wants(play, want(STOP, 2)), wants(play, want(WATCHED, 3))])
    assert (await delivery_of(ledger, play)).desired == want(WATCHED, 1, 93.0)


async def test_each_account_has_its_own_delivery(ledger):
    play = make_play()
    await ledger.record([PlayChange(play=play, desired=((MAYA, want(START, 1)), (JON, want(PAUSE, 2))))])
    assert (await delivery_of(ledger, play, JON)).desired == want(PAUSE, 2)
    found = await ledger.deliveries([play.id, "nobody"])
    assert [row.account for row in found.pop(play.id)] == [JON, MAYA]
    assert found == {}


async def test_an_account_of_the_same_name_at_another_sink_is_another(ledger, claim):
    other = SinkAccount(sink="simkl", name=MAYA.name)
    await ledger.record([wants(make_play(), want(), account=other)])
    assert await claim(MAYA) == []
    assert await ledger.next_due(MAYA) is None
    assert len(await claim(other)) == 1


async def test_later_records_never_overtake_earlier_ones(ledger):
    play = make_play()
    await asyncio.gather(*(ledger.record([wants(play, want(PAUSE, n))]) for n in range(1, 101)))
    delivery = await delivery_of(ledger, play)
    assert (delivery.desired, delivery.version) == (want(PAUSE, 100), 100)


# ---------------------------------------------------------------- claims: what goes first


async def test_nothing_is_claimed_where_nothing_waits(ledger, claim):
    assert await claim() == []
    assert await ledger.next_due(MAYA) is None


async def test_a_claim_is_leased_and_says_what_it_is_about(ledger, claim, clock):
    play = make_play()
    await ledger.record([wants(play, want(START, 1))])
    clock.move(2)
    [claimed] = await claim()
    assert claimed.play == play
    assert claimed.delivery == await delivery_of(ledger, play)
    assert (claimed.delivery.lease_owner, claimed.delivery.lease_until) == ("one", at(2) + LEASE)
    assert (claimed.delivery.fence, claimed.delivery.sending_since) == (1, None)


async def test_sending_watched_is_noted_before_anything_is_sent(ledger, claim, clock):
    await ledger.record([wants(make_play(), want(WATCHED, 1))])
    clock.move(2)
    [claimed] = await claim()
    assert (claimed.delivery.sending_since, claimed.delivery.unknown_since) == (at(2), None)
    assert (await delivery_of(ledger, make_play())).sending_since == at(2)


LATE = LATE_AFTER.total_seconds()
STALE = STALE_AFTER.total_seconds()


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        pytest.param([want(START, 0), want(WATCHED, 0)], [1], id="watched before a start"),
        pytest.param([want(WATCHED, 0), want(WATCHED, -5)], [1], id="of two live watched the older"),
        pytest.param([want(START, 0), want(STOP, -5), want(PAUSE, -9)], [1], id="an end before a start"),
        pytest.param([want(PAUSE, -9), want(STOP, -5)], [1], id="of two ends the newer"),
        pytest.param([want(START, -9), want(START, -5)], [1], id="of two starts the newer"),
        pytest.param([want(START, -5), want(START, -5)], [0], id="of two at once the play that began first"),
        pytest.param([want(WATCHED, EARLIER), want(START, 0)], [1], id="a live start before the backlog"),
        pytest.param([want(WATCHED, EARLIER), want(WATCHED, -1)], [1], id="live watched before the backlog"),
        pytest.param(
            [want(WATCHED, EARLIER + 9), want(WATCHED, EARLIER), want(STOP, EARLIER)],
            [1, 0],
            id="the backlog at once, oldest first, before what is stale",
        ),
        pytest.param([want(STOP, EARLIER), want(START, EARLIER - 1)], [1, 0], id="what is stale at once"),
        pytest.param([want(STOP, 0, progress=0.9), want(START, 0)], [1], id="an end of nothing goes last"),
        pytest.param([want(STOP, 0, progress=0.9)], [0], id="an end of nothing is let go"),
        pytest.param([want(WATCHED, -LATE), want(WATCHED, -LATE - 1)], [0], id="late is later than the mark"),
        pytest.param([want(STOP, -STALE), want(STOP, -STALE - 1)], [0], id="stale is older than the mark"),
        pytest.param([want(WATCHED, 30), want(WATCHED, EARLIER)], [0], id="a clock ahead of ours is live"),
    ],
)
async def test_the_most_urgent_goes_first(ledger, claim, clock, waiting, expected):
    plays = [make_play(number) for number in range(1, len(waiting) + 1)]
    await ledger.record([wants(play, desired) for play, desired in zip(plays, waiting, strict=True)])
    claims = await claim()
    assert names(claims) == ids(*(plays[index] for index in expected))
    assert len({next_step(claimed.delivery, clock.now()) for claimed in claims}) == 1


async def test_a_batch_is_no_larger_than_asked(ledger, claim, settle):
    plays = [make_play(number) for number in range(1, 6)]
    await ledger.record([wants(play, want(WATCHED, EARLIER + number)) for number, play in enumerate(plays)])
    first = await claim(batch=2)
    assert names(first) == ids(*plays[:2])
    assert await settle(first, Accepted()) == [True, True]
    assert names(await claim(batch=9)) == ids(*plays[2:])


async def test_what_is_put_off_is_not_claimed_before_its_time(ledger, claim, settle, clock):
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    await settle(await claim(), Retry(reason=Reason.TRAKT_DOWN), wait_s=30)
    clock.move(29)
    assert await claim() == []
    assert await ledger.next_due(MAYA) == at(30)
    clock.move(1)
    assert len(await claim()) == 1


async def test_accounts_never_wait_for_each_other(ledger, claim):
    first, second = make_play(1), make_play(2)
    await ledger.record([wants(first, want()), wants(second, want(), account=JON)])
    assert names(await claim(MAYA)) == ids(first)
    assert names(await claim(JON, worker="two")) == ids(second)


# ---------------------------------------------------------------- claims: leases


async def test_a_lease_blocks_the_account_for_every_other_worker(ledger, claim, clock):
    first, second = make_play(1), make_play(2)
    await ledger.record([wants(first, want(WATCHED, 0)), wants(second, want(START, 0))])
    assert names(await claim(worker="one")) == ids(first)
    assert await claim(worker="two") == []
    assert await ledger.next_due(MAYA) == at(0) + LEASE
    clock.move(LEASE.total_seconds() - 1)
    assert await claim(worker="two") == []
    clock.move(1)
    assert names(await claim(worker="two")) == ids(first)


async def test_a_worker_that_lost_an_outcome_may_go_on_with_the_rest(ledger, claim):
    first, second = make_play(1), make_play(2)
    await ledger.record([wants(first, want(WATCHED, 0)), wants(second, want(START, 0))])
    assert names(await claim()) == ids(first)
    assert names(await claim()) == ids(second)
    assert await claim() == []


async def test_what_an_abandoned_lease_was_sending_is_unknown(ledger, claim, clock):
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    await claim(worker="one")
    clock.move(LEASE.total_seconds())
    [claimed] = await claim(worker="two")
    assert claimed.delivery.unknown_since == at(0)
    assert (claimed.delivery.fence, claimed.delivery.lease_owner) == (2, "two")
    assert claimed.delivery.sending_since == clock.now()


async def test_what_has_been_unknown_for_long_is_backlog_even_if_it_is_dated_ahead(ledger, claim, clock):
    ahead = UNKNOWN_FOR.total_seconds() * 2
    await ledger.record([wants(make_play(), want(WATCHED, ahead))])
    await claim(worker="one")
    clock.move(UNKNOWN_FOR.total_seconds() + 1)
    live = make_play(2)
    await ledger.record([wants(live, want(START, UNKNOWN_FOR.total_seconds()))])
    assert names(await claim(worker="two")) == ids(live)
    [claimed] = await claim(worker="two")
    assert next_step(claimed.delivery, clock.now()) is Step.BACKFILL


async def test_released_leases_are_free_at_once(ledger, claim, clock):
    first, second = make_play(1), make_play(2)
    await ledger.record([wants(first, want(WATCHED, 0)), wants(second, want(START, 0), account=JON)])
    [claimed] = await claim(MAYA, worker="one")
    await claim(JON, worker="two")
    assert await ledger.release("nobody") == 0
    assert await ledger.release("one") == 1
    clock.move(1)
    row = await delivery_of(ledger, first)
    assert (row.lease_owner, row.lease_until, row.fence) == ("", None, claimed.delivery.fence)
    assert (row.sending_since, row.unknown_since) == (None, at(0))
    assert names(await claim(MAYA, worker="two")) == ids(first)
    assert await ledger.release() == 2
    assert await ledger.release() == 0


# ---------------------------------------------------------------- settling

MATCH = Match(
    key="movie/arrival", ids=Ids(trakt=210803), evidence="answer", made_at=at(0), expires_at=at(3600)
)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(
            Accepted(remote_id=2**40, detail="fine"),
            (DeliveryState.SETTLED, Verdict.DELIVERED, Reason.WATCHED, "fine"),
            id="accepted",
        ),
        pytest.param(
            AlreadyThere(remote_id=2**40),
            (DeliveryState.SETTLED, Verdict.DELIVERED, Reason.ALREADY_RECORDED, ""),
            id="there already",
        ),
        pytest.param(
            Retry(reason=Reason.TRAKT_DOWN, detail="503"),
            (DeliveryState.PENDING, Verdict.QUEUED, Reason.TRAKT_DOWN, "503"),
            id="not now",
        ),
        pytest.param(
            Hold(reason=Reason.LINK_EXPIRED),
            (DeliveryState.PENDING, Verdict.QUEUED, Reason.LINK_EXPIRED, ""),
            id="on hold",
        ),
        pytest.param(
            Refused(reason=Reason.NO_MATCH, detail="404"),
            (DeliveryState.DEAD, Verdict.FAILED, Reason.NO_MATCH, "404"),
            id="refused",
        ),
    ],
)
async def test_an_outcome_is_written_with_the_verdict_and_the_story(ledger, claim, settle, outcome, expected):
    state, *verdict = expected
    play = make_play(state=PlayState.ENDED, ended_at=at(0), watched_at=at(0))
    await ledger.record([wants(play, want(WATCHED, 0), trace=(step("heard"),))])
    assert await verdict_of(ledger, play) == (Verdict.QUEUED, Reason.LIVE, "")
    claims = await claim()
    assert await settle(claims, outcome, step("answered")) == [True]
    row = await delivery_of(ledger, play)
    assert (row.state, row.lease_owner, row.lease_until, row.sending_since) == (state, "", None, None)
    assert row.remote_id == getattr(outcome, "remote_id", None)
    assert row.acknowledged == (want(WATCHED, 0) if state is DeliveryState.SETTLED else None)
    assert await verdict_of(ledger, play) == tuple(verdict)
    assert [entry.text for entry in await ledger.trace(play.id)] == ["heard", "answered"]


async def test_a_stale_state_is_dropped(ledger, claim, settle):
    play = make_play(state=PlayState.ENDED, ended_at=at(EARLIER), progress=40.0)
    await ledger.record([wants(play, want(STOP, EARLIER))])
    assert await settle(await claim(), None) == [True]
    assert (await delivery_of(ledger, play)).state is DeliveryState.SETTLED
    assert (await verdict_of(ledger, play))[:2] == (Verdict.SKIPPED, Reason.BELOW_THRESHOLD)


async def test_what_came_while_a_stale_state_was_dropped_is_kept(ledger, claim, settle):
    """Else a play that was finished in that moment would be lost."""
    play = make_play()
    await ledger.record([wants(play, want(START, EARLIER))])
    claims = await claim()
    await ledger.record([wants(play, want(WATCHED, 0))])
    assert await settle(claims, None) == [True]
    row = await delivery_of(ledger, play)
    assert (row.state, row.desired, row.lease_owner) == (DeliveryState.PENDING, want(WATCHED, 0), "")
    assert len(await claim()) == 1


async def test_what_came_while_an_older_state_was_sent_still_waits(ledger, claim, settle):
    play = make_play()
    await ledger.record([wants(play, want(START, 0))])
    claims = await claim()
    await ledger.record([wants(play, want(PAUSE, 1))])
    assert await claim(worker="two") == []
    assert await settle(claims, Accepted()) == [True]
    row = await delivery_of(ledger, play)
    assert (row.state, row.acknowledged, row.desired) == (
        DeliveryState.PENDING,
        want(START, 0),
        want(PAUSE, 1),
    )
    [claimed] = await claim()
    assert claimed.delivery.desired == want(PAUSE, 1)


async def test_a_finished_play_brings_a_dropped_or_refused_one_back(ledger, claim, settle):
    dropped, refused = make_play(1), make_play(2)
    await ledger.record([wants(dropped, want(STOP, EARLIER))])
    await settle(await claim(), None)
    await ledger.record([wants(refused, want(START, 0))])
    await settle(await claim(), Refused(reason=Reason.REJECTED))
    await ledger.record([wants(dropped, want(WATCHED, -1)), wants(refused, want(WATCHED, 0))])
    for play in (dropped, refused):
        assert (await ledger.play(play.id)).verdict is Verdict.WATCHING
        assert names(await claim()) == ids(play)


async def test_a_lost_lease_changes_nothing(ledger, claim, settle, clock):
    play = make_play()
    await ledger.record([wants(play, want(WATCHED, 0))])
    lost = await claim(worker="one")
    clock.move(LEASE.total_seconds())
    held = await claim(worker="two")
    before = await ledger.play(play.id), await ledger.deliveries([play.id])
    assert await settle(lost, Accepted(match=MATCH), step("too late")) == [False]
    assert (await ledger.play(play.id), await ledger.deliveries([play.id])) == before
    assert await ledger.trace(play.id) == []
    assert await ledger.match(MATCH.key, at(0)) is None
    assert await settle(held, Accepted()) == [True]


async def test_a_lease_that_was_given_back_is_lost(ledger, claim, settle):
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    claims = await claim()
    assert await settle(claims, Retry(reason=Reason.TRAKT_DOWN)) == [True]
    assert await settle(claims, Accepted()) == [False]
    assert (await delivery_of(ledger, make_play())).attempts == 1


async def test_an_expired_lease_that_nobody_took_still_counts(ledger, claim, settle, clock):
    """Knowing what came of it is better than asking again."""
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    claims = await claim()
    clock.move(LEASE.total_seconds() * 2)
    assert await settle(claims, Accepted()) == [True]


async def test_settlements_of_one_call_are_judged_one_by_one(ledger, claim, settle):
    plays = [make_play(number) for number in (1, 2)]
    await ledger.record([wants(play, want(WATCHED, EARLIER)) for play in plays])
    claims = await claim(worker="one", batch=1) + await claim(worker="one", batch=1)
    await settle(claims[:1], Accepted())
    assert await settle(claims, Accepted()) == [False, True]


async def test_a_delivery_that_never_was_cannot_be_settled(ledger, claim, settle):
    await ledger.record([wants(make_play(1), want()), PlayChange(play=make_play(2))])
    [claimed] = await claim()
    stranger = replace(claimed, delivery=replace(claimed.delivery, play_id=make_play(2).id))
    assert await settle([stranger], Accepted()) == [False]


async def test_an_unknown_outcome_is_dated_by_its_first_request(ledger, claim, settle, clock):
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    unknown = Retry(reason=Reason.OUTCOME_UNKNOWN, is_unknown=True)
    await settle(await claim(), unknown)
    clock.move(60)
    await settle(await claim(), unknown)
    row = await delivery_of(ledger, make_play())
    assert (row.unknown_since, row.attempts) == (at(0), 2)


# ---------------------------------------------------------------- backlog, retry and wake


async def test_the_backlog_counts_what_waits_and_what_is_dead(ledger, claim, settle):
    assert await ledger.backlog() == {}
    plays = [make_play(number) for number in range(1, 6)]
    await ledger.record([wants(plays[0], want(START, 0))])
    await settle(await claim(), Refused(reason=Reason.NO_MATCH))
    await ledger.record(
        [
            wants(plays[1], want(WATCHED, -7)),
            wants(plays[2], want(WATCHED, -9)),
            wants(plays[3], want(PAUSE, -11)),
            wants(plays[4], want(START, 0), account=JON),
        ]
    )
    await settle(await claim(), Retry(reason=Reason.TRAKT_DOWN), wait_s=30)
    assert await ledger.backlog() == {
        MAYA: Backlog(pending=3, watched=2, oldest_at=at(-9), next_attempt_at=at(0), dead=1),
        JON: Backlog(pending=1),
    }
    await settle(await claim(JON), Accepted())
    assert set(await ledger.backlog()) == {MAYA}


async def test_an_account_with_nothing_but_dead_deliveries_is_in_the_backlog(ledger, claim, settle):
    await ledger.record([wants(make_play(), want())])
    await settle(await claim(), Refused(reason=Reason.NO_MATCH))
    assert await ledger.backlog() == {MAYA: Backlog(dead=1)}


async def test_a_person_can_have_a_dead_play_tried_again(ledger, claim, settle, clock):
    play = make_play(state=PlayState.ENDED, ended_at=at(0), watched_at=at(0))
    await ledger.record([wants(play, want(WATCHED, 0)), wants(play, want(WATCHED, 0), account=JON)])
    await settle(await claim(MAYA), Refused(reason=Reason.NO_MATCH, detail="404"))
    await settle(await claim(JON), Accepted())
    clock.move(5)
    assert await ledger.retry(play.id, clock.now()) == 1
    assert await verdict_of(ledger, play) == (Verdict.QUEUED, Reason.LIVE, "")
    assert names(await claim(MAYA)) == ids(play)
    assert await claim(JON) == []
    assert await ledger.retry("nobody", clock.now()) == 0


async def test_a_person_can_have_a_waiting_play_tried_now(ledger, claim, settle):
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    await settle(await claim(), Retry(reason=Reason.TRAKT_DOWN), wait_s=900)
    assert await ledger.retry(make_play().id, at(0)) == 1
    assert await ledger.next_due(MAYA) == at(0)
    assert len(await claim()) == 1


async def test_an_account_that_works_again_is_due_at_once(ledger, claim, settle, clock):
    plays = [make_play(number) for number in (1, 2, 3)]
    await ledger.record([wants(play, want(WATCHED, EARLIER)) for play in plays[:2]])
    await ledger.record([wants(plays[2], want(WATCHED, EARLIER), account=JON)])
    await settle(await claim(MAYA), Hold(reason=Reason.LINK_EXPIRED), wait_s=9e6)
    await settle(await claim(JON), Hold(reason=Reason.LINK_EXPIRED), wait_s=9e6)
    clock.move(60)
    assert await ledger.wake_account(MAYA, clock.now()) == 2
    assert names(await claim(MAYA)) == ids(*plays[:2])
    assert await claim(JON) == []
    assert (await delivery_of(ledger, plays[0])).updated_at == at(60)


# ---------------------------------------------------------------- what a person says of a play


async def test_a_play_that_is_to_be_ignored_is_told_to_nobody_now_or_later(ledger, claim, clock):
    play = make_play(state=PlayState.PLAYING)
    await ledger.record([wants(play, want(START, 0)), wants(play, want(START, 0), account=JON)])
    assert await ledger.ignore(play.id, clock.now(), step("ignored"))
    assert await verdict_of(ledger, play) == (Verdict.SKIPPED, Reason.IGNORED_BY_YOU, "")
    ended = replace(play, state=PlayState.ENDED, watched_at=at(9), verdict=Verdict.QUEUED)
    await ledger.record([wants(ended, want(WATCHED, 9)), wants(ended, want(WATCHED, 9), account=JON)])
    assert await claim(MAYA) == await claim(JON) == []
    assert await verdict_of(ledger, play) == (Verdict.SKIPPED, Reason.IGNORED_BY_YOU, "")
    assert [entry.step for entry in await ledger.trace(play.id)][-1] == step("ignored").step
    assert await ledger.backlog() == {}


async def test_a_play_that_failed_can_be_ignored_and_tried_again_after_all(ledger, claim, settle, clock):
    play = make_play(state=PlayState.ENDED, ended_at=at(0), watched_at=at(0))
    await ledger.record([wants(play, want(WATCHED, 0))])
    await settle(await claim(), Refused(reason=Reason.NO_MATCH))
    assert await ledger.ignore(play.id, clock.now(), step())
    assert await ledger.unsettled_plays() == []
    assert await ledger.wake_account(MAYA, clock.now()) == 0
    assert await ledger.retry(play.id, clock.now()) == 1
    assert await verdict_of(ledger, play) == (Verdict.QUEUED, Reason.LIVE, "")
    assert names(await claim()) == ids(play)


async def test_what_a_sink_holds_or_is_being_told_cannot_be_ignored(ledger, claim, settle, clock):
    held, told = make_play(1), make_play(2)
    await ledger.record([wants(held, want(WATCHED, 0))])
    await settle(await claim(), Accepted(remote_id=5))
    await ledger.record([wants(told, want(WATCHED, 0))])
    await claim()
    for play in (held, told):
        before = await ledger.play(play.id), await ledger.trace(play.id)
        assert not await ledger.ignore(play.id, clock.now(), step())
        assert (await ledger.play(play.id), await ledger.trace(play.id)) == before
    assert not await ledger.ignore("nobody", clock.now(), step())


@pytest.fixture
async def recorded(ledger, claim, settle):
    """A play that two accounts hold."""
    play = make_play(state=PlayState.ENDED, ended_at=at(0), watched_at=at(0))
    for account in (MAYA, JON):
        await ledger.record([wants(play, want(WATCHED, 0), account=account)])
        await settle(await claim(account), Accepted(remote_id=2**40))
    return play


async def test_a_play_that_was_taken_back_is_never_told_again(ledger, recorded, claim, clock):
    for account in (MAYA, JON):
        row = await delivery_of(ledger, recorded, account)
        assert await ledger.take_back(Claim(play=recorded, delivery=row), clock.now(), [step("a"), step("b")])
    row = await delivery_of(ledger, recorded)
    assert (row.state, row.reason, row.acknowledged, row.remote_id) == (
        DeliveryState.SETTLED,
        Reason.TAKEN_BACK,
        None,
        None,
    )
    assert await verdict_of(ledger, recorded) == (Verdict.SKIPPED, Reason.TAKEN_BACK, "")
    assert await ledger.retry(recorded.id, clock.now()) == 0
    await ledger.record([wants(recorded, want(WATCHED, 3)), wants(recorded, want(WATCHED, 3), account=JON)])
    assert await claim(MAYA) == await claim(JON) == []
    assert await verdict_of(ledger, recorded) == (Verdict.SKIPPED, Reason.TAKEN_BACK, "")


async def test_one_of_two_accounts_may_be_taken_back(ledger, recorded, clock):
    row = await delivery_of(ledger, recorded, JON)
    assert await ledger.take_back(Claim(play=recorded, delivery=row), clock.now(), [])
    assert await verdict_of(ledger, recorded) == (Verdict.DELIVERED, Reason.WATCHED, "")


async def test_what_has_changed_meanwhile_is_not_taken_back(ledger, recorded, clock):
    row = await delivery_of(ledger, recorded)
    claimed = Claim(play=recorded, delivery=row)
    assert await ledger.take_back(claimed, clock.now(), [])
    assert not await ledger.take_back(claimed, clock.now(), [step()])


async def test_a_play_that_is_called_something_else_now_is_told_anew(ledger, recorded, claim, clock):
    row = await delivery_of(ledger, recorded)
    await ledger.take_back(Claim(play=recorded, delivery=row), clock.now(), [])
    assert await ledger.retry(recorded.id, clock.now(), anew=True) == 1
    assert await verdict_of(ledger, recorded) == (Verdict.QUEUED, Reason.LIVE, "")
    assert names(await claim()) == ids(recorded)


async def test_what_the_server_has_come_to_say_of_an_item_is_written(ledger):
    await ledger.record([PlayChange(play=make_play())])
    await ledger.amend(make_play().id, EPISODE, step("amended"))
    assert await ledger.play(make_play().id) == make_play(media=EPISODE)
    assert [play.id for play in await ledger.plays(PlayQuery(kind="episode", text="severance"))] == ids(
        make_play()
    )
    assert len(await ledger.trace(make_play().id)) == 1


async def test_plays_that_wait_or_have_failed_are_found(ledger, claim, settle):
    plays = [make_play(number) for number in range(1, 5)]
    await ledger.record([wants(plays[0], want(WATCHED, 0))])
    await settle(await claim(), Refused(reason=Reason.NO_MATCH))
    await ledger.record([wants(plays[1], want(WATCHED, 0))])
    await settle(await claim(), Accepted())
    await ledger.record([wants(plays[2], want(WATCHED, 0)), wants(plays[2], want(WATCHED, 0), account=JON)])
    await ledger.record([PlayChange(play=plays[3])])
    assert [play.id for play in await ledger.unsettled_plays()] == ids(plays[0], plays[2])


async def test_plays_are_counted_by_quarter_of_an_hour_and_verdict(ledger):
    skipped = {"verdict": Verdict.SKIPPED, "reason": Reason.KIND_OFF}
    hour = make_play(4_000, account=Account(name="Jon"), **skipped)
    await ledger.record(
        [PlayChange(play=one) for one in (make_play(1), make_play(2), make_play(3, **skipped), hour)]
    )
    first = [
        Tally(at=at(0), verdict=Verdict.SKIPPED, count=1),
        Tally(at=at(0), verdict=Verdict.WATCHING, count=2),
    ]
    last = Tally(at=at(3_600), verdict=Verdict.SKIPPED, count=1)
    assert await ledger.tally(PlayQuery()) == [*first, last]
    assert await ledger.tally(PlayQuery(limit=1, before=make_play(2).id)) == [*first, last]
    assert await ledger.tally(PlayQuery(verdict=Verdict.SKIPPED, who="maya")) == first[:1]
    assert await ledger.tally(PlayQuery(since=at(3_600))) == [last]
    assert await ledger.tally(PlayQuery(text="nothing")) == []


# ---------------------------------------------------------------- what the sink may hold already


async def test_finished_plays_near_a_moment_are_found_whatever_became_of_them(ledger, claim, settle):
    late, early, dead = (
        make_play(number, state=PlayState.ENDED, ended_at=at(seconds), watched_at=at(seconds))
        for number, seconds in ((1, 100), (2, 50), (3, 75))
    )
    outside = make_play(4, state=PlayState.ENDED, ended_at=at(101), watched_at=at(101))
    unfinished, jons = make_play(5), make_play(6, watched_at=at(60))
    await ledger.record([wants(dead, want(WATCHED, 75))])
    await settle(await claim(), Refused(reason=Reason.NO_MATCH))
    await ledger.record([wants(play, want()) for play in (late, early, outside, unfinished)])
    await ledger.record([wants(jons, want(), account=JON)])
    found = await ledger.delivered_near(MAYA, at(50), at(100))
    assert [play.id for play, _ in found] == ids(early, dead, late)
    assert [delivery.state for _, delivery in found] == [
        DeliveryState.PENDING,
        DeliveryState.DEAD,
        DeliveryState.PENDING,
    ]
    assert all(delivery.account == MAYA for _, delivery in found)


async def test_a_cursor_is_written_with_the_plays_it_stands_for(ledger):
    assert await ledger.cursor("den") is None
    cursor = Cursor(server="den", viewed_at=at(0.5), keys=frozenset({"/h/2", "/h/1"}))
    await ledger.record([PlayChange(play=make_play())], cursor=cursor)
    assert await ledger.cursor("den") == cursor
    later = replace(cursor, viewed_at=at(9), keys=frozenset())
    await ledger.record([], cursor=later)
    assert await ledger.cursor("den") == later
    assert await ledger.cursor("attic") is None


async def test_a_match_is_remembered_until_it_expires(ledger):
    full = Match(
        key="show/95396/s1e2",
        kind=MediaKind.MOVIE,
        ids=Ids(trakt=2**40),
        show_ids=Ids(tmdb=95396, imdb="tt11280740"),
        season=1,
        number=2,
        season_offset=-1,
        number_offset=26,
        item="Severance S02E02",
        found="Séverance S01E28",
        evidence="search",
        made_at=at(0),
        expires_at=at(10),
    )
    await ledger.save_match(full)
    assert await ledger.match(full.key, at(9)) == full
    assert await ledger.match(full.key, at(10)) is None
    assert await ledger.match("another", at(0)) is None
    renewed = replace(full, ids=Ids(trakt=5), expires_at=None)
    await ledger.save_match(renewed)
    assert await ledger.match(full.key, at(9e9)) == renewed


async def test_a_match_that_the_answer_carries_is_remembered_with_it(ledger, claim, settle):
    await ledger.record([wants(make_play(1), want(WATCHED, 0)), wants(make_play(2), want(WATCHED, 1))])
    await settle(await claim(), Accepted(match=MATCH))
    assert await ledger.match(MATCH.key, at(0)) == MATCH
    again = replace(MATCH, made_at=at(5))
    await settle(await claim(), AlreadyThere(match=again))
    assert await ledger.match(MATCH.key, at(0)) == again


async def test_a_guess_never_takes_the_place_of_what_a_person_chose(ledger, claim, settle):
    chosen = replace(MATCH, ids=Ids(trakt=1), evidence="override", expires_at=None)
    await ledger.save_match(MATCH)
    await ledger.save_match(chosen)
    await ledger.save_match(replace(MATCH, evidence="search"))
    await ledger.record([wants(make_play(), want(WATCHED, 0))])
    await settle(await claim(), Accepted(match=MATCH))
    assert await ledger.match(MATCH.key, at(0)) == chosen
    changed = replace(chosen, ids=Ids(trakt=2))
    await ledger.save_match(changed)
    assert await ledger.match(MATCH.key, at(0)) == changed


async def test_several_matches_are_read_at_once(ledger):
    other = replace(MATCH, key="z", evidence="override")
    gone = replace(MATCH, key="gone", expires_at=at(5))
    for match in (other, MATCH, gone):
        await ledger.save_match(match)
    assert await ledger.recall(["z", "none", MATCH.key, "gone"], at(5)) == {"z": other, MATCH.key: MATCH}
    assert await ledger.recall([], at(5)) == {}


async def test_the_choices_of_a_person_are_listed_and_can_be_forgotten(ledger):
    mine = [replace(MATCH, key=key, evidence="override") for key in ("b", "a")]
    for match in (*mine, MATCH):
        await ledger.save_match(match)
    assert await ledger.matches("override") == mine[::-1]
    assert await ledger.forget_matches(["a", MATCH.key, "none"], ["override", "search"]) == 1
    assert await ledger.matches("override") == mine[:1]
    assert await ledger.match(MATCH.key, at(0)) == MATCH


def test_the_samples_differ_from_the_defaults():
    """Else a field that is not stored would not be missed."""
    plain = make_play(7, media=FILM)
    full = full_play()
    same = [
        name
        for name in type(full).__dataclass_fields__
        if getattr(full, name) == getattr(plain, name) and name not in ("id", "server")
    ]
    assert same == []
