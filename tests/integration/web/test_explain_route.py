"""What would happen, and why: told for a play, a frame and a webhook, and nothing is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, Media, MediaKind, Percent
from crosswatch.core.ids import Ids
from crosswatch.core.plays import PlayState
from crosswatch.core.reasons import Reason, Verdict
from fakes.plays import make_play, wants
from fakes.plex_recordings import recorded
from fakes.source import ScriptedSource

DEN = "0123456789abcdef0123456789abcdef01234567"
FILM = Media(
    kind=MediaKind.MOVIE,
    title="Arrival",
    year=2016,
    ids=Ids(imdb="tt2543164", tmdb=329865),
    duration_ms=6_000_000,
    rating_key="9723",
    library_id="1",
    library="Films",
)
BOB = Account(id=1_000_002, name="bob")


@pytest.fixture
def explain(runtime, web):
    """Asks; everything is on, and the owner's plays go to the default account."""
    source = ScriptedSource(FILM)
    runtime.watch["servers"] = [{"name": "Den", "server_uuid": DEN, "connected": True}]
    runtime.sources = {DEN: source}

    async def ask(status=200, **question):
        answer = await web.post("/api/explain", question)
        assert answer.status == status, answer.text
        return answer.json()

    def configure(*people, **options):
        document = runtime.config.document
        document["features"]["scrobble"] |= {"enabled": True, "options": options}
        document["features"]["scrobble"]["providers"] = {"trakt": {"enabled": True}}
        document["people"] = list(people)
        document["accounts"] = {"maya": {"access_token": "token-of-maya"}}
        runtime.config.replace(document)

    configure()
    ask.source, ask.configure = source, configure
    return ask


def frame(state="playing", offset_s=3_000, key="1", item="9723"):
    entry = {
        "sessionKey": key,
        "ratingKey": item,
        "key": f"/library/metadata/{item}",
        "state": state,
        "viewOffset": offset_s * 1000,
        "clientIdentifier": "tv",
    }
    return {"NotificationContainer": {"type": "playing", "PlaySessionStateNotification": [entry]}}


# ---------------------------------------------------------------- frames


async def test_a_frame_says_whose_it_is_and_what_trakt_would_be_told(explain, runtime):
    explain.configure({"name": "Maya", "plex_ids": [1], "accounts": ["default", "maya"]})
    explain.source.list(FILM, offset_s=3_000)
    told = await explain(frame=frame())
    assert told["dry_run"] is True
    [scene] = told["scenes"]
    assert (scene["person"], scene["people"]) == ({"id": 1, "name": "Maya"}, ["Maya"])
    assert scene["event"] == {"action": "start", "progress": 50.0, "why": "frame"}
    assert [one["account"]["name"] for one in scene["tellings"]] == ["default", "maya"]
    assert scene["tellings"][0]["request"] == "POST /scrobble/start"
    assert scene["tellings"][0]["body"] == {
        "movie": {"title": "Arrival", "year": 2016, "ids": {"imdb": "tt2543164", "tmdb": 329865}},
        "progress": 50.0,
    }
    assert runtime.trakt.requests == []
    assert (await runtime.ledger.backlog()) == {}


async def test_a_start_at_zero_is_told_after_its_second_opinion(explain):
    explain.source.list(FILM, offset_s=0)
    [scene] = (await explain(frame=frame(offset_s=0)))["scenes"]
    assert scene["event"]["progress"] == 0.0


async def test_a_person_who_is_not_linked_is_named_with_the_number_that_plex_gave(explain):
    explain.configure({"name": "Maya", "plex_ids": [1], "accounts": ["default"]})
    explain.source.people[BOB.id] = BOB
    explain.source.list(FILM, account=BOB)
    [scene] = (await explain(frame=frame()))["scenes"]
    assert (scene["verdict"], scene["reason"], scene["tellings"]) == ("skipped", "person_unlinked", [])
    assert scene["sentence"] == "bob (id 1000002) is not linked to a Trakt account."


async def test_a_frame_of_a_session_that_the_server_does_not_list_is_nobodys(explain):
    told = await explain(frame=frame())
    assert told["scenes"] == []
    assert "nobody is guessed" in told["note"]


async def test_a_stop_ends_the_play_that_goes_on(explain, runtime):
    play = make_play(
        server=DEN, session_key="1", media=FILM, offset_ms=3_000_000, progress=Percent(50), reason=Reason.LIVE
    )
    await runtime.ledger.record([wants(play)])
    [scene] = (await explain(frame=frame("stopped", 5_700), server="Den"))["scenes"]
    assert (scene["event"]["action"], scene["event"]["progress"]) == ("stop", 95.0)
    assert scene["tellings"][0]["desired"]["action"] == "watched"


async def test_a_stop_of_nothing_changes_nothing(explain):
    told = await explain(frame=frame("stopped"))
    assert (told["scenes"], "change nothing" in told["note"]) == ([], True)


async def test_a_frame_of_another_kind_is_not_about_playing(explain):
    told = await explain(frame={"NotificationContainer": {"type": "activity", "size": 1}})
    assert "not about a player" in told["note"]


