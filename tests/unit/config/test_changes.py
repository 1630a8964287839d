from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.config.changes import MISSING, Change, differences, put_at, take_back, value_at
from crosswatch.config.schema import path_of
from crosswatch.errors import ConflictError

NAMES = st.sampled_from(["plex", "token", "servers", "name"])
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, [("a.c", MISSING, 2)]),
        ({"a": 1}, {}, [("a", 1, MISSING)]),
        ({}, {"a": {"b": 1, "c": 2}}, [("a.b", MISSING, 1), ("a.c", MISSING, 2)]),
        ({"a": [1]}, {"a": [1, 2]}, [("a", [1], [1, 2])]),
        ({"s": [{"n": 1}]}, {"s": [{"n": 2}]}, [("s[0].n", 1, 2)]),
        ({"s": [{"n": 1}]}, {"s": []}, [("s", [{"n": 1}], [])]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
    ],
)
def test_each_difference_is_told_once(before, after, told):
    found = differences(before, after)
    assert [(change.key, change.before, change.after) for change in found] == told


@given(DOCUMENTS, DOCUMENTS)
def test_what_was_changed_can_be_taken_back(before, after):
    document = copy.deepcopy(after)
    take_back(document, differences(before, after))
    assert differences(document, before) == () or _without_empty(document) == _without_empty(before)


def _without_empty(value):
    """An object that only a change has made stays behind, empty."""
    if isinstance(value, dict):
        kept = {name: _without_empty(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner != {}}
    return [_without_empty(inner) for inner in value] if isinstance(value, list) else value


def test_nothing_is_taken_back_where_one_value_was_changed_again():
    document = {"a": 2, "b": 9}
    changes = (Change(key="a", before=1, after=2), Change(key="b", before=1, after=2))
    with pytest.raises(ConflictError) as refused:
        take_back(document, changes)
    assert refused.value.key == "b"
    assert document == {"a": 2, "b": 9}


@pytest.mark.parametrize(
    ("document", "key", "value", "after"),
    [
        ({}, "a.b.c", 1, {"a": {"b": {"c": 1}}}),
        ({"a": None}, "a.b", 1, {"a": {"b": 1}}),
        ({}, "servers[0].name", "Den", {"servers": [{"name": "Den"}]}),
        (
            {"servers": [{"name": "Den"}]},
            "servers[1].name",
            "Attic",
            {"servers": [{"name": "Den"}, {"name": "Attic"}]},
        ),
        ({"a": {"b": 1}}, "a.b", MISSING, {"a": {}}),
        ({}, "a.b", MISSING, {}),
    ],
)
def test_a_value_is_put_where_it_belongs(document, key, value, after):
    put_at(document, path_of(key), value)
    assert document == after
    assert value_at(document, path_of(key)) == value
