"""The screens of settings, called as a browser without scripts calls them."""

from __future__ import annotations

import errno
import html
import json
import os
import re
from urllib.parse import urlencode

import pytest

from crosswatch.access.changes import make_key, with_code, with_key
from crosswatch.access.register import Scope
from crosswatch.config.file import ConfigFile
from crosswatch.config.model import default_document
from crosswatch.config.schema import schema
from crosswatch.web.factory import create_app
from crosswatch.web.pages.settings import ELSEWHERE, SECTIONS, keys_of
from fakes.asgi import called

TOKEN = "plex-token-1234567890"
BROWSER = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
PERCENT = "features.scrobble.options.watched_at_percent"
PEOPLE = "features.scrobble.filters.username_whitelist"


class Page:
    """A form as it came, to be filled in and sent back."""

    def __init__(self, web, address, text):
        self.web, self.address, self.text = web, address, text
        self.fields = {
            name: html.unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
            if name not in ("word", "section")
        }
        form = text[text.index('class="fields"') :]
        self.lists = {}
        for tag in re.findall(r"<input[^>]*>", form):
            name = re.search(r'name="([^"]+)"', tag)[1]
            if 'type="hidden"' in tag or " disabled" in tag:
                continue
            is_box = 'type="checkbox"' in tag
            if is_box and " checked" not in tag:
                continue
            value = html.unescape(re.search(r'value="([^"]*)"', tag)[1])
            self.lists.setdefault(name, []).append(value)
        for tag, value in re.findall(r"(<textarea[^>]*>)\n?(.*?)</textarea>", form, re.DOTALL):
            self.lists[re.search(r'name="([^"]+)"', tag)[1]] = [html.unescape(value)]

    async def send(self, do="save", *, drop=(), **changes):
        fields = {**self.fields, **self.lists, **changes, "do": do}
        for name in drop:
            fields.pop(name, None)
        return await self.web.post(self.address, urlencode(fields, doseq=True).encode(), headers=BROWSER)


@pytest.fixture
def opened(web):
    async def opened(section):
        address = f"/settings/{section}"
        answer = await web.get(address, headers=BROWSER)
        assert answer.status == 200
        return Page(web, address, answer.text)

    return opened


@pytest.fixture
async def settled(web, runtime):  # noqa: ARG001 -- it runs
    document = default_document()
    document["plex"] |= {"server_url": "http://192.0.2.7:32400", "account_token": TOKEN}
    document["servers"] = [
        {"name": "Attic", "server_url": "http://192.0.2.8:32400", "account_token": f"{TOKEN}-2"}
    ]
    runtime.config.replace(document)


def _no_room(_path, _data):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stored(runtime):
    return json.loads(runtime.config.path.read_text())


def test_every_key_that_people_set_is_on_one_page():
    shown = [key.name for section in SECTIONS for key in keys_of(section)]
    assert sorted(shown) == sorted(key.name for key in schema() if not key.name.startswith(ELSEWHERE))


@pytest.mark.parametrize("section", [section.id for section in SECTIONS])
async def test_a_section_shows_each_of_its_keys_and_no_secret(section, web, settled):  # noqa: ARG001
    answer = await web.get(f"/settings/{section}", headers=BROWSER)
    assert answer.status == 200
    assert TOKEN not in answer.text
    for key in keys_of(next(one for one in SECTIONS if one.id == section)):
        assert f'name="{key.name.replace("[]", "[0]")}"' in answer.text


async def test_what_was_not_touched_is_not_written(opened, runtime, settled):  # noqa: ARG001
    before = runtime.config.path.read_text()
    answer = await (await opened("plex")).send()
    assert (answer.status, answer.headers["location"]) == (303, "plex?saved=nothing")
    assert runtime.config.path.read_text() == before


async def test_nothing_but_an_entry_of_a_list_can_be_removed(opened, runtime, settled):  # noqa: ARG001
    before = runtime.config.path.read_text()
    answer = await (await opened("plex")).send(remove="plex")
    assert (answer.status, answer.headers["location"]) == (303, "plex?saved=nothing")
    assert runtime.config.path.read_text() == before


