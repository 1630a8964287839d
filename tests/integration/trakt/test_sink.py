from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from crosswatch.clock import Clock
from crosswatch.core.events import MediaKind
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.plays import DesiredAction, Match, SinkAccount
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt import talk
from crosswatch.providers.scrobble.trakt.bodies import media_key
from crosswatch.providers.scrobble.trakt.sink import Profile
from crosswatch.simulator.trakt import Fault

CLOCK = Clock()
ALICE = SinkAccount()
START, PAUSE, STOP, WATCHED = DesiredAction


def labels(trakt, username="alice"):
    return [play.item.label for play in trakt.history(username)]


@pytest.fixture
def send(sink, order, matches):
    """Send an order for an item, and keep the match that the outcome carries, as the ledger does."""

    async def run(media, action=WATCHED, progress=95, **given):
        attempt = await sink.send(order(media, action, progress, **given))
        match = getattr(attempt.outcome, "match", None)
        if match is not None and not matches.is_broken:
            await matches.save_match(match)
        return attempt

    return run


@pytest.fixture
def bob(trakt, edit, tokens_of):
    """A second account, linked as well."""
    edit(lambda document: document.update(accounts={"bob": tokens_of(trakt.link("bob"))}))
    return SinkAccount(name="bob")


@pytest.fixture
def relink(trakt, edit, tokens_of):
    """Log alice in anew."""
    return lambda: edit(lambda document: document["auth"].update(trakt=tokens_of(trakt.link("alice"))))


# ---------------------------------------------------------------------------------- a viewing


async def test_a_viewing_reaches_trakt(trakt, send, episode):
    for action, progress in ((START, 5), (PAUSE, 40), (START, 40), (WATCHED, 95)):
        attempt = await send(episode(), action, progress)
        assert isinstance(attempt.outcome, Accepted)
    (play,) = trakt.history("alice")
    assert (play.item.label, play.id) == ("Severance S01E02", attempt.outcome.remote_id)
    assert [request.path for request in trakt.ledger.requests] == [
        "/scrobble/start",
        "/scrobble/pause",
        "/scrobble/start",
        "/scrobble/stop",
    ]


async def test_a_viewing_that_ends_early_leaves_its_position(trakt, send, movie):
    await send(movie(), STOP, 85)
    (saved,) = trakt.playback("alice")
    assert (saved.item.label, saved.progress) == ("Arrival (2016)", 79.9)
    assert labels(trakt) == []


async def test_each_account_is_told_with_its_own_token(trakt, send, movie, bob):
    await send(movie(), account=bob)
    assert (labels(trakt), labels(trakt, "bob")) == ([], ["Arrival (2016)"])


async def test_a_missing_pause_is_remembered_for_the_process(trakt, send, movie):
    trakt.set_options(pause_endpoint="404")
    for progress in (20, 30):
        await send(movie(), PAUSE, progress)
    assert [request.path for request in trakt.ledger.requests] == [
        "/scrobble/pause",
        "/scrobble/stop",
        "/scrobble/stop",
    ]
    assert trakt.playback("alice")[0].progress == 30


# ---------------------------------------------------------------------------------- what is remembered


async def test_what_a_search_found_is_not_searched_again(trakt, send, movie):
    media = movie(ids=Ids())
    await send(media)
    searches = len(trakt.ledger.of("GET"))
    attempt = await send(media)
    assert isinstance(attempt.outcome, AlreadyThere)
    assert len(trakt.ledger.of("GET")) == searches > 0


async def test_what_the_outcome_carries_is_left_to_the_ledger(sink, order, movie, matches):
    attempt = await sink.send(order(movie()))
    assert attempt.outcome.match.ids.tmdb == 329865
    assert matches.kept == {}


async def test_what_a_search_found_is_kept_though_the_play_was_not_made(trakt, sink, order, movie, matches):
    trakt.add_fault(Fault.answering(503, path="/scrobble"))
    attempt = await sink.send(order(movie(ids=Ids())))
    assert isinstance(attempt.outcome, Retry)
    assert matches.kept[media_key(movie(ids=Ids()))].evidence == "search"


async def test_what_was_not_found_is_not_searched_again(trakt, send, movie):
    media = movie(title="No Such Film", ids=Ids(tmdb=5))
    first = await send(media, START, 5)
    asked = len(trakt.ledger.requests)
    second = await send(media)
    assert first.outcome.reason is second.outcome.reason is Reason.NO_MATCH
    assert len(trakt.ledger.requests) == asked
    assert second.exchanges == ()


