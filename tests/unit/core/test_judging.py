"""What becomes of a play: rules, marks and verdict in one step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, Percent, ScrobbleAction, ScrobbleEvent
from crosswatch.core.judging import judge, judge_counted
from crosswatch.core.people import Person, Rules
from crosswatch.core.plays import PlayState
from fakes.plays import JON, MAYA, at, make_play
from fakes.viewing import TRAILER

OWNER = Person(name="Maya", plex_ids=frozenset({1}), accounts=(MAYA,))
STRICT = replace(OWNER, name="Jon", accounts=(JON,), watched_at_percent=95)
NOBODY = Account()


def rules(*people, **changes):
    return Rules(**{"is_on": True, "people": people, **changes})


def judged(told, action=ScrobbleAction.STOP, progress=90.0, why="frame", **changes):
    """What becomes of an event of the owner's play."""
    state = PlayState.ENDED if action is ScrobbleAction.STOP else PlayState.PLAYING
    play = make_play(**{"state": state, "progress": progress, **changes})
    event = ScrobbleEvent(
        action=action,
        play_id=play.id,
        server=play.server,
        account=play.account,
        media=play.media,
        progress=None if progress is None else Percent(progress),
        at=at(100),
        why=why,
    )
    return judge(told, play, event)


def told_to(judgement):
    return {account.name: desired.action.value for account, desired in judgement.wanted}


def verdict(judgement):
    return (judgement.play.verdict.value, judgement.play.reason.value)


@pytest.mark.parametrize(
    ("progress", "wanted", "expected", "is_watched"),
    [
        pytest.param(97, {"maya": "watched", "jon": "watched"}, ("queued", "live"), True, id="for both"),
        pytest.param(
            90, {"maya": "watched", "jon": "stop"}, ("queued", "live"), True, id="for one mark only"
        ),
        pytest.param(50, {"maya": "stop", "jon": "stop"}, ("queued", "live"), False, id="for none"),
        pytest.param(0.5, {"maya": "stop", "jon": "stop"}, ("skipped", "too_short"), False, id="just begun"),
        pytest.param(None, {}, ("skipped", "progress_unknown"), False, id="nobody knows where"),
    ],
)
def test_each_account_has_the_mark_of_its_person(progress, wanted, expected, is_watched):
    judgement = judged(rules(OWNER, STRICT), progress=progress)
    assert (told_to(judgement), verdict(judgement)) == (wanted, expected)
    assert (judgement.play.watched_at == at(100)) is is_watched
    assert judgement.people == ("Maya", "Jon")


def test_what_plex_counted_is_watched_for_all_whatever_their_marks():
    play = make_play(state=PlayState.ENDED, progress=Percent(60))
    judgement = judge_counted(rules(OWNER, STRICT), play, at(200))
    assert told_to(judgement) == {"maya": "watched", "jon": "watched"}
    assert judgement.play.watched_at == at(200)


def test_a_start_is_told_and_leaves_the_row_as_it_is():
    judgement = judged(rules(OWNER), ScrobbleAction.START, 3.0)
    assert (told_to(judgement), verdict(judgement)) == ({"maya": "start"}, ("watching", "live"))


def test_a_row_without_an_event_tells_nothing_and_counts_all_the_same():
    judgement = judge(rules(OWNER), make_play(), None)
    assert (judgement.wanted, judgement.counts, judgement.people) == ((), True, ("Maya",))


def test_who_is_unknown_is_held_while_the_play_goes_on_and_skipped_at_its_end():
    running = judged(rules(OWNER), ScrobbleAction.START, account=NOBODY)
    assert (told_to(running), verdict(running), running.counts) == ({}, ("watching", "identifying"), False)
    assert verdict(judged(rules(OWNER), account=NOBODY)) == ("skipped", "person_unknown")


def test_without_any_rule_nobody_still_has_no_plays_on_a_server_that_could_name_them():
    everyone = rules(accounts=(MAYA,))
    assert verdict(judged(everyone, account=NOBODY)) == ("skipped", "person_unknown")
    assert told_to(judged(everyone, account=NOBODY, server="")) == {"maya": "watched"}


def test_whose_names_are_late_is_skipped_with_what_is_known_of_them():
    late = Account(id=9, name="B.", has_all_names=False)
    judgement = judged(rules(replace(OWNER, plex_ids=frozenset(), aliases=frozenset({"bob"}))), account=late)
    assert verdict(judgement) == ("skipped", "person_unlinked")
    assert "plex.tv has not told" in judgement.play.detail


def test_what_is_no_film_and_no_episode_is_nobodys():
    judgement = judged(rules(OWNER), media=TRAILER)
    assert (verdict(judgement), judgement.play.detail) == (
        ("skipped", "type_unsupported"),
        "its type is clip",
    )
    assert not judge_counted(rules(OWNER), make_play(media=TRAILER), at(1)).counts
