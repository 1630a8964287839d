from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Unasked
from crosswatch.providers.scrobble.trakt.classify import (
    CallKind,
    classify,
    is_call_gone,
    is_item_unknown,
    retry_after_s,
)

NAMES = sorted(path.stem for path in (Path(__file__).parents[2] / "recordings" / "trakt").glob("*.json"))

PAGE = "<!DOCTYPE html><html><body>Sorry</body></html>"
BODIES = {
    "empty": {},
    "page": {"headers": {"content-type": "text/html"}, "text": PAGE},
    "cut off": {"headers": {"content-type": "application/json"}, "text": '{"id": 5, "act'},
    "empty object": {"json": {}, "text": "{}"},
    "list": {"json": [], "text": "[]"},
    "number": {"json": 5, "text": "5"},
    "message": {"json": {"message": "No."}, "text": '{"message": "No."}'},
}


def kind_of(name):
    if name.startswith(("scrobble-stop", "scrobble-404", "scrobble-201", "error-5")):
        return CallKind.PLAY
    if name.startswith(("history-add", "history-remove")):
        return CallKind.HISTORY
    if name.startswith(
        ("search", "history-get", "users", "episode", "playback-get", "error-429-get", "last")
    ):
        return CallKind.READ
    return CallKind.POSITION


RECORDED = {
    "error-401-token": (Hold, Reason.LINK_EXPIRED),
    "error-403-api-key": (Hold, Reason.APP_REFUSED),
    "error-403-cloudflare": (Retry, Reason.TRAKT_DOWN),
    "error-405-method": (Refused, Reason.REJECTED),
    "error-412-content-type": (Refused, Reason.REJECTED),
    "error-420-limit": (Hold, Reason.ACCOUNT_LIMIT),
    "error-420-limit-bare": (Hold, Reason.ACCOUNT_LIMIT),
    "error-423-locked": (Hold, Reason.ACCOUNT_LOCKED),
    "error-426-vip-only": (Hold, Reason.VIP_ONLY),
    "error-429-cloudflare": (Retry, Reason.RATE_LIMITED),
    "error-429-get": (Retry, Reason.RATE_LIMITED),
    "error-429-post": (Retry, Reason.RATE_LIMITED),
    "error-500": (Retry, Reason.OUTCOME_UNKNOWN),
    "error-503-overloaded": (Retry, Reason.OUTCOME_UNKNOWN),
    "error-520-cloudflare": (Retry, Reason.OUTCOME_UNKNOWN),
    "episode-summary-404": (Refused, Reason.NO_MATCH),
    "scrobble-404-not-found": (Refused, Reason.NO_MATCH),
    "scrobble-pause-422-above-80": (Refused, Reason.REJECTED),
    "scrobble-pause-422-below-1": (Refused, Reason.REJECTED),
    "scrobble-stop-422-below-1": (Refused, Reason.REJECTED),
    "scrobble-stop-409-duplicate": (AlreadyThere, None),
    "checkin-409": (AlreadyThere, None),
}
"""The outcome of every recorded exchange that is no success."""


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("oauth")])
def test_every_recorded_answer_has_its_outcome(recorded, name):
    answer = recorded(name)
    outcome = classify(kind_of(name), answer)
    if name in RECORDED:
        kind, reason = RECORDED[name]
        assert type(outcome) is kind
        assert getattr(outcome, "reason", None) is reason
    else:
        assert answer.is_success


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if name.startswith(("scrobble", "search", "history")) and name.endswith("200")]
    + [name for name in NAMES if name.startswith("scrobble-") and "-201" in name],
)
def test_every_recorded_success_is_one(recorded, name):
    assert isinstance(classify(kind_of(name), recorded(name)), Accepted)


