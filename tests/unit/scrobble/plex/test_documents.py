from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import MAX_DEPTH, parse_document, parse_json
from fakes.plex_recordings import recorded_bytes


def test_xml_and_json_have_one_shape():
    xml = parse_document(recorded_bytes("metadata/02-movie.xml"))
    (video,) = xml["Metadata"]
    assert video["ratingKey"] == "1357"
    assert [entry["id"] for entry in video["Guid"]] == ["imdb://tt0133093", "tmdb://603", "tvdb://169"]
    assert video["Media"][0]["Part"][0]["file"] == "/media/Movies/1357.mkv"
    assert set(video) <= set(parse_document(recorded_bytes("metadata/01-movie.json"))["Metadata"][0])


def test_items_of_every_kind_are_in_one_list_in_their_order():
    body = b"<MediaContainer><Video a='1'/><Track a='2'/><Directory a='3'/><Photo a='4'/></MediaContainer>"
    assert [item["a"] for item in parse_document(body)["Metadata"]] == ["1", "2", "3", "4"]


def test_an_attribute_is_not_overwritten_by_an_element_of_its_name():
    assert parse_document(b"<MediaContainer Guid='x'><Guid id='1'/></MediaContainer>") == {"Guid": "x"}


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><MediaContainer t="&b;"/>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><MediaContainer>&a;</MediaContainer>'


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"", "The text is not JSON", id="empty"),
        pytest.param(b"hello", "The text is not JSON", id="plain text"),
        pytest.param(b"[]", "The answer has no MediaContainer", id="a list"),
        pytest.param(
            b'{"MediaContainer":[]}', "The answer has no MediaContainer", id="a list for a container"
        ),
        pytest.param(b'{"a":1}', "The answer has no MediaContainer", id="another object"),
        pytest.param(b'{"MediaContainer":', "The text is not JSON", id="cut off"),
        pytest.param(b"[" * 100_000, "The JSON is nested too deeply", id="deep JSON"),
        pytest.param(recorded_bytes("metadata/23-404.xml"), "The answer is a page", id="the page of a 404"),
        pytest.param(recorded_bytes("metadata/24-401.xml"), "The answer is a page", id="the page of a 401"),
        pytest.param(b"<!DOCTYPE html><html></html>", "The answer is a page", id="a modern page"),
        pytest.param(b"<MediaContainer><Video", "The answer is not XML", id="cut off XML"),
        pytest.param(b"<MediaContainer/><x/>", "The answer is not XML", id="two roots"),
        pytest.param(b"<", "The answer is not XML", id="hardly XML"),
        pytest.param(b"<!-- nothing -->", "The answer is not XML", id="only a comment"),
        pytest.param(b"<MediaContainer t='\xff'/>", "The answer is not XML", id="XML not in UTF-8"),
        pytest.param(b"<MediaContainer>" + b"<a>" * MAX_DEPTH, "The XML is nested too deeply", id="deep XML"),
        pytest.param(BOMB, "The answer is a page or carries a document type", id="entities that expand"),
        pytest.param(OUTSIDE, "The answer is a page or carries a document type", id="an entity from outside"),
    ],
)
def test_what_is_no_answer_of_plex_says_why(body, problem):
    with pytest.raises(PayloadError, match=problem):
        parse_document(body)


def test_a_byte_order_mark_and_blanks_do_no_harm():
    assert parse_document(b'\xef\xbb\xbf \n{"MediaContainer":{"size":0}}') == {"size": 0}


def test_a_declared_encoding_other_than_plex_writes_is_not_believed():
    body = '<?xml version="1.0" encoding="latin-1"?><MediaContainer t="é"/>'.encode()
    assert parse_document(body) == {"t": "é"}


@given(st.binary(max_size=200) | st.binary(max_size=100).map(b"<MediaContainer>".__add__))
def test_no_bytes_break_the_parser(body):
    with contextlib.suppress(PayloadError):
        assert isinstance(parse_document(body), dict)


def test_json_is_read_as_it_is():
    assert parse_json(json.dumps({"a": [1]})) == {"a": [1]}
