"""The pages of people: links and how they stand, who is new, and changes that nobody else's get lost by."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import pytest

from crosswatch.access.register import Scope
from crosswatch.core.events import Account, Percent
from crosswatch.core.people import Home
from crosswatch.core.plays import DesiredAction, PlayState, SinkAccount
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.linking.household import Kind, Member
from fakes.linking import FakeDesk
from fakes.plays import make_play, want, wants

DEN = "den"
ALICE = Account(id=1, name="alice", aliases=frozenset({"alice@example.com"}), owner_plex_id=1_000_001)
BOB = Account(id=1_000_002, name="bob")
KIDS = Account(id=1_000_003, name="Kids")
DAVE = Account(id=1_000_077, name="dave_99")
LOCAL = Account(name="Local")
MAYA = {"name": "Maya", "plex_ids": [1], "accounts": ["default"]}
TOM = {"name": "Tom", "plex_ids": [1_000_002], "accounts": ["tom_t"], "note": "a key of their own"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def household(runtime, web):  # noqa: ARG001 -- it must have been started
    """A server with three accounts, and people as a test wants them."""
    runtime.watch["servers"] = [{"name": "Den", "server_uuid": DEN, "connected": True}]
    runtime.accounts = {DEN: [ALICE, BOB, KIDS]}
    runtime.home = Home(server=DEN, owner_plex_id=1_000_001)
    runtime.linking = FakeDesk(
        [Member(number=1_000_002, name="bob", kind=Kind.MANAGED)], {"default": "maya_w"}
    )
    runtime.sinks = [
        {"name": "trakt/default", "ok": True, "reason": "", "sentence": ""},
        {
            "name": "trakt/tom_t",
            "ok": False,
            "reason": "link_expired",
            "sentence": "It ended.",
            "expires_at": runtime.clock.now() - timedelta(days=190),
        },
    ]

    def configure(*people, whitelist=(), **more):
        document = runtime.config.document
        document["plex"]["account_token"] = "token-of-maya"
        document["auth"]["trakt"]["access_token"] = "token-of-maya-at-trakt"
        document["people"] = list(people)
        document["accounts"] = {"tom_t": {"access_token": "token-of-tom"}}
        document["features"]["scrobble"]["filters"]["username_whitelist"] = list(whitelist)
        runtime.config.replace({**document, **more})

    return configure


@pytest.fixture
def post(web):
    """Sends a form, as a browser without a script does."""

    async def send(way, **fields):
        body = urlencode(fields, doseq=True).encode()
        return await web.post(way, body, headers={**FORM, "Accept": "text/html"})

    return send


@pytest.fixture
def read(web):
    """A page as a reader sees it: its text, and its source."""

    async def get(way="/people"):
        source = (await web.get(way)).text
        bare = re.sub(r"<(script|style|title|svg)\b.*?</\1>|<[^>]+>", " ", source, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split()), source

    return get


def stored(runtime):
    return json.loads(runtime.config.path.read_text())


def skipped(number, account, reason=Reason.PERSON_UNLINKED, **changes):
    return make_play(
        number,
        account=account,
        state=PlayState.ENDED,
        verdict=Verdict.SKIPPED,
        reason=reason,
        **{"server": DEN, **changes},
    )


async def form_of(web, way):
    """The fields of the form that saves, as they came."""
    source = (await web.get(way)).text
    body = source[source.index('class="person-form"') :]
    fields = {"do": "save", "revision": re.search(r'name="revision" value="(\w+)"', body)[1]}
    for name in ("name", "plex_ids", "mark"):
        fields[name] = html.unescape(re.search(rf'name="{name}"[^>]*? value="([^"]*)"|$', body)[1] or "")
    fields["accounts"] = re.findall(r'name="accounts" value="([^"]*)" checked', body)
    for name in ("libraries", "ignored_libraries"):
        fields[name] = re.findall(rf'name="{name}" value="([^"]*)" checked', body)
    for name in ("aliases", "ignored_titles"):
        fields[name] = html.unescape(re.search(rf'name="{name}"[^>]*>([^<]*)<', body)[1])
    return fields


# ---------------------------------------------------------------- who is linked to what


async def test_each_person_is_shown_with_their_links_their_kind_and_their_last_play(household, read, runtime):
    household(MAYA, TOM)
    ended = {"state": PlayState.ENDED, "progress": Percent(95), "server": DEN}
    play = make_play(1, account=BOB, **ended, verdict=Verdict.QUEUED, reason=Reason.LINK_EXPIRED)
    await runtime.ledger.record(
        [wants(play, want(DesiredAction.WATCHED, progress=95), account=SinkAccount(name="tom_t"))]
    )
    text, _ = await read()
    assert "Maya owner → to maya_w ● linked, renews by itself" in text
    assert "Tom home, managed → to tom_t ✕ link ended 14 May 1 play is safe here" in text
    assert "last 20:15 Arrival (2016)" in text


async def test_an_ended_link_is_linked_again_by_one_button(household, read):
    household(TOM)
    _, source = await read()
    [form] = re.findall(r'<form method="post" action="\./setup/trakt/link">.*?</form>', source, re.DOTALL)
    assert 'name="person" value="Tom"' in form
    assert 'name="account" value="tom_t"' in form
    assert "Link again" in form


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"ok": False, "reason": ""}, "◔ Trakt isn't answering"),
        ({"ok": True, "reason": "", "sentence": "It ends soon."}, "◔ link is about to end"),
        ({"ok": False, "reason": "account_locked"}, "✕ Trakt locked the account"),
        ({"ok": False, "reason": "link_expired"}, "✕ link ended Link again"),
    ],
)
async def test_how_a_link_stands_is_said_in_words_and_by_a_shape(household, read, runtime, status, words):
    household(MAYA)
    runtime.sinks = [{"name": "trakt/default", "sentence": "", **status}]
    text, _ = await read()
    assert words in text


async def test_an_account_that_was_never_linked_is_not_said_to_have_ended(household, read, runtime):
    household(MAYA)
    runtime.config.update(lambda document: document["auth"]["trakt"].update(access_token=""))
    runtime.sinks = [{"name": "trakt/default", "ok": False, "reason": "link_expired", "sentence": ""}]
    text, _ = await read()
    assert "✕ not linked Link" in text


async def test_a_profile_of_two_shows_both_accounts_and_whoever_is_linked_to_nothing_says_so(household, read):
    household({**MAYA, "accounts": ["default", "tom_t"]}, {**TOM, "accounts": []})
    text, _ = await read()
    assert text.index("to maya_w") < text.index("to tom_t")
    assert "not linked: plays are skipped Link" in text


async def test_somebody_who_is_paused_says_so(household, read):
    household({**MAYA, "paused": True})
    text, _ = await read()
    assert "paused: plays are skipped" in text


async def test_while_plex_tv_does_not_say_what_people_are_they_are_shown_without(household, read, runtime):
    household(TOM)
    runtime.linking.problem = "plex.tv does not answer."
    text, _ = await read()
    assert "Tom → to tom_t" in text


async def test_alone_one_is_told_how_others_appear(household, read, runtime):
    runtime.accounts = {DEN: [ALICE]}
    household(MAYA)
    text, _ = await read()
    assert "Only you so far. People appear when they press play." in text


async def test_without_people_it_is_said_that_everyone_counts(household, read):
    household()
    text, _ = await read()
    assert "Everyone's plays go to one Trakt account." in text
    assert text.count("plays count") == 3


async def test_no_name_is_taken_for_markup(household, read, runtime):
    household({**MAYA, "name": HOSTILE})
    await runtime.ledger.record([wants(skipped(1, Account(id=5, name=HOSTILE)))])
    for way in ("/people", f"/people/-?name={quote(HOSTILE)}"):
        text, source = await read(way)
        assert HOSTILE in text
        assert "<img src=x" not in source


async def test_the_pages_work_below_a_path(household, web):
    household(MAYA)
    answer = await web.get("/people/Maya", root_path="/watch")
    assert answer.status == 200
    assert 'href="../static/people.css"' in answer.text
    assert 'action="../people/Maya"' in answer.text


# ---------------------------------------------------------------- who is new


async def test_who_is_new_is_shown_with_what_they_played_and_where(household, read, runtime):
    household(MAYA, {**TOM, "accounts": []})
    await runtime.ledger.record(
        [wants(skipped(1, DAVE)), wants(skipped(2, LOCAL)), wants(skipped(3, LOCAL)), wants(skipped(4, BOB))]
    )
    text, source = await read()
    new = text[text.index("New 2") : text.index("At Plex")]
    assert f'id="who-den-{DAVE.id}"' in source  # where the way from a play of theirs leads
    assert "Local not signed in Pressed play 20:15 on Den: Arrival (2016). 2 plays were skipped." in new
    assert "dave_99 Pressed play 20:15 on Den: Arrival (2016). 1 play was skipped. Add dave_99 Never" in new
    assert "bob" not in new


async def test_somebody_new_is_added_with_the_entry_that_recognises_them(household, post, runtime):
    household(MAYA, {"name": "dave_99", "aliases": ["another"], "accounts": []})
    await runtime.ledger.record([wants(skipped(1, DAVE))])
    answer = await post("/people", do="add", key="den/1000077")
    assert (answer.status, answer.headers["location"]) == (303, "./people/dave_99%202?done=added")
    assert stored(runtime)["people"][-1] == {"name": "dave_99 2", "plex_ids": [1_000_077], "accounts": []}
    await post("/people", do="add", key="den/1000077")
    assert len(stored(runtime)["people"]) == 3


async def test_never_is_for_good_changes_nobodys_plays_and_can_be_taken_back(household, post, read, runtime):
    household(MAYA)
    await runtime.ledger.record([wants(skipped(1, DAVE)), wants(skipped(2, LOCAL))])
    for key in ("den/1000077", "den/=Local"):
        assert (await post("/people", do="never", key=key)).headers["location"] == "./people?done=never"
    assert stored(runtime)["people_ignored"] == ["id:1000077", "Local"]
    text, _ = await read()
    assert "New" not in text
    assert "Not asked about id:1000077 Ask again" in text
    await post("/people", do="ask", known_as="id:1000077")
    assert stored(runtime)["people_ignored"] == ["Local"]
    assert len(stored(runtime)["people"]) == 1


async def test_somebody_who_is_not_signed_in_may_be_somebody_who_is_listed(household, post, runtime):
    household(MAYA, TOM)
    await runtime.ledger.record([wants(skipped(1, LOCAL)), wants(skipped(2, DAVE))])
    await post("/people", do="same", key="den/=Local", person="Tom")
    await post("/people", do="same", key="den/1000077", person="Tom")
    tom = stored(runtime)["people"][1]
    assert (tom["aliases"], tom["plex_ids"], tom["note"]) == (["Local"], [1_000_002, 1_000_077], TOM["note"])


async def test_an_account_that_is_gone_meanwhile_is_not_guessed(household, post, runtime):
    household(MAYA)
    answer = await post("/people", do="add", key="den/42")
    assert answer.headers["location"] == "./people?done=gone"
    assert stored(runtime)["people"] == [MAYA]


async def test_whoever_counts_by_a_list_of_names_counts_on_when_somebody_is_added(household, post, runtime):
    household(whitelist=("ALICE@example.com", "id:77", "somebody away"))
    await runtime.ledger.record([wants(skipped(1, DAVE, Reason.PERSON_NOT_LISTED))])
    await post("/people", do="add", key="den/1000077")
    document = stored(runtime)
    assert document["people"] == [
        {"name": "alice", "plex_ids": [1_000_001], "accounts": ["default"]},
        {"name": "id:77", "plex_ids": [77], "accounts": ["default"]},
        {"name": "somebody away", "aliases": ["somebody away"], "accounts": ["default"]},
        {"name": "dave_99", "plex_ids": [1_000_077], "accounts": []},
    ]
    whitelist = document["features"]["scrobble"]["filters"]["username_whitelist"]
    assert whitelist == ["ALICE@example.com", "id:77", "somebody away", "id:1000077"]


async def test_where_everyone_counts_opening_somebodys_settings_lists_everyone(household, post, runtime):
    household()
    answer = await post("/people", do="add", key="den/1000003")
    assert answer.headers["location"] == "./people/Kids"
    assert [(one["name"], one["accounts"]) for one in stored(runtime)["people"]] == [
        ("alice", ["default"]),
        ("bob", ["default"]),
        ("Kids", ["default"]),
    ]


async def test_where_everyone_counts_nobody_is_listed_before_all_servers_have_spoken(
    household, post, runtime
):
    household()
    runtime.watch["servers"].append({"name": "Attic", "server_uuid": "attic", "connected": False})
    answer = await post("/people", do="add", key="den/1000003")
    assert (answer.status, stored(runtime)["people"]) == (422, [])
    assert "not every server has said who that is" in answer.text


# ---------------------------------------------------------------- one person


async def test_a_person_says_who_they_are_what_counts_and_what_they_played(household, read, runtime):
    household({**TOM, "libraries": ["Movies"], "watched_at_percent": 70, "networks": ["lan"]})
    play = make_play(1, account=BOB, state=PlayState.ENDED, verdict=Verdict.DELIVERED, reason=Reason.WATCHED)
    await runtime.ledger.record([wants(play)])
    text, source = await read("/people/Tom")
    assert "Known to Plex as bob (1000002)." in text
    assert '<input type="checkbox" name="libraries" value="Movies" checked>' in source
    assert 'name="mark" inputmode="decimal" value="70"' in source
    assert "Also narrowed by networks in config.json." in text
    assert 'href="../history/play-000001"' in source
    assert 'href="../history?who=id%3A1000002"' in source


async def test_what_the_form_says_is_saved_and_all_else_stays(household, web, post, runtime):
    household(MAYA, {**TOM, "servers": [DEN]})
    fields = await form_of(web, "/people/Tom") | {
        "name": "Tommy",
        "accounts": ["tom_t", "default"],
        "kind": "movie",
        "more_libraries": "Movies, 4K, movies",
        "more_ignored_libraries": "Kids",
        "ignored_titles": "Peppa Pig\n\n Heat (1995) ",
        "mark": "85,5 %",
        "aliases": "bobby\n\n bob ",
    }
    answer = await post("/people/Tom", **fields)
    assert (answer.status, answer.headers["location"]) == (303, "../people/Tommy?done=saved")
    assert stored(runtime)["people"][1] == {
        "name": "Tommy",
        "plex_ids": [1_000_002],
        "accounts": ["tom_t", "default"],
        "note": TOM["note"],
        "servers": [DEN],
        "kinds": ["movie"],
        "libraries": ["Movies", "4K"],
        "ignored_libraries": ["Kids"],
        "ignored_titles": ["Peppa Pig", "Heat (1995)"],
        "watched_at_percent": 85.5,
        "aliases": ["bobby", "bob"],
    }


async def test_a_long_list_of_titles_is_saved_whole(household, web, post, runtime):
    household(MAYA, TOM)
    titles = [f"A title of some length, number {number}" for number in range(500)]
    fields = await form_of(web, "/people/Tom") | {"ignored_titles": "\n".join(titles)}
    assert (await post("/people/Tom", **fields)).status == 303
    assert stored(runtime)["people"][1]["ignored_titles"] == titles


async def test_a_form_that_is_saved_as_it_came_changes_nothing(household, web, post, runtime):
    ignored = {"ignored_libraries": ["Kids"], "ignored_titles": ["A", "tvdb:7"]}
    entry = {**TOM, **ignored, "libraries": ["Movies"], "aliases": ["bob"], "watched_at_percent": None}
    household(MAYA, entry)
    before = stored(runtime)
    assert (await post("/people/Tom", **await form_of(web, "/people/Tom"))).status == 303
    assert stored(runtime) == before


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": "Maya"}, "people[1].name is that of people[0] already"),
        ({"name": ""}, "people[1].name must not be empty"),
        ({"plex_ids": "", "aliases": ""}, "people[1] could never be recognised"),
        ({"plex_ids": "one"}, "A number at Plex has digits only."),
        ({"mark": "12"}, "people[1].watched_at_percent must be a number from 50 to 100"),
        ({"ignored_titles": "Heat\nimdb:7"}, "people[1].ignored_titles[1] must be a title"),
        ({"mark": "lots"}, "is a number from 50 to 100"),
        (
            {"aliases": "\n".join(f"bob {n}" for n in range(400))},
            "The list of names at Plex must not be longer than 2000 characters.",
        ),
        (
            {"plex_ids": ",".join(["1000002"] * 400)},
            "The list of numbers at Plex must not be longer than 2000 characters.",
        ),
        ({"name": "T" * 2001}, "The name must not be longer than 2000 characters."),
        ({"more_players": "T" * 2001}, "The name of a device must not be longer than 2000 characters."),
        ({"accounts": ["nobody"]}, "people[1].accounts[0] must be one of default, tom_t"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_cannot_be_is_refused_and_what_was_typed_stays(household, web, post, changed, sentence):
    household(MAYA, TOM)
    fields = await form_of(web, "/people/Tom") | {"more_libraries": "Typed"} | changed
    answer = await post("/people/Tom", **fields)
    assert (answer.status, (await web.get("/people/Tom")).status) == (422, 200)
    assert sentence in html.unescape(answer.text)
    assert 'value="Typed" checked' in answer.text


async def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(household, web, post, runtime):
    household(MAYA, TOM)
    fields = await form_of(web, "/people/Tom") | {"mark": "90"}
    document = runtime.config.document
    document["people"][1]["libraries"] = ["Theirs"]
    runtime.config.replace(document)
    answer = await post("/people/Tom", **fields)
    assert (answer.status, stored(runtime)["people"][1]["libraries"]) == (409, ["Theirs"])
    assert "was changed by somebody else meanwhile. Nothing was saved." in answer.text
    assert 'value="90"' in answer.text
    renewed = re.search(r'name="revision" value="(\w+)"', answer.text)[1]
    assert (await post("/people/Tom", **fields | {"revision": renewed})).status == 303
    assert stored(runtime)["people"][1]["watched_at_percent"] == 90


async def test_a_change_of_somebody_else_entirely_is_in_nobodys_way(household, web, post, runtime):
    household(MAYA, TOM)
    fields = await form_of(web, "/people/Tom")
    document = runtime.config.document
    document["people"][0]["paused"] = True
    document["auth"]["trakt"]["access_token"] = "renewed-meanwhile"
    runtime.config.replace(document)
    assert (await post("/people/Tom", **fields)).status == 303
    assert stored(runtime)["people"][0]["paused"] is True
    assert stored(runtime)["auth"]["trakt"]["access_token"] == "renewed-meanwhile"


async def test_somebody_is_paused_and_counts_again(household, post, runtime):
    household(MAYA, TOM)
    assert (await post("/people/Tom", do="pause")).headers["location"] == "../people/Tom?done=paused"
    assert runtime.rules().people[1].is_paused
    await post("/people/Tom", do="resume")
    assert not runtime.rules().people[1].is_paused


async def test_somebody_is_paused_until_tomorrow_and_counts_again_by_themselves(
    household, post, read, runtime
):
    household(MAYA, TOM)
    answer = await post("/people/Tom", do="pause_until")
    assert answer.headers["location"] == "../people/Tom?done=paused_until"
    text, _ = await read("/people/Tom?done=paused_until")
    assert "nothing of theirs counts until tomorrow morning" in text
    entry = stored(runtime)["people"][1]
    until = datetime.fromisoformat(entry["paused_until"])
    assert (entry["paused"], f"{until.astimezone():%H:%M}") == (False, "04:00")
    assert timedelta(0) < until - runtime.clock.now() <= timedelta(days=1)
    for way in ("/people", "/people/Tom"):
        assert "paused, plays are skipped until" in (await read(way))[0]
    runtime.clock.moment = until
    for way in ("/people", "/people/Tom"):
        assert "paused" not in (await read(way))[0]


async def test_a_pause_until_tomorrow_is_ended_at_once(household, post, read, runtime):
    household(MAYA, TOM)
    await post("/people/Tom", do="pause_until")
    text, source = await read("/people/Tom")
    assert ("Count again" in text, 'value="pause' in source) == (True, False)
    assert (await post("/people/Tom", do="resume")).headers["location"] == "../people/Tom?done=resumed"
    assert stored(runtime)["people"][1] == {**TOM, "paused": False}


async def test_somebody_is_taken_out_but_never_the_last_one(household, post, runtime):
    household(MAYA, TOM)
    assert (await post("/people/Tom", do="remove")).headers["location"] == "../people?done=removed"
    answer = await post("/people/Maya", do="remove")
    assert (answer.status, stored(runtime)["people"]) == (422, [MAYA])
    assert "everyone's plays would count" in html.unescape(answer.text)


@pytest.mark.parametrize("name", ["a/b", "..", "Zoë & co", "100 %", "-"])
async def test_a_person_has_a_page_whatever_they_are_called(household, read, name):
    household({**MAYA, "name": name})
    _, source = await read()
    [way] = re.findall(r'<h3 dir="auto"><a href="\.(/people/[^"]+)">', source)
    text, source = await read(html.unescape(way))
    assert f" {name} owner" in text
    assert f'action="..{way}"' in source


async def test_nobody_of_that_name_is_not_found(household, web, post):
    household(MAYA)
    assert (await web.get("/people/Tom")).status == 404
    assert (await post("/people/Tom", do="pause")).status == 404


async def test_whoever_may_only_read_sees_people_and_changes_nobody(household, web, runtime):
    household(MAYA, TOM)
    key, _ = await runtime.access.create_key("home page", Scope.OPERATE)
    bearer = {"X-Api-Key": key}
    for way in ("/people", "/people/Tom"):
        source = (await web.get(way, headers=bearer)).text
        assert "Tom" in source
        assert 'action="./people' not in source
        assert "setup/trakt/link" not in source
        assert (await web.post(way, b"do=pause", headers={**FORM, **bearer})).status == 403
