"""Reading an account's history, and adding late plays to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.clock import Clock
from crosswatch.core.events import Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, Hold, Refused, Retry
from crosswatch.core.plays import Match, SinkAccount
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt import talk
from crosswatch.providers.scrobble.trakt.bodies import media_key
from crosswatch.simulator.trakt import Fault

CLOCK = Clock()
ALICE = SinkAccount()
LATE = CLOCK.now().replace(microsecond=0) - timedelta(hours=20)


@pytest.fixture
def late(order):
    """An order for a play that ended so many minutes after the first one."""
    return lambda media, minutes=0, **given: order(media, at=LATE + timedelta(minutes=minutes), **given)


def held(trakt):
    return {(play.item.label, play.watched_at) for play in trakt.history("alice")}


def adds(trakt):
    return trakt.ledger.of("POST", "/sync/history")


# ---------------------------------------------------------------------------------- reading


async def test_the_history_of_a_span_is_read_newest_first(sink, late, movie, episode):
    await sink.backfill([late(movie(), 0), late(episode(), 60), late(movie(), 120)])
    plays, trouble = await sink.fetch_history(
        ALICE, LATE + timedelta(minutes=30), LATE + timedelta(minutes=120)
    )
    assert trouble is None
    assert [(play.media.label, play.watched_at) for play in plays] == [
        ("Arrival (2016)", LATE + timedelta(minutes=120)),
        ("Severance S01E02", LATE + timedelta(minutes=60)),
    ]
    assert plays[1].media.show.ids.tmdb == 95396


async def test_every_page_is_read(trakt, sink, late, movie):
    orders = [late(movie(), minute) for minute in range(250)]
    attempts = await sink.backfill(orders)
    plays, _ = await sink.fetch_history(ALICE, LATE, CLOCK.now())
    assert len(plays) == 250
    assert {play.remote_id for play in plays} == {attempt.outcome.remote_id for attempt in attempts}
    pages = [request.query["page"] for request in trakt.ledger.of("GET", "/sync/history")]
    assert pages[-3:] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.answering(503),
        Fault.html(),
        Fault.truncated_json(),
        Fault.reset(),
        Fault.rate_limited(5),
        Fault.answering(423),
    ],
    ids=["overloaded", "page", "half of the JSON", "reset", "quota used up", "locked"],
)
async def test_a_history_that_cannot_be_read_is_none(trakt, sink, late, movie, fault):
    await sink.backfill([late(movie(), minute) for minute in range(150)])
    trakt.add_fault(fault)
    plays, trouble = await sink.fetch_history(ALICE, LATE, CLOCK.now())
    assert plays == []
    assert isinstance(trouble.outcome, Retry | Hold)
    assert len(trouble.exchanges) == 1


async def test_a_second_page_that_is_refused_takes_the_first_one_back(trakt, sink, late, movie):
    await sink.backfill([late(movie(), minute) for minute in range(150)])
    trakt.set_options(read_limit=len(trakt.ledger.of("GET")) + 1)
    plays, trouble = await sink.fetch_history(ALICE, LATE, CLOCK.now())
    assert plays == []
    assert [exchange.status for exchange in trouble.exchanges] == [200, 429]
    assert (trouble.outcome.reason, trouble.outcome.is_account_wide) == (Reason.RATE_LIMITED, False)


async def test_an_empty_history_is_one(sink):
    assert await sink.fetch_history(ALICE, LATE, CLOCK.now()) == ([], None)


async def test_what_is_no_list_is_no_history(sink, odd):
    odd.update(body=b"{}", content_type="application/json")
    plays, trouble = await sink.fetch_history(ALICE, LATE, CLOCK.now())
    assert (plays, trouble.outcome.reason) == ([], Reason.TRAKT_DOWN)


async def test_lines_that_make_no_sense_are_said_and_left_out(sink, odd, caplog):
    odd.update(body=b"[null, {}]", headers={"X-Pagination-Page-Count": "1"}, content_type="application/json")
    assert await sink.fetch_history(ALICE, LATE, CLOCK.now()) == ([], None)
    assert "2 lines of Trakt's history made no sense" in caplog.text


async def test_a_history_without_end_is_none(sink, odd):
    odd.update(body=b"[null]", content_type="application/json")
    plays, trouble = await sink.fetch_history(ALICE, LATE, CLOCK.now())
    assert (plays, len(trouble.exchanges)) == ([], 100)
    assert "more than 100 pages" in trouble.outcome.detail


# ---------------------------------------------------------------------------------- adding


async def test_late_plays_keep_their_times_and_take_one_write(trakt, sink, late, movie, episode):
    orders = [
        late(movie(), 0),
        late(episode(), 50),
        late(episode(), 90),
        late(episode(number=3, ids=Ids()), 140),
    ]
    attempts = await sink.backfill(orders)
    assert [type(attempt.outcome) for attempt in attempts] == [Accepted] * 4
    assert held(trakt) == {
        ("Arrival (2016)", LATE),
        ("Severance S01E02", LATE + timedelta(minutes=50)),
        ("Severance S01E02", LATE + timedelta(minutes=90)),
        ("Severance S01E03", LATE + timedelta(minutes=140)),
    }
    assert len(adds(trakt)) == 1


async def test_late_plays_are_named_without_titles(trakt, sink, late, movie, episode):
    await sink.backfill([late(movie()), late(episode(), 50)])
    (request,) = adds(trakt)
    assert set(request.body["movies"][0]) == {"ids", "watched_at"}
    assert set(request.body["shows"][0]) == {"ids", "seasons"}


async def test_each_late_play_has_its_number_for_an_undo(trakt, sink, late, movie, episode):
    attempts = await sink.backfill([late(movie()), late(episode(), 50)])
    numbers = {play.item.label: play.id for play in trakt.history("alice")}
    assert [attempt.outcome.remote_id for attempt in attempts] == [
        numbers["Arrival (2016)"],
        numbers["Severance S01E02"],
    ]


async def test_where_the_numbers_cannot_be_read_the_plays_are_there_all_the_same(trakt, sink, late, movie):
    trakt.add_fault(Fault.answering(503, method="GET"))
    (attempt,) = await sink.backfill([late(movie())])
    assert attempt.outcome == Accepted()
    assert len(held(trakt)) == 1


async def test_what_trakt_does_not_know_is_searched_and_added_by_a_second_write(
    trakt, sink, late, movie, episode
):
    renumbered = episode(season=7, number=7, title="Woe's Hollow", ids=Ids())
    attempts = await sink.backfill([late(movie()), late(renumbered, 50)])
    assert [type(attempt.outcome) for attempt in attempts] == [Accepted, Accepted]
    assert attempts[1].outcome.match.evidence == "search"
    assert held(trakt) == {
        ("Arrival (2016)", LATE),
        ("Severance S02E04", LATE + timedelta(minutes=50)),
    }
    assert len(adds(trakt)) == 2


async def test_what_has_no_id_is_searched_before_anything_is_written(trakt, sink, late, movie, episode):
    orders = [
        late(movie(title="Dune", year=1984, ids=Ids())),
        late(episode(ids=Ids(), show=Show(title="Severance", year=2022)), 50),
        late(episode(numbering=Numbering.DVD, season=9, ids=Ids(), title="In Perpetuity"), 90),
    ]
    await sink.backfill(orders)
    assert {label for label, _ in held(trakt)} == {"Dune (1984)", "Severance S01E02", "Severance S01E03"}
    first = next(n for n, request in enumerate(trakt.ledger.requests) if request.method == "POST")
    assert first > 5
    assert len(adds(trakt)) == 1


async def test_what_cannot_be_found_is_refused_and_keeps_nobody_else_waiting(
    trakt, sink, late, movie, matches
):
    unknown = movie(title="No Such Film", ids=Ids(tmdb=5))
    attempts = await sink.backfill([late(unknown), late(movie(), 50), late(unknown, 90)])
    assert [type(attempt.outcome) for attempt in attempts] == [Refused, Accepted, Refused]
    assert attempts[0].outcome.reason is Reason.NO_MATCH
    assert matches.kept[media_key(unknown)].evidence == "not_found"
    asked = len(trakt.ledger.requests)
    (again,) = await sink.backfill([late(unknown, 90)])
    assert (again.outcome.reason, len(trakt.ledger.requests)) == (Reason.NO_MATCH, asked)


async def test_each_play_has_its_own_story(sink, late, movie):
    unknown = movie(title="No Such Film", ids=Ids(tmdb=5))
    first, second = await sink.backfill([late(unknown), late(movie(), 50)])
    assert any("No%20Such%20Film" in exchange.request for exchange in first.exchanges)
    assert not any("No%20Such%20Film" in exchange.request for exchange in second.exchanges)
    assert all(any("POST /sync/history" in one.request for one in each.exchanges) for each in (first, second))


@pytest.mark.parametrize(
    "fault",
    [
        Fault.reset(after_apply=True, count=1, method="POST"),
        Fault.hang(after_apply=True, count=1, method="POST"),
        Fault.answering(504, after_apply=True, count=1, method="POST"),
        Fault.html(count=1, method="POST"),
        Fault.truncated_json(count=1, method="POST"),
    ],
    ids=["reset", "silence", "504", "page", "half of the JSON"],
)
async def test_late_plays_whose_answer_was_lost_are_unknown(trakt, sink, late, movie, fault):
    trakt.add_fault(fault)
    attempts = await sink.backfill([late(movie()), late(movie(), 200)])
    assert [(one.outcome.reason, one.outcome.is_unknown) for one in attempts] == [
        (Reason.OUTCOME_UNKNOWN, True)
    ] * 2
    plays, _ = await sink.fetch_history(ALICE, LATE, CLOCK.now())
    assert len(plays) == 2


@pytest.mark.parametrize(
    "fault",
    [Fault.rate_limited(method="POST"), Fault.edge_blocked(method="POST")],
    ids=["too fast", "firewall"],
)
async def test_late_plays_that_were_turned_away_are_not_unknown(trakt, sink, late, movie, fault):
    trakt.add_fault(fault)
    (attempt,) = await sink.backfill([late(movie())])
    assert (type(attempt.outcome), attempt.outcome.is_unknown) == (Retry, False)


async def test_trouble_with_the_search_keeps_only_what_needs_it_waiting(trakt, sink, late, movie):
    trakt.add_fault(Fault.answering(503, path="/search"))
    nameless = [late(movie(title=title, ids=Ids())) for title in ("Dune", "Alien", "Tenet")]
    attempts = await sink.backfill([*nameless, late(movie(), 50)])
    assert [type(attempt.outcome) for attempt in attempts] == [Retry, Retry, Retry, Accepted]
    assert len(trakt.ledger.of("GET", "/search")) == 1


async def test_a_second_write_that_fails_takes_nothing_back_from_the_first(trakt, sink, late, movie, episode):
    renumbered = episode(season=7, number=7, title="Woe's Hollow", ids=Ids())
    trakt.set_options(enforce_write_limit=True, write_interval_s=60)
    attempts = await sink.backfill([late(movie()), late(renumbered, 50)])
    assert isinstance(attempts[0].outcome, Accepted)
    assert attempts[1].outcome.reason is Reason.RATE_LIMITED


async def test_an_answer_that_counts_too_few_leaves_all_unknown(sink, odd, late, movie):
    odd.update(body=b'{"added": {"movies": 1}, "not_found": {}}', content_type="application/json")
    attempts = await sink.backfill([late(movie()), late(movie(), 300)])
    assert [(one.outcome.reason, one.outcome.is_unknown) for one in attempts] == [
        (Reason.OUTCOME_UNKNOWN, True)
    ] * 2


async def test_what_a_search_finds_and_trakt_does_not_take_is_tried_later(sink, late, movie, trakt):
    nothing = '{"added": {"movies": 0, "episodes": 0}, "not_found": {"movies": []}}'
    headers = {"Content-Type": "application/json"}
    trakt.add_fault(Fault.answering(201, path="/sync/history", method="POST", body=nothing, headers=headers))
    (attempt,) = await sink.backfill([late(movie())])
    assert isinstance(attempt.outcome, Retry)
    assert len(adds(trakt)) == 2


async def test_when_half_of_the_time_is_over_nothing_is_searched(trakt, sink, late, movie, monkeypatch):
    monkeypatch.setattr(talk.Talk, "is_late", True)
    attempts = await sink.backfill([late(movie(ids=Ids())), late(movie(), 300)])
    assert [type(attempt.outcome) for attempt in attempts] == [Retry, Accepted]
    assert trakt.ledger.of("GET", "/search") == []


async def test_an_override_is_added_and_never_replaced_by_a_search(trakt, sink, late, movie, matches):
    known = Match(key="k", ids=Ids(tmdb=841), evidence="override", made_at=LATE)
    lost = Match(key="k", ids=Ids(trakt=999_999), evidence="override", made_at=LATE)
    attempts = await sink.backfill([late(movie(), match=known), late(movie(), 300, match=lost)])
    assert isinstance(attempts[0].outcome, Accepted)
    assert attempts[1].outcome.reason is Reason.NO_MATCH
    assert {label for label, _ in held(trakt)} == {"Dune (1984)"}
    assert matches.kept == {}


WRONG = {"ids": Ids(tmdb=95396), "numbering": Numbering.UNKNOWN, "show": Show(title="Severance", year=2022)}
"""Severance's number at TMDB as an episode's of something else, and nothing else to go by."""


async def test_an_item_that_was_added_in_place_of_another_is_taken_back_and_shown(
    trakt, sink, late, episode, matches
):
    wrong = episode(**WRONG)
    (attempt,) = await sink.backfill([late(wrong)])
    assert trakt.history("alice") == []
    assert attempt.outcome.reason is Reason.WRONG_MATCH
    assert attempt.outcome.detail.endswith("That play was taken back.")
    assert matches.kept[media_key(wrong)].evidence == "taken_for_another"


async def test_a_play_of_that_very_second_that_was_there_before_is_nobodys_mistake(
    trakt, sink, late, episode
):
    """Somebody else's tool has recorded something at the same moment; it is not touched."""
    other = late(episode(ids=Ids(), show=Show(title="Severance", year=2022, ids=Ids(tmdb=95396))))
    await sink.backfill([other])
    (before,) = trakt.history("alice")
    trakt.add_fault(Fault.answering(503, path="/sync/history/remove"))
    (attempt,) = await sink.backfill([late(episode(**WRONG))], held={before.id})
    assert before in trakt.history("alice")
    assert str(before.id) not in attempt.outcome.detail


async def test_nothing_is_asked_for_nothing(trakt, sink):
    assert await sink.backfill([]) == []
    assert trakt.ledger.requests == []


async def test_without_a_link_nothing_is_added(trakt, sink, late, movie):
    trakt.revoke_tokens("alice")
    attempts = await sink.backfill([late(movie()), late(movie(ids=Ids()), 50)])
    assert [attempt.outcome.reason for attempt in attempts] == [Reason.LINK_EXPIRED] * 2
    assert held(trakt) == set()
