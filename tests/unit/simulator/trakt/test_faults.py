from __future__ import annotations

import json

import pytest

from crosswatch.simulator.trakt import Fault, FaultKind
from crosswatch.simulator.trakt.faults import PRESETS

ARRIVAL = {"movie": {"ids": {"tmdb": 329865}}, "progress": 95}


def stop(desk):
    return desk.write("/scrobble/stop", ARRIVAL)


# ---------------------------------------------------------------- before and after


@pytest.mark.parametrize("after_apply", [False, True])
@pytest.mark.parametrize("kind", ["status", "hang", "reset"])
def test_a_fault_strikes_before_or_after_the_request_is_carried_out(desk, kind, after_apply):
    desk.trakt.add_fault(Fault(kind=FaultKind(kind), path="/scrobble", after_apply=after_apply))
    answer = stop(desk)
    assert answer.applied is after_apply
    assert len(desk.labels) == after_apply
    recorded = desk.trakt.ledger.requests[-1]
    assert (recorded.applied, recorded.fault) == (after_apply, kind)
    assert recorded.status == (503 if kind == "status" else 0)


def test_a_stop_that_was_applied_unseen_is_a_409_when_repeated(desk):
    desk.trakt.add_fault(Fault.answering(503, after_apply=True, count=1))
    assert [stop(desk).status for _ in range(2)] == [503, 409]
    assert len(desk.labels) == 1


def test_a_prevented_request_does_not_count_against_the_rate_limit(desk):
    desk.trakt.add_fault(Fault.answering(503, count=1))
    assert desk.ask("POST", "/scrobble/stop", ARRIVAL).status == 503
    assert desk.ask("POST", "/scrobble/stop", ARRIVAL).status == 201


@pytest.mark.parametrize(
    "fault",
    [Fault.html(), Fault.truncated_json(), Fault.wrong_item(), Fault.slow_body(1), Fault.huge_body(9)],
    ids=lambda f: f.kind,
)
def test_a_spoiled_answer_belongs_to_a_request_that_was_carried_out(desk, fault):
    desk.trakt.add_fault(fault)
    stop(desk)
    assert desk.labels == ["Arrival (2016)"]


def test_a_lost_refresh_answer_rotates_the_tokens_all_the_same(desk):
    (grant,) = desk.trakt.grants("alice")
    body = {
        "grant_type": "refresh_token",
        "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        "refresh_token": grant.refresh_token,
        "client_id": "app",
        "client_secret": "secret",
    }
    desk.trakt.add_fault(Fault.lost_refresh_answer(account="alice"))
    desk.ask("POST", "/oauth/token", body, host="auth")
    assert desk.trakt.ledger.requests[-1].status == 0
    assert grant.refresh_spent
    assert desk.ask("POST", "/oauth/token", body, host="auth").status == 400


# ---------------------------------------------------------------- what it meets


@pytest.mark.parametrize(
    ("where", "is_met"),
    [
        ({}, True),
        ({"path": "/scrobble"}, True),
        ({"path": "/sync"}, False),
        ({"method": "POST"}, True),
        ({"method": "GET"}, False),
        ({"account": "alice"}, True),
        ({"account": "bob"}, False),
        ({"probability": 0.0}, False),
        ({"count": 0}, False),
        ({"seconds": 0}, False),
    ],
    ids=str,
)
def test_a_fault_meets_the_requests_it_names(desk, where, is_met):
    desk.trakt.add_fault(Fault.answering(500, **where))
    assert desk.ask("POST", "/scrobble/stop", ARRIVAL).status == (500 if is_met else 201)


def test_a_fault_ends_by_count_by_time_or_by_being_cleared(desk):
    desk.trakt.add_fault(Fault.answering(500, count=2))
    assert [stop(desk).status for _ in range(3)] == [500, 500, 201]
    desk.trakt.add_fault(Fault.answering(500, seconds=10))
    assert stop(desk).status == 500
    desk.forward(seconds=9)
    assert stop(desk).status == 409
    desk.trakt.add_fault(Fault.answering(500))
    desk.trakt.clear_faults()
    assert stop(desk).status == 409


def test_only_one_of_several_faults_strikes_and_the_first_comes_first(desk):
    first = desk.trakt.add_fault(Fault.answering(500, count=1))
    second = desk.trakt.add_fault(Fault.answering(502, count=1))
    assert [stop(desk).status for _ in range(3)] == [500, 502, 201]
    assert (first.hits, second.hits) == (1, 1)


def test_chance_is_the_same_in_each_run_of_a_seed(desk):
    desk.trakt.add_fault(Fault.answering(500, probability=0.5))
    statuses = [desk.ask("GET", "/users/settings").status for _ in range(20)]
    assert 5 < statuses.count(500) < 15
    again = type(desk)()
    again.trakt.add_fault(Fault.answering(500, probability=0.5))
    assert [again.ask("GET", "/users/settings").status for _ in range(20)] == statuses


