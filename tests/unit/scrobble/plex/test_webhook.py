from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import parse_json
from crosswatch.providers.scrobble.plex.webhook import is_authentic, payload_of
from crosswatch.providers.scrobble.scrobble import from_plex_webhook
from crosswatch.simulator.plex.webhooks import multipart
from fakes.mutated import BODIES, MULTIPART, TYPES, requests

PAYLOAD = {"event": "media.play", "Metadata": {"type": "movie", "title": "Amélie & co; 100 %"}}
TEXT = json.dumps(PAYLOAD, ensure_ascii=False)
FORM = "application/x-www-form-urlencoded"


def payload_in(body, content_type):
    return parse_json(payload_of(body, content_type))


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize("found", BODIES, ids=MULTIPART)
def test_the_payload_of_a_recorded_delivery_is_found_as_a_field_and_as_a_file(found):
    payload = payload_in(found["body"].encode(), found["headers"]["Content-Type"])
    assert payload["Metadata"]["grandparentTitle"] == "Bluey"


@pytest.mark.parametrize("file_name", [False, True], ids=["field", "file"])
@pytest.mark.parametrize(
    "thumb",
    [None, b"\xff\xd8 a picture", b"\r\n--", b"\r\n------------------------example", bytes(range(256)) * 40],
    ids=["no picture", "picture", "dashes", "half a boundary", "every byte"],
)
def test_whatever_picture_goes_with_it_the_payload_is_the_same(file_name, thumb):
    assert payload_in(*multipart(TEXT, file_name=file_name, thumb=thumb)) == PAYLOAD


def test_a_picture_that_is_cut_off_costs_no_payload():
    body, kind = multipart(TEXT, file_name=True, thumb=bytes(5_000))
    assert payload_in(body[:-3_000], kind) == PAYLOAD


def test_the_picture_may_come_first():
    body = (
        f'--b\r\nContent-Disposition: form-data; name="thumb"; filename="payload"\r\n\r\nXX\r\n'
        f"--b\r\ncontent-disposition:form-data;name=payload\r\n\r\n{TEXT}\r\n--b--\r\n"
    )
    assert payload_in(body.encode(), "Multipart/Form-Data; charset=x; boundary=b") == PAYLOAD


SHAPES = {
    "JSON": (TEXT.encode(), "application/json"),
    "JSON with a charset": (TEXT.encode(), "application/json; charset=UTF-8"),
    "JSON with a mark at its beginning": (b"\xef\xbb\xbf" + TEXT.encode(), "application/json"),
    "JSON of no type": (TEXT.encode(), ""),
    "JSON that curl calls a form": (b"\n " + TEXT.encode(), FORM),
    "a form": (urlencode({"payload": TEXT}).encode(), FORM),
    "a form with other fields": (f"a=1&payload={quote(TEXT)}&payload=2".encode(), f"{FORM}; charset=utf-8"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_payload_may_come_in_many_shapes(shape):
    assert payload_in(*SHAPES[shape]) == PAYLOAD


MISTAKES = {
    "multipart without a boundary": (b"--b\r\n", "multipart/form-data", "names no boundary"),
    "a boundary that is too long": (b"", f"multipart/form-data; boundary={'b' * 300}", "not multipart"),
    "another boundary": (b"--a\r\n\r\nx\r\n--a--", "multipart/form-data; boundary=b", "is not multipart"),
    "no part of the name": (
        b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
        "has no part payload",
    ),
    "a part that is cut off": (
        b'--b\r\nContent-Disposition: form-data; name="payload"\r\n\r\n{"event',
        "multipart/form-data; boundary=b",
        "has no part payload",
    ),
    "a form without the field": (b"a=1", FORM, "has no field payload"),
    "an empty form": (b"", FORM, "has no field payload"),
    "a form that is no text": (b"payload=\xff", FORM, "cannot be read"),
    "a form whose text is none": (b"payload=%FF", FORM, "cannot be read"),
    "a form of too many fields": (b"&".join([b"a=1"] * 50), FORM, "cannot be read"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_body_without_a_payload_is_told_what_is_wrong_with_it(mistake):
    body, kind, said = MISTAKES[mistake]
    with pytest.raises(PayloadError, match=said):
        payload_of(body, kind)


# ---------------------------------------------------------------- who may send


def signature(secret, body):
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha1).digest()).decode()


BODY = b"--raw \xff bytes"
SIGNED = signature("s3cret", BODY)

SENDERS = {
    "no secret is set": ([], None, None, True),
    "neither token nor signature": (["s3cret"], None, None, False),
    "an empty token": (["s3cret"], "", None, False),
    "the token": (["s3cret"], "s3cret", None, True),
    "the token of another server": (["other", "s3cret"], "s3cret", None, True),
    "a token that begins right": (["s3cret"], "s3cre", None, False),
    "a token in capitals": (["s3cret"], "S3CRET", None, False),
    "a token beyond ASCII": (["gehëim"], "gehëim", None, True),
    "the signature": (["s3cret"], None, SIGNED, True),
    "the signature between blanks": (["s3cret"], None, f" {SIGNED} ", True),
    "the signature of another body": (["s3cret"], None, signature("s3cret", b"x"), False),
    "a signature by another secret": (["s3cret"], None, signature("guess", BODY), False),
    "an empty signature": (["s3cret"], None, "", False),
    "the secret as signature": (["s3cret"], None, "s3cret", False),
    "a wrong token beside a right signature": (["s3cret"], "guess", SIGNED, True),
}


@pytest.mark.parametrize("sender", SENDERS)
def test_whoever_knows_a_secret_may_send(sender):
    secrets, token, signed, expected = SENDERS[sender]
    assert is_authentic(secrets, token=token, signature=signed, body=BODY) is expected


def test_before_the_body_is_read_no_signature_counts():
    assert not is_authentic(["s3cret"], token=None, signature=SIGNED, body=None)
    assert is_authentic(["s3cret"], token="s3cret", signature=None, body=None)


# ---------------------------------------------------------------- whatever comes


def read(body, content_type):
    with contextlib.suppress(PayloadError):
        from_plex_webhook(parse_json(payload_of(body, content_type)))


@settings(max_examples=2_000, deadline=None)
@given(requests())
def test_whatever_comes_is_a_fact_or_a_payload_error(request):
    read(*request)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300), TYPES)
def test_rubbish_is_a_payload_error(body, content_type):
    read(body, content_type)


@pytest.mark.fuzz
@settings(max_examples=10_000, deadline=None)
@given(requests())
def test_ten_thousand_broken_deliveries_are_facts_or_payload_errors(request):
    read(*request)
