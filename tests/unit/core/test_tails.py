"""Which viewing only goes on with one that counts already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, Percent
from crosswatch.core.plays import Origin, PlayState
from crosswatch.core.reasons import Reason
from crosswatch.core.tails import TAIL_GAP, is_tail
from fakes.plays import EPISODE, at, make_play

HOUR = 3600.0
COUNTED = make_play(
    1,
    media=EPISODE,
    state=PlayState.ENDED,
    progress=Percent(85.0),
    ended_at=at(HOUR),
    watched_at=at(HOUR),
)
BY_HISTORY = replace(COUNTED, origin=Origin.HISTORY, progress=None)
NEW = make_play(7_200, media=EPISODE)
GAP_S = TAIL_GAP.total_seconds()


@pytest.mark.parametrize(
    ("new", "earlier", "lowest"),
    [
        pytest.param({}, {}, 85.0, id="goes on where it stopped"),
        pytest.param({}, {}, 75.0, id="rewound a little"),
        pytest.param({}, {}, 99.0, id="went on elsewhere meanwhile"),
        pytest.param({"started_at": at(HOUR + GAP_S)}, {}, 85.0, id="on the next evening"),
        pytest.param({"started_at": at(10)}, {}, 85.0, id="was there before the other was found to count"),
        pytest.param({"account": Account(name="maya")}, {}, 85.0, id="of a person without a number"),
    ],
)
def test_what_goes_on_with_a_counted_viewing_is_its_tail(new, earlier, lowest):
    assert is_tail(replace(NEW, **new), replace(COUNTED, **earlier), lowest=Percent(lowest))


@pytest.mark.parametrize(
    ("new", "earlier", "lowest"),
    [
        pytest.param({}, {}, 1.0, id="began anew"),
        pytest.param({}, {}, 74.9, id="went back further than that"),
        pytest.param({}, {}, None, id="nobody knows where it began"),
        pytest.param({}, {"watched_at": None}, 85.0, id="the other does not count"),
        pytest.param({"id": COUNTED.id}, {}, 85.0, id="is the other"),
        pytest.param({"started_at": at(HOUR + GAP_S + 1)}, {}, 85.0, id="days later"),
        pytest.param({"account": Account(id=2, name="Maya")}, {}, 85.0, id="of a namesake"),
        pytest.param({"server": "attic"}, {}, 85.0, id="on another server"),
        pytest.param({"media": replace(EPISODE, rating_key="9")}, {}, 85.0, id="of another item"),
        pytest.param(
            {"media": replace(EPISODE, rating_key="")},
            {"media": replace(EPISODE, rating_key="")},
            85.0,
            id="of nobody knows what",
        ),
    ],
)
def test_what_begins_anew_or_is_about_something_else_is_none(new, earlier, lowest):
    assert not is_tail(
        replace(NEW, **new), replace(COUNTED, **earlier), lowest=None if lowest is None else Percent(lowest)
    )


@pytest.mark.parametrize(
    ("counted_at", "lowest", "expected"),
    [
        pytest.param(at(7_200 + 600), 2.0, True, id="counted while it went on"),
        pytest.param(at(7_200 - 60), 2.0, True, id="counted when it began, for clocks differ"),
        pytest.param(at(7_200 - 600), 2.0, False, id="counted before it began anew"),
        pytest.param(at(7_200 - 600), 96.0, True, id="counted before we listened to the rest"),
        pytest.param(at(7_200 - 600), None, False, id="counted before, and nobody knows where it began"),
        pytest.param(at(7_200 + 7_200), 2.0, False, id="counted when it was long over"),
    ],
)
def test_what_a_server_counted_before_we_heard_of_it_is_the_same_viewing(counted_at, lowest, expected):
    earlier = replace(BY_HISTORY, watched_at=counted_at)
    found = is_tail(NEW, earlier, lowest=None if lowest is None else Percent(lowest))
    assert found is expected


@pytest.mark.parametrize(
    ("earlier", "lowest", "expected"),
    [
        pytest.param({"progress": Percent(55.0)}, 50.0, True, id="a low mark, and the rest"),
        pytest.param(
            {"progress": Percent(1.0)}, 1.0, False, id="seen begun, counted by the server, and again"
        ),
        pytest.param(
            {"progress": Percent(60.0), "history_key": "h"}, 60.0, False, id="seen to 60 %, and again"
        ),
        pytest.param(
            {"progress": Percent(60.0), "history_key": "h"}, 90.0, True, id="seen to 60 %, and the rest"
        ),
        pytest.param({"progress": None}, 75.0, True, id="seen nowhere, and the rest"),
    ],
)
def test_what_a_server_counted_came_further_than_we_saw(earlier, lowest, expected):
    assert is_tail(NEW, replace(COUNTED, **earlier), lowest=Percent(lowest)) is expected


@pytest.mark.parametrize("reason", [Reason.IGNORED_BY_YOU, Reason.TAKEN_BACK], ids=lambda one: one.value)
def test_what_somebody_withdrew_has_no_tail(reason):
    assert not is_tail(NEW, replace(COUNTED, reason=reason), lowest=Percent(85.0))


@pytest.mark.parametrize(
    ("seconds", "media", "expected"),
    [
        pytest.param(1_000, EPISODE, True, id="too soon for another viewing"),
        pytest.param(1_700, EPISODE, False, id="when another one can have come so far"),
        pytest.param(599, replace(EPISODE, duration_ms=None), True, id="too soon, of unknown length"),
        pytest.param(601, replace(EPISODE, duration_ms=None), False, id="later, of unknown length"),
    ],
)
def test_a_viewing_of_which_nothing_is_known_but_its_count(seconds, media, expected):
    new = replace(NEW, media=media, counted_at=at(HOUR + seconds))
    assert is_tail(new, replace(COUNTED, media=media, progress=Percent(97.0)), lowest=None) is expected


@pytest.mark.parametrize(
    ("earlier", "seconds", "expected"),
    [
        pytest.param({}, 20 * HOUR, True, id="left before its server counted it"),
        pytest.param({}, GAP_S + 1, False, id="too long ago"),
        pytest.param({"counted_at": at(HOUR)}, 20 * HOUR, False, id="counted already, as was heard"),
        pytest.param({"history_key": "h1"}, 20 * HOUR, False, id="counted already, as its line says"),
        pytest.param({"reason": Reason.TAKEN_BACK}, 20 * HOUR, False, id="withdrawn"),
    ],
)
def test_what_is_counted_unseen_is_the_rest_of_what_was_not_counted(earlier, seconds, expected):
    new = replace(NEW, counted_at=at(HOUR + seconds))
    assert is_tail(new, replace(COUNTED, **earlier), lowest=None) is expected


def test_the_gap_is_long_enough_for_the_next_evening():
    assert timedelta(hours=24) < TAIL_GAP < timedelta(days=7)
