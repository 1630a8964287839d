"""What a play's page, Now and History say, in German: nothing of it is English, whatever became of a play."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.core.events import Percent, ScrobbleAction, ScrobbleEvent
from crosswatch.core.judging import judge, judge_counted
from crosswatch.core.outcomes import Accepted, Retry
from crosswatch.core.people import NAMES_TO_COME, Rules
from crosswatch.core.phrases import say
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Attempt, Exchange, PlayChange, Settlement
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify
from crosswatch.service import story
from fakes.english import english_in
from fakes.plays import JON, MAYA, at, make_play, want

GERMAN = {"accept": "text/html", "accept-language": "de"}
RULES = Rules(is_on=True, usernames=("maya",), accounts=(MAYA,))
DETAIL = {
    Reason.PERSON_NOT_LISTED: NAMES_TO_COME,
    Reason.TYPE_UNSUPPORTED: say("its type is {kind}", kind=say("clip")),
}
ENDED = {"state": PlayState.ENDED, "ended_at": at(9), "progress": Percent(92)}


def of(reason):
    """A play that stands so, as the ledger has it."""
    group = {
        Verdict.SKIPPED: list(Reason)[list(Reason).index(Reason.BELOW_THRESHOLD) :],
        Verdict.DELIVERED: [Reason.WATCHED, Reason.POSITION_SAVED, Reason.ALREADY_RECORDED],
        Verdict.FAILED: [Reason.NO_MATCH, Reason.AMBIGUOUS_MATCH, Reason.WRONG_MATCH, Reason.REJECTED],
    }
    verdict = next((one for one, reasons in reversed(group.items()) if reason in reasons), Verdict.QUEUED)
    return make_play(reason=reason, verdict=verdict, detail=DETAIL.get(reason, ""), **ENDED)


@pytest.fixture
def read(web):
    """The English that is left on a page."""

    async def ask(path):
        answer = await web.get(path, headers=GERMAN)
        assert answer.status == 200
        assert '<html lang="de"' in answer.text
        return english_in(answer.text)

    return ask


@pytest.mark.parametrize("reason", Reason)
async def test_whatever_became_of_a_play_is_said_in_german(runtime, read, reason):
    play = of(reason)
    await runtime.ledger.record([PlayChange(play=play)])
    assert await read(f"/history/{play.id}") == []
    assert await read("/") == []
    assert await read("/history") == []


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Failure(detail=say("Trakt could not be reached."), may_be_done=False), id="away"),
        *(
            pytest.param(Answer(status=status, headers={}, json=None, text=""), id=str(status))
            for status in (200, 302, 400, 401, 403, 404, 409, 420, 422, 423, 426, 429, 500, 503)
        ),
    ],
)
async def test_what_trakt_answered_is_said_in_german(runtime, read, reply):
    play = make_play(reason=Reason.LIVE, verdict=Verdict.QUEUED, watched_at=at(9), **ENDED)
    outcome = classify(CallKind.PLAY, reply)
    wanted = tuple((account, want(DesiredAction.WATCHED, 9, 92)) for account in (MAYA, JON))
    await runtime.ledger.record([PlayChange(play=play, desired=wanted)])
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=timedelta(0), batch=1)
    attempt = Attempt(outcome=outcome, exchanges=(Exchange(request="POST /x", status=0, answer=""),))
    steps = story.tell_attempt(MAYA, claim, attempt, now)
    if isinstance(outcome, Retry):
        assert outcome.detail
    settled = Settlement(claim=claim, outcome=outcome, at=now, retry_at=now, trace=steps)
    await runtime.ledger.settle([settled])
    assert await read(f"/history/{play.id}") == []
    assert await read("/") == []


@pytest.mark.parametrize("why", ["frame", "known_by_now", *story.CAUSES])
@pytest.mark.parametrize("action", ScrobbleAction)
async def test_what_a_player_did_is_said_in_german(runtime, read, action, why):
    play = make_play(**ENDED)
    event = ScrobbleEvent(
        play_id=play.id,
        action=action,
        account=play.account,
        media=play.media,
        server=play.server,
        progress=None,
        at=at(9),
        why=why,
    )
    judgement = judge(RULES, play, event)
    now = runtime.clock.now()
    steps = (
        story.tell_event(event, judgement),
        story.tell_counted(now),
        story.tell_found(play, now),
        story.tell_known(play, judge_counted(RULES, play, now), now),
        *story.tell_taken_back(MAYA, Attempt(outcome=Accepted(), exchanges=()), now),
    )
    await runtime.ledger.record([PlayChange(play=judgement.play, trace=steps)])
    assert await read(f"/history/{play.id}") == []
