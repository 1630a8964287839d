from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.progress import LONGEST_MS, is_noise, length_of, percent
from crosswatch.errors import ProgressUnknownError

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("offset_ms", "duration_ms", "progress"),
    [
        pytest.param(0, HOUR, 0.0, id="the beginning"),
        pytest.param(1_200_000, HOUR, 33.33, id="two decimals"),
        pytest.param(HOUR, HOUR, 100.0, id="the end"),
        pytest.param(HOUR + 400, HOUR, 100.0, id="past the end"),
        pytest.param(-1, HOUR, 0.0, id="before the beginning"),
    ],
)
def test_a_position_in_percent(offset_ms, duration_ms, progress):
    assert percent(offset_ms, duration_ms) == progress


@pytest.mark.parametrize("duration_ms", [None, 0, -1])
def test_without_a_length_there_is_no_percentage(duration_ms):
    with pytest.raises(ProgressUnknownError, match="unknown"):
        percent(1_000, duration_ms)


@pytest.mark.parametrize(
    ("offset_ms", "duration_ms", "noise"),
    [
        pytest.param(HOUR * 1.05, HOUR, False, id="a little over"),
        pytest.param(HOUR * 1.05 + 1, HOUR, True, id="too far over"),
        pytest.param(-1, None, True, id="negative"),
        pytest.param(LONGEST_MS, None, False, id="of nobody knows what"),
        pytest.param(LONGEST_MS + 1, None, True, id="of nothing there is"),
        pytest.param(LONGEST_MS, 0, False, id="a length of zero is none"),
    ],
)
def test_what_cannot_be_a_position_is_noise(offset_ms, duration_ms, noise):
    assert is_noise(offset_ms, duration_ms) is noise


@pytest.mark.parametrize(
    ("duration_ms", "length"),
    [
        pytest.param(HOUR, timedelta(hours=1), id="an hour"),
        pytest.param(None, timedelta(0), id="unknown"),
        pytest.param(0, timedelta(0), id="zero"),
        pytest.param(-5, timedelta(0), id="negative"),
        pytest.param(10**18, timedelta(0), id="absurd"),
    ],
)
def test_a_length_is_one_or_none(duration_ms, length):
    assert length_of(duration_ms) == length


@given(st.integers(), st.integers(1, LONGEST_MS))
def test_progress_is_between_nothing_and_everything(offset_ms, duration_ms):
    assert 0.0 <= percent(offset_ms, duration_ms) <= 100.0
