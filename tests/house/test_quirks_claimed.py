"""Every quirk of Plex that the protocol notes list is held down by a test that says so in its name."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
QUIRKS = range(1, 41)
NAMED = re.compile(r"^\s*(?:async )?def test_q(\d+)_", re.MULTILINE)

ELSEWHERE = {
    31: "issue 4: one file that holds several episodes",
    34: "issue 5: webhooks without offset or length",
    40: "issue 4: filters by library",
}
"""Quirks of later issues; whoever builds those takes the line out."""


def test_every_quirk_is_claimed_by_the_name_of_a_test():
    found = {int(number) for path in TESTS.rglob("test_*.py") for number in NAMED.findall(path.read_text())}
    assert sorted(found | set(ELSEWHERE)) == list(QUIRKS)
    assert found.isdisjoint(ELSEWHERE)
