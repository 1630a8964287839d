from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.retry import FIRST_WAIT_S, LONGEST_WAIT_S, backoff_s


@pytest.mark.parametrize(
    ("attempts", "jitter", "wait_s"),
    [
        pytest.param(1, 1.0, 2.0, id="the first"),
        pytest.param(1, 0.0, 1.0, id="the first, at the earliest"),
        pytest.param(2, 1.0, 4.0, id="the second"),
        pytest.param(9, 1.0, 512.0, id="the ninth"),
        pytest.param(10, 1.0, LONGEST_WAIT_S, id="the tenth"),
        pytest.param(10_000, 1.0, LONGEST_WAIT_S, id="the last ever"),
    ],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(attempts, jitter, wait_s):
    assert backoff_s(attempts, lambda: jitter) == wait_s


def test_the_wait_is_never_shorter_than_what_was_asked():
    assert backoff_s(1, lambda: 0.5, asked_s=120.0) == 120.0
    assert backoff_s(9, lambda: 1.0, asked_s=1.0) == 512.0


@given(st.integers(1, 100_000), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 10_000)))
def test_the_wait_is_never_nothing(attempts, jitter, asked_s):
    wait_s = backoff_s(attempts, lambda: jitter, asked_s=asked_s)
    assert wait_s >= max(FIRST_WAIT_S / 2, asked_s or 0.0)
    assert wait_s <= max(LONGEST_WAIT_S, asked_s or 0.0)
