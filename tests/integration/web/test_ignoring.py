"""Ignoring the title or the library of a play: for whom, what it writes, and how it is undone or ended."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from crosswatch.access.register import Scope
from crosswatch.config.environment import Overlay, variable_of
from crosswatch.core.events import Account, Percent
from crosswatch.core.outcomes import Retry
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Settlement
from crosswatch.core.reasons import Reason, Verdict
from fakes.plays import EPISODE, FILM, MAYA, at, make_play, want, wants

PAGE = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded", **PAGE}
ALICE = {"name": "Alice", "plex_ids": [1], "accounts": ["default"]}
TOM = {"name": "Tom", "plex_ids": [2], "accounts": ["default"], "ignored_titles": ["Heat"]}
PEPPA = replace(EPISODE, show=replace(EPISODE.show, title="Peppa Pig", year=2004), library="Kids")
TITLE = "Peppa Pig (2004)"
ON = {"enabled": True, "providers": {"trakt": {"enabled": True}}}
ENDED = {"state": PlayState.ENDED, "ended_at": at(9), "watched_at": at(9), "progress": Percent(92)}
QUEUED = {**ENDED, "verdict": Verdict.QUEUED}


@pytest.fixture
def configure(runtime, web):  # noqa: ARG001 -- it must have been started
    """Writes people, and lists for everyone."""

    def write(*people, **filters):
        document = runtime.config.document
        document["people"] = list(people)
        document["features"]["scrobble"] |= ON
        document["features"]["scrobble"]["filters"] |= filters
        runtime.config.replace(document)

    return write


@pytest.fixture
def record(runtime):
    """Records a play of an episode; one that waits for Trakt unless it is told otherwise."""

    async def run(*, waits=True, **changes):
        play = make_play(account=Account(id=1, name="alice"), **{"media": PEPPA, **QUEUED, **changes})
        desired = [want(DesiredAction.WATCHED, 9, 92)] if waits else []
        await runtime.ledger.record([wants(play, *desired)])
        if waits:
            now = runtime.clock.now()
            [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=now - now, batch=1)
            outcome = Retry(reason=Reason.TRAKT_DOWN)
            await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=now)])
        return play

    return run


@pytest.fixture
def look(web):
    """Draws the page of a play as a reader sees it: its text, and its source."""

    async def draw(play, query=""):
        answer = await web.get(f"/history/{play.id}{query}", headers=PAGE)
        assert answer.status == 200
        bare = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split()), answer.text

    return draw


@pytest.fixture
def press(web):
    """Presses a button of a play's page; the answer, and what stands behind the address to go to."""

    async def run(play, **fields):
        body = urlencode(fields).encode()
        answer = await web("POST", f"/history/{play.id}/ignoring", body=body, headers=FORM)
        return answer, answer.headers.get("location", "").partition(play.id)[2]

    return run


@pytest.fixture
def stage(configure, record, look, press, runtime):
    """All of it."""
    return SimpleNamespace(configure=configure, record=record, look=look, press=press, runtime=runtime)


def stored(runtime):
    return json.loads(runtime.config.path.read_bytes())


def filters_of(runtime):
    return stored(runtime)["features"]["scrobble"]["filters"]


def buttons(source):
    """What can be pressed about titles and libraries: what, for whom, and which way."""
    pattern = r'name="what" value="(\w+)">.*?name="who" value="([^"]*)">.*?name="do" value="(\w+)"'
    return set(re.findall(pattern, source))


async def test_a_title_is_ignored_for_one_person_and_the_play_with_it(
    configure, record, look, press, runtime
):
    configure(ALICE, TOM)
    play = await record()
    text, source = await look(play)
    assert "Ignore this title… No play of Peppa Pig (2004) counts from then on." in text
    assert buttons(source) == {
        (what, who, "ignore") for what in ("title", "library") for who in ("Alice", "")
    }
    answer, query = await press(play, do="ignore", what="title", who="Alice")
    assert answer.status == 303
    assert stored(runtime)["people"] == [{**ALICE, "ignored_titles": [TITLE]}, TOM]
    assert (await runtime.ledger.play(play.id)).reason is Reason.IGNORED_BY_YOU
    text, source = await look(play, query)
    assert "Peppa Pig (2004) is ignored for Alice from now on. So is this play. Undo" in text
    assert ("title", "Alice", "count") in buttons(source)
    assert ("title", "", "ignore") in buttons(source)