@pytest.mark.parametrize("kind", CallKind)
@pytest.mark.parametrize("body", BODIES)
def test_no_status_is_a_success_by_accident(kind, body):
    """A success needs a 2xx and the body that such a call has; 409 alone means that it is there already."""
    for status in [*range(100, 600), 0, -1, 999]:
        outcome = classify(kind, Answer(status=status, **BODIES[body]))
        if isinstance(outcome, Accepted):
            assert kind is CallKind.READ
            assert 200 <= status < 300
            assert body in ("empty object", "list", "message")
        if isinstance(outcome, AlreadyThere):
            assert status == 409
            assert kind in (CallKind.POSITION, CallKind.PLAY)
            assert body != "page"


@pytest.mark.parametrize("kind", CallKind)
def test_every_detail_is_a_sentence(kind):
    for status in range(100, 600):
        for body in BODIES.values():
            detail = getattr(classify(kind, Answer(status=status, **body)), "detail", "")
            assert detail == "" or (detail[0].isupper() and (detail[-1] == "." or "No." in detail))


@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize("body", ["empty", "page", "cut off", "empty object", "list"])
@pytest.mark.parametrize("kind", [CallKind.PLAY, CallKind.HISTORY])
def test_an_unreadable_success_may_have_made_a_play(kind, body, status):
    outcome = classify(kind, Answer(status=status, **BODIES[body]))
    assert (outcome.reason, outcome.is_unknown) == (Reason.OUTCOME_UNKNOWN, True)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 521, 522, 599])
def test_a_server_in_trouble_may_have_made_a_play(status):
    outcome = classify(CallKind.PLAY, Answer(status=status))
    assert outcome.is_unknown
    assert not classify(CallKind.READ, Answer(status=status)).is_unknown


def test_one_item_that_makes_the_server_stumble_does_not_keep_others_waiting():
    assert not classify(CallKind.PLAY, Answer(status=500)).is_account_wide
    assert classify(CallKind.PLAY, Answer(status=503)).is_account_wide


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed_and_has_done_nothing(status):
    outcome = classify(CallKind.PLAY, Answer(status=status))
    assert (type(outcome), outcome.is_unknown) == (Retry, False)
    assert "trakt.api_url" in outcome.detail


@pytest.mark.parametrize(
    ("reply", "reason", "is_unknown"),
    [
        pytest.param(
            Failure(detail="Refused.", may_be_done=False), Reason.TRAKT_DOWN, False, id="never sent"
        ),
        pytest.param(
            Failure(detail="Timed out.", may_be_done=True), Reason.OUTCOME_UNKNOWN, True, id="perhaps done"
        ),
    ],
)
def test_a_failure_says_whether_a_play_may_have_been_made(reply, reason, is_unknown):
    outcome = classify(CallKind.PLAY, reply)
    assert (outcome.reason, outcome.is_unknown, outcome.detail) == (reason, is_unknown, reply.detail)


def test_a_position_is_never_a_play_to_ask_for():
    outcome = classify(CallKind.POSITION, Failure(detail="Timed out.", may_be_done=True))
    assert outcome.reason is Reason.TRAKT_DOWN


def test_without_a_token_the_reason_is_the_accounts():
    hold = Hold(reason=Reason.LINK_EXPIRED)
    assert classify(CallKind.PLAY, Unasked(outcome=hold)) is hold


# ---------------------------------------------------------------------------------- bodies before statuses


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, Hold, id="empty"),
        pytest.param({"headers": {"server": "cloudflare"}}, Hold, id="empty, through the firewall"),
        pytest.param(
            {"headers": {"server": "cloudflare"}, "json": {"error": "x"}, "text": "{}"},
            Hold,
            id="JSON, through it",
        ),
        pytest.param(
            {"headers": {"content-type": "text/html; charset=UTF-8"}, "text": PAGE}, Retry, id="page"
        ),
        pytest.param({"text": PAGE}, Retry, id="page without a type"),
        pytest.param(
            {"headers": {"server": "cloudflare"}, "text": "error code: 1020"}, Retry, id="the firewall's text"
        ),
    ],
)
def test_a_403_is_about_the_app_unless_the_firewall_speaks(given, expected):
    outcome = classify(CallKind.POSITION, Answer(status=403, **given))
    assert type(outcome) is expected


