"""What is best done about a play, and what may be done at all."""

from __future__ import annotations

import pytest

from crosswatch.core.events import MediaKind
from crosswatch.core.filters import Limits
from crosswatch.core.judging import BY_RULE
from crosswatch.core.people import Person, Rules
from crosswatch.core.plays import DeliveryState, DesiredAction, PlayState, SinkAccount
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.web.actions import NextAction, next_action, possible
from fakes.plays import FILM, MAYA, at, make_delivery, make_play, want

LIBRARIES = NextAction(word="Settings", way="settings/rules?all=1#features.scrobble.filters.libraries-field")
WATCHED = want(DesiredAction.WATCHED, 9, 92)
NOBODY_LISTED = Rules(is_on=True)
WAITING, DONE, DEAD = DeliveryState.PENDING, DeliveryState.SETTLED, DeliveryState.DEAD


def play(verdict, reason, **changes):
    over = {"state": PlayState.ENDED, "ended_at": at(9)}
    return make_play(verdict=verdict, reason=reason, **{**over, **changes})


def row(state, reason, *, is_known=False):
    return make_delivery(WATCHED, state=state, reason=reason, acknowledged=WATCHED if is_known else None)


@pytest.mark.parametrize(
    ("one", "rows", "expected"),
    [
        (play(Verdict.DELIVERED, Reason.WATCHED), [row(DONE, Reason.WATCHED, is_known=True)], None),
        (play(Verdict.QUEUED, Reason.LIVE), [row(WAITING, Reason.LIVE)], None),
        (
            play(Verdict.QUEUED, Reason.TRAKT_DOWN),
            [row(WAITING, Reason.TRAKT_DOWN)],
            NextAction(word="Try now"),
        ),
        (play(Verdict.FAILED, Reason.REJECTED), [row(DEAD, Reason.REJECTED)], NextAction(word="Retry")),
        (
            play(Verdict.FAILED, Reason.NO_MATCH),
            [row(DEAD, Reason.NO_MATCH)],
            NextAction(word="Fix match", way="history/play-000001#match"),
        ),
        (
            play(Verdict.QUEUED, Reason.LINK_EXPIRED),
            [row(WAITING, Reason.LINK_EXPIRED)],
            NextAction(word="Link again", way="people"),
        ),
        (play(Verdict.SKIPPED, Reason.PERSON_UNLINKED), [], NextAction(word="Link", way="people#who-den-1")),
        (play(Verdict.SKIPPED, Reason.LIBRARY_OFF), [], LIBRARIES),
        (play(Verdict.SKIPPED, Reason.TOO_SHORT), [], None),
        (play(Verdict.SKIPPED, Reason.IGNORED_BY_YOU), [], None),
        (
            play(Verdict.SKIPPED, Reason.IGNORED_BY_YOU),
            [row(DONE, Reason.IGNORED_BY_YOU)],
            NextAction(word="Count it"),
        ),
    ],
    ids=lambda value: value.reason.value if hasattr(value, "reason") else "",
)
def test_each_play_has_one_next_action_or_none(one, rows, expected):
    assert next_action(one, rows, NOBODY_LISTED) == expected


def person(**changes):
    return Person(name="Maya", plex_ids=frozenset({1}), accounts=(SinkAccount(),), **changes)


def listing(*people, **limits):
    return Rules(is_on=True, people=people, limits=Limits(**limits))


