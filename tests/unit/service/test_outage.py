from __future__ import annotations

import logging

import pytest

from crosswatch.errors import SourceUnavailableError
from crosswatch.service.outage import Outage

BUSY, GONE = SourceUnavailableError("busy"), SourceUnavailableError("gone")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([None, None], [], id="all is well"),
        pytest.param([BUSY] * 3, ["cannot list: busy"], id="said once"),
        pytest.param(
            [BUSY, BUSY, None, None],
            ["cannot list: busy", "can list again; it failed 2 times"],
            id="and its end",
        ),
        pytest.param([BUSY, GONE, GONE], ["cannot list: busy", "cannot list: gone"], id="another cause"),
        pytest.param([BUSY, None, BUSY], ["busy", "again", "busy"], id="anew"),
    ],
)
def test_what_a_server_does_not_answer_is_said_when_that_changes(caplog, answers, expected):
    caplog.set_level(logging.INFO)
    outage = Outage("plex.list", "list")
    for answer in answers:
        outage.note(answer) if answer else outage.end()
    assert len(caplog.messages) == len(expected)
    assert all(part in message for part, message in zip(expected, caplog.messages, strict=True))