async def test_a_server_that_is_not_watched_cannot_be_asked(explain):
    told = await explain(frame=frame(), server="f" * 40)
    assert "nobody is guessed" in told["note"]


# ---------------------------------------------------------------- webhooks


async def test_a_webhook_is_explained_by_itself(explain):
    payload = recorded("webhooks/01-play-movie.json")
    payload["Metadata"]["viewOffset"] = 648_000
    [scene] = (await explain(payload=payload))["scenes"]
    assert (scene["media"], scene["event"]["action"]) == ("October Sky (1999)", "start")
    assert scene["tellings"][0]["body"]["movie"]["ids"]["imdb"] == "tt0132477"


async def test_a_webhook_without_a_position_tells_nothing_yet(explain):
    told = await explain(payload=recorded("webhooks/01-play-movie.json"))
    assert (told["scenes"][0]["tellings"], "no position" in told["note"]) == ([], True)


async def test_a_webhook_that_counts_a_viewing_is_a_finished_play(explain):
    [scene] = (await explain(payload=recorded("webhooks/05-scrobble-episode.json")))["scenes"]
    assert scene["event"]["why"] == "counted"
    assert scene["tellings"][0]["desired"]["action"] == "watched"


async def test_the_webhook_of_the_hand_over_is_understood(explain):
    explain.source.library.clear()
    [scene] = (await explain(payload=recorded("webhooks/18-handover-test.json")))["scenes"]
    assert (scene["media"], scene["event"]["progress"]) == ("Ping", 10.0)


async def test_a_webhook_about_a_library_is_not_about_playing(explain):
    told = await explain(payload=recorded("webhooks/11-admin-backup.json"))
    assert "not about a player" in told["note"]


# ---------------------------------------------------------------- plays


async def test_a_play_that_was_skipped_says_what_would_become_of_it_today(explain, runtime):
    play = make_play(
        server=DEN,
        account=BOB,
        media=FILM,
        state=PlayState.ENDED,
        progress=Percent(95),
        verdict=Verdict.SKIPPED,
        reason=Reason.PERSON_UNLINKED,
    )
    await runtime.ledger.record([wants(play)])
    explain.configure({"name": "Tom", "plex_ids": [BOB.id], "accounts": ["maya"]})
    [scene] = (await explain(play=play.id))["scenes"]
    assert (scene["verdict"], scene["people"]) == ("queued", ["Tom"])
    assert [one["desired"]["action"] for one in scene["tellings"]] == ["watched"]
    assert (await runtime.ledger.play(play.id)).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("mark", "reason"), [(90, "below_threshold"), (None, "live")], ids=["their own", "everybody's"]
)
async def test_a_persons_own_mark_is_the_one_that_counts(explain, runtime, mark, reason):
    play = make_play(server=DEN, media=FILM, state=PlayState.ENDED, progress=Percent(85))
    await runtime.ledger.record([wants(play)])
    explain.configure({"name": "Maya", "plex_ids": [1], "accounts": ["maya"], "watched_at_percent": mark})
    [scene] = (await explain(play=play.id))["scenes"]
    [telling] = scene["tellings"]
    assert telling["desired"]["action"] == ("stop" if mark else "watched")
    assert scene["reason"] in ("live", reason)


async def test_a_play_that_plex_counted_stays_watched(explain, runtime):
    play = make_play(server=DEN, media=FILM, state=PlayState.ENDED, progress=Percent(60))
    await runtime.ledger.record([wants(replace(play, watched_at=play.last_seen_at))])
    [scene] = (await explain(play=play.id))["scenes"]
    assert scene["tellings"][0]["desired"]["action"] == "watched"


async def test_an_end_before_anything_counts_makes_no_request(explain, runtime):
    play = make_play(server=DEN, media=FILM, state=PlayState.ENDED, progress=Percent(0.4))
    await runtime.ledger.record([wants(play)])
    [scene] = (await explain(play=play.id))["scenes"]
    assert [one["request"] for one in scene["tellings"]] == [None]
    assert scene["reason"] == "too_short"


# ---------------------------------------------------------------- what cannot be explained


@pytest.mark.parametrize(
    ("question", "status", "sentence"),
    [
        pytest.param({}, 422, "exactly one of play, frame, payload", id="no question"),
        pytest.param({"play": "x", "frame": {}}, 422, "exactly one", id="two questions"),
        pytest.param({"play": "nowhere"}, 404, "no play 'nowhere'", id="no such play"),
        pytest.param({"frame": {"x": 1}}, 422, "names no type", id="no frame"),
        pytest.param({"frame": frame("dancing")}, 422, "has the state", id="no such state"),
        pytest.param({"payload": {"x": 1}}, 422, "names no event", id="no webhook"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(explain, question, status, sentence):
    assert sentence in (await explain(status, **question))["detail"]


async def test_what_is_no_json_is_refused(web):
    answer = await web.post("/api/explain", b"{")
    assert (answer.status, "not JSON" in answer.text) == (400, True)
