"""The page of one play: the answer to "why?", what was done about it, and what may still be done."""

from __future__ import annotations

import html
import logging
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from crosswatch.access.register import Scope
from crosswatch.core.events import Account, MediaKind, Percent, Player
from crosswatch.core.outcomes import Accepted, Refused, Retry
from crosswatch.core.plays import DesiredAction, Origin, PlayState, SinkAccount, TraceEntry
from crosswatch.core.ports import PlayChange, Settlement
from crosswatch.core.reasons import Reason, Verdict
from fakes.plays import EPISODE, FILM, JON, MAYA, at, make_play, want, wants
from fakes.sink import Fault

PAGE = {"accept": "text/html"}
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
WATCHED = DesiredAction.WATCHED
NAMELESS = Refused(reason=Reason.NO_MATCH, detail="Tried the title.")


def ended(**changes):
    over = {"state": PlayState.ENDED, "ended_at": at(9), "watched_at": at(9), "progress": Percent(92)}
    return make_play(**{**over, **changes})


@pytest.fixture
def deliver(runtime):
    """Record a finished play and let its deliveries come to this."""

    async def run(play, outcomes, *trace):
        desired = want(WATCHED, 9, 92)
        await runtime.ledger.record(
            [PlayChange(play=play, desired=tuple((account, desired) for account in outcomes), trace=trace)]
        )
        now = runtime.clock.now()
        for account, outcome in outcomes.items():
            [claim] = await runtime.ledger.claim(account, worker="w", now=now, lease=now - now, batch=1)
            later = now + timedelta(minutes=3)
            await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=later)])
        return play

    return run


@pytest.fixture
def look(web):
    """Draws the page of a play as a reader sees it: its text, and its source."""

    async def draw(play, query=""):
        answer = await web.get(f"/history/{play.id}{query}", headers=PAGE)
        assert answer.status == 200
        return words(answer.text), answer.text

    return draw


def words(source):
    bare = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", source, flags=re.DOTALL)
    return " ".join(re.sub("[\u2068\u2069]", "", html.unescape(bare)).split())


def post(web, play, verb, **fields):
    headers = {"content-type": "application/x-www-form-urlencoded", **PAGE}
    return web("POST", f"/history/{play.id}/{verb}", body=urlencode(fields).encode(), headers=headers)


# ---------------------------------------------------------------- the answer


async def test_a_play_that_does_not_exist_is_kindly_not_found(web):
    answer = await web.get("/history/none", headers=PAGE)
    assert answer.status == 404
    assert "CrossWatch knows no play by this address." in answer.text


async def test_why_it_was_not_scrobbled_is_told_step_by_step(look, deliver):
    play = await deliver(ended(media=EPISODE, account=Account(id=447, name="tom")), {MAYA: NAMELESS})
    text, source = await look(play)
    assert "Why wasn't Straße der SEVERANCE S00E02 scrobbled?" in text
    assert "✕ Failed: Trakt doesn't know it" in text
    steps = re.findall(r'<li class="(\w+)"><span aria-hidden="true">.</span><span class="unseen">', source)
    assert steps == ["good", "good", "good", "good", "bad"]
    assert "✓ yes: Heard Heard from den as it played ✓ yes: Person tom · id 447" in text
    assert (
        "✕ no: Ids Trakt doesn't know it. tvdb 8946273 · show tmdb 95396, tvdb 371980 · "
        "season 0, episode 2 in DVD order · anidb-69 · mal-21" in text
    )
    assert '<a class="button" href="#match">Fix match</a>' in source
    assert 'id="match"' in source


async def test_a_play_of_a_stranger_is_mended_by_a_button_and_asks_nobody_to_write_a_file(look, deliver):
    left = {"progress": Percent(60.0), "watched_at": None}
    play = await deliver(ended(verdict=Verdict.SKIPPED, reason=Reason.PERSON_UNLINKED, **left), {})
    text, source = await look(play)
    assert "is not linked to a Trakt account." in text
    assert "says what to write" not in text[: text.index("Step by step")]
    assert ">Link</a>" in source
    assert "Count it" not in text


async def test_a_play_that_a_rule_had_stopped_is_counted_by_a_button_once_none_does(
    web, runtime, look, deliver
):
    play = await deliver(ended(verdict=Verdict.SKIPPED, reason=Reason.PERSON_UNLINKED, watched_at=None), {})
    text, _ = await look(play)
    assert "Count it" not in text
    maya = {"name": "Maya", "plex_ids": [play.account.id], "accounts": ["default"]}
    features = {"scrobble": {"enabled": True, "providers": {"trakt": {"enabled": True}}}}
    runtime.config.update(lambda document: document.update(people=[maya], features=features))
    text, _ = await look(play)
    assert "Count it" in text
    answer = await post(web, play, "retry")
    assert answer.status == 303
    [delivery] = (await runtime.ledger.deliveries([play.id]))[play.id]
    assert (delivery.desired.action, delivery.desired.at) == (WATCHED, play.ended_at)
    text, _ = await look(play)
    assert "The settings let it count now, and you said that it should." in text