def test_a_refused_app_is_explained_with_the_rules_of_2026():
    assert "July 2026" in classify(CallKind.POSITION, Answer(status=403)).detail


def test_a_firewall_is_left_alone_for_a_while(recorded):
    assert classify(CallKind.POSITION, recorded("error-403-cloudflare")).after_s >= 60


def test_a_deactivated_account_is_told_from_a_locked_one():
    headers = {"x-account-locked": "false", "x-account-deactivated": "true"}
    assert "deactivated" in classify(CallKind.PLAY, Answer(status=423, headers=headers)).detail


def test_a_409_tells_when_the_play_was(recorded):
    outcome = classify(CallKind.PLAY, recorded("scrobble-stop-409-duplicate"))
    assert outcome.watched_at == datetime(2026, 10, 15, 22, 21, 29, tzinfo=UTC)


def test_a_409_without_a_time_is_there_already():
    assert classify(CallKind.PLAY, Answer(status=409)) == AlreadyThere()


def test_a_play_has_its_number(recorded):
    assert classify(CallKind.PLAY, recorded("scrobble-stop-movie-201")).remote_id == 3373536622


def test_the_number_of_a_saved_position_is_no_plays(recorded):
    assert classify(CallKind.POSITION, recorded("scrobble-pause-movie-201")) == Accepted()
    assert classify(CallKind.PLAY, recorded("scrobble-stop-201-as-pause")) == Accepted()


def test_a_play_called_stop_is_a_play():
    """The contract's enum says so where all answers that were seen say `scrobble`."""
    answer = Answer(status=201, json={"id": 5, "action": "stop"}, text="{}")
    assert classify(CallKind.PLAY, answer).remote_id == 5


# ---------------------------------------------------------------------------------- waiting


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1.0),
        ("10.5", 10.5),
        ("0", 0.0),
        ("99999999", 3600.0),
        *[(text, None) for text in ("", "-1", "soon", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT")],
    ],
)
def test_the_wish_to_wait(text, seconds):
    assert retry_after_s(Answer(status=429, headers={"retry-after": text})) == seconds


def test_a_read_quota_does_not_keep_writes_waiting(recorded):
    assert not classify(CallKind.READ, recorded("error-429-get")).is_account_wide
    assert classify(CallKind.POSITION, recorded("error-429-post")).is_account_wide


def test_the_edges_429_leaves_the_wait_to_the_back_off(recorded):
    assert classify(CallKind.POSITION, recorded("error-429-cloudflare")).after_s is None


# ---------------------------------------------------------------------------------- item or call


@pytest.mark.parametrize(
    ("given", "unknown"),
    [
        pytest.param({"status": 404}, True, id="404"),
        pytest.param({"status": 404, **BODIES["page"]}, True, id="404 as a page"),
        pytest.param({"status": 422, **BODIES["message"]}, True, id="422 about something"),
        pytest.param({"status": 422}, True, id="422 about nothing"),
        pytest.param(
            {"status": 422, "json": {"message": "Progress is 85%."}}, False, id="422 about progress"
        ),
        pytest.param({"status": 422, **BODIES["page"]}, False, id="422 as a page"),
        pytest.param({"status": 410}, False, id="410"),
        pytest.param({"status": 201}, False, id="201"),
    ],
)
def test_when_an_item_is_unknown(given, unknown):
    assert is_item_unknown(Answer(**given)) is unknown


def test_nothing_is_known_of_an_item_without_an_answer():
    assert not is_item_unknown(Failure(detail="x", may_be_done=True))
    assert not is_call_gone(Failure(detail="x", may_be_done=True))


@pytest.mark.parametrize(
    ("status", "gone"), [(404, True), (405, True), (410, True), (422, False), (500, False)]
)
def test_when_a_call_may_be_gone(status, gone):
    assert is_call_gone(Answer(status=status)) is gone
