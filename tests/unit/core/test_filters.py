"""When two spellings of a name are one, and two accounts one person."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Account
from crosswatch.core.filters import fold, is_same_person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("  aLiCe ", "Alice", id="case and blanks around it"),
        pytest.param("STRASSE", "straße", id="folded, not lowered"),
        pytest.param("\uff41\uff4cICE", "alice", id="wide letters"),
        pytest.param("Zo\u0065\u0308", "Zo\u00eb", id="accents in two ways"),
    ],
)
def test_two_spellings_of_one_name(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("alicé", "alice", id="accents are not stripped"),
        pytest.param("ali ce", "alice", id="blanks within are not stripped"),
        pytest.param("a.lice", "alice", id="dots are not stripped"),
    ],
)
def test_two_names(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param(Account(id=1, name="a"), Account(id=1, name="b"), True, id="one number"),
        pytest.param(Account(id=1, name="a"), Account(id=2, name="a"), False, id="namesakes"),
        pytest.param(Account(name="Ann"), Account(id=2, name="ann"), True, id="one has no number"),
        pytest.param(Account(name="Ann"), Account(name="ann"), True, id="none has a number"),
        pytest.param(Account(name="Ann"), Account(id=2), False, id="one has no name"),
        pytest.param(Account(), Account(), False, id="nobody is not nobody"),
    ],
)
def test_who_is_the_same_person(one, other, is_same):
    assert is_same_person(one, other) is is_same
    assert is_same_person(other, one) is is_same


@given(st.text(max_size=12), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_name_is_the_same_however_its_letters_are_put_together(name, form):
    assert fold(unicodedata.normalize(form, name)) == fold(name)
