"""The short answer to "why?": which check failed, and that every reason belongs to one."""

from __future__ import annotations

import pytest

from crosswatch.core.events import Account
from crosswatch.core.people import Rules
from crosswatch.core.plays import PlayState
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.web.pages.checks import build_checks
from fakes.plays import EPISODE, MAYA, at, make_delivery, make_play

RULES = Rules(is_on=True, accounts=(MAYA,))


def checks(reason, verdict, rows=(), **changes):
    play = make_play(state=PlayState.ENDED, ended_at=at(9), reason=reason, verdict=verdict, **changes)
    return list(build_checks(play, rows, RULES, mark=80, server="Den"))


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        (Reason.PERSON_UNKNOWN, "Person"),
        (Reason.PERSON_UNLINKED, "Person"),
        (Reason.TYPE_UNSUPPORTED, "Rules"),
        (Reason.FEATURE_OFF, "Rules"),
        (Reason.BELOW_THRESHOLD, "Position"),
        (Reason.DUPLICATE_OF, "Position"),
        (Reason.NO_MATCH, "Ids"),
        (Reason.WRONG_MATCH, "Ids"),
    ],
)
def test_the_checks_end_with_the_one_that_failed(reason, name):
    found = checks(reason, Verdict.SKIPPED)
    assert (found[-1].name, found[-1].is_met) == (name, False)
    assert all(check.is_met for check in found[:-1])


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("verdict", [Verdict.SKIPPED, Verdict.FAILED])
def test_every_reason_fails_at_some_check_or_at_trakt(reason, verdict):
    found = checks(reason, verdict, [make_delivery()])
    assert found[0].is_met
    assert found[-1].is_met is False or found[-1].name == "Trakt"


def test_what_was_delivered_met_them_all():
    found = checks(Reason.WATCHED, Verdict.DELIVERED, [make_delivery()], account=Account(id=7, name="Zoë"))
    assert [check.name for check in found] == ["Heard", "Person", "Rules", "Position", "Ids", "Trakt"]
    assert all(check.is_met for check in found)
    assert found[1].text == "Zoë · id 7 → maya on Trakt"


def test_what_waits_has_not_failed():
    assert checks(Reason.TRAKT_DOWN, Verdict.QUEUED, [make_delivery()])[-1].is_met is None


def test_numbers_say_what_they_count():
    found = checks(Reason.WATCHED, Verdict.DELIVERED, media=EPISODE)
    assert "season 0, episode 2 in DVD order" in found[4].text
    assert found[-1].text == "Nothing was sent."