async def test_a_match_that_comes_with_the_order_wins(trakt, send, movie, matches):
    mine = Match(key=media_key(movie()), ids=Ids(tmdb=841), evidence="override", made_at=CLOCK.now())
    await send(movie(), match=mine)
    assert labels(trakt) == ["Dune (1984)"]
    assert matches.kept == {}


async def test_without_a_database_the_play_is_made_all_the_same(trakt, send, movie, matches):
    matches.is_broken = True
    attempt = await send(movie())
    assert isinstance(attempt.outcome, Accepted)
    assert labels(trakt) == ["Arrival (2016)"]


# ---------------------------------------------------------------------------------- trouble on the way


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.reset(after_apply=True, count=1), id="reset"),
        pytest.param(Fault.hang(after_apply=True, count=1), id="silence"),
        pytest.param(Fault.answering(502, after_apply=True, count=1), id="502"),
        pytest.param(Fault.answering(520, after_apply=True, count=1), id="520"),
        pytest.param(Fault.html(count=1), id="page"),
        pytest.param(Fault.truncated_json(count=1), id="half of the JSON"),
        pytest.param(Fault.huge_body(count=1), id="endless answer"),
    ],
)
async def test_a_play_whose_answer_was_lost_is_unknown_and_there_the_next_time(trakt, send, movie, fault):
    trakt.add_fault(fault)
    first = await send(movie())
    assert isinstance(first.outcome, Retry)
    assert (first.outcome.reason, first.outcome.is_unknown) == (Reason.OUTCOME_UNKNOWN, True)
    second = await send(movie())
    assert isinstance(second.outcome, AlreadyThere)
    assert second.outcome.watched_at == trakt.history("alice")[0].watched_at
    assert labels(trakt) == ["Arrival (2016)"]


@pytest.mark.parametrize(
    ("fault", "is_unknown"),
    [
        pytest.param(Fault.reset(count=1), True, id="reset"),
        pytest.param(Fault.hang(count=1), True, id="silence"),
        pytest.param(Fault.answering(503, count=1), True, id="503"),
        pytest.param(Fault.rate_limited(3, count=1), False, id="429"),
        pytest.param(Fault.edge_rate_limited(count=1), False, id="429 by the firewall"),
        pytest.param(Fault.edge_blocked(count=1), False, id="403 by the firewall"),
    ],
)
async def test_a_play_that_never_arrived_is_made_the_next_time(trakt, send, movie, fault, is_unknown):
    trakt.add_fault(fault)
    first = await send(movie())
    assert (type(first.outcome), first.outcome.is_unknown) == (Retry, is_unknown)
    assert isinstance((await send(movie())).outcome, Accepted)
    assert labels(trakt) == ["Arrival (2016)"]


async def test_the_wish_to_wait_is_handed_on(trakt, send, movie):
    trakt.add_fault(Fault.rate_limited(17))
    attempt = await send(movie())
    assert (attempt.outcome.reason, attempt.outcome.after_s) == (Reason.RATE_LIMITED, 17)


async def test_where_nobody_listens_nothing_is_unknown(trakt, send, movie):
    await trakt.stop()
    attempt = await send(movie())
    assert (attempt.outcome.reason, attempt.outcome.is_unknown) == (Reason.TRAKT_DOWN, False)
    assert [exchange.status for exchange in attempt.exchanges] == [0]


async def test_a_play_of_another_item_is_not_a_success_and_is_taken_back(trakt, send, movie):
    trakt.add_fault(Fault.wrong_item(count=1))
    attempt = await send(movie())
    assert attempt.outcome.reason is Reason.WRONG_MATCH
    assert trakt.history("alice") == []
    assert [request.path for request in trakt.ledger.requests] == ["/scrobble/stop", "/sync/history/remove"]


async def test_a_start_about_another_item_is_mended(trakt, send, movie):
    trakt.add_fault(Fault.wrong_item(count=1))
    attempt = await send(movie(), START, 5)
    assert isinstance(attempt.outcome, Accepted)
    assert trakt.watching("alice").item.label == "Arrival (2016)"


async def test_a_shows_id_in_an_episodes_place_never_makes_a_play_of_another_show(trakt, send, episode):
    """371980 is Severance itself, and an episode of something else; the show's own ids are unknown here."""
    media = episode(
        ids=Ids(tvdb=371980), show=replace(episode().show, ids=Ids()), season=None, title="Nobody Knows"
    )
    start = await send(media, START, 5)
    assert start.outcome.reason is Reason.WRONG_MATCH
    watched = await send(media)
    assert isinstance(watched.outcome, Refused)
    assert labels(trakt) == []


