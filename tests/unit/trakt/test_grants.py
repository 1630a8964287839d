from __future__ import annotations

import pytest

from crosswatch.core.outcomes import Hold, Retry
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure
from crosswatch.providers.scrobble.trakt.grants import (
    classify_grant,
    is_app_refused,
    is_grant_refused,
    oauth_error,
)


@pytest.mark.parametrize("name", ["oauth-refresh-400-invalid-grant", "oauth-refresh-401-invalid-grant-old"])
def test_a_refresh_token_is_refused_in_two_forms(recorded, name):
    assert is_grant_refused(recorded(name))
    assert not is_app_refused(recorded(name))


def test_a_deleted_app_is_told_from_a_refused_token(recorded):
    answer = recorded("oauth-token-400-invalid-client")
    assert is_app_refused(answer)
    assert not is_grant_refused(answer)
    assert classify_grant(answer).reason is Reason.APP_REFUSED
    assert "VIP" in classify_grant(answer).detail


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        pytest.param(Failure(detail="x", may_be_done=False), Retry, Reason.TRAKT_DOWN, id="unreachable"),
        pytest.param(Failure(detail="x", may_be_done=True), Retry, Reason.TRAKT_DOWN, id="lost"),
        pytest.param(Answer(status=503), Retry, Reason.TRAKT_DOWN, id="overloaded"),
        pytest.param(
            Answer(status=429, headers={"retry-after": "9"}), Retry, Reason.RATE_LIMITED, id="too fast"
        ),
        pytest.param(Answer(status=403), Hold, Reason.APP_REFUSED, id="app not accepted"),
        pytest.param(Answer(status=403, text="<html>"), Retry, Reason.TRAKT_DOWN, id="firewall"),
        pytest.param(Answer(status=400), Retry, Reason.TRAKT_DOWN, id="400 without a word"),
        pytest.param(Answer(status=401), Retry, Reason.TRAKT_DOWN, id="401 without a word"),
        pytest.param(Answer(status=404), Retry, Reason.TRAKT_DOWN, id="no such address"),
        pytest.param(Answer(status=200, text="<html>"), Retry, Reason.TRAKT_DOWN, id="page for an answer"),
        pytest.param(Answer(status=200, json={}, text="{}"), Retry, Reason.TRAKT_DOWN, id="no tokens in it"),
        pytest.param(Answer(status=423), Hold, Reason.ACCOUNT_LOCKED, id="locked"),
        pytest.param(
            Answer(status=400, json={"error": "invalid_request"}),
            Hold,
            Reason.LINK_EXPIRED,
            id="wrong redirect_uri",
        ),
    ],
)
def test_a_renewal_without_tokens_has_an_outcome(reply, kind, reason):
    outcome = classify_grant(reply)
    assert (type(outcome), outcome.reason) == (kind, reason)


def test_every_status_of_a_renewal_has_an_outcome():
    for status in range(100, 600):
        assert isinstance(classify_grant(Answer(status=status)), Retry | Hold)


@pytest.mark.parametrize("json", [None, [], {"error": 5}, {}], ids=str)
def test_no_error_is_named(json):
    assert oauth_error(Answer(status=400, json=json)) == ""
