from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.demo.comparison import Finding, Held, Seen, compare

EIGHT = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
LINKS = {
    "alice": ("family",),
    "bob": ("family",),
    "carol": ("carol_c",),
    "Together": ("family", "carol_c"),
}


def at(minutes):
    return EIGHT + timedelta(minutes=minutes)


def seen(until=0, *, who="alice", label="Arrival (2016)", progress=100.0, **changes):
    fields = {
        "who": who,
        "label": label,
        "trakt_label": label,
        "rating_key": "9723",
        "progress": progress,
        "started_at": at(until - 60),
        "ended_at": at(until),
        "counted_at": at(until - 6) if progress and progress >= 90 else None,
    }
    return Seen(**{**fields, **changes})


def held(minute=0, *, account="family", label="Arrival (2016)", told=None):
    return Held(account=account, label=label, at=at(minute), told_at=at(minute if told is None else told))


def findings(*args, **kwargs):
    return [row.finding.value for row in compare(*args, **kwargs).rows]


@pytest.mark.parametrize(
    ("watched", "at_trakt", "expected"),
    [
        pytest.param([seen()], [held()], ["recorded"], id="watched and recorded"),
        pytest.param([seen()], [held(0, told=600)], ["recorded"], id="told late, with the right time"),
        pytest.param([seen()], [held(-6)], ["recorded"], id="at the time of Plex's own count"),
        pytest.param([seen(progress=80.0)], [held()], ["recorded"], id="just far enough"),
        pytest.param([seen()], [], ["lost"], id="nothing at Trakt"),
        pytest.param([seen()], [held(), held(3)], ["recorded", "doubled"], id="two plays of one viewing"),
        pytest.param([seen()], [held(20)], ["wrong"], id="at another time"),
        pytest.param([seen()], [held(-30)], ["wrong"], id="before it was seen"),
        pytest.param(
            [seen(unheard=(at(-9), at(20)))], [held(20)], ["recorded"], id="ended unheard, dated then"
        ),
        pytest.param(
            [seen(unheard=(at(-9), at(20)))], [held(36)], ["wrong"], id="ended unheard, dated later still"
        ),
        pytest.param([seen()], [held(account="carol_c")], ["lost", "wrong"], id="in somebody else's history"),
        pytest.param([seen(who="dave")], [], ["left out"], id="of somebody who is not linked"),
        pytest.param([seen(who="dave")], [held()], ["left out", "wrong"], id="though not linked"),
        pytest.param([seen(progress=79.9)], [], ["left out"], id="not far enough"),
        pytest.param([seen(progress=79.9)], [held()], ["left out", "wrong"], id="though not far enough"),
        pytest.param([seen(progress=None)], [], ["left out"], id="live"),
        pytest.param([seen(trakt_label="")], [], ["left out"], id="nothing for Trakt"),
        pytest.param([], [held()], ["wrong"], id="nobody watched it"),
        pytest.param([seen(0), seen(90)], [held(0), held(90)], ["recorded", "recorded"], id="a rewatch"),
        pytest.param([seen(0), seen(90)], [held(90)], ["wrong", "lost"], id="a lost first viewing"),
    ],
)
def test_each_viewing_is_held_against_what_trakt_has(watched, at_trakt, expected):
    assert findings(watched, at_trakt, LINKS) == expected


def test_what_plex_counted_counts_at_any_position():
    one = seen(progress=70.0, counted_at=at(-10))
    assert findings([one], [held(-10)], LINKS) == ["recorded"]


def test_two_people_of_one_account_each_have_their_play():
    watched = [seen(0), seen(50, who="bob")]
    comparison = compare(watched, [held(50), held(0)], LINKS)
    assert [(row.seen.who, row.held.at) for row in comparison.rows] == [("alice", at(0)), ("bob", at(50))]
    assert comparison.is_right


@pytest.mark.parametrize(
    ("at_trakt", "expected"),
    [
        pytest.param(
            [held(), held(account="carol_c")], {"family": "recorded", "carol_c": "recorded"}, id="both"
        ),
        pytest.param([held()], {"family": "recorded", "carol_c": "lost"}, id="one of the two"),
        pytest.param([], {"family": "lost", "carol_c": "lost"}, id="neither"),
    ],
)
def test_what_two_watch_together_belongs_into_both_accounts(at_trakt, expected):
    rows = compare([seen(who="Together")], at_trakt, LINKS).rows
    assert {row.account: row.finding.value for row in rows} == expected


def test_what_does_not_count_is_one_line_however_many_accounts_there_are():
    (row,) = compare([seen(who="Together", progress=40.0)], [], LINKS).rows
    assert (row.finding, row.account) == (Finding.LEFT_OUT, "")


def verdict(title, *, minutes=-60, rating_key="9723"):
    return {
        "started_at": at(minutes).isoformat().replace("+00:00", "Z"),
        "title": title,
        "media": {"rating_key": rating_key},
    }


def test_the_reason_is_that_of_the_nearest_play_of_the_item():
    verdicts = [
        verdict("Too early", minutes=-200),
        verdict("Not on the list", minutes=-59),
        verdict("Another item", rating_key="1"),
    ]
    (row,) = compare([seen(who="dave")], [], LINKS, verdicts).rows
    assert row.reason == "Not on the list"
    assert not row.is_unexplained


def test_a_viewing_without_a_verdict_is_right_but_unexplained():
    comparison = compare([seen(who="dave")], [], LINKS, [verdict("Another evening", minutes=-400)])
    assert comparison.is_right
    assert comparison.unexplained == 1
    assert comparison.count(Finding.LEFT_OUT) == 1
