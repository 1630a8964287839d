from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswatch.core.events import Account, Media, MediaKind, Percent
from crosswatch.core.outcomes import Refused
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Settlement
from crosswatch.core.reasons import MEND, Reason, Verdict
from fakes.plays import MAYA, full_play, make_play, step, want, wants


async def deliver(runtime, play, outcome, *desired):
    """Record a play, and let its delivery have come to this outcome."""
    await runtime.ledger.record([wants(play, *(desired or (want(DesiredAction.WATCHED, progress=92),)))])
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=now - now, batch=1)
    await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=now)])


async def test_no_plays_are_an_empty_page(web):
    assert (await web.get("/api/plays")).json() == {"plays": [], "next": None}


async def test_a_play_is_told_with_person_title_verdict_and_sentence(web, runtime):
    play = make_play(
        state=PlayState.ENDED,
        progress=Percent(41.9),
        verdict=Verdict.SKIPPED,
        reason=Reason.BELOW_THRESHOLD,
    )
    await runtime.ledger.record([wants(play)])

    [told] = (await web.get("/api/plays")).json()["plays"]

    assert told["person"] == {"id": 1, "name": "Maya"}
    assert told["media"]["label"] == "Arrival (2016)"
    assert (told["verdict"], told["reason"], told["title"]) == (
        "skipped",
        "below_threshold",
        "Not watched far enough",
    )
    assert (
        told["sentence"] == "Maya stopped Arrival (2016) at 41\u00a0%; it counts as watched from 80\u00a0%."
    )
    assert told["deliveries"] == []


async def test_a_play_shows_everything_that_programs_may_count_on(web, runtime):
    play = full_play()
    await runtime.ledger.record([wants(play)])

    [told] = (await web.get("/api/plays")).json()["plays"]

    assert told["media"]["show"] == {
        "title": "Straße der SEVERANCE",
        "year": 2022,
        "ids": {"tmdb": 95396, "tvdb": 371980},
    }
    assert told["player"] == {"title": "Living room", "product": "Plex for LG"}
    assert datetime.fromisoformat(told["watched_at"]) == play.watched_at
    assert "file" not in told["media"]


async def test_a_delivery_tells_what_is_wanted_and_when_it_is_tried(web, runtime):
    play = make_play(state=PlayState.ENDED, progress=Percent(92))
    await runtime.ledger.record([wants(play, want(DesiredAction.WATCHED, seconds=3, progress=92))])

    [told] = (await web.get("/api/plays")).json()["plays"]

    [delivery] = told["deliveries"]
    assert delivery["account"] == {"sink": "trakt", "name": "maya"}
    assert delivery["state"] == "pending"
    assert delivery["desired"] == {"action": "watched", "progress": 92.0, "at": "2026-11-20T20:15:03Z"}
    assert delivery["attempts"] == 0
    assert datetime.fromisoformat(delivery["next_attempt_at"]) == runtime.clock.now()
    assert delivery["acknowledged"] is None


async def test_a_refused_delivery_says_why_and_what_to_do(web, runtime):
    refused = Refused(reason=Reason.NO_MATCH, detail="Its season 1 has 26 episodes there.")
    await deliver(runtime, make_play(state=PlayState.ENDED), refused)

    [told] = (await web.get("/api/plays?verdict=failed")).json()["plays"]

    assert told["deliveries"][0]["state"] == "dead"
    assert told["deliveries"][0]["next_attempt_at"] is None
    assert (
        told["sentence"]
        == told["deliveries"][0]["sentence"]
        == ("Trakt doesn't know Arrival (2016). Its season 1 has 26 episodes there.")
    )
    assert told["action"] == MEND


