from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.health.words import size_words, span_words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=8.4), "8 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=3, seconds=59), "3 minutes"),
        (timedelta(hours=26), "26 hours"),
        (timedelta(hours=50), "2 days"),
    ],
)
def test_a_span_is_as_exact_as_it_matters(span, words):
    assert span_words(span) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 kB"), (81_920, "82 kB"), (512_400_000, "512 MB"), (3_440_000_000, "3.4 GB")]
)
def test_room_is_counted_as_disks_are_sold(count, words):
    assert size_words(count) == words