@pytest.mark.parametrize(
    ("changes", "outcomes", "heading"),
    [
        ({}, {MAYA: Accepted(remote_id=1)}, "Arrival (2016) reached maya on Trakt"),
        ({}, {MAYA: Retry(reason=Reason.TRAKT_DOWN)}, "Arrival (2016) waits to be sent"),
        (
            {"verdict": Verdict.SKIPPED, "reason": Reason.LIBRARY_OFF},
            {},
            "Why wasn't Arrival (2016) scrobbled?",
        ),
        ({"verdict": Verdict.SKIPPED, "reason": Reason.IGNORED_BY_YOU}, {}, "What became of Arrival (2016)"),
        ({"state": PlayState.PLAYING, "ended_at": None}, {}, "Arrival (2016) is being watched"),
        (
            {
                "media": replace(FILM, title="", year=None),
                "verdict": Verdict.SKIPPED,
                "reason": Reason.TOO_SHORT,
            },
            {},
            "Why wasn't an unknown title scrobbled?",
        ),
    ],
)
async def test_the_heading_is_the_question_that_somebody_comes_with(
    look, deliver, changes, outcomes, heading
):
    play = await deliver(ended(**changes), outcomes)
    assert heading in (await look(play))[0]


async def test_each_account_says_how_it_stands_there(look, deliver):
    refused = Refused(reason=Reason.REJECTED, detail="It answered 422.")
    play = await deliver(ended(), {MAYA: Accepted(remote_id=4), JON: refused})
    text, _ = await look(play)
    assert (
        "jon on Trakt ✕ Failed Trakt refused Arrival (2016). It answered 422. Position 92 %. 1 attempt."
        in (text.replace("\u00a0", " "))
    )
    assert "maya on Trakt ● Delivered Arrival (2016) is in the history of maya on Trakt" in text


async def test_what_was_sent_and_came_back_can_be_opened(look, deliver):
    data = {"request": "POST /scrobble/stop\n{}", "status": 404, "answer": HOSTILE}
    trace = TraceEntry(at=at(9), step="sent", text="POST /scrobble/stop → 404", ok=False, data=data)
    play = await deliver(ended(), {MAYA: NAMELESS}, trace)
    text, source = await look(play)
    assert "What we sent POST /scrobble/stop {} What came back <script>alert" in text
    assert "<img src=x" not in source


async def test_a_long_story_is_folded_in_the_middle_and_addresses_are_cut(look, deliver):
    data = {"request": "GET /sync/history?page=1", "status": 503, "answer": ""}
    tries = [
        TraceEntry(at=at(n), step="sent", text=f"GET /sync/history?page={n} → 503", ok=False, data=data)
        for n in range(40)
    ]
    play = await deliver(ended(), {MAYA: NAMELESS}, *tries)
    text, source = await look(play)
    assert "22 steps between" in text
    assert "GET /sync/history → 503" in text
    assert "page=7" not in text.partition("Everything, as the API shows it")[0]
    assert source.count("What we sent") == 40


async def test_the_lines_of_the_log_about_it_are_there_and_no_others(look, deliver):
    play = await deliver(ended(), {MAYA: NAMELESS})
    log = logging.getLogger("crosswatch.trakt")
    log.info("stop Arrival -> 404", extra={"play": play.id})
    log.info("another play", extra={"play": "other"})
    text, _ = await look(play)
    assert "1 log line" in text
    assert "stop Arrival -> 404" in text
    assert "another play" not in text


async def test_the_text_for_an_issue_names_nobody_and_holds_no_secret(web, look, deliver):
    document = (await web.get("/api/config")).json()
    secret = "s-canary-secret"
    await web.post("/api/config", {**document, "trakt": {"client_id": "c", "client_secret": secret}})
    account = Account(id=4_471_002, name="Tom Okafor", aliases=frozenset({"tom@example.org"}))
    trace = TraceEntry(at=at(9), step="heard", text=f"tom okafor: {secret}, tom@example.org, 4471002, tomato")
    play = ended(account=account, player=Player(title="Tom's TV", client_id="tv-77"), server="a1b2c3")
    await deliver(play, {MAYA: NAMELESS}, trace)
    _, source = await look(play)
    [text] = re.findall(r"<textarea[^>]*>(.*?)</textarea>", source, re.DOTALL)
    text = html.unescape(text)
    assert "failed: no_match" in text
    assert "[person]: [redacted], [person], [person], tomato" in text
    assert "To trakt/[account]: dead, watched at 92" in text
    assert not [name for name in ("Okafor", "example.org", "Tom's TV", "a1b2c3", "maya") if name in text]
    assert secret not in source


@pytest.mark.parametrize("origin", list(Origin))
@pytest.mark.parametrize(
    "media",
    [
        pytest.param(replace(FILM, title=HOSTILE), id="hostile"),
        pytest.param(replace(EPISODE, show=None, season=None, title="ab " * 100), id="long"),
        pytest.param(replace(FILM, kind=MediaKind.CLIP, title=""), id="without title"),
    ],
)
async def test_any_play_can_be_looked_at(look, runtime, media, origin):
    play = ended(media=media, account=Account(), origin=origin, progress=None)
    await runtime.ledger.record([PlayChange(play=play)])
    text, source = await look(play)
    assert "Plex did not say who." in text
    assert "<img src=x" not in source
    assert source.count("<script") == 2


