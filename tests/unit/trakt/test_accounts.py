from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.config.model import parse_settings
from crosswatch.providers.scrobble.trakt.accounts import (
    Pair,
    account_names,
    pair_of,
    parse_pair,
    stored_refresh_token,
    write_pair,
)

WEEK = 604_800
MADE = datetime(2026, 11, 1, tzinfo=UTC)


def pair(**given):
    return Pair(**{"access_token": "access", "refresh_token": "refresh", **given})


def test_a_token_is_renewed_at_half_of_its_life():
    known = pair(created_at=MADE.timestamp(), expires_in=WEEK)
    assert known.renew_at == MADE + timedelta(days=3.5)
    assert known.ends_at == MADE + timedelta(days=7)
    assert not known.is_due(MADE + timedelta(days=3))
    assert known.is_due(MADE + timedelta(days=4))
    assert not known.is_over(MADE + timedelta(days=4))
    assert known.is_over(MADE + timedelta(days=7))


def test_a_token_of_which_only_the_end_is_known_is_renewed_half_a_day_before():
    known = pair(expires_at=MADE.timestamp())
    assert known.renew_at == MADE - timedelta(hours=12)


def test_a_token_of_which_nothing_is_known_is_neither_due_nor_over():
    assert not pair().is_due(MADE)
    assert not pair().is_over(MADE)


def test_tokens_are_not_shown():
    assert "access" not in repr(pair())
    assert "refresh" not in repr(pair())


@pytest.mark.parametrize("name", ["oauth-device-token-200", "oauth-refresh-200"])
def test_the_recorded_answers_hold_a_pair(recorded, name):
    body = recorded(name).json
    found = parse_pair(body, MADE)
    assert (found.access_token, found.refresh_token) == (body["access_token"], body["refresh_token"])
    assert found.expires_at == body["created_at"] + body["expires_in"]


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"access_token": "a"}, {"access_token": "a", "refresh_token": " "}, {"access_token": 5}],
    ids=str,
)
def test_an_answer_without_both_tokens_holds_no_pair(body):
    assert parse_pair(body, MADE) is None


@pytest.mark.parametrize("figure", [None, 0, -5, "soon", 10**30, True, 1.5], ids=str)
def test_figures_that_make_no_sense_count_as_unknown(figure):
    body = {"access_token": "a", "refresh_token": "r", "created_at": figure, "expires_in": figure}
    found = parse_pair(body, MADE)
    assert (found.created_at, found.expires_in, found.expires_at) == (MADE.timestamp(), 0, 0)


@pytest.mark.parametrize("name", ["default", "kids"])
def test_what_is_written_is_read_again_and_unknown_keys_stay(name):
    place = {"access_token": "old", "refresh_token": "spent", "note": "mine"}
    document = {"auth": {"trakt": dict(place)}, "accounts": {"kids": dict(place)}}
    fresh = pair(created_at=MADE.timestamp(), expires_in=WEEK, expires_at=MADE.timestamp() + WEEK)
    assert stored_refresh_token(document, name) == "spent"
    write_pair(document, name, fresh)
    assert pair_of(parse_settings(document), name) == fresh
    kept = document["auth"]["trakt"] if name == "default" else document["accounts"]["kids"]
    assert kept["note"] == "mine"


@pytest.mark.parametrize("name", ["default", "kids"])
def test_a_first_pair_is_written_into_an_empty_document(name):
    document = {}
    write_pair(document, name, pair())
    assert account_names(parse_settings(document)) == [name]


@pytest.mark.parametrize("document", [{}, {"auth": {}}, {"auth": {"trakt": {}}}], ids=str)
def test_an_account_without_tokens_is_none(document):
    assert pair_of(parse_settings(document), "default") is None
    assert pair_of(parse_settings(document), "kids") is None
    assert stored_refresh_token(document, "default") == ""