async def test_a_library_is_ignored_for_everyone(configure, record, look, press, runtime):
    configure()
    play = await record()
    assert buttons((await look(play))[1]) == {("title", "", "ignore"), ("library", "", "ignore")}
    _, query = await press(play, do="ignore", what="library", who="")
    assert filters_of(runtime)["ignored_libraries"] == ["Kids"]
    text, source = await look(play, query)
    assert "Kids is ignored for everyone from now on. So is this play." in text
    assert buttons(source) == {("title", "", "ignore"), ("library", "", "count")}


async def test_a_play_that_still_counts_for_somebody_is_not_ignored_with_the_title(
    configure, record, look, press, runtime
):
    configure(ALICE, {**TOM, "plex_ids": [1]})
    play = await record()
    _, query = await press(play, do="ignore", what="title", who="Alice")
    assert stored(runtime)["people"][0]["ignored_titles"] == [TITLE]
    assert (await runtime.ledger.play(play.id)).reason is Reason.TRAKT_DOWN
    text, _ = await look(play, query)
    assert "is ignored for Alice from now on. Undo" in text


async def test_a_play_that_is_over_and_done_stays_as_it_is(configure, record, press, runtime):
    configure(ALICE)
    play = await record(waits=False, **{**ENDED, "verdict": Verdict.SKIPPED, "reason": Reason.TOO_SHORT})
    answer, _ = await press(play, do="ignore", what="title", who="")
    assert answer.status == 303
    assert (await runtime.ledger.play(play.id)).reason is Reason.TOO_SHORT


async def test_what_is_playing_is_told_no_more(configure, record, press, runtime):
    configure(ALICE)
    play = await record(
        waits=False, media=FILM, verdict=Verdict.WATCHING, state=PlayState.PLAYING, ended_at=None
    )
    await press(play, do="ignore", what="title", who="Alice")
    await runtime.ledger.record([wants(replace(play, **ENDED), want(DesiredAction.WATCHED, 9, 92))])
    assert (await runtime.ledger.play(play.id)).reason is Reason.IGNORED_BY_YOU
    assert await runtime.ledger.deliveries([play.id]) == {}


