from __future__ import annotations

import pytest

from fakes.viewing import Stage


@pytest.fixture
def stage():
    return Stage()


def test_a_player_that_buffers_first_starts_when_it_plays_and_not_before_its_position_is_known(stage):
    stage.frame("buffering", 0).answer().after(0.3).frame("buffering", 0)
    assert stage.actions == []
    stage.after(0.3).frame("playing", 0).after(10).frame("playing", 10)
    assert stage.told == [("start", "9723", 0.0)]


def test_a_player_that_buffers_first_on_resuming_starts_where_it_resumes(stage):
    stage.frame("buffering", 0).answer().after(4).frame("playing", 3_492)
    assert stage.told == [("start", "9723", pytest.approx(50.0, abs=0.1))]


def test_a_player_that_only_ever_buffered_still_comes_to_an_end(stage):
    stage.frame("buffering", 0).answer().after(2).frame("stopped", 0)
    assert stage.actions == ["start", "stop"]
