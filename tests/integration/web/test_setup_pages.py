"""The set-up from an empty folder to a first play, in browsers without scripts, against simulated servers."""

from __future__ import annotations

import contextlib

import pytest

from crosswatch.providers.scrobble.plex import transport
from crosswatch.simulator.plex import Fault, FaultKind
from crosswatch.simulator.plex.people import Role
from crosswatch.simulator.plex.plextv import connection
from crosswatch.simulator.trakt import Fault as TraktFault
from fakes.fresh_app import CLIENT_ID, CLIENT_SECRET, FreshApp

PASSWORD = "correct horse battery"
REBOUND = "https://127-0-0-1.0123456789abcdef.plex.direct:32400"
NUMBERS = {"alice": "1000001", "bob": "1000002", "Kids": "1000003"}
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """What is waited for between two tries of a question is not what these tests are about."""
    monkeypatch.setattr(transport, "RETRY_AFTER_S", 0.0)


@pytest.fixture
async def make(tmp_path):
    """Makes an app and a browser; both end with the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**options):
            app = await stack.enter_async_context(FreshApp(tmp_path / "config", **options))
            return app, await stack.enter_async_context(app.browser())

        yield make


@pytest.fixture
async def app_and_browser(make):
    return await make()


@pytest.fixture
def app(app_and_browser):
    return app_and_browser[0]


@pytest.fixture
def browser(app_and_browser):
    return app_and_browser[1]


async def sign_in(app, browser):
    """The step of Plex, done."""
    page = await browser.open("setup/plex")
    app.plex.pins.claim(page.code, app.plex.person("alice"), app.clock.now())
    return await browser.until("setup/plex", lambda page: "Signed in as alice" in page.words)


async def choose_server(browser):
    page = await browser.until("setup/server", lambda page: "works" in page.words)
    return await browser.send(page, "Use")


async def choose_people(browser, *names):
    page = await browser.open("setup/people")
    return await browser.send(page, "Save", on=[NUMBERS[name] for name in names])


async def set_app(browser, client_id=CLIENT_ID, client_secret=CLIENT_SECRET):
    page = await browser.open("setup/trakt")
    return await browser.send(page, "Use this app", client_id=client_id, client_secret=client_secret)


async def link(app, browser, user="maya_w"):
    page = await browser.send(await browser.open("setup/trakt"), "Get a code")
    app.trakt.approve_device(page.code, user)
    return await browser.until("setup/trakt", lambda page: f"go to {user}" in page.words)


async def set_up(app, browser, *names):
    """Everything but the trial."""
    await sign_in(app, browser)
    await choose_server(browser)
    await choose_people(browser, *(names or ("alice",)))
    await set_app(browser)


# ---------------------------------------------------------------- the whole way


async def test_an_empty_folder_becomes_a_first_delivered_play(app, browser):
    page = await browser.open("setup/claim")
    page = await browser.send(page, "Set it", password=PASSWORD)
    assert page.step == "plex"
    await sign_in(app, browser)
    page = await browser.open("setup")
    assert page.step == "server"
    page = await choose_server(browser)
    assert page.step == "people"
    page = await choose_people(browser, "alice")
    assert page.step == "trakt"
    await set_app(browser)
    await link(app, browser)
    page = await browser.open("setup/try")
    assert "Press play on anything" in page.words

    app.plex.spawn(app.plex.player("alice").watch(app.plex.item("Arrival")))
    await browser.until("setup/try", lambda page: "Trakt accepted : done" in page.words)
    page = await browser.open("setup/done")

    assert "All set" in page.words
    assert "Arrival" in page.words
    document = app.document()
    assert document["people"] == [{"name": "alice", "plex_ids": [1000001], "accounts": ["default"]}]
    assert document["features"]["watch"]["enabled"] is True
    assert document["features"]["scrobble"]["enabled"] is True
    assert document["plex"]["server_uuid"]
    assert (await browser.open("setup")).url == f"{browser.top}/"


async def test_below_a_path_every_link_and_form_leads_to_where_it_should(make):
    app, browser = await make(environment={"CROSSWATCH_WEB_BASE_PATH": "/cross/watch"})
    browser.top += "/cross/watch"

    page = await browser.send(await browser.open("setup/claim"), "Set it", password=PASSWORD)
    assert page.url == f"{browser.top}/setup/plex"
    await sign_in(app, browser)
    page = await choose_server(browser)
    assert page.url == f"{browser.top}/setup/people"


async def test_the_set_up_begins_with_the_password_where_nothing_was_done_yet(app, browser):
    assert (await browser.open("setup")).step == "claim"

    await sign_in(app, browser)  # whoever has skipped it is not asked again
    assert (await browser.open("setup")).step == "server"


# ---------------------------------------------------------------- who may


async def test_once_there_is_a_password_the_steps_are_for_whoever_has_signed_in(app, browser):
    await browser.send(await browser.open("setup/claim"), "Set it", password=PASSWORD)
    code = (await browser.open("setup/plex")).code
    async with app.browser() as stranger:
        for step in ("", "/plex", "/server", "/people", "/trakt", "/try", "/done"):
            page = await stranger.open(f"setup{step}")
            assert page.step == "sign-in"
            assert code not in page.text
    assert (await browser.open("setup/claim")).status == 404
    assert (await browser.open("setup/people")).status == 200


async def test_a_strangers_page_changes_nothing(browser):
    page = await browser.open("setup/plex")
    app_url, browser.top = browser.top, "http://evil.example.com"
    refused = await browser.send(page, "New code")
    browser.top = app_url
    assert refused.status == 403
    assert (await browser.open("setup/plex")).code == page.code


async def test_no_page_shows_a_token_or_a_secret(app, browser):
    await set_up(app, browser)
    await link(app, browser)
    document = app.document()
    secrets = [
        document["plex"]["account_token"],
        document["trakt"]["client_secret"],
        document["auth"]["trakt"]["access_token"],
        document["auth"]["trakt"]["refresh_token"],
        *app.trakt.world.oauth.devices,
    ]
    for step in ("plex", "server", "people", "trakt", "try", "done"):
        page = await browser.open(f"setup/{step}")
        assert page.status == 200
        assert [secret for secret in secrets if secret in page.text] == []


# ---------------------------------------------------------------- Plex


async def test_a_reload_and_a_second_browser_show_the_same_code(app, browser):
    page = await browser.open("setup/plex")
    async with app.browser() as other:
        assert (await browser.open("setup/plex")).code == page.code
        assert (await other.open("setup/plex")).code == page.code
        app.plex.pins.claim(page.code, app.plex.person("alice"), app.clock.now())
        for one in (browser, other):
            page = await one.until("setup/plex", lambda page: "Signed in as alice" in page.words)
            assert "Continue" in page.words


async def test_the_link_and_the_picture_lead_to_the_sign_in_page_and_count_as_well(app, browser):
    page = await browser.open("setup/plex")
    strong = next(pin for pin in app.plex.pins.open_pins(app.clock.now()) if len(pin.code) > 4)
    assert f"https://app.plex.tv/auth#?clientID={strong.client_id}&amp;code={strong.code}" in page.text
    assert '<svg viewBox="' in page.text
    assert "style=" not in page.text

    app.plex.pins.claim(strong.code, app.plex.person("alice"), app.clock.now())
    await browser.until("setup/plex", lambda page: "Signed in as alice" in page.words)


async def test_a_code_that_expired_is_said_and_a_new_one_works(app, browser):
    await browser.open("setup/plex")
    for pin in app.plex.pins.open_pins(app.clock.now()):
        pin.expires_at = app.clock.now()
    page = await browser.until("setup/plex", lambda page: "not used in time" in page.words)
    assert page.code == ""

    page = await browser.send(page, "Try again")
    app.plex.pins.claim(page.code, app.plex.person("alice"), app.clock.now())
    await browser.until("setup/plex", lambda page: "Signed in as alice" in page.words)


async def test_a_new_code_replaces_the_old_one(browser):
    first = await browser.open("setup/plex")
    second = await browser.send(first, "New code")
    assert second.code != first.code
    assert (await browser.open("setup/plex")).code == second.code


async def test_where_plex_tv_cannot_be_looked_up_the_page_says_so_and_goes_on_later(make, tmp_path):
    (tmp_path / "config").mkdir()
    app, browser = await make(environment={"CROSSWATCH_PLEX_TV_URL": "http://plex.invalid"})
    page = await browser.until("setup/plex", lambda page: "can't look up plex.tv (DNS)" in page.words)
    assert "Try again" in page.words
    assert "Skip for now" in page.words
    assert (await browser.send(page, "Try again")).status == 200
    assert app.plex.pins.open_pins(app.clock.now()) == []


async def test_a_house_that_never_reaches_plex_tv_can_be_set_up_all_the_same(make, tmp_path):
    """By a token, an address and a name that are typed."""
    (tmp_path / "config").mkdir()
    app, browser = await make(environment={"CROSSWATCH_PLEX_TV_URL": "http://plex.invalid"})
    page = await browser.open("setup/plex")
    page = await browser.send(page, "Use this token", account_token=app.plex.owner_token)
    assert page.step == "server"
    assert "can't look up plex.tv (DNS)" in page.words

    page = await browser.send(page, "Try and use it", address=app.plex.base_url)
    assert page.step == "people"
    page = await browser.send(page, "Save", name="alice")
    assert page.step == "trakt"
    await set_app(browser)
    await link(app, browser)
    await browser.open("setup/try")
    await browser.until("setup/try", lambda page: "Listening to Example Server." in page.words)
    app.plex.spawn(app.plex.player("alice").watch(app.plex.item("Arrival")))
    await browser.until("setup/try", lambda page: "Trakt accepted : done" in page.words)


async def test_where_plex_tv_refuses_the_page_says_so_and_another_try_helps(app, browser):
    app.plex.add_fault(Fault(kind=FaultKind.STATUS, status=503, path="/api/v2/pins"))
    page = await browser.open("setup/plex")
    assert "cannot answer now (status 503)" in page.words

    app.plex.clear_faults()
    assert (await browser.send(page, "Try again")).code


async def test_a_token_is_tried_before_it_is_kept(app, browser):
    page = await browser.open("setup/plex")
    refused = await browser.send(page, "Use this token", account_token="wrong")
    assert (refused.status, "account_token" in app.document()["plex"]) == (422, False)
    assert "refuses the token" in refused.words

    page = await browser.send(refused, "Use this token", account_token=f" {app.plex.owner_token}\n")
    assert page.step == "server"
    plex = app.document()["plex"]
    assert (plex["account_token"], plex["username"]) == (app.plex.owner_token, "alice")


async def test_while_config_json_is_broken_nothing_is_lost_and_it_is_said(app, browser):
    page = await browser.open("setup/plex")
    (app.folder / "config.json").write_text("{ not json")
    refused = await browser.send(page, "Use this token", account_token=app.plex.owner_token)
    assert refused.status == 422
    assert "line 1, column 3" in refused.words


# ---------------------------------------------------------------- server


async def test_each_address_says_how_it_fares_from_here(app, browser):
    app.plex.also_at = [
        {**connection(REBOUND), "address": "127.0.0.1", "port": app.plex.link.port},
        connection("https://127.0.0.1:1", local=False),
        connection(app.plex.plextv_url, local=False, relay=True),
    ]
    await sign_in(app, browser)
    page = await browser.until("setup/server", lambda page: "trying" not in page.words)

    assert page.words.count(f"127.0.0.1:{app.plex.link.port} ● works") == 1  # once, whoever names it
    assert "not encrypted, which is fine at home" in page.words
    assert f"{REBOUND} ✕ blocked Your DNS blocks this name (rebinding protection)" in page.words
    assert "https://127.0.0.1:1 ✕ no answer Nothing listens at that address and port." in page.words
    assert "Friend Server not yours" in page.words


async def test_a_relay_is_said_to_be_one_to_avoid(app, browser):
    app.plex.also_at = [connection(app.plex.base_url.replace("127.0.0.1", "localhost"), relay=True)]
    await sign_in(app, browser)
    page = await browser.until("setup/server", lambda page: "trying" not in page.words)
    assert "a relay of Plex: slow, avoid it" in page.words


async def test_a_server_that_refuses_is_no_dead_end(app, browser):
    await sign_in(app, browser)
    await app.plex.refuse()
    page = await browser.until("setup/server", lambda page: "Nothing listens" in page.words)
    assert "Look again" in page.words

    await app.plex.listen()
    await browser.send(page, "Look again")
    assert (await choose_server(browser)).step == "people"


async def test_a_server_that_goes_away_before_it_is_chosen_is_said(app, browser):
    await sign_in(app, browser)
    page = await browser.until("setup/server", lambda page: "works" in page.words)
    await app.plex.refuse()
    refused = await browser.send(page, "Use")
    assert refused.status == 422
    assert "cannot be reached" in refused.words
    assert not app.runtime.config.settings.features.watch.enabled


async def test_an_address_may_be_typed_and_is_repaired(app, browser):
    await sign_in(app, browser)
    page = await browser.open("setup/server")
    refused = await browser.send(page, "Try and use it", address="10.0.042")
    assert "10.0.042 is not a whole address" in refused.words
    assert 'value="10.0.042"' in refused.text

    page = await browser.send(refused, "Try and use it", address=f"127.0.0.1:{app.plex.link.port}/web")
    assert page.step == "people"
    assert app.document()["plex"]["server_url"] == app.plex.base_url


async def test_localhost_in_a_container_is_explained(app, browser):
    app.runtime.linking.is_in_container = True
    page = await browser.open("setup/server")
    page = await browser.send(page, "Try and use it", address="localhost:1")
    assert "localhost is this container, not your NAS" in page.words


async def test_what_answers_and_is_no_plex_is_refused(app, browser):
    await sign_in(app, browser)
    page = await browser.open("setup/server")
    page = await browser.send(page, "Try and use it", address=app.trakt.api_url)
    assert page.status == 422
    assert app.document()["plex"].get("server_url", "") == ""


# ---------------------------------------------------------------- people


async def test_everybody_who_may_play_is_listed_with_what_they_are(app, browser):
    app.plex.world.people.add("", title="<b>Den</b>", role=Role.MANAGED)
    await sign_in(app, browser)
    await choose_server(browser)
    page = await browser.open("setup/people")

    for words in ("alice owner", "Kids Home, managed", "bob friend"):
        assert words in page.words
    assert "carol84" not in page.words  # a friend without a share cannot play here
    assert "&lt;b&gt;Den&lt;/b&gt;" in page.text
    assert "Do two people watch on this one?" in page.words
    assert [field for form in page.forms() for field in form["fields"]].count(("on", "1000001")) == 1


async def test_nobody_at_all_is_refused_and_nothing_is_written(app, browser):
    await sign_in(app, browser)
    await choose_server(browser)
    page = await choose_people(browser)
    assert page.status == 422
    assert "Switch on at least one person" in page.words
    assert "people" not in app.document()


async def test_a_number_that_nobody_has_chooses_nobody(app, browser):
    await sign_in(app, browser)
    await choose_server(browser)
    page = await browser.open("setup/people")
    page = await browser.send(page, "Save", on=["9" * 5_000])
    assert page.status == 422
    assert "Switch on at least one person" in page.words


async def test_whoever_is_not_chosen_stays_out_and_may_be_added_later(app, browser):
    await sign_in(app, browser)
    await choose_server(browser)
    await choose_people(browser, "Kids")
    assert [one["name"] for one in app.document()["people"]] == ["Kids"]
    await choose_people(browser, "Kids", "bob")
    assert [one["name"] for one in app.document()["people"]] == ["Kids", "bob"]


async def test_without_a_list_somebody_can_be_named(app, browser):
    page = await browser.open("setup/people")
    page = await browser.send(page, "Save", name="Grandma")
    assert page.step == "trakt"
    assert app.document()["people"] == [{"name": "Grandma", "aliases": ["Grandma"], "accounts": []}]


# ---------------------------------------------------------------- Trakt


async def test_what_trakt_demands_is_said_before_it_hurts(browser):
    words = (await browser.open("setup/trakt")).words
    assert "Only VIP members may own an app." in words
    assert "A free account has one slot" in words
    assert "urn:ietf:wg:oauth:2.0:oob" in words


async def test_nobodys_plays_go_anywhere_before_somebody_was_chosen(browser):
    await set_app(browser)
    page = await browser.open("setup/trakt")
    assert "Choose first whose plays count" in page.words
    assert "Get a code" not in page.words


async def test_two_people_are_linked_each_to_their_own(app, browser):
    await set_up(app, browser, "alice", "Kids")
    await link(app, browser, "maya_w")
    await link(app, browser, "tom_t")

    document = app.document()
    assert {one["name"]: one["accounts"] for one in document["people"]} == {
        "alice": ["default"],
        "Kids": ["Kids"],
    }
    assert document["accounts"]["Kids"]["refresh_token"]
    page = await browser.open("setup/trakt")
    assert "Plays by alice go to maya_w ." in page.words
    assert "Plays by Kids go to tom_t ." in page.words


async def test_a_shared_profile_may_have_two_accounts(app, browser):
    await set_up(app, browser, "Kids")
    await link(app, browser, "maya_w")
    page = await browser.send(await browser.open("setup/trakt"), "Link another account")
    app.trakt.approve_device(page.code, "tom_t")
    await browser.until("setup/trakt", lambda page: "go to tom_t" in page.words)
    assert app.document()["people"][0]["accounts"] == ["default", "Kids"]


async def test_a_device_code_survives_a_reload_and_a_second_browser(app, browser):
    await set_up(app, browser)
    page = await browser.send(await browser.open("setup/trakt"), "Get a code")
    assert f"{app.trakt.auth_url}/activate/{page.code}" in page.text
    async with app.browser() as other:
        assert (await other.open("setup/trakt")).code == page.code
    assert (await browser.open("setup/trakt")).code == page.code


async def test_a_code_that_was_denied_is_said_and_another_may_be_had(app, browser):
    await set_up(app, browser)
    page = await browser.send(await browser.open("setup/trakt"), "Get a code")
    app.trakt.deny_device(page.code)
    page = await browser.until("setup/trakt", lambda page: "Access was refused on Trakt" in page.words)

    page = await browser.send(page, "Try again")
    app.trakt.approve_device(page.code, "maya_w")
    await browser.until("setup/trakt", lambda page: "go to maya_w" in page.words)


async def test_a_device_code_that_expired_is_said(app, browser):
    await set_up(app, browser)
    app.trakt.set_options(device_expires_s=20)
    await browser.send(await browser.open("setup/trakt"), "Get a code")
    page = await browser.until("setup/trakt", lambda page: "The code has expired" in page.words)

    app.trakt.set_options(device_expires_s=600)
    assert (await browser.send(page, "Try again")).code


@pytest.mark.parametrize(
    ("status", "said"),
    [(426, "needs VIP"), (423, "locked or deactivated"), (420, "A limit of the Trakt account")],
)
async def test_what_trakt_refuses_is_said_in_words(app, browser, status, said):
    await set_up(app, browser)
    app.trakt.add_fault(TraktFault.answering(status, path="/oauth/device/code"))
    page = await browser.send(await browser.open("setup/trakt"), "Get a code")
    assert said in page.words
    assert "Try again" in page.words


async def test_an_app_that_trakt_does_not_know_is_said_with_what_to_check(app, browser):
    await sign_in(app, browser)
    await choose_server(browser)
    await choose_people(browser, "alice")
    await set_app(browser, client_id="deleted")
    page = await browser.send(await browser.open("setup/trakt"), "Get a code")
    assert "Trakt does not accept trakt.client_id" in page.words

    page = await set_app(browser)
    assert "does not accept" not in page.words, "that was said of the app before"
    await link(app, browser)


async def test_one_person_is_linked_from_their_page_and_that_is_where_it_ends(app, browser):
    await set_up(app, browser, "alice", "bob")
    await link(app, browser)
    page = await browser.send(await browser.open("people/bob"), "Link a Trakt account bob")
    assert page.url == f"{browser.top}/setup/trakt?who=bob"
    assert "Link Trakt for bob" in page.words
    assert "alice" not in page.words
    app.trakt.approve_device(page.code, "tom_t")
    page = await browser.until("setup/trakt?who=bob", lambda page: "Plays by bob go to tom_t" in page.words)
    assert 'data-next="../people/bob"' in page.text
    assert "Link Trakt for" not in (await browser.open("setup/trakt?who=nobody")).words


async def test_who_signs_in_at_trakt_as_somebody_else_did_is_told_so_before_anything_is_mixed(app, browser):
    await set_up(app, browser, "alice", "bob")
    for name in ("alice", "bob"):
        page = await browser.open("setup/trakt")
        page = await browser.send(page, f"Get a code {name}")
        app.trakt.approve_device(page.code, "maya_w")
        page = await browser.until(
            "setup/trakt", lambda page, name=name: f"Plays by {name} go to maya_w" in page.words
        )
        assert ("both go into one history" in page.words) is (name == "bob")
        assert "data-next" not in page.text, "there is something to be read" if name == "bob" else "bob waits"
    assert "maya_w gets the plays of alice too" in page.words


async def test_the_secret_of_the_same_app_is_kept_if_none_is_typed(app, browser):
    await set_app(browser)
    await set_app(browser, client_secret="")
    assert app.document()["trakt"]["client_secret"] == CLIENT_SECRET
    await set_app(browser, client_id="another", client_secret="")
    assert app.document()["trakt"]["client_secret"] == ""


# ---------------------------------------------------------------- what the environment knows


async def test_steps_that_the_environment_has_settled_are_skipped_and_locked(make):
    app, browser = await make(
        environment={
            "CROSSWATCH_PLEX_ACCOUNT_TOKEN": "EXAMPLE-TOKEN-OWNER",
            "CROSSWATCH_TRAKT_CLIENT_ID": CLIENT_ID,
            "CROSSWATCH_TRAKT_CLIENT_SECRET": CLIENT_SECRET,
        }
    )
    assert (await browser.open("setup")).step == "server"
    page = await browser.open("setup/plex")
    assert "Set by the environment: CROSSWATCH_PLEX_ACCOUNT_TOKEN" in page.words
    assert "New code" not in page.words

    await choose_server(browser)
    await choose_people(browser, "alice")
    page = await browser.open("setup/trakt")
    assert "Set by the environment: CROSSWATCH_TRAKT_CLIENT_ID" in page.words
    await link(app, browser)
    assert (await browser.open("setup")).url == f"{browser.top}/"
    assert "EXAMPLE-TOKEN-OWNER" not in (app.folder / "config.json").read_text()


# ---------------------------------------------------------------- the trial


async def test_a_cross_says_why_and_where_to_mend_it(app, browser):
    page = await browser.open("setup/try")
    assert "No Plex server is listened to yet." in page.words

    await set_up(app, browser)
    await link(app, browser)
    await browser.until("setup/try", lambda page: "Listening to Example Server." in page.words)
    app.plex.spawn(app.plex.player("bob").watch(app.plex.item("Arrival")))
    page = await browser.until("setup/try", lambda page: "Know who it is : failed" in page.words)
    assert "bob (id 1000002) is not linked to a Trakt account." in page.words
    assert "Choose whose plays count" in page.words

    app.plex.spawn(app.plex.player("alice").watch(app.plex.item("Severance S01E02")))
    await browser.until("setup/try", lambda page: "Trakt accepted : done" in page.words)


async def test_a_link_that_ended_is_said_in_the_trial(app, browser):
    await set_up(app, browser)
    await link(app, browser)
    app.trakt.set_app_state(CLIENT_ID, "deleted")
    await browser.open("setup/try")
    await browser.until("setup/try", lambda page: "Listening to Example Server." in page.words)
    app.plex.spawn(app.plex.player("alice").watch(app.plex.item("Arrival")))
    page = await browser.until("setup/try", lambda page: "Trakt accepted : failed" in page.words)
    assert "Link Trakt" in page.words


async def test_a_set_up_that_was_cut_short_says_what_is_missing(app, browser):
    await sign_in(app, browser)
    page = await browser.open("setup/done")
    assert "Almost there" in page.words
    assert 'href="../setup/server"' in page.text