async def test_a_change_is_on_disk_in_force_and_can_be_taken_back(opened, web, runtime, settled):  # noqa: ARG001
    before = runtime.config.path.read_text()
    answer = await (await opened("rules")).send(**{PERCENT: "92,5", PEOPLE: " Maya \r\n\r\nTom\r\n"})

    assert answer.status == 303
    assert stored(runtime)["features"]["scrobble"]["options"] == {"watched_at_percent": 92.5}
    assert runtime.config.settings.features.scrobble.filters.username_whitelist == ("Maya", "Tom")

    told = (await web.get(f"/settings/{answer.headers['location']}", headers=BROWSER)).text
    word = re.search(r'name="word" value="([^"]+)"', told)[1]
    assert "<button>Undo</button>" in told
    undone = await web.post(
        "/settings/undo", urlencode({"word": word, "section": "rules"}).encode(), headers=BROWSER
    )
    assert undone.headers["location"] == "rules?undone=yes"
    assert json.loads(runtime.config.path.read_text()) == {
        **json.loads(before),
        "features": {
            **json.loads(before)["features"],
            "scrobble": {**json.loads(before)["features"]["scrobble"], "options": {}},
        },
    }
    again = await web.post(
        "/settings/undo", urlencode({"word": word, "section": "rules"}).encode(), headers=BROWSER
    )
    assert again.headers["location"] == "rules?undone=late"


async def test_nothing_is_taken_back_that_somebody_has_changed_since(opened, web, runtime):
    answer = await (await opened("rules")).send(**{PERCENT: "92"})
    document = stored(runtime)
    document["features"]["scrobble"]["options"]["watched_at_percent"] = 70
    runtime.config.replace(document)
    word = answer.headers["location"].partition("saved=")[2]
    undone = await web.post(
        "/settings/undo", urlencode({"word": word, "section": "rules"}).encode(), headers=BROWSER
    )
    assert undone.headers["location"] == "rules?undone=newer"
    assert stored(runtime)["features"]["scrobble"]["options"]["watched_at_percent"] == 70


async def test_what_cannot_be_taken_back_for_want_of_room_stays_offered(opened, web, runtime, monkeypatch):
    answer = await (await opened("rules")).send(**{PERCENT: "92"})
    word = answer.headers["location"].partition("saved=")[2]
    body = urlencode({"word": word, "section": "rules"}).encode()

    with monkeypatch.context() as full:
        full.setattr("crosswatch.config.file.write_atomically", _no_room)
        refused = await web.post("/settings/undo", body, headers=BROWSER)

    assert refused.headers["location"] == f"rules?undone=not&saved={word}"
    told = (await web.get(f"/settings/{refused.headers['location']}", headers=BROWSER)).text
    assert "It could not be taken back." in told
    assert "cannot be written: No space left on device" in told
    assert re.search(r'name="word" value="([^"]+)"', told)[1] == word
    assert "<button>Undo</button>" in told
    assert stored(runtime)["features"]["scrobble"]["options"] == {"watched_at_percent": 92}
    undone = await web.post("/settings/undo", body, headers=BROWSER)
    assert undone.headers["location"] == "rules?undone=yes"
    assert stored(runtime)["features"]["scrobble"]["options"] == {}


async def test_a_text_that_cannot_be_taken_back_for_want_of_room_stays_so_for_a_moment(
    opened, web, runtime, monkeypatch
):
    page = await opened("raw")
    document = stored(runtime)
    document["plex"]["username"] = "maya"
    answer = await page.send(text=json.dumps(document))
    word = answer.headers["location"].partition("saved=")[2]
    body = urlencode({"word": word, "section": "raw"}).encode()

    with monkeypatch.context() as full:
        full.setattr("crosswatch.config.file.write_atomically", _no_room)
        refused = await web.post("/settings/undo", body, headers=BROWSER)

    told = (await web.get(f"/settings/{refused.headers['location']}", headers=BROWSER)).text
    assert "cannot be written: No space left on device" in told
    assert "<button>Undo</button>" in told
    undone = await web.post("/settings/undo", body, headers=BROWSER)
    assert undone.headers["location"] == "raw?undone=yes"
    assert runtime.config.settings.plex.username == ""


async def test_a_review_says_what_will_change_and_writes_nothing(opened, runtime, settled):  # noqa: ARG001
    before = runtime.config.path.read_text()
    page = await opened("plex")
    answer = await page.send(
        "review", **{"plex.account_token": "another-secret", "features.watch.enabled": "on"}
    )

    assert answer.status == 200
    review = answer.text[answer.text.index('class="review"') : answer.text.index('class="fields"')]
    assert "<del>off</del>" in review
    assert "<del>set</del>" in review
    assert "<ins>changed</ins>" in review
    assert "another-secret" not in review
    assert TOKEN not in answer.text
    assert runtime.config.path.read_text() == before

    saved = await Page(page.web, page.address, answer.text).send()
    assert saved.status == 303
    assert runtime.config.settings.plex.account_token == "another-secret"
    assert runtime.config.settings.features.watch.enabled


