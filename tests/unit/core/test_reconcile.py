"""A server's own play history against what we saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, Media, MediaKind, Percent, Show
from crosswatch.core.facts import HistoryRow
from crosswatch.core.plays import Cursor, Origin, PlayState
from crosswatch.core.reasons import Reason
from crosswatch.core.reconcile import (
    COVER_AFTER,
    COVER_BEFORE,
    OVERLAP,
    TAIL_GAP,
    TWIN,
    Confirmed,
    Counted,
    Missed,
    covers,
    is_same_item,
    read_from,
    reconcile,
)
from fakes.plays import EPISODE, at, make_play

LENGTH_S = 3_215  # of the episode
SECOND = timedelta(seconds=1)
SEEN = make_play(
    1, media=EPISODE, state=PlayState.ENDED, offset_ms=2_500_000, last_seen_at=at(3_000), ended_at=at(3_000)
)
REST_S = LENGTH_S - SEEN.offset_ms / 1000
WATCHED = replace(SEEN, watched_at=at(3_000))
NOW = at(7_200)
START = Cursor(server="den", viewed_at=at(0))
OLDEST = at(-86_400)


def line(seconds, number=1, *, media=EPISODE, account_id=1, **changes):
    given = {
        "history_key": f"h{number}",
        "rating_key": media.rating_key,
        "account_id": account_id,
        "viewed_at": at(seconds),
        "media": media,
    }
    return HistoryRow(**{**given, **changes})


def found(rows, plays, *, cursor=START, now=NOW, oldest=OLDEST):
    return reconcile(rows, plays, cursor, oldest=oldest, now=now)


def findings(rows, plays, **given):
    return found(rows, plays, **given).findings


# ---------------------------------------------------------------- whether a line is about a viewing


@pytest.mark.parametrize(
    ("seconds", "is_covered"),
    [
        pytest.param(2_700, True, id="while it went on"),
        pytest.param(1 - COVER_BEFORE.total_seconds(), True, id="a little before, for clocks differ"),
        pytest.param(0 - COVER_BEFORE.total_seconds(), False, id="well before"),
        pytest.param(
            3_000 + REST_S + COVER_AFTER.total_seconds(), True, id="a little after it could have ended"
        ),
        pytest.param(3_000 + LENGTH_S / 2, True, id="after a pause too short for another viewing"),
        pytest.param(3_001 + LENGTH_S / 2, False, id="long after"),
    ],
)
def test_a_line_is_about_a_viewing_if_its_time_can_be(seconds, is_covered):
    assert covers(SEEN, line(seconds)) is is_covered


@pytest.mark.parametrize(("seconds", "is_covered"), [(3_002, True), (3_000 + 121, False)])
def test_once_the_line_of_a_viewing_is_known_only_its_twin_is_about_it(seconds, is_covered):
    assert covers(replace(WATCHED, history_key="h1"), line(seconds, number=2)) is is_covered


@pytest.mark.parametrize(
    ("play", "row", "is_covered"),
    [
        pytest.param({"ended_at": at(9_000)}, {"viewed_at": at(9_500)}, True, id="it was paused for long"),
        pytest.param({"history_key": "h1"}, {"viewed_at": at(90_000)}, True, id="it was known by its key"),
        pytest.param({}, {"account_id": 2}, False, id="somebody else"),
        pytest.param({"account": Account(name="Maya")}, {}, True, id="somebody named, without a number"),
        pytest.param({"account": Account()}, {}, False, id="nobody knows who"),
        pytest.param({}, {"rating_key": "9"}, False, id="another item"),
        pytest.param(
            {"media": replace(EPISODE, duration_ms=10**17)},
            {"viewed_at": at(90_000)},
            False,
            id="absurd length",
        ),
    ],
)
def test_a_line_is_about_a_viewing_of_its_person_and_item(play, row, is_covered):
    assert covers(replace(SEEN, **play), replace(line(2_700), **row)) is is_covered


@pytest.mark.parametrize(
    ("theirs", "is_same"),
    [
        pytest.param({}, True, id="show, place and title"),
        pytest.param({"title": "ölüm (“half loop”)"}, True, id="in other letters"),
        pytest.param({"title": "Another"}, False, id="another title"),
        pytest.param({"number": 3}, False, id="another place"),
        pytest.param({"show": Show(title="Severance")}, False, id="another show"),
        pytest.param({"show": None}, False, id="no show"),
        pytest.param({"kind": MediaKind.MOVIE}, False, id="another kind"),
    ],
)
def test_a_line_of_a_deleted_item_is_known_by_its_titles(theirs, is_same):
    deleted = line(2_700, rating_key="", media=replace(EPISODE, rating_key="", **theirs))
    assert is_same_item(SEEN, deleted) is is_same


def test_movies_without_a_show_are_known_by_their_titles_as_well():
    film = Media(kind=MediaKind.MOVIE, title="Arrival")
    assert is_same_item(make_play(), line(5, rating_key="", media=film))


# ---------------------------------------------------------------- what follows


def test_a_line_without_a_viewing_is_missed():
    row = line(2_700)
    assert findings([row], []) == (Missed(row=row),)


def test_a_line_of_a_watched_viewing_is_no_news():
    assert findings([line(2_700)], [WATCHED]) == ()


def test_a_line_of_a_viewing_that_ended_early_counts_it():
    row = line(2_700)
    assert findings([row], [SEEN]) == (Counted(play=SEEN, row=row),)


def test_of_two_viewings_that_ended_early_the_latest_is_counted_and_once():
    later = replace(SEEN, id="later", started_at=at(1_000))
    rows = [line(2_700), line(2_705, 2)]
    assert findings(rows, [SEEN, later]) == (Counted(play=later, row=rows[0]),)


@pytest.mark.parametrize(
    "reason", [Reason.DUPLICATE_OF, Reason.SKIPPED_THROUGH, Reason.IGNORED_BY_YOU], ids=lambda one: one.value
)
def test_a_viewing_that_is_not_to_count_is_not_counted_by_a_line(reason):
    assert findings([line(2_700)], [replace(SEEN, reason=reason)]) == ()


def test_doubles_of_a_line_are_one_play():
    rows = [line(2_700), line(2_700 + TWIN.total_seconds(), 2)]
    assert findings(rows, []) == (Missed(row=rows[0]),)


def test_a_rewatch_is_a_line_of_its_own():
    rows = [line(2_700 + TWIN.total_seconds() + 1, 2), line(2_700)]
    assert [one.row.history_key for one in findings(rows, [])] == ["h1", "h2"]


@pytest.mark.parametrize(
    ("row", "oldest"),
    [
        pytest.param(line(2_700), at(2_701), id="too old"),
        pytest.param(line(2_700, media=Media(kind=MediaKind.TRACK, title="Song")), OLDEST, id="music"),
    ],
)
def test_what_nobody_wants_is_not_made_good(row, oldest):
    result = found([row], [], oldest=oldest)
    assert (result.findings, result.cursor.viewed_at) == ((), row.viewed_at)


def test_what_was_handled_is_no_news():
    cursor = replace(START, keys=frozenset({"h1"}))
    assert findings([line(300), line(360, 2, rating_key="9")], [], cursor=cursor) == (
        Missed(row=line(360, 2, rating_key="9")),
    )


# ---------------------------------------------------------------- the rest of a viewing, seen by nobody

LEFT = replace(WATCHED, progress=Percent(82.0))
"""It counts, but its server has not counted it."""

NEXT_EVENING = 24 * 3_600.0
LATER = at(2 * NEXT_EVENING)


@pytest.mark.parametrize(
    "seconds", [2_700, 3_000 + LENGTH_S, NEXT_EVENING], ids=["then", "soon", "next evening"]
)
def test_a_line_after_a_viewing_that_its_server_had_not_counted_confirms_it(seconds):
    rows = [line(seconds), line(seconds + 5, 2)]
    assert findings(rows, [LEFT], now=LATER) == (Confirmed(play=LEFT, row=rows[0]),)


@pytest.mark.parametrize(
    ("play", "seconds"),
    [
        pytest.param({"progress": Percent(95.0)}, NEXT_EVENING, id="its server must have counted it"),
        pytest.param({"progress": None}, NEXT_EVENING, id="nobody knows how far it came"),
        pytest.param({"counted_at": at(2_900)}, NEXT_EVENING, id="it was heard to be counted"),
        pytest.param({"history_key": "h0"}, NEXT_EVENING, id="its line is known"),
        pytest.param({"reason": Reason.TAKEN_BACK}, NEXT_EVENING, id="it was withdrawn"),
        pytest.param({}, 3_001 + TAIL_GAP.total_seconds(), id="too long ago"),
    ],
)
def test_a_line_is_a_play_of_its_own_where(play, seconds):
    row = line(seconds)
    assert findings([row], [replace(LEFT, **play)], now=LATER) == (Missed(row=row),)


def test_a_viewing_has_one_rest():
    rows = [line(3_500), line(NEXT_EVENING, 2)]
    assert findings(rows, [LEFT], now=LATER) == (Confirmed(play=LEFT, row=rows[0]), Missed(row=rows[1]))


def test_the_twin_of_the_line_that_confirmed_a_viewing_is_no_news_later():
    row = line(NEXT_EVENING)
    known = replace(LEFT, history_key=row.history_key, counted_at=row.viewed_at)
    assert findings([line(NEXT_EVENING + 5, 2)], [known], now=LATER) == ()


def test_the_line_of_a_tail_confirms_what_it_is_the_tail_of():
    tail = replace(
        SEEN,
        id="tail",
        reason=Reason.DUPLICATE_OF,
        started_at=at(9_000),
        last_seen_at=at(9_500),
        ended_at=at(9_500),
    )
    row = line(9_300)
    assert findings([row], [LEFT, tail], now=LATER) == (Confirmed(play=LEFT, row=row),)


# ---------------------------------------------------------------- a viewing that goes on


def test_a_line_of_a_viewing_that_goes_on_waits_for_its_end():
    playing = replace(SEEN, state=PlayState.PLAYING, ended_at=None)
    row, other = line(2_700), line(2_800, 2, rating_key="9")
    first = found([row, other], [playing])
    assert first.findings == (Missed(row=other),)
    assert first.cursor == replace(START, viewed_at=row.viewed_at, keys=frozenset({"h2"}))
    second = found([row, other], [SEEN], cursor=first.cursor)
    assert second.findings == (Counted(play=SEEN, row=row),)
    assert second.cursor == replace(START, viewed_at=other.viewed_at, keys=frozenset({"h1", "h2"}))


def test_a_line_of_a_viewing_that_goes_on_waits_although_nobody_listened_for_long():
    """Chaos: the socket was down in a long pause; the line was read a moment before the stop was heard."""
    silent = replace(SEEN, state=PlayState.PLAYING, ended_at=None, last_seen_at=at(600), offset_ms=100_000)
    late = line(6_000)
    assert not covers(silent, late)
    assert findings([late], [silent]) == ()
    assert late.history_key not in found([late], [silent]).cursor.keys


def test_a_line_that_waits_does_not_set_the_cursor_back():
    playing = replace(SEEN, state=PlayState.PAUSED, ended_at=None)
    cursor = replace(START, viewed_at=at(2_900))
    assert found([line(2_700)], [playing], cursor=cursor).cursor == cursor


def test_a_viewing_that_is_paused_for_weeks_holds_nothing_back():
    playing = replace(SEEN, state=PlayState.PAUSED, ended_at=None)
    result = found([line(2_700)], [playing], oldest=at(2_701))
    assert result.cursor == replace(START, viewed_at=at(2_700), keys=frozenset({"h1"}))


# ---------------------------------------------------------------- the cursor


def test_the_cursor_is_the_newest_line_and_remembers_the_overlap():
    overlap_s = OVERLAP.total_seconds()
    rows = [line(900 - overlap_s - 1, 1), line(900 - overlap_s, 2), line(900, 3)]
    cursor = found(rows, []).cursor
    assert cursor == replace(START, viewed_at=at(900), keys=frozenset({"h2", "h3"}))
    assert read_from(cursor, NOW) == at(900) - OVERLAP


def test_a_line_that_comes_late_is_found_within_the_overlap():
    cursor = found([line(900)], []).cursor
    late = line(600, 2, rating_key="9")
    assert late.viewed_at >= read_from(cursor, NOW)
    assert findings([late, line(900)], [], cursor=cursor) == (Missed(row=late),)


def test_without_lines_the_cursor_stays():
    assert found([], []).cursor == START


# ---------------------------------------------------------------- clocks


def test_a_cursor_from_the_future_blinds_nobody():
    cursor = replace(START, viewed_at=at(10**8))
    assert read_from(cursor, NOW) == NOW - OVERLAP
    assert found([line(7_000)], [], cursor=cursor).cursor.viewed_at == NOW


AHEAD = line(2_700 + 7_200)
"""What a server says whose clock is two hours ahead."""


def test_a_line_from_the_future_does_not_move_the_cursor_there():
    result = found([AHEAD], [], now=at(3_000))
    assert result.cursor == replace(START, viewed_at=at(3_000), keys=frozenset({"h1"}))


@pytest.mark.parametrize(
    ("play", "expected"),
    [
        pytest.param(WATCHED, [], id="watched"),
        pytest.param(SEEN, [Counted], id="ended early"),
        pytest.param(replace(SEEN, state=PlayState.PLAYING, ended_at=None), [], id="goes on"),
        pytest.param(replace(WATCHED, account=Account(id=2)), [Missed], id="by somebody else"),
        pytest.param(replace(WATCHED, last_seen_at=at(-3_000)), [Missed], id="long before"),
    ],
)
def test_a_line_from_the_future_is_about_what_was_seen_since_the_last_reading(play, expected):
    assert [type(one) for one in findings([AHEAD], [play], now=at(3_100))] == expected


def test_a_line_from_the_future_explains_one_viewing_and_its_double_the_same():
    rewatch = replace(WATCHED, id="again", started_at=at(3_100), last_seen_at=at(6_100))
    doubled = replace(AHEAD, history_key="h2", viewed_at=AHEAD.viewed_at + SECOND)
    second = replace(AHEAD, history_key="h3", viewed_at=AHEAD.viewed_at + timedelta(hours=1))
    third = replace(AHEAD, history_key="h4", viewed_at=AHEAD.viewed_at + timedelta(hours=2))
    rows = [AHEAD, doubled, second, third]
    assert findings(rows, [rewatch, WATCHED], now=at(6_200)) == (Missed(row=third),)


def test_a_play_that_was_made_good_is_known_by_its_key_whatever_the_clock_says():
    made = replace(
        WATCHED, origin=Origin.HISTORY, history_key="h1", started_at=at(-9_000), ended_at=at(-6_000)
    )
    assert findings([AHEAD], [made], now=at(3_000)) == ()
