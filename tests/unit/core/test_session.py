"""What the tracker never asks of a session, and what it may rely on all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import PlayerState, PlayId
from crosswatch.core.facts import Binding, Notification
from crosswatch.core.session import Session, restored
from fakes.plays import at, full_play, make_play
from fakes.viewing import ALICE, ARRIVAL

BOUND = Binding(account=ALICE, media=ARRIVAL)


def make_session(**changes):
    given = {"server": "den", "session_key": "1", "item": "9723", "started_at": at(0), "last_seen_at": at(0)}
    return Session(play_id=PlayId("play"), **{**given, **changes})


def test_an_ended_session_hears_nothing_and_ends_once():
    session = make_session(binding=BOUND)
    assert [event.action for event in session.end(at(9), why="vanished")] == ["start", "stop"]
    assert session.hear(Notification(state=PlayerState.PLAYING, offset_ms=5), at(10)) == []
    assert session.end(at(11), why="frame") == []
    assert session.ended_at == at(9)


def test_an_unbound_session_is_not_written_and_nothing_is_told_about_it():
    session = make_session()
    with pytest.raises(AssertionError, match="not written"):
        session.as_play()
    with pytest.raises(AssertionError, match="unbound"):
        session._event("start", at(0), "frame")
    assert session.progress is None
    assert session.lowest is None


def test_a_position_without_a_length_is_no_progress():
    session = make_session()
    session.hear(Notification(state=PlayerState.PLAYING, offset_ms=5), at(1))
    assert (session.offset_ms, session.progress) == (5, None)


def test_a_play_and_its_session_agree():
    play = make_play(session_key="1", media=ARRIVAL, offset_ms=60_000, progress=0.86)
    again = restored(play).as_play()
    assert again == play


def test_what_has_no_key_of_its_own_goes_by_its_guid_or_else_by_its_title():
    film = make_play().media
    assert restored(make_play(media=full_play().media)).item == full_play().media.rating_key
    assert restored(make_play(media=replace(film, guid="local://12"))).item == "local://12"
    assert restored(make_play(media=film)).item == "movie:Arrival (2016)"
