"""The table of a session is total, and says what the hand-over says."""

from __future__ import annotations

import itertools

import pytest

from crosswatch.core.events import ScrobbleAction
from crosswatch.core.session import TRANSITIONS, SessionState, Signal


def test_the_table_has_a_cell_for_every_state_and_signal():
    assert set(TRANSITIONS) == set(itertools.product(SessionState, Signal))
    assert len(TRANSITIONS) == 12


@pytest.mark.parametrize("signal", Signal)
def test_an_ended_session_stays_ended_and_silent(signal):
    assert TRANSITIONS[SessionState.ENDED, signal] == (SessionState.ENDED, None)


@pytest.mark.parametrize("state", SessionState)
def test_what_has_been_told_is_not_told_again(state):
    for signal in Signal:
        told, _ = TRANSITIONS[state, signal]
        assert TRANSITIONS[told, signal][1] is None


@pytest.mark.parametrize("state", [SessionState.PLAYING, SessionState.PAUSED])
def test_a_stop_is_told_only_of_what_was_told_before(state):
    assert TRANSITIONS[state, Signal.STOPPED] == (SessionState.ENDED, ScrobbleAction.STOP)
    assert TRANSITIONS[SessionState.NEW, Signal.STOPPED][1] is None
