from __future__ import annotations

import time

import pytest

from crosswatch.config.redaction import REDACTED, Redactor


@pytest.mark.parametrize(
    "text",
    [
        "GET /:/websockets/notifications?X-Plex-Token=CANARY&x=1",
        "GET /x?X-Plex-Token%3DCANARY",
        "{'X-Plex-Token': 'CANARY', 'Accept': 'x'}",
        "X-Plex-Token: CANARY",
        "Authorization: Bearer CANARY",
        "{'Authorization': 'Bearer CANARY'}",
        '"authorization": "CANARY"',
        "Bearer CANARY",
        '{"access_token":"CANARY","x":1}',
        '{"refresh_token": "CANARY"}',
        "{'client_secret': 'CANARY'}",
        '{"code": "CANARY"}',
        '{"device_code": "CANARY"}',
        '{"authToken": "CANARY"}',
        r"{\"access_token\":\"CANARY\"}",
        "POST /webhook/trakt?token=CANARY HTTP/1.1",
        "http://x/cb?code=CANARY&state=1",
        "password=CANARY",
        "account_token=CANARY, more",
        "postgresql://me:CANARY@db/x",
        "api_key=CANARY",
    ],
)
def test_a_secret_is_taken_out_of_every_shape_in_which_it_travels(text):
    clean = Redactor()(text)
    assert "CANARY" not in clean
    assert REDACTED in clean


@pytest.mark.parametrize(
    "text",
    [
        "stop Slow Horses S05E01 92% → 201",
        "Trakt answered code=404",
        '{"code": 404, "type": "episode"}',
        "token_type=bearer",
        "http://192.168.1.20:32400/status/sessions",
        "the token ends at 12:00",
        "wss://den:32400/path@2x",
    ],
)
def test_an_ordinary_line_stays_as_it_is(text):
    assert Redactor()(text) == text


@pytest.mark.parametrize("piece", ["a-", "a", "x://", "access_", "token ", '"code', "://a:", "bearer "])
def test_a_long_text_takes_time_in_proportion_to_its_length(piece):
    redact = Redactor(lambda: frozenset({"s3cr3t"}))
    started = time.perf_counter()
    redact(piece * (40_000 // len(piece)))
    assert time.perf_counter() - started < 2.0


def test_a_known_secret_is_taken_out_wherever_it_stands():
    redact = Redactor(lambda: frozenset({"s3cr3t", "s3cr3t-and-more", "a.b*c"}))
    assert redact("<s3cr3t> s3cr3t-and-more a.b*c aXbbc") == f"<{REDACTED}> {REDACTED} {REDACTED} aXbbc"


def test_a_secret_that_was_replaced_is_still_taken_out():
    secrets = [frozenset({"old-token"})]
    redact = Redactor(lambda: secrets[-1])
    redact("")
    secrets.append(frozenset({"new-token"}))
    assert redact("old-token new-token") == f"{REDACTED} {REDACTED}"