def test_the_account_of_a_dead_token_still_counts(desk):
    desk.trakt.expire_tokens("alice")
    desk.trakt.add_fault(Fault.answering(500, account="alice"))
    assert stop(desk).status == 500
    assert desk.trakt.ledger.requests[-1].account == "alice"


# ---------------------------------------------------------------- what it looks like


def test_half_of_the_json_is_what_comes(desk):
    whole = desk.ask("GET", "/movies/arrival-2016").body()
    desk.trakt.add_fault(Fault.truncated_json())
    half = desk.ask("GET", "/movies/arrival-2016")
    assert half.body() == whole[: len(whole) // 2]
    assert half.all_headers()["Content-Type"].startswith("application/json")


def test_a_truncated_answer_without_a_body_stays_empty(desk):
    desk.trakt.add_fault(Fault.truncated_json())
    assert desk.ask("GET", "/users/me/watching").body() == b""


def test_a_huge_body_is_still_the_answer(desk):
    desk.trakt.add_fault(Fault.huge_body(1000))
    body = desk.ask("GET", "/movies/arrival-2016").body()
    assert len(body) > 1000
    assert json.loads(body)["title"] == "Arrival"


def test_a_wrong_item_is_named_in_answers_and_lists(desk):
    desk.trakt.add_fault(Fault.wrong_item())
    assert stop(desk).json["movie"]["title"] != "Arrival"
    hits = desk.ask("GET", "/search/tvdb/9900102?type=episode").json
    assert hits[0]["show"]["title"] != "Severance"
    assert hits[0]["episode"]["title"] != "Half Loop"
    assert desk.ask("GET", "/search/show?query=severance").json[0]["show"]["title"] != "Severance"
    assert desk.ask("GET", "/users/me/watching").body() == b""
    assert desk.labels == ["Arrival (2016)"]


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        (Fault.answering(401), 401, {"WWW-Authenticate"}),
        (Fault.answering(423), 423, {"X-Account-Locked", "X-Account-Deactivated"}),
        (Fault.answering(521), 521, {"Server", "CF-RAY"}),
        (Fault.edge_blocked(), 403, {"Server", "CF-RAY"}),
        (Fault.edge_rate_limited(), 429, {"Server", "CF-RAY"}),
        (Fault.rate_limited(30), 429, {"X-Ratelimit", "Retry-After"}),
        (Fault.account_limit(), 420, {"X-Upgrade-URL", "X-VIP-User", "X-Account-Limit"}),
        (Fault.account_limit(bare=True), 420, {"X-Ratelimit"}),
    ],
)
def test_errors_come_with_what_was_recorded(desk, fault, status, headers):
    desk.trakt.add_fault(fault)
    answer = stop(desk)
    assert answer.status == status
    assert answer.headers.keys() - {"Content-Type"} == headers


# ---------------------------------------------------------------- as JSON


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"kind": "reset", "path": "/scrobble", "count": 1}, Fault.reset(path="/scrobble", count=1)),
        ({"status": 503}, Fault.answering(503)),
        ({"preset": "answering", "status": 429, "account": "alice"}, Fault.answering(429, account="alice")),
        ({"preset": "rate_limited", "retry_after_s": 9}, Fault.rate_limited(9)),
        ({"preset": "account_limit", "bare": True}, Fault.account_limit(bare=True)),
        ({"preset": "hang", "delay_s": 5, "after_apply": True}, Fault.hang(5, after_apply=True)),
        ({"preset": "slow_body", "delay_s": 2.5}, Fault.slow_body(2.5)),
        ({"preset": "lost_refresh_answer"}, Fault.lost_refresh_answer()),
    ],
    ids=str,
)
def test_a_fault_can_be_described_in_json(sent, fault):
    assert Fault.from_json(sent) == fault


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_each_preset_has_a_fault(preset):
    needed = {"answering": {"status": 500}, "slow_body": {"delay_s": 1}}.get(preset, {})
    assert isinstance(Fault.from_json({"preset": preset, **needed}), Fault)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "do not go together"),
        ({"kind": "explode"}, "kind"),
        ({"preset": "explode"}, "known are account_limit"),
        ({"preset": "slow_body"}, "do not go together"),
        ({"kind": "reset", "speed": 1}, "do not go together: kind, speed"),
        ({"kind": "reset", "count": "many"}, "count"),
        ({"kind": "reset", "headers": {"a": 1}}, "headers"),
        ({"status": "503"}, "status"),
    ],
    ids=str,
)
def test_a_description_that_makes_no_sense_is_refused_with_a_sentence(sent, sentence):
    with pytest.raises(ValueError, match=sentence):
        Fault.from_json(sent)
