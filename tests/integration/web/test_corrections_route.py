"""Ignore, undo and match over HTTP, and the list of matches; against a model of Trakt."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crosswatch.core.events import MediaKind, Show
from crosswatch.core.identity import Choice
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, AlreadyThere, Refused
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Settlement
from crosswatch.core.reasons import Reason
from crosswatch.providers.anime.lists import SourceStatus
from fakes.plays import EPISODE, FILM, MAYA, NOW, at, make_play, want, wants
from fakes.sink import Fault

WATCHED = DesiredAction.WATCHED
FOUND = replace(
    EPISODE,
    title="Half Loop",
    ids=Ids(trakt=73, tvdb=9900102),
    show=Show(title="Severance", year=2022, ids=Ids(trakt=7, tmdb=95396)),
    season=1,
    number=12,
)
BY_SHOW = {"show_ids": {"tmdb": 95396}, "season": 1, "number": 12}


def ended(number=1, **changes):
    return make_play(number, state=PlayState.ENDED, ended_at=at(9), watched_at=at(9), **changes)


@pytest.fixture
def deliver(runtime):
    """Record a finished play and let its delivery come to this."""

    async def run(play, outcome):
        await runtime.ledger.record([wants(play, want(WATCHED, 9, 92))])
        now = runtime.clock.now()
        [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=now - now, batch=1)
        await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=now)])
        return play

    return run


@pytest.fixture
def told(web):
    """How a play stands now: verdict and reason."""

    async def run(play):
        shape = (await web.get(f"/api/plays/{play.id}")).json()
        return shape["verdict"], shape["reason"]

    return run


def put(web, body):
    return web(
        "PUT", "/api/matches", headers={"content-type": "application/json"}, body=json.dumps(body).encode()
    )


def post(web, path, body):
    return web("POST", path, headers={"content-type": "application/json"}, body=json.dumps(body).encode())


# ---------------------------------------------------------------- ignore


async def test_a_play_that_failed_is_ignored_and_brought_back_by_a_retry(web, deliver, told):
    play = await deliver(ended(), Refused(reason=Reason.NO_MATCH))
    answer = await web.post(f"/api/plays/{play.id}/ignore")
    assert answer.json() == {"ok": True, "detail": "Ignored."}
    assert await told(play) == ("skipped", "ignored_by_you")
    assert (await web.post(f"/api/plays/{play.id}/retry")).json()["retried"] == 1
    assert await told(play) == ("queued", "live")


async def test_what_trakt_holds_cannot_be_ignored(web, deliver, told):
    play = await deliver(ended(), Accepted(remote_id=5))
    answer = await web.post(f"/api/plays/{play.id}/ignore")
    assert answer.status == 409
    assert "Take it back instead" in answer.json()["detail"]
    assert await told(play) == ("delivered", "watched")


@pytest.mark.parametrize("verb", ["ignore", "undo"])
async def test_whoever_presses_without_a_script_sees_the_page_again(web, deliver, verb):
    outcome = Refused(reason=Reason.NO_MATCH) if verb == "ignore" else Accepted(remote_id=5)
    play = await deliver(ended(), outcome)
    answer = await web.post(f"/api/plays/{play.id}/{verb}", headers={"accept": "text/html"})
    assert (answer.status, answer.headers["location"]) == (303, "../../../")


@pytest.mark.parametrize("verb", ["ignore", "undo", "match", "retry"])
async def test_a_play_that_does_not_exist_is_not_found(web, verb):
    answer = await post(web, f"/api/plays/none/{verb}", {"ids": {"tmdb": 1}})
    assert (answer.status, answer.json()) == (404, {"detail": "There is no play 'none'."})


# ---------------------------------------------------------------- undo


async def test_a_play_that_we_recorded_is_taken_back_by_its_number(web, deliver, told, runtime):
    mine = runtime.trakt.add(MAYA, FILM, at(9))
    other = runtime.trakt.add(MAYA, FILM, at(9))
    play = await deliver(ended(), Accepted(remote_id=mine.remote_id))
    answer = await web.post(f"/api/plays/{play.id}/undo")
    assert answer.json() == {"ok": True, "taken_back": 1, "detail": "Taken back."}
    assert await told(play) == ("skipped", "taken_back")
    assert runtime.trakt._histories[MAYA] == [other]
    steps = (await web.get(f"/api/plays/{play.id}")).json()["trace"]
    assert [step["step"] for step in steps][-2:] == ["sent", "taken_back"]
    again = await web.post(f"/api/plays/{play.id}/undo")
    assert (again.status, "nothing to take back" in again.json()["detail"]) == (409, True)


async def test_a_play_whose_number_trakt_did_not_give_is_found_by_item_and_time(web, deliver, runtime):
    earlier = runtime.trakt.add(MAYA, FILM, at(-600))
    runtime.trakt.add(MAYA, FILM, at(9))
    play = await deliver(ended(), Accepted())
    assert (await web.post(f"/api/plays/{play.id}/undo")).json()["taken_back"] == 1
    assert runtime.trakt._histories[MAYA] == [earlier]


@pytest.mark.parametrize("entries", [0, 2], ids=["none", "two"])
async def test_where_it_is_not_certain_which_entry_is_ours_none_is_touched(web, deliver, runtime, entries):
    kept = [runtime.trakt.add(MAYA, FILM, at(9)) for _ in range(entries)]
    play = await deliver(ended(), Accepted())
    answer = await web.post(f"/api/plays/{play.id}/undo")
    assert (answer.status, "Take it out on Trakt." in answer.json()["detail"]) == (409, True)
    assert runtime.trakt._histories[MAYA] == kept


async def test_what_trakt_had_already_may_be_somebody_elses_and_is_not_touched(web, deliver, runtime):
    theirs = runtime.trakt.add(MAYA, FILM, at(9))
    play = await deliver(ended(), AlreadyThere(watched_at=at(9), remote_id=theirs.remote_id))
    answer = await web.post(f"/api/plays/{play.id}/undo")
    assert (answer.status, "It is not touched" in answer.json()["detail"]) == (409, True)
    assert runtime.trakt._histories[MAYA] == [theirs]


async def test_what_was_never_recorded_cannot_be_taken_back(web, runtime):
    play = make_play()
    await runtime.ledger.record([wants(play, want())])
    assert (await web.post(f"/api/plays/{play.id}/undo")).status == 409


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.HELD], ids=["trouble", "no link"])
@pytest.mark.parametrize("remote_id", [5, None], ids=["by number", "by time"])
async def test_trouble_with_trakt_leaves_everything_as_it_is(web, deliver, runtime, fault, remote_id):
    play = await deliver(ended(), Accepted(remote_id=remote_id))
    runtime.trakt.faults.append(fault)
    answer = await web.post(f"/api/plays/{play.id}/undo")
    assert answer.status == 503
    assert (await web.get(f"/api/plays/{play.id}")).json()["reason"] == "watched"


# ---------------------------------------------------------------- match


@pytest.fixture
async def failed(deliver):
    """An episode that Trakt does not know under the numbers of its server."""
    media = replace(EPISODE, season=1, number=2)
    return await deliver(ended(media=media), Refused(reason=Reason.NO_MATCH))


@pytest.fixture
def known(runtime):
    """Trakt has an episode under show, season and number."""
    choice = Choice(kind=MediaKind.EPISODE, show_ids=Ids(tmdb=95396), season=1, number=12)
    runtime.trakt.catalogue |= {choice: FOUND, replace(choice, is_of_show=True): FOUND}


@pytest.mark.usefixtures("known")
async def test_a_match_is_remembered_and_the_play_is_tried_again(web, failed, told):
    answer = (await post(web, f"/api/plays/{failed.id}/match", BY_SHOW)).json()
    assert (answer["ok"], answer["retried"]) == (True, 1)
    assert answer["detail"] == "Straße der SEVERANCE S01E02 is Severance S01E12."
    assert await told(failed) == ("queued", "live")
    [listed] = (await web.get("/api/matches")).json()["matches"]
    assert listed == answer["match"]
    assert (listed["scope"], listed["ids"], listed["number"]) == ("item", {"trakt": 73, "tvdb": 9900102}, 12)
    trace = (await web.get(f"/api/plays/{failed.id}")).json()["trace"]
    assert trace[-1]["text"] == "You said that it is Severance S01E12."


@pytest.mark.usefixtures("known")
async def test_a_match_of_a_show_sends_its_other_episodes_as_well(web, deliver, failed, told):
    next_one = await deliver(
        ended(2, media=replace(EPISODE, season=1, number=3, ids=Ids())), Refused(reason=Reason.NO_MATCH)
    )
    other_season = await deliver(
        ended(3, media=replace(EPISODE, season=2, number=3, ids=Ids())), Refused(reason=Reason.NO_MATCH)
    )
    answer = (await post(web, f"/api/plays/{failed.id}/match", {**BY_SHOW, "scope": "show"})).json()
    assert (answer["retried"], answer["match"]["scope"]) == (2, "show")
    assert (answer["match"]["season_offset"], answer["match"]["number_offset"]) == (0, 10)
    assert [await told(play) for play in (failed, next_one, other_season)] == [
        ("queued", "live"),
        ("queued", "live"),
        ("failed", "no_match"),
    ]


@pytest.mark.usefixtures("known")
async def test_a_play_that_was_taken_back_is_sent_as_what_it_is(web, deliver, told, runtime):
    mine = runtime.trakt.add(MAYA, EPISODE, at(9))
    play = await deliver(ended(media=EPISODE), Accepted(remote_id=mine.remote_id))
    await web.post(f"/api/plays/{play.id}/undo")
    assert (await web.post(f"/api/plays/{play.id}/retry")).json()["retried"] == 0
    assert (await post(web, f"/api/plays/{play.id}/match", BY_SHOW)).json()["retried"] == 1
    assert (await told(play))[0] in ("queued", "delivered")  # it may have been fast


async def test_what_trakt_does_not_have_is_not_remembered(web, failed, told):
    answer = await post(web, f"/api/plays/{failed.id}/match", BY_SHOW)
    assert (answer.status, answer.json()["detail"]) == (409, "Trakt has no such item.")
    assert (await web.get("/api/matches")).json() == {"matches": []}
    assert await told(failed) == ("failed", "no_match")


@pytest.mark.usefixtures("known")
async def test_a_match_that_cannot_be_checked_now_is_not_remembered(web, failed, runtime):
    runtime.trakt.faults.append(Fault.UNAVAILABLE)
    answer = await post(web, f"/api/plays/{failed.id}/match", BY_SHOW)
    assert answer.status == 503
    assert (await web.get("/api/matches")).json() == {"matches": []}


@pytest.mark.usefixtures("known")
async def test_a_show_of_which_the_server_gives_no_numbers_stays_open(web, deliver):
    media = replace(EPISODE, season=None, number=None)
    play = await deliver(ended(media=media), Refused(reason=Reason.NO_MATCH))
    answer = await post(web, f"/api/plays/{play.id}/match", {**BY_SHOW, "scope": "show"})
    assert answer.status == 409


async def test_what_is_no_film_or_episode_has_no_match(web, runtime):
    play = make_play(media=replace(FILM, kind=MediaKind.CLIP))
    await runtime.ledger.record([wants(play)])
    assert (await post(web, f"/api/plays/{play.id}/match", {"ids": {"tmdb": 1}})).status == 409


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"ids": {}},
        {"link": " "},
        {"ids": {"tmdb": 1}, "link": "https://trakt.tv/movies/x"},
        {"show_ids": {"tmdb": 1}},
        {"show_ids": {"tmdb": 1}, "season": 1},
        {"ids": {"imdb": "603"}},
        {"ids": {"tmdb": -1}},
        {"ids": {"slug": "x"}},
        {"ids": {"tmdb": 1}, "scope": "all"},
        {"ids": {"tmdb": 1}, "sesaon": 1},
    ],
    ids=str,
)
async def test_a_wish_that_makes_no_sense_is_refused(web, failed, wish):
    answer = await post(web, f"/api/plays/{failed.id}/match", wish)
    assert answer.status == 422
    assert answer.json()["detail"]


async def test_a_retry_reads_the_item_anew_and_forgets_that_it_was_unknown(web, deliver, runtime):
    play = await deliver(ended(media=FILM), Refused(reason=Reason.NO_MATCH))
    runtime.reread[play.id] = replace(FILM, title="Arrival, mended", ids=Ids(tmdb=7))
    await web.post(f"/api/plays/{play.id}/retry")
    shape = (await web.get(f"/api/plays/{play.id}")).json()
    assert (shape["media"]["title"], shape["media"]["ids"]) == ("Arrival, mended", {"tmdb": 7})
    assert shape["trace"][-1]["text"] == "The server calls it Arrival, mended (2016) now."


# ---------------------------------------------------------------- the list of matches


@pytest.mark.usefixtures("known")
async def test_matches_that_were_exported_can_be_imported(web, failed):
    await post(web, f"/api/plays/{failed.id}/match", {**BY_SHOW, "scope": "show"})
    await post(web, f"/api/plays/{failed.id}/match", BY_SHOW)
    exported = (await web.get("/api/matches")).json()
    assert len(exported["matches"]) == 2
    for match in exported["matches"]:
        assert (await web("DELETE", f"/api/matches?key={match['key']}")).json() == {"ok": True}
    assert (await web.get("/api/matches")).json() == {"matches": []}
    answer = await put(web, exported)
    assert answer.json() == {"ok": True, "adopted": 2, "retried": 1}
    assert (await web.get("/api/matches")).json() == exported


async def test_an_import_replaces_what_it_names_and_leaves_the_rest(web):
    def named(key, tmdb):
        return {"key": key, "ids": {"tmdb": tmdb}}

    await put(web, {"matches": [named("a", 1), named("b", 2)]})
    await put(web, {"matches": [named("b", 3)]})
    listed = (await web.get("/api/matches")).json()["matches"]
    assert [(one["key"], one["ids"]) for one in listed] == [("a", {"tmdb": 1}), ("b", {"tmdb": 3})]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"matches": {}},
        {"matches": [{"key": "a"}]},
        {"matches": [{"key": "", "ids": {"tmdb": 1}}]},
        {"matches": [{"key": "a", "show_ids": {"tmdb": 1}, "season": 1}]},
        {"matches": [{"key": "a", "ids": {"tmdb": 1}, "kind": "track"}]},
    ],
    ids=str,
)
async def test_an_import_that_makes_no_sense_changes_nothing(web, body):
    assert (await put(web, body)).status == 422
    assert (await web.get("/api/matches")).json() == {"matches": []}


async def test_a_match_that_is_not_there_cannot_be_forgotten(web):
    assert (await web("DELETE", "/api/matches?key=none")).status == 404
    assert (await web("DELETE", "/api/matches")).status == 422


# ---------------------------------------------------------------- lists of anime


async def test_lists_of_anime_say_how_they_stand(web, runtime):
    runtime.anime = (SourceStatus(source="/x.xml", titles=3, read_at=NOW, problem="It is gone."),)
    shape = {
        "source": "/x.xml",
        "ok": False,
        "titles": 3,
        "read_at": "2026-11-20T20:15:00Z",
        "problem": "It is gone.",
    }
    assert (await web.get("/api/anime")).json() == {"lists": [shape]}
    assert (await web.post("/api/anime/refresh")).json() == {"lists": [shape]}
