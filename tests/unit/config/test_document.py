from __future__ import annotations

import pytest

from crosswatch.config.document import DEEPEST_NESTING, decode_document, encode_document
from crosswatch.errors import ConfigError


def test_what_is_written_reads_back_with_key_order_and_unknown_keys():
    document = {"z": 1, "a": {"née": "Amélie ✓", "mine": [1, 2.5, None, True]}, "plex": {}}
    again = decode_document(encode_document(document))
    assert again == document
    assert list(again) == ["z", "a", "plex"]


def test_a_byte_order_mark_is_not_an_error():
    assert decode_document(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("data", "line", "column", "says"),
    [
        pytest.param(b'{\n  "a": 1,\n  "b" 2\n}', 3, 7, "delimiter", id="a colon is missing"),
        pytest.param(b'{\n  "a": 1,\n}', 3, 1, "comma too many", id="a comma too many"),
        pytest.param(b'{\n  // mine\n  "a": 1\n}', 2, 3, "comments", id="a comment"),
        pytest.param(b'{"a": 1 // mine\n}', 1, 9, "comments", id="a comment behind a value"),
        pytest.param(b"", 1, 1, "nothing", id="nothing at all"),
        pytest.param(b'{"a": "\xff"}', 1, 8, "UTF-8", id="another encoding"),
        pytest.param(b'{"a": 1} {"b": 2}', 1, 10, "extra data", id="two documents"),
    ],
)
def test_what_is_not_json_is_refused_with_line_and_column(data, line, column, says):
    with pytest.raises(ConfigError, match=says) as caught:
        decode_document(data)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"[]", "one JSON object", id="a list"),
        pytest.param(b'"x"', "one JSON object", id="a text"),
        pytest.param(b'{"a": NaN}', "NaN", id="not a number"),
        pytest.param(b'{"a": 1e999}', "too large", id="an endless number"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "number", id="a number of 5,000 digits"),
        pytest.param(b'{"a": "\\ud800"}', "half", id="half a character"),
        pytest.param(b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "deeper", id="nested a hundred deep"),
        pytest.param(b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "deeper", id="nested without end"),
        pytest.param(b" " * (1024 * 1024 + 1), "larger", id="more than a mebibyte"),
    ],
)
def test_json_that_cannot_be_a_configuration_is_refused(data, says):
    with pytest.raises(ConfigError, match=says):
        decode_document(data)


def test_the_deepest_allowed_nesting_is_allowed():
    depth = DEEPEST_NESTING - 2
    assert decode_document(b'{"a": ' + b"[" * depth + b"]" * depth + b"}")


def test_the_reason_never_quotes_the_text():
    with pytest.raises(ConfigError) as caught:
        decode_document(b'{"plex": {"account_token": "canary-1234\n"}}')
    assert "canary" not in str(caught.value)
