"""A line of the server's history for a file with two episodes: what it says of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, Media, MediaKind, SharedFile
from crosswatch.core.facts import HistoryRow
from crosswatch.core.plays import PlayState
from crosswatch.core.shared_files import episode_at
from crosswatch.core.shared_history import lines_of, shared_file_of
from fakes.plays import FILM, at, make_play

SHARE_S = 1320
EPISODES = tuple(
    Media(
        kind=MediaKind.EPISODE,
        title=f"Part {number}",
        season=4,
        number=number,
        duration_ms=SHARE_S * 1000,
        rating_key=str(100 + number),
    )
    for number in (1, 2)
)
WHOLE = replace(
    EPISODES[0],
    duration_ms=2 * SHARE_S * 1000,
    shared_file=SharedFile(episodes=EPISODES, played_key="101"),
)
COUNTED_S = 2376
"""90 % of the file."""

ROW = HistoryRow(
    history_key="/h/1", rating_key="101", account_id=1, viewed_at=at(COUNTED_S), media=EPISODES[0]
)


def play_of(place, *, ended=None, watched=True, began=None, **changes):
    """A viewing of one episode, from a session that began with the evening."""
    began_s = place * SHARE_S if began is None else began
    ended_s = began_s + SHARE_S if ended is None else ended
    return replace(
        make_play(place + 1),
        media=episode_at(WHOLE, place),
        session_key="7",
        account=Account(id=1, name="Maya"),
        state=PlayState.ENDED,
        started_at=at(began_s),
        last_seen_at=at(ended_s),
        ended_at=at(ended_s),
        offset_ms=(ended_s - began_s) * 1000,
        watched_at=at(ended_s) if watched else None,
        **changes,
    )


def lines(*plays, row=ROW, counted_s=COUNTED_S, whole=WHOLE):
    found = lines_of(row, whole, plays, counted_at_ms=counted_s * 1000)
    return [(one.history_key, one.media.number, (one.viewed_at - at(0)).total_seconds()) for one in found]


def test_where_nobody_listened_each_episode_has_its_own_time():
    assert lines() == [("/h/1#0", 1, 1320.0), ("/h/1#1", 2, 2376.0)]


def test_an_episode_that_we_saw_is_dated_by_what_we_saw():
    assert lines(play_of(0)) == [("/h/1#0", 1, 1320.0), ("/h/1#1", 2, 2376.0)]
    assert lines(play_of(0, ended=1310)) == [("/h/1#0", 1, 1310.0), ("/h/1#1", 2, 2376.0)]


def test_after_a_long_pause_the_line_speaks_of_what_came_after_it():
    late = replace(ROW, viewed_at=at(COUNTED_S + 900))
    assert lines(play_of(0, ended=1310), row=late) == [("/h/1#1", 2, COUNTED_S + 900.0)]


def test_both_seen_are_two_lines_that_say_nothing_new():
    assert lines(play_of(0), play_of(1, ended=2630)) == [("/h/1#0", 1, 1320.0), ("/h/1#1", 2, 2630.0)]


def test_an_episode_that_was_left_by_a_jump_is_not_counted_by_the_end_of_the_file():
    left = play_of(0, ended=250, watched=False)
    row = replace(ROW, viewed_at=at(1300))
    assert lines(left, play_of(1, began=260, ended=1500), row=row) == [("/h/1#1", 2, 1500.0)]


def test_an_episode_of_which_nothing_more_was_heard_is_counted_by_the_end_of_the_file():
    assert lines(play_of(0, ended=250, watched=False)) == [("/h/1#0", 1, 250.0), ("/h/1#1", 2, 2376.0)]


def test_a_viewing_that_began_in_the_second_says_nothing_about_the_first():
    row = replace(ROW, viewed_at=at(1256))
    assert lines(play_of(1, began=100, ended=1300), row=row) == [("/h/1#1", 2, 1300.0)]


def test_a_file_that_is_gone_on_with_on_the_next_evening_does_not_count_the_first_again():
    yesterday = play_of(0, began=-80_000, ended=-78_680)
    assert lines(yesterday) == [("/h/1#1", 2, 2376.0)]


def test_an_episode_is_not_counted_before_its_share_is_done():
    """A server that counts from the first credits says nothing about what comes after them."""
    assert lines(counted_s=1300) == [("/h/1#0", 1, 2376.0)]
    assert lines(counted_s=1320 + 1055) == [("/h/1#0", 1, 2376.0 - 1055)]


def test_the_played_one_is_counted_wherever_that_happens():
    second = replace(WHOLE, shared_file=replace(WHOLE.shared_file, played_key="102"))
    row = replace(ROW, rating_key="102")
    assert lines(whole=second, row=row, counted_s=1400) == [("/h/1#0", 1, 2296.0), ("/h/1#1", 2, 2376.0)]


def test_plays_of_others_explain_nothing():
    other = play_of(1, began=100, ended=1300)
    for stranger in (
        replace(other, account=Account(id=2)),
        replace(other, media=FILM),
        replace(
            other, started_at=at(-90_000), last_seen_at=at(-88_000), ended_at=at(-88_000), watched_at=None
        ),
    ):
        assert len(lines(stranger, row=replace(ROW, viewed_at=at(1256)))) == 2


def test_somebody_without_a_number_is_taken_for_the_viewer():
    nameless = replace(play_of(1, began=100, ended=1300), account=Account(name="Maya"))
    assert len(lines(nameless, row=replace(ROW, viewed_at=at(1256)))) == 1


def test_a_file_of_one_episode_keeps_its_line():
    assert lines_of(ROW, EPISODES[0], (), counted_at_ms=5) == [ROW]


@pytest.mark.parametrize(
    ("plays", "is_known"),
    [([play_of(1)], True), ([make_play()], False), ([], False)],
    ids=["an episode of it", "another item", "nothing"],
)
def test_a_known_play_tells_that_a_file_holds_several(plays, is_known):
    assert (shared_file_of(ROW, plays) is not None) is is_known
    assert shared_file_of(replace(ROW, rating_key=""), plays) is None


def test_lines_are_within_the_time_in_which_their_viewings_can_be_found():
    from crosswatch.core.reconcile import covers

    seen = [play_of(0, ended=1310), play_of(1, ended=2500)]
    late = replace(ROW, viewed_at=ROW.viewed_at + timedelta(minutes=12))
    made = lines_of(late, WHOLE, seen, counted_at_ms=COUNTED_S * 1000)
    assert [covers(play, line) for play, line in zip(seen, made, strict=True)] == [True, True]