async def test_undo_takes_the_list_and_the_play_back_once(configure, record, look, press, runtime):
    configure(ALICE)
    play = await record()
    before = runtime.config.path.read_bytes()
    _, query = await press(play, do="ignore", what="title", who="")
    _, source = await look(play, query)
    [form] = re.findall(r'<form class="flash".*?</form>', source, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert fields["do"] == "undo"
    _, query = await press(play, **fields)
    assert "Taken back. It is as it was before." in (await look(play, query))[0]
    assert json.loads(runtime.config.path.read_bytes()) == json.loads(before)
    assert (await runtime.ledger.play(play.id)).verdict is Verdict.QUEUED
    _, query = await press(play, **fields)
    assert "The 30 seconds are over. Nothing was taken back." in (await look(play, query))[0]


async def test_undo_leaves_alone_what_somebody_else_has_changed_since(
    configure, record, look, press, runtime
):
    configure()
    play = await record()
    _, query = await press(play, do="ignore", what="title", who="")
    configure(ignored_titles=[TITLE, "Heat"])
    word = re.search(r"undo=([^&]+)", query)[1]
    _, query = await press(play, do="undo", word=word, n="1")
    assert "Somebody has changed the same setting since." in (await look(play, query))[0]
    assert filters_of(runtime)["ignored_titles"] == [TITLE, "Heat"]
    assert (await runtime.ledger.play(play.id)).reason is Reason.IGNORED_BY_YOU


@pytest.mark.parametrize(
    ("lists", "reason", "who"),
    [
        pytest.param(
            ([{**ALICE, "ignored_titles": ["peppa pig", "Heat", "TVDB: 371980"]}], {}),
            Reason.TITLE_OFF,
            "Alice",
            id="a title, by two names, in somebody's list",
        ),
        pytest.param(
            ([], {"ignored_titles": [TITLE, "Heat"]}), Reason.TITLE_OFF, "", id="a title in everyone's"
        ),
        pytest.param(
            ([ALICE], {"ignored_libraries": ["id:2", "Heat"]}),
            Reason.LIBRARY_OFF,
            "",
            id="a library by number",
        ),
    ],
)
async def test_a_play_that_a_list_has_stopped_has_a_button_that_takes_it_off_that_list(
    stage, web, lists, reason, who
):
    people, filters = lists
    stage.configure(*people, **filters)
    skipped = {**ENDED, "watched_at": None, "verdict": Verdict.SKIPPED, "reason": reason}
    play = await stage.record(waits=False, **skipped)
    for way in ("/history", f"/history?q=Peppa&reason={reason}"):
        assert f'href="./history/{play.id}#acts">Count again' in (await web.get(way, headers=PAGE)).text
    text, source = await stage.look(play)
    what = "title" if reason is Reason.TITLE_OFF else "library"
    assert 'id="acts"' in source
    assert "Take it out of" not in text[: text.index("Step by step")]
    assert (what, who, "count") in buttons(source)
    assert ("title", who, "ignore") in buttons(source) or what == "title"
    answer, query = await stage.press(play, do="count", what=what, who=who)
    assert answer.status == 303
    assert "Undo for 30 seconds" in (told := (await stage.look(play, query))[0])
    assert ("counts again for Alice, from the next play on." if who else "counts again, from") in told
    left = stored(stage.runtime)["people"][0] if who else filters_of(stage.runtime)
    assert left[f"ignored_{'titles' if what == 'title' else 'libraries'}"] == ["Heat"]
    assert (await stage.runtime.ledger.play(play.id)).reason is reason


async def test_whoever_was_slower_changes_nothing_and_is_shown_how_it_is(
    configure, record, look, press, runtime
):
    configure(ALICE)
    play = await record()
    before = stored(runtime)
    for fields in (
        {"do": "count", "what": "title", "who": "Alice"},
        {"do": "ignore", "what": "title", "who": "Nobody"},
        {"do": "ignore", "what": "album", "who": ""},
        {"do": "dance", "what": "title", "who": ""},
        {},
    ):
        answer, query = await press(play, **fields)
        assert (answer.status, query) == (303, "")
    assert stored(runtime) == before
    lies = urlencode({"done": "ignored", "what": "title", "who": "Alice", "n": 1})
    assert "is ignored for" not in (await look(play, f"?{lies}"))[0]


async def test_a_file_that_cannot_be_used_is_left_alone_and_said(configure, record, press, runtime):
    configure(ALICE)
    play = await record()
    runtime.config.path.write_text("{")
    answer, _ = await press(play, do="ignore", what="title", who="Alice")
    assert answer.status in (422, 503)
    assert 'role="alert"' in answer.text
    assert runtime.config.path.read_text() == "{"
    assert (await runtime.ledger.play(play.id)).reason is Reason.TRAKT_DOWN


async def test_a_list_that_the_environment_sets_is_not_offered(configure, record, look, runtime):
    configure(ALICE)
    play = await record()
    key = "features.scrobble.filters.ignored_titles"
    runtime.config.overlay = Overlay({variable_of(key): "Heat"})
    runtime.config.poll()
    assert {one for one in buttons((await look(play))[1]) if one[0] == "title"} == {
        ("title", "Alice", "ignore")
    }


async def test_only_who_may_change_settings_is_offered_it(configure, record, web, runtime):
    configure(ALICE)
    play = await record()
    key, _ = await runtime.access.create_key("home page", Scope.OPERATE)
    bearer = {"X-Api-Key": key}
    source = (await web.get(f"/history/{play.id}", headers={**PAGE, **bearer})).text
    assert "Ignore this play" in source
    assert buttons(source) == set()
    body = urlencode({"do": "ignore", "what": "title", "who": ""}).encode()
    answer = await web("POST", f"/history/{play.id}/ignoring", body=body, headers={**FORM, **bearer})
    assert answer.status == 403
    assert "ignored_titles" not in filters_of(runtime)


async def test_a_play_that_does_not_exist_is_kindly_not_found(web):
    answer = await web("POST", "/history/none/ignoring", body=b"do=ignore", headers=FORM)
    assert answer.status == 404


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"media": replace(FILM, title="<b>Heat</b>", library_id="9", library="<i>")}, id="markup"
        ),
        pytest.param({"media": replace(FILM, library_id="9", library="id:7")}, id="called like a number"),
        pytest.param({"media": replace(PEPPA, show=None)}, id="the show is not known"),
    ],
)
async def test_odd_names_are_taken_as_they_are(stage, changes):
    stage.configure(ALICE)
    play = await stage.record(**changes)
    _, source = await stage.look(play)
    assert "<b>Heat" not in source
    for what, who, wish in buttons(source) - {("title", "", "ignore"), ("library", "", "ignore")}:
        await stage.press(play, do=wish, what=what, who=who)
    entry = stored(stage.runtime)["people"][0]
    media = play.media
    assert entry.get("ignored_titles", []) == ([media.label] if media.kind == "movie" else [])
    expected = {"<i>": "<i>", "id:7": "id:9"}.get(media.library, "Kids")
    assert entry["ignored_libraries"] == [expected]