async def test_each_error_is_said_beside_its_field_and_nothing_typed_is_lost(opened, runtime):
    answer = await (await opened("plex")).send(
        **{
            "plex.server_url": "nas:32400",
            "plex.tv_url": "ftp://plex.tv",
            "features.watch.options.reconnect_backoff_min_seconds": "<b>soon</b>",
            "plex.username": "maya & tom",
        }
    )

    assert answer.status == 422
    for name in ("plex.server_url", "plex.tv_url", "features.watch.options.reconnect_backoff_min_seconds"):
        assert f'id="{name}-problem"' in answer.text
    assert 'value="nas:32400"' in answer.text
    assert "&lt;b&gt;soon&lt;/b&gt;" in answer.text
    assert "<b>soon" not in answer.text
    assert 'value="maya &amp; tom"' in answer.text
    assert stored(runtime) == default_document()


async def test_an_error_in_a_field_that_is_folded_away_opens_the_fold(opened):
    answer = await (await opened("plex")).send(**{"plex.tv_url": "plex.tv"})
    assert '<details class="more" open>' in answer.text


async def test_everything_advanced_is_unfolded_on_request(web):
    assert '<details class="more" open>' not in (await web.get("/settings/plex", headers=BROWSER)).text
    text = (await web.get("/settings/plex?all=1", headers=BROWSER)).text
    assert '<details class="more">' not in text
    assert 'href="plex">Hide advanced settings' in text


async def test_two_people_who_change_different_things_do_not_get_in_each_others_way(opened, runtime):
    mine, theirs = await opened("rules"), await opened("rules")
    assert (await theirs.send(**{PEOPLE: "Maya"})).status == 303
    assert (await mine.send(**{PERCENT: "90"})).status == 303
    scrobble = runtime.config.settings.features.scrobble
    assert (scrobble.filters.username_whitelist, scrobble.options.watched_at_percent) == (("Maya",), 90.0)


async def test_who_comes_second_is_told_and_may_keep_theirs(opened, web, runtime):
    mine, theirs = await opened("rules"), await opened("rules")
    await theirs.send(**{PERCENT: "70"})

    answer = await mine.send(**{PERCENT: "90"})

    assert answer.status == 409
    assert "This was changed at" in answer.text
    assert "It is now: 70" in answer.text
    assert runtime.config.settings.features.scrobble.options.watched_at_percent == 70.0
    kept = await Page(web, mine.address, answer.text).send()
    assert kept.status == 303
    assert runtime.config.settings.features.scrobble.options.watched_at_percent == 90.0


async def test_a_secret_that_somebody_has_replaced_meanwhile_is_not_overwritten(opened, runtime, settled):  # noqa: ARG001
    mine, theirs = await opened("plex"), await opened("plex")
    await theirs.send(**{"plex.account_token": "theirs-token"})
    answer = await mine.send(**{"plex.account_token": "mine-token"})
    assert answer.status == 409
    assert "theirs-token" not in answer.text
    assert runtime.config.settings.plex.account_token == "theirs-token"


async def test_an_edit_of_the_file_that_nobody_has_read_yet_is_not_overwritten(opened, runtime):
    page = await opened("rules")
    document = stored(runtime)
    document["features"]["scrobble"]["options"] = {"watched_at_percent": 60}
    runtime.config.path.write_text(json.dumps(document))
    assert (await page.send(**{PERCENT: "90"})).status == 409
    assert stored(runtime) == document


async def test_a_secret_stays_until_it_is_replaced_or_taken_away(opened, runtime, settled):  # noqa: ARG001
    await (await opened("plex")).send(**{"plex.username": "maya"})
    assert runtime.config.settings.plex.account_token == TOKEN
    await (await opened("plex")).send(**{"plex.account_token!clear": "on"})
    assert runtime.config.settings.plex.account_token == ""
    assert runtime.config.settings.servers[0].account_token == f"{TOKEN}-2"