async def test_a_percent_sign_in_a_name_is_only_a_sign(look, runtime):
    media = replace(FILM, title="100% %s %(title)s")
    play = make_play(media=media, account=Account(name="50%d"), server="%s")
    account = SinkAccount(name="me%s")
    await runtime.ledger.record([wants(play, want(), account=account)])
    text, _ = await look(play)
    assert "100% %s %(title)s (2016) is being watched" in text
    assert "Scrobbling to me%s on Trakt" in text


# ---------------------------------------------------------------- what may be done


async def test_trying_again_comes_back_and_says_so(web, deliver, look, runtime):
    play = await deliver(ended(), {MAYA: NAMELESS})
    answer = await post(web, play, "retry")
    assert (answer.status, answer.headers["location"]) == (303, f"../{play.id}?done=retry&n=1")
    assert "Trying again now." in (await look(play, "?done=retry&n=1"))[0]
    assert (await runtime.ledger.play(play.id)).verdict is not Verdict.FAILED


async def test_an_ignored_play_can_be_counted_after_all(web, deliver, look):
    play = await deliver(ended(), {MAYA: NAMELESS})
    assert "Ignore this play" in (await look(play))[0]
    assert (await post(web, play, "ignore")).headers["location"] == f"../{play.id}?done=ignore&n=1"
    text, source = await look(play, "?done=ignore")
    assert "Nobody is told of it, now or later." in text
    assert "Count it" in text
    assert "Ignore this play" not in source


async def test_undo_asks_once_more_without_a_script_and_takes_back_only_ours(web, deliver, look, runtime):
    mine = runtime.trakt.add(MAYA, FILM, at(9))
    other = runtime.trakt.add(MAYA, FILM, at(9))
    play = await deliver(ended(), {MAYA: Accepted(remote_id=mine.remote_id)})
    source = (await look(play))[1]
    asked = re.findall(r'<details class="ask">.*?</details>', source, re.DOTALL)[0]
    assert f'action="../history/{play.id}/undo"' in asked
    assert (await post(web, play, "undo")).headers["location"] == f"../{play.id}?done=undo&n=1"
    assert runtime.trakt._histories[MAYA] == [other]
    assert "Undo at Trakt" not in (await look(play))[0]


@pytest.mark.parametrize(
    ("verb", "said"), [("ignore", (409, "Take it back instead.")), ("undo", (503, "Trakt refused."))]
)
async def test_what_cannot_be_done_is_said_on_the_page(web, deliver, runtime, verb, said):
    play = await deliver(ended(), {MAYA: Accepted(remote_id=5)})
    runtime.trakt.faults.append(Fault.UNAVAILABLE)
    answer = await post(web, play, verb)
    [problem] = re.findall(r'role="alert">(.*?)</p>', answer.text)
    assert (answer.status, said[1] in problem) == (said[0], True)
    assert "reached maya on Trakt" in answer.text


@pytest.mark.parametrize("verb", ["retry", "ignore", "undo", "match"])
async def test_nothing_can_be_done_about_a_play_that_does_not_exist(web, verb):
    assert (await post(web, make_play(), verb)).status == 404


async def test_whoever_may_only_look_sees_why_and_no_buttons(web, runtime, deliver):
    play = await deliver(ended(), {MAYA: NAMELESS})
    key, _ = await runtime.access.create_key("looks", Scope.READ)
    headers = {"x-api-key": key, **PAGE}
    page = await web.get(f"/history/{play.id}", headers=headers)
    assert "Why wasn" in page.text
    assert "Try again" not in page.text
    assert 'id="match"' not in page.text
    assert (await web.get(f"/history/{play.id}/match?find=x", headers=headers)).status == 403
    for verb in ("retry", "ignore", "undo", "match"):
        assert (await web("POST", f"/history/{play.id}/{verb}", headers=headers)).status == 403


async def test_a_play_that_waits_its_turn_needs_no_button(look, runtime):
    play = ended()
    await runtime.ledger.record([wants(play, want(WATCHED, 9, 92))])
    text, _ = await look(play)
    assert "Try again" not in text
    assert "Ignore this play" in text


@pytest.mark.parametrize(
    ("days", "shown"),
    [(0, r"\d\d:\d\d . \d\d:\d\d"), (20, r"\d+ \w+ , \d\d:\d\d . \d\d:\d\d")],
    ids=["today", "long ago"],
)
async def test_the_page_of_a_play_says_at_which_hour_it_was(look, deliver, runtime, days, shown):
    began = runtime.clock.now() - timedelta(days=days, hours=1)
    ended_at = began + timedelta(minutes=30)
    play = ended(started_at=began, last_seen_at=ended_at, ended_at=ended_at, watched_at=ended_at)
    text, _ = await look(await deliver(play, {}))
    assert re.search(rf"· Maya · {shown} ", text)
