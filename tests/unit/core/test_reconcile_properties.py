"""However lines come in, and in however many readings: each viewing is made good once, and none twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Media, MediaKind
from crosswatch.core.facts import HistoryRow
from crosswatch.core.plays import Cursor, Origin, PlayState
from crosswatch.core.reconcile import Missed, read_from, reconcile
from fakes.plays import at, make_play

FILM_S = 6_000


def film(number):
    return Media(
        kind=MediaKind.MOVIE, title=f"Film {number}", rating_key=str(number), duration_ms=FILM_S * 1000
    )


VIEWINGS = st.lists(
    st.tuples(
        st.integers(1, 3),  # item
        st.integers(0, 40),  # how long after the one before it began
        st.booleans(),  # whether we saw it
        st.booleans(),  # whether the server wrote it down twice
        st.integers(0, 9),  # minutes until its line can be read
    ),
    max_size=8,
)
READINGS = st.lists(st.integers(0, 30), min_size=1, max_size=8)


def lines_and_plays(viewings):
    """The server's lines with the moment at which each can be read, and the plays that we know."""
    lines, plays, begin = [], [], 0
    for number, (item, gap, seen, doubled, late) in enumerate(viewings, start=1):
        begin += FILM_S + 1_200 + 60 * gap
        counted = begin + 0.9 * FILM_S
        row = HistoryRow(
            history_key=f"h{number}",
            rating_key=str(item),
            account_id=1,
            viewed_at=at(counted),
            media=film(item),
        )
        lines.append((counted + 60 * late, row))
        if doubled:
            again = replace(row, history_key=f"d{number}", viewed_at=row.viewed_at + timedelta(seconds=3))
            lines.append((counted + 60 * late + 3, again))
        if seen:
            end = at(begin + FILM_S)
            play = make_play(
                number,
                media=film(item),
                started_at=at(begin),
                last_seen_at=end,
                ended_at=end,
                offset_ms=FILM_S * 1000,
            )
            plays.append((begin + FILM_S, replace(play, state=PlayState.ENDED, watched_at=end)))
    return lines, plays


@given(VIEWINGS, READINGS)
def test_each_unseen_viewing_is_found_once_and_no_seen_one_ever(viewings, gaps):
    lines, seen = lines_and_plays(viewings)
    known, cursor, moment = [], Cursor(server="den", viewed_at=at(0)), 0.0
    made = []
    for gap in (*gaps, 10_000):
        moment += 60 * gap
        now = at(moment)
        plays = [play for ended, play in seen if ended <= moment + FILM_S] + known
        rows = [
            row for readable, row in lines if readable <= moment and row.viewed_at >= read_from(cursor, now)
        ]
        result = reconcile(rows, plays, cursor, oldest=at(-1), now=now)
        for one in result.findings:
            assert isinstance(one, Missed)
            made.append(one.row.history_key)
            end = one.row.viewed_at
            start = end - timedelta(seconds=FILM_S)
            play = make_play(
                1_000 + len(made), media=one.row.media, started_at=start, last_seen_at=end, ended_at=end
            )
            known.append(
                replace(
                    play,
                    state=PlayState.ENDED,
                    watched_at=end,
                    origin=Origin.HISTORY,
                    history_key=one.row.history_key,
                )
            )
        assert result.cursor.viewed_at <= max(now, cursor.viewed_at)
        cursor = result.cursor
    unseen = [f"h{number}" for number, viewing in enumerate(viewings, start=1) if not viewing[2]]
    assert sorted(key.replace("d", "h") for key in made) == sorted(unseen)