async def test_servers_are_added_and_removed(opened, runtime, settled):  # noqa: ARG001
    await (await opened("plex")).send(
        **{"servers[1].name": "Den", "servers[1].server_url": "http://192.0.2.9:32400"}
    )
    assert [server.name for server in runtime.config.settings.servers] == ["Attic", "Den"]
    assert stored(runtime)["servers"][1] == {"name": "Den", "server_url": "http://192.0.2.9:32400"}
    await (await opened("plex")).send(remove="servers[0]")
    assert [server.name for server in runtime.config.settings.servers] == ["Den"]


@pytest.mark.parametrize(
    "mine",
    [
        pytest.param({"servers[2].username": "tom"}, id="the_last_is_changed"),
        pytest.param({"servers[1].username": "tom"}, id="one_that_moved_is_changed"),
        pytest.param({"servers[3].server_url": "http://192.0.2.9:32400"}, id="one_is_added"),
        pytest.param({"remove": ["servers[0]", "servers[2]"]}, id="others_are_removed"),
        pytest.param({"remove": "servers[2]", "servers[1].username": "tom"}, id="both"),
    ],
)
@pytest.mark.parametrize("read_by_now", [True, False])
async def test_a_list_that_somebody_has_shortened_meanwhile_is_not_written_by_its_old_places(
    opened, web, runtime, mine, read_by_now
):
    document = default_document()
    document["servers"] = [
        {"name": f"Server {n}", "server_url": f"http://192.0.2.{n}:32400"} for n in range(3)
    ]
    runtime.config.replace(document)
    page = await opened("plex")
    shorter = {**document, "servers": document["servers"][2:]}
    if read_by_now:
        runtime.config.replace(shorter)
    else:
        runtime.config.path.write_text(json.dumps(shorter))

    answer = await page.send(**{"plex.username": "maya", **mine})

    assert answer.status == 409
    assert "Somebody has taken an entry out of servers meanwhile. Nothing was written" in answer.text
    assert stored(runtime)["servers"] == shorter["servers"]
    assert 'name="servers[0].name" value="Server 2"' in html.unescape(answer.text)
    assert (await Page(web, page.address, answer.text).send()).status == 303
    assert (stored(runtime)["plex"]["username"], stored(runtime)["servers"]) == ("maya", shorter["servers"])


async def test_what_somebody_else_has_changed_is_not_undone_by_keeping_something_else(
    opened,
    web,
    runtime,
    settled,  # noqa: ARG001
):
    page = await opened("plex")
    document = stored(runtime)
    document["plex"]["username"] = "theirs"
    document["servers"] = [{"name": "Den", "server_url": "http://192.0.2.9:32400"}]
    runtime.config.replace(document)

    answer = await page.send(**{"plex.username": "mine"})

    assert answer.status == 409
    assert (await Page(web, page.address, answer.text).send()).status == 303
    assert stored(runtime)["plex"]["username"] == "mine"
    assert stored(runtime)["servers"] == document["servers"]


async def test_who_leaves_a_shortened_list_alone_is_not_held_up(opened, runtime, settled):  # noqa: ARG001
    mine, theirs = await opened("plex"), await opened("plex")
    assert (await theirs.send(remove="servers[0]")).status == 303
    assert (await mine.send(**{"plex.username": "maya"})).status == 303
    assert (runtime.config.settings.plex.username, runtime.config.settings.servers) == ("maya", ())


async def test_a_house_of_many_servers_fits_into_a_form(opened, runtime):
    document = default_document()
    document["servers"] = [
        {"name": f"Server {n}", "server_url": f"http://192.0.2.{n}:32400"} for n in range(1, 61)
    ]
    runtime.config.replace(document)
    answer = await (await opened("plex")).send(**{"servers[59].name": "The last"})
    assert answer.status == 303
    assert runtime.config.settings.servers[59].name == "The last"


async def test_what_the_environment_sets_is_locked_and_says_so(runtime, tmp_path):
    runtime.config = ConfigFile(tmp_path / "other", environment={"CROSSWATCH_RUNTIME_DEBUG": "true"})
    async with called(create_app(runtime)) as web:
        text = (await web.get("/settings/app", headers=BROWSER)).text
        assert "Set by the environment (CROSSWATCH_RUNTIME_DEBUG)" in text
        page = Page(web, "/settings/app", text)
        assert "runtime.debug" not in page.lists
        assert (await page.send(**{"runtime.debug": "on"})).headers["location"] == "app?saved=nothing"
        assert json.loads(runtime.config.path.read_text()) == default_document()


