from __future__ import annotations

import pytest

from crosswatch.providers.scrobble.plex.values import (
    child_of,
    children_of,
    int_of,
    is_set,
    rating_key_of,
    text_of,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(" a ", "a"), (5, "5"), (0, "0"), (None, ""), (True, ""), ([], ""), (1.5, "")],
    ids=repr,
)
def test_texts_and_whole_numbers_are_texts(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (" 5 ", 5),
        ("5.0", 5),
        (64000.0, 64000),
        (0, 0),
        (-1, None),
        (True, None),
        ("5.5", None),
        ("1_000", None),
        ("\N{ARABIC-INDIC DIGIT FIVE}", None),
        ("", None),
        (None, None),
        ({}, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**30, None),
        ("9" * 5000, None),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_number_is_whole_and_within_reason_or_none(value, number):
    assert int_of(value) == number


def test_a_number_below_the_least_is_none():
    assert int_of("0", least=1) is None


@pytest.mark.parametrize(
    ("value", "answer"),
    [("1", True), (1, True), (True, True), ("true", True), ("0", False), (False, False), (None, False)],
    ids=repr,
)
def test_a_flag_is_on_in_all_its_spellings(value, answer):
    assert is_set(value) is answer


@pytest.mark.parametrize(
    ("value", "count"),
    [([{"a": 1}, None, "x", {"b": 2}], 2), ({"a": 1}, 1), ("x", 0), (None, 0)],
    ids=["a list with rubbish", "a single one", "no element", "none"],
)
def test_elements_are_found_in_every_shape(value, count):
    assert len(children_of({"Thing": value}, "Thing")) == count
    assert child_of({"Thing": value}, "Thing") == ({"a": 1} if count else {})


@pytest.mark.parametrize(
    ("item", "key"),
    [
        pytest.param({"ratingKey": "9723"}, "9723", id="its own attribute"),
        pytest.param({"ratingKey": 9723}, "9723", id="a number"),
        pytest.param({"ratingKey": "/library/metadata/9723"}, "9723", id="a path in the attribute"),
        pytest.param({"key": "/library/metadata/9723"}, "9723", id="only the path"),
        pytest.param({"key": "/library/metadata/147960/children"}, "147960", id="a path below"),
        pytest.param({"key": "/livetv/sessions/1"}, "", id="another root"),
        pytest.param({"ratingKey": "", "key": ""}, "", id="none"),
    ],
)
def test_the_key_of_an_item_is_found(item, key):
    assert rating_key_of(item) == key