# ---------------------------------------------------------------------------------- the account


async def test_a_refused_token_is_renewed_and_the_request_repeated_once(trakt, config, send, movie):
    trakt.expire_tokens("alice")
    attempt = await send(movie())
    assert isinstance(attempt.outcome, Accepted)
    assert [request.status for request in trakt.ledger.requests] == [401, 200, 201]
    assert config.settings.auth.trakt.access_token == trakt.grants("alice")[-1].access_token


async def test_an_ended_link_is_held_without_a_loop(trakt, sink, send, movie):
    trakt.revoke_tokens("alice")
    for _ in range(3):
        attempt = await send(movie())
        assert (type(attempt.outcome), attempt.outcome.reason) == (Hold, Reason.LINK_EXPIRED)
    assert len(trakt.ledger.of("POST", "/oauth/token")) == 1
    assert sink.status(ALICE).hold.reason is Reason.LINK_EXPIRED


async def test_a_new_login_ends_the_hold(trakt, sink, send, movie, relink):
    trakt.revoke_tokens("alice")
    await send(movie())
    relink()
    assert sink.status(ALICE).hold is None
    assert isinstance((await send(movie())).outcome, Accepted)


@pytest.mark.parametrize(
    "met",
    [
        (403, Reason.APP_REFUSED),
        (420, Reason.ACCOUNT_LIMIT),
        (423, Reason.ACCOUNT_LOCKED),
        (426, Reason.VIP_ONLY),
    ],
    ids=lambda met: met[1].value,
)
async def test_what_stops_an_account_is_shown_until_it_is_over(trakt, sink, send, movie, met):
    status, reason = met
    trakt.add_fault(Fault.answering(status, count=1))
    attempt = await send(movie())
    assert (type(attempt.outcome), attempt.outcome.reason) == (Hold, reason)
    assert sink.status(ALICE).hold == attempt.outcome
    await send(movie())
    assert sink.status(ALICE).hold is None


async def test_an_account_without_tokens_is_held_and_nothing_is_asked(trakt, send, movie):
    attempt = await send(movie(), account=SinkAccount(name="nobody"))
    assert (attempt.outcome.reason, attempt.exchanges) == (Reason.LINK_EXPIRED, ())
    assert trakt.ledger.requests == []


async def test_one_accounts_silence_does_not_keep_another_waiting(trakt, send, movie, bob):
    trakt.add_fault(Fault.hang(account="alice"))
    stuck = asyncio.create_task(send(movie()))
    await trakt.ledger.wait_for(lambda request: request.account == "alice")
    assert isinstance((await send(movie(), account=bob)).outcome, Accepted)
    assert not stuck.done()
    await stuck


async def test_the_account_behind_a_token_is_told(sink):
    assert await sink.fetch_profile(ALICE) == Profile(username="alice", name="Alice", is_vip=False)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.answering(503), Reason.TRAKT_DOWN),
        (Fault.answering(403), Reason.APP_REFUSED),
        (Fault.html(), Reason.TRAKT_DOWN),
    ],
    ids=["overloaded", "app refused", "page"],
)
async def test_why_an_account_cannot_be_told_is_an_attempt(trakt, sink, fault, reason):
    trakt.add_fault(fault)
    assert (await sink.fetch_profile(ALICE)).outcome.reason is reason


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"user": {"username": 5}}'], ids=["no user", "a list", "no name"]
)
async def test_an_answer_that_names_nobody_is_trouble(sink, odd, body):
    odd.update(body=body, content_type="application/json")
    assert (await sink.fetch_profile(ALICE)).outcome.reason is Reason.TRAKT_DOWN


# ---------------------------------------------------------------------------------- distance and time


async def test_a_second_write_of_one_order_keeps_its_distance(trakt, send, movie, edit):
    """Trakt counts the refused one as well: without the distance the repetition would be a 429."""
    trakt.set_options(enforce_write_limit=True, write_interval_s=0.2, pause_endpoint="404")
    edit(lambda document: document["trakt"].update(write_interval_seconds=0.21))
    attempt = await send(movie(), PAUSE, 40)
    assert isinstance(attempt.outcome, Accepted)
    assert [request.status for request in trakt.ledger.requests] == [404, 201]


async def test_an_attempt_that_has_lasted_too_long_asks_nothing_more(trakt, send, movie, monkeypatch):
    """The lease of its delivery must not run out meanwhile."""
    monkeypatch.setattr(talk, "LONGEST_TALK_S", -1.0)
    attempt = await send(movie())
    assert (type(attempt.outcome), attempt.outcome.is_unknown) == (Retry, False)
    assert trakt.ledger.requests == []