async def test_a_key_of_another_page_cannot_be_smuggled_in(opened, runtime):
    page = await opened("rules")
    was = json.dumps({**json.loads(page.fields["was"]), "access.open_networks": []})
    answer = await page.send(was=was, **{"access.open_networks": "0.0.0.0/0"})
    assert answer.headers["location"] == "rules?saved=nothing"
    assert runtime.config.settings.access.open_networks == ()


@pytest.mark.parametrize(
    "was", ["", "nonsense", "[]", '{"plex": 1, "nowhere.at.all": 2}', '{"plex.username": {"hidden": 1}}']
)
async def test_a_form_that_nobody_drew_changes_nothing(opened, runtime, was):
    answer = await (await opened("plex")).send(was=was)
    assert answer.status in (303, 409)
    assert stored(runtime) == default_document()


async def test_while_the_file_is_broken_nothing_is_saved_and_the_page_says_why(opened, runtime):
    page = await opened("rules")
    runtime.config.path.write_text("{ broken")
    runtime.config.poll()
    assert "config.json can't be used" in (await page.web.get("/settings/rules", headers=BROWSER)).text
    answer = await page.send(**{PERCENT: "90"})
    assert answer.status == 503
    assert 'value="90"' in answer.text
    assert runtime.config.path.read_text() == "{ broken"


async def test_the_settings_are_searched(web):
    text = (await web.get("/settings?q=PERCENT+watched", headers=BROWSER)).text
    assert f"settings/rules?all=1#{PERCENT}-field" in text
    assert "1 setting<" in text
    assert "No setting is called so" in (await web.get("/settings?q=%3Cb%3E", headers=BROWSER)).text


async def test_a_section_that_is_not_there_is_not_found(web):
    assert (await web.get("/settings/kitchen", headers=BROWSER)).status == 404


@pytest.mark.parametrize("scope", [Scope.READ, Scope.OPERATE])
async def test_only_administrators_see_and_change_settings(scope, web, runtime):
    text, key = make_key("widget", scope, runtime.clock.now())
    runtime.access._file.update(lambda register: with_key(with_code(register), key))
    for method, address in (("GET", "/settings"), ("GET", "/settings/raw"), ("POST", "/settings/rules")):
        answer = await web(method, address, headers={"X-Api-Key": text})
        assert answer.status in (401, 403), address


# ---------------------------------------------------------------- the whole document as text


async def test_the_whole_document_is_edited_as_text(opened, runtime, settled):  # noqa: ARG001
    page = await opened("raw")
    document = json.loads(page.lists["text"][0])
    document["runtime"]["debug"] = True
    document["mine"] = {"url": "http://x/?token=abcdef"}
    typed = json.dumps(document, indent=2, ensure_ascii=False)

    review = await page.send("review", text=typed)
    assert review.status == 200
    assert "abcdef" not in review.text[: review.text.index('class="fields"')]
    assert runtime.config.settings.runtime.debug is False

    answer = await page.send(text=typed)
    assert answer.status == 303
    assert stored(runtime)["plex"]["account_token"] == TOKEN
    assert stored(runtime)["mine"] == document["mine"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  "plex": {,}\n}', "line 2, column 12:"),
        ('{\n  "runtime":\n    {"debug": "yes"}\n}', "Line 3, column 15."),
        ('{\n  "servers": [\n {"server_url": "den"}]\n}', "Line 3, column 17."),
    ],
)
async def test_what_is_wrong_with_the_text_is_said_with_line_and_column(opened, runtime, text, place):
    answer = await (await opened("raw")).send(text=text)
    assert answer.status == 422
    assert place in answer.text
    assert html.escape(text, quote=False).replace('"', "&#34;") in answer.text
    assert stored(runtime) == default_document()


async def test_a_text_made_of_an_older_document_is_not_written(opened, runtime):
    page = await opened("raw")
    runtime.config.replace({**default_document(), "mine": 1})
    answer = await page.send(text="{}")
    assert answer.status == 409
    assert stored(runtime)["mine"] == 1
    kept = await Page(page.web, page.address, answer.text).send(text="{}")
    assert kept.status == 303
    assert stored(runtime) == {}


async def test_the_text_mends_a_broken_file(opened, runtime):
    runtime.config.path.write_text("{ broken")
    runtime.config.poll()
    page = await opened("raw")
    assert (await page.send()).status == 303
    assert runtime.config.problem is None
    assert stored(runtime) == default_document()