async def test_pages_follow_one_another_without_gap_or_overlap(web, runtime):
    await runtime.ledger.record([wants(make_play(number)) for number in range(1, 6)])

    ids, cursor, pages = [], "", 0
    while cursor is not None:
        page = (await web.get(f"/api/plays?limit=2{cursor and f'&before={cursor}'}")).json()
        ids += [play["id"] for play in page["plays"]]
        cursor, pages = page["next"], pages + 1

    assert ids == [f"play-{number:06d}" for number in (5, 4, 3, 2, 1)]
    assert pages == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {1, 2, 3}),
        ("who=jon", {2}),
        ("verdict=skipped", {2}),
        ("reason=person_unlinked", {2}),
        ("server=attic", {3}),
        ("kind=clip", {3}),
        ("q=rail", {3}),
        ("since=2026-11-20T20:15:03Z", {3}),
        ("who=&q=&server=", {1, 2, 3}),
    ],
)
async def test_each_filter_narrows(web, runtime, query, found):
    trailer = Media(kind=MediaKind.CLIP, title="Trailer")
    skipped = {"verdict": Verdict.SKIPPED, "reason": Reason.PERSON_UNLINKED}
    plays = [
        make_play(1),
        make_play(2, account=Account(id=2, name="Jon"), **skipped),
        make_play(3, media=trailer, server="attic"),
    ]
    await runtime.ledger.record([wants(play) for play in plays])

    answer = (await web.get(f"/api/plays?{query}")).json()

    assert {play["id"] for play in answer["plays"]} == {f"play-{number:06d}" for number in found}


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("verdict=lost", "verdict"),
        ("reason=because", "reason"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("since=yesterday", "since"),
        ("since=2026-11-24T20:00:00", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("since=9999-12-31T23:59:59-14:00", "since"),
        (f"who={'x' * 201}", "who"),
        (f"before={'x' * 65}", "before"),
        ("kind=song", "kind"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_by_name(web, query, key):
    answer = await web.get(f"/api/plays?{query}")

    assert (answer.status, answer.json()["key"]) == (422, key)
    assert answer.json()["detail"].startswith(f"{key}: ")


async def test_one_play_comes_with_its_story(web, runtime):
    play = make_play()
    story = (step("Heard from Plex.", 0), step("Maya counts.", 1, rule="person_listed"))
    await runtime.ledger.record([wants(play, trace=story)])

    told = (await web.get(f"/api/plays/{play.id}")).json()

    assert [entry["text"] for entry in told["trace"]] == ["Heard from Plex.", "Maya counts."]
    assert told["trace"][1]["data"] == {"rule": "person_listed"}
    assert datetime.fromisoformat(told["trace"][0]["at"]) == datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/plays/none"), ("POST", "/api/plays/none/retry")])
async def test_a_play_that_does_not_exist_is_not_found(web, method, path):
    answer = await web(method, path)

    assert (answer.status, answer.json()) == (404, {"detail": "There is no play 'none'."})


async def test_retry_wakes_what_was_refused(web, runtime):
    play = make_play(state=PlayState.ENDED)
    await deliver(runtime, play, Refused(reason=Reason.NO_MATCH))

    answer = await web.post(f"/api/plays/{play.id}/retry")

    assert answer.json() == {"ok": True, "retried": 1, "detail": "Trying again now."}
    assert runtime.changed == [play.id]
    [told] = (await web.get("/api/plays")).json()["plays"]
    assert told["verdict"] == "queued"


async def test_retry_of_a_play_that_waits_for_nothing_says_so(web, runtime):
    play = make_play()
    await runtime.ledger.record([wants(play)])

    answer = await web.post(f"/api/plays/{play.id}/retry")

    assert answer.json()["retried"] == 0
    assert answer.json()["detail"] == "Nothing of this play is left to be tried."


async def test_retry_pressed_without_a_script_leads_back_to_the_page(web, runtime):
    play = make_play()
    await runtime.ledger.record([wants(play)])

    answer = await web.post(f"/api/plays/{play.id}/retry", headers={"accept": "text/html"})

    assert (answer.status, answer.headers["location"]) == (303, "../../../")
