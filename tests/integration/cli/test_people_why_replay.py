"""Commands about people and plays: read from the files and the servers, changing nothing."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest

from crosswatch.clock import Clock
from crosswatch.core.events import Account, Percent
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.plays import make_play, step, want, wants

TRACES = Path(__file__).parents[2] / "recordings" / "plex" / "traces"
ON = {"scrobble": {"enabled": True, "providers": {"trakt": {"enabled": True}}}}
ALICE = {"name": "Alice", "plex_ids": [1], "accounts": ["default"]}
CAROL = Account(id=1_000_004, name="Carol C.")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def played(directory):
    """Writes plays into the database, as an app that has stopped since."""

    def played(*changes):
        async def write():
            ledger = await open_ledger(directory / DATABASE_NAME, clock=Clock())
            await ledger.record(changes)
            await ledger.close()

        asyncio.run(write())

    return played


@pytest.fixture
async def plex():
    async with SimulatedPlex() as plex:
        yield plex


def at(plex, **keys):
    """`plex` in config.json, for that server."""
    return {
        "server_url": plex.base_url,
        "account_token": plex.owner_token,
        "tv_url": plex.plextv_url,
        **keys,
    }


def skipped(number, account, reason=Reason.PERSON_UNLINKED, **changes):
    return make_play(
        number, account=account, state=PlayState.ENDED, verdict=Verdict.SKIPPED, reason=reason, **changes
    )


# ---------------------------------------------------------------- people


async def test_people_are_shown_with_their_accounts_and_strangers_with_their_entry(
    configure, run, plex, directory
):
    configure(plex=at(plex), features=ON, people=[ALICE])
    ledger = await open_ledger(directory / DATABASE_NAME, clock=Clock())  # the app runs beside it
    await ledger.record([wants(skipped(1, CAROL, server=plex.options.machine_identifier))])
    said = (await asyncio.to_thread(run, "people")).output
    await ledger.close()
    assert "  Alice → the Trakt account\n      alice (id 1) on Example Server, also Alice A." in said
    assert "default: The account is not linked to Trakt yet." in said
    assert '  Kids (id 1000003) on Example Server\n      {"name": "Kids", "plex_ids": [1000003]' in said
    assert "Carol C. (id 1000004) on Example Server, 1 play skipped, last Arrival (2016)" in said
    assert "@" not in said


async def test_people_as_json_are_what_the_app_answers(configure, run, plex):
    configure(plex=at(plex), people=[ALICE])
    shape = json.loads((await asyncio.to_thread(run, "people", "--json")).output)
    assert [one["name"] for one in shape["people"]] == ["Alice"]
    assert shape["people"][0]["plex_accounts"][0]["plex_id"] == 1_000_001
    assert [one["people"] for one in shape["plex_accounts"]] == [["Alice"], [], [], []]
    assert shape["problems"] == []


async def test_without_people_the_list_of_names_is_what_is_offered(configure, run, plex, directory):
    filters = {**ON["scrobble"], "filters": {"username_whitelist": ["alice"]}}
    configure(plex=at(plex), features={"scrobble": filters})
    ledger = await open_ledger(directory / DATABASE_NAME, clock=Clock())
    await ledger.record([wants(skipped(1, CAROL, Reason.PERSON_NOT_LISTED, server="den"))])
    await ledger.close()
    said = (await asyncio.to_thread(run, "people")).output
    assert "whoever is in username_whitelist" in said
    assert '"id:1000004"' in said


async def test_a_guests_token_shows_the_guest(configure, run, plex):
    configure(plex=at(plex, account_token="EXAMPLE-TOKEN-BOB"), people=[ALICE])
    said = (await asyncio.to_thread(run, "people")).output
    assert "bob (id 1000002)" in said
    assert "Kids" not in said


def test_a_server_that_does_not_answer_is_named_and_the_rest_is_shown(configure, run):
    configure(plex={"server_url": NOWHERE, "account_token": "t"}, people=[ALICE])
    said = run("people")
    assert said.exit_code == 0
    assert "plex.server_url" in said.output
    assert "Alice → the Trakt account" in said.output


def test_with_nobody_linked_and_nobody_listed_everyone_counts(configure, run):
    configure()
    assert "everyone's plays go to the one Trakt account" in run("people").output


# ---------------------------------------------------------------- export


def test_plays_are_written_as_a_table_or_as_lines(played, configure, run, tmp_path):
    configure()
    played(wants(skipped(1, CAROL)), wants(skipped(2, CAROL)), wants(make_play(3)))
    table = list(csv.DictReader(io.StringIO(run("export", "--outcome", "skipped").output)))
    assert [row["id"] for row in table] == ["play-000002", "play-000001"]
    assert table[0]["person"] == "Carol C."
    file = tmp_path / "plays.jsonl"
    done = run("export", "--format", "jsonl", "--who", "maya", "--output", str(file))
    assert (done.exit_code, done.output) == (0, "")
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == ["play-000003"]


def test_an_export_may_begin_on_a_day(played, configure, run):
    configure()
    played(wants(make_play(1)))
    assert len(run("export", "--since", "2026-11-19").output.splitlines()) == 2
    assert len(run("export", "--since", "2026-11-22").output.splitlines()) == 1
    assert run("export", "--since", "yesterday").exit_code == 2


def test_where_nothing_was_played_there_is_nothing_to_export(configure, run):
    configure()
    done = run("export")
    assert (done.exit_code, "There are no plays yet" in done.output) == (1, True)


# ---------------------------------------------------------------- why


def test_the_last_play_says_why(played, configure, run):
    configure(people=[ALICE])
    played(
        wants(skipped(1, CAROL)),
        wants(
            make_play(2, state=PlayState.ENDED, progress=Percent(92)),
            want(DesiredAction.WATCHED, progress=92),
            trace=(step("Maya: stop at 92 % (frame)."),),
        ),
    )
    said = run("why").output
    assert "Arrival (2016) · Maya · queued: Waiting its turn  [play-000002]" in said
    assert "maya on Trakt: Waiting its turn (pending)." in said
    assert "Maya: stop at 92 % (frame)." in said


@pytest.mark.parametrize("wanted", ["play-000001", "arri"])
def test_a_play_is_found_by_its_id_or_its_title(played, configure, run, wanted):
    configure(people=[ALICE])
    played(wants(skipped(1, CAROL)))
    said = run("why", wanted).output
    assert "Carol C. · skipped: Not linked" in said
    assert "Carol C. (id 1000004) is not linked to a Trakt account." in said
    assert "crosswatch people" in said


def test_of_several_the_newest_speaks_and_the_others_are_listed(played, configure, run):
    configure()
    played(wants(make_play(1)), wants(make_play(2)), wants(make_play(3)))
    said = run("why", "Arrival").output
    assert said.index("play-000003") < said.index("Others that fit") < said.index("play-000001")


def test_a_play_as_json_is_what_the_app_answers(played, configure, run):
    configure()
    played(wants(make_play(1), trace=(step("heard"),)))
    shape = json.loads(run("why", "--json").output)
    assert (shape["id"], [entry["text"] for entry in shape["trace"]]) == ("play-000001", ["heard"])


@pytest.mark.parametrize("wanted", [(), ("Nothing of that name",)])
def test_a_play_that_is_not_there_is_said_not_to_be(played, configure, run, wanted):
    configure()
    assert "There are no plays yet" in run("why").output
    played()
    done = run("why", *wanted)
    assert (done.exit_code, "There " in done.output) == (1, True)


# ---------------------------------------------------------------- replay


def test_a_recording_is_played_by_the_rules_and_nothing_is_sent(configure, run):
    configure(features=ON, people=[ALICE])
    said = run("replay", str(TRACES / "08-pms-restart.json"), "--dry-run").output
    assert "+0:00:00.0  start The Matrix (1999) 7.33 % · alice as Alice · Playing" in said
    assert 'trakt/default: POST /scrobble/start {"movie"' in said
    assert "bob (id 1000002) is not linked to a Trakt account." in said


async def test_a_server_says_what_the_items_are(configure, run, plex):
    configure(plex=at(plex), features=ON, people=[ALICE])
    trace = str(TRACES / "01-movie-direct-play.json")
    done = await asyncio.to_thread(run, "replay", trace, "--dry-run", "--person", "id:1")
    actions = [line.split()[1] for line in done.output.splitlines() if line.startswith("+")]
    assert actions == ["start", "pause", "start", "stop"]
    assert '"imdb":"tt2543164"' in done.output


def test_who_watches_is_not_guessed(configure, run):
    configure(features=ON, people=[ALICE])
    done = run("replay", str(TRACES / "01-movie-direct-play.json"), "--dry-run")
    assert "Nothing would be told of it." in done.output
    assert "does not say who watches" in done.output
    assert "--person" in done.output
    assert "item 9723" in done.output


@pytest.mark.parametrize("name", ["Alice", " alice ", "id:1"])
async def test_somebody_of_the_configuration_may_be_named_as_there(configure, run, plex, name):
    configure(plex=at(plex), features=ON, people=[ALICE])
    trace = str(TRACES / "01-movie-direct-play.json")
    done = await asyncio.to_thread(run, "replay", trace, "--dry-run", "--person", name)
    assert "as Alice" in done.output


def test_a_session_that_vanishes_ends_by_itself(configure, run, tmp_path):
    trace = json.loads((TRACES / "08-pms-restart.json").read_text())
    trace["steps"].append({"at": 60_000, "sessions": {"MediaContainer": {"size": 0}}})
    recording = tmp_path / "vanish.json"
    recording.write_text(json.dumps(trace))
    configure(features=ON, people=[ALICE])
    said = run("replay", str(recording), "--dry-run", "--json").output
    scenes = [json.loads(line) for line in said.splitlines()]
    assert [(one["event"]["action"], one["event"]["why"]) for one in scenes][-1] == ("stop", "vanished")
    assert scenes[0]["tellings"][0]["request"] == "POST /scrobble/start"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "not JSON"), ("{}", "no recording"), ('{"steps": [{"ws": {}}]}', "no recording")],
)
def test_what_is_no_recording_is_refused(configure, run, tmp_path, content, sentence):
    configure()
    (tmp_path / "x.json").write_text(content)
    done = run("replay", str(tmp_path / "x.json"), "--dry-run")
    assert (done.exit_code, sentence in done.output) == (1, True)


def test_a_recording_is_never_sent(configure, run):
    configure()
    done = run("replay", str(TRACES / "01-movie-direct-play.json"))
    assert (done.exit_code, "--dry-run" in done.output) == (2, True)