# ---------------------------------------------------------------------------------- the story


async def test_everything_that_was_asked_is_in_the_story(send, movie):
    attempt = await send(movie(ids=Ids()))
    first, *_, last = attempt.exchanges
    assert first.request == "GET /search/movie/exact?query=Arrival&limit=100"
    assert (first.status, last.status) == (200, 201)
    line, body = last.request.split("\n")
    assert line == "POST /scrobble/stop"
    assert json.loads(body)["progress"] == 95
    assert json.loads(last.answer)["action"] == "scrobble"


async def test_every_write_is_a_line_of_the_log_with_its_play(send, episode, caplog):
    caplog.set_level("INFO")
    await send(episode(), START, 12.5)
    (line,) = [record for record in caplog.records if record.name == "crosswatch.trakt"]
    assert (line.getMessage(), line.play) == ("start Severance S01E02 12.5% -> 201", "play-1")


async def test_a_line_of_the_log_names_the_account_unless_it_is_the_one_that_everybody_has(
    send, episode, bob, caplog
):
    caplog.set_level("INFO")
    await send(episode(), START, 12.5, account=bob)
    assert caplog.messages == ["start Severance S01E02 12.5% (bob) -> 201"]


async def test_what_broke_is_in_the_log_and_in_the_story(trakt, send, episode, caplog):
    caplog.set_level("INFO")
    trakt.add_fault(Fault.hang())
    attempt = await send(episode(), START, 12.5)
    assert "start Severance S01E02 12.5% -> Trakt did not answer in time." in caplog.text
    assert attempt.exchanges[0].answer == "Trakt did not answer in time."


async def test_no_token_is_in_the_story_nor_in_the_log(trakt, config, send, movie, caplog):
    caplog.set_level("DEBUG")
    before = config.settings.auth.trakt
    trakt.expire_tokens("alice")
    attempt = await send(movie(ids=Ids()))
    told = repr(attempt) + caplog.text
    after = config.settings.auth.trakt
    secrets = [before.access_token, before.refresh_token, after.access_token, after.refresh_token]
    assert not [secret for secret in [*secrets, "sample-client-secret"] if secret in told]


async def test_an_endless_answer_is_shortened_in_the_story(trakt, send, movie):
    trakt.add_fault(Fault.huge_body())
    attempt = await send(movie())
    assert len(attempt.exchanges[0].answer) < 3000


# ---------------------------------------------------------------------------------- undo


async def test_a_play_is_taken_back_by_its_number_and_no_other_play_of_the_item(trakt, sink, send, movie):
    trakt.set_options(duplicate_window_s=0)
    first, second = [(await send(movie())).outcome.remote_id for _ in range(2)]
    assert (await sink.forget_play(ALICE, first)).outcome == Accepted()
    assert [play.id for play in trakt.history("alice")] == [second]
    again = await sink.forget_play(ALICE, first)
    assert again.outcome == Accepted(detail="Trakt did not have the play any more.")


@pytest.mark.parametrize("fault", [Fault.answering(503), Fault.html()], ids=["overloaded", "page"])
async def test_a_removal_without_an_answer_is_tried_again(trakt, sink, fault):
    trakt.add_fault(fault)
    assert isinstance((await sink.forget_play(ALICE, 5)).outcome, Retry)


async def test_a_removal_that_says_nothing_is_tried_again(sink, odd):
    odd.update(body=b'{"deleted": {"movies": 0}}', content_type="application/json")
    assert isinstance((await sink.forget_play(ALICE, 5)).outcome, Retry)


# ---------------------------------------------------------------------------------- what to choose from


async def test_titles_and_episodes_can_be_chosen_from(trakt, sink):
    [show] = await sink.search(ALICE, "severance", MediaKind.EPISODE)
    episodes = await sink.episodes(ALICE, show.ids.trakt)
    assert "Severance S01E02" in [one.label for one in episodes]
    assert "Arrival (2016)" in [one.label for one in await sink.search(ALICE, "arrival", MediaKind.MOVIE)]
    assert all(request.method == "GET" for request in trakt.ledger.requests)


async def test_why_there_is_nothing_to_choose_from_is_said(sink):
    refused = await sink.episodes(ALICE, 10**9)
    assert refused.outcome == Refused(reason=Reason.NO_MATCH, detail="Trakt does not have such a show.")