@pytest.mark.parametrize(
    ("reason", "rules", "expected"),
    [
        pytest.param(
            Reason.LIBRARY_OFF,
            listing(person(limits=Limits(libraries=frozenset({"series"})))),
            NextAction(word="People", way="people/Maya"),
            id="a list of her own",
        ),
        pytest.param(
            Reason.LIBRARY_OFF,
            listing(person(limits=Limits(libraries=frozenset({"a"}))), libraries=frozenset({"b"})),
            LIBRARIES,
            id="everybody's list",
        ),
        pytest.param(
            Reason.KIND_OFF,
            listing(person(limits=Limits(kinds=frozenset({MediaKind.EPISODE})))),
            NextAction(word="People", way="people/Maya"),
            id="another list of hers",
        ),
        pytest.param(
            Reason.LIBRARY_OFF,
            listing(person(limits=Limits(kinds=frozenset({MediaKind.EPISODE})))),
            LIBRARIES,
            id="no list that says so now",
        ),
        pytest.param(
            Reason.PERSON_PAUSED,
            listing(person(is_paused=True)),
            NextAction(word="People", way="people/Maya"),
            id="her pause",
        ),
        pytest.param(
            Reason.TITLE_OFF,
            listing(person(limits=Limits(ignored_titles=frozenset({"arrival"})))),
            NextAction(word="Count again", way="history/play-000001#acts"),
            id="her ignored title",
        ),
        pytest.param(
            Reason.TITLE_OFF,
            listing(person(), ignored_titles=frozenset({"imdb:tt2543164"})),
            NextAction(word="Count again", way="history/play-000001#acts"),
            id="everybody's ignored title",
        ),
        pytest.param(
            Reason.TITLE_OFF,
            listing(person()),
            NextAction(word="Settings", way=LIBRARIES.way.replace("libraries", "ignored_titles")),
            id="a title that is ignored no more",
        ),
    ],
)
def test_a_play_that_a_list_stops_is_mended_where_that_list_is(reason, rules, expected):
    assert next_action(play(Verdict.SKIPPED, reason), [], rules) == expected


LINKED = Rules(is_on=True, people=(Person(name="Maya", plex_ids=frozenset({1}), accounts=(MAYA,)),))


@pytest.mark.parametrize("reason", sorted(BY_RULE))
@pytest.mark.parametrize(("progress", "counts"), [(92.0, True), (60.0, False)])
def test_what_a_rule_had_stopped_can_be_counted_once_no_rule_does(reason, progress, counts):
    one = play(Verdict.SKIPPED, reason, progress=progress)
    assert possible(one, [], LINKED).can_retry is counts
    assert (next_action(one, [], LINKED) == NextAction(word="Count it")) is counts
    assert not possible(one, [], NOBODY_LISTED).can_retry, "it is stopped still"


@pytest.mark.parametrize(
    ("one", "rows", "may"),
    [
        pytest.param(
            play(Verdict.FAILED, Reason.REJECTED), [row(DEAD, Reason.REJECTED)], "rim", id="refused"
        ),
        pytest.param(play(Verdict.QUEUED, Reason.LIVE), [row(WAITING, Reason.LIVE)], "im", id="in its turn"),
        pytest.param(
            play(Verdict.DELIVERED, Reason.WATCHED),
            [row(DONE, Reason.WATCHED, is_known=True)],
            "um",
            id="sent",
        ),
        pytest.param(
            play(Verdict.DELIVERED, Reason.ALREADY_RECORDED),
            [row(DONE, Reason.ALREADY_RECORDED, is_known=True)],
            "m",
            id="somebody else's",
        ),
        pytest.param(
            play(Verdict.FAILED, Reason.REJECTED),
            [row(DEAD, Reason.REJECTED), row(DONE, Reason.WATCHED, is_known=True)],
            "rum",
            id="one of two",
        ),
        pytest.param(play(Verdict.SKIPPED, Reason.KIND_OFF), [], "m", id="skipped"),
        pytest.param(
            play(Verdict.SKIPPED, Reason.IGNORED_BY_YOU),
            [row(DONE, Reason.IGNORED_BY_YOU)],
            "rm",
            id="ignored",
        ),
        pytest.param(make_play(), [], "im", id="going on"),
        pytest.param(make_play(media=FILM.__class__(kind=MediaKind.TRACK, title="x")), [], "i", id="music"),
    ],
)
def test_what_may_be_done_follows_from_what_sinks_know(one, rows, may):
    found = possible(one, rows, NOBODY_LISTED)
    letters = {"r": found.can_retry, "i": found.can_ignore, "u": found.can_undo, "m": found.can_match}
    assert "".join(letter for letter, is_so in letters.items() if is_so) == may
