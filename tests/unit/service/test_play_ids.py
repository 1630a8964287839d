from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crosswatch.service.play_ids import ALPHABET, RANDOM_DIGITS, TIME_DIGITS, new_play_id
from fakes.plays import NOW


def test_an_identity_is_short_and_made_of_digits_that_nobody_confuses():
    identity = new_play_id(NOW)
    assert len(identity) == TIME_DIGITS + RANDOM_DIGITS
    assert set(identity) <= set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)


def test_no_two_of_one_moment_are_equal():
    assert len({new_play_id(NOW) for _ in range(5_000)}) == 5_000


@given(st.integers(1, 10**11))
def test_the_earlier_viewing_has_the_smaller_identity(later_ms):
    assert new_play_id(NOW) < new_play_id(NOW + timedelta(milliseconds=later_ms))
