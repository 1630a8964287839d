"""Signing in, over HTTP: by form and by program, from near and from afar."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from crosswatch.access.tokens import form_token
from crosswatch.health.facts import Folder
from crosswatch.web.routes import setup

PASSWORD, OTHER = "correct horse battery", "staple and some more"
FAR = "203.0.113.9"
PAGE = {"accept": "text/html"}
FORM = {**PAGE, "content-type": "application/x-www-form-urlencoded", "origin": "http://127.0.0.1:8787"}
PROGRAM = {"content-type": "application/json"}


async def post(web, path, fields=None, **options):
    headers = {**PROGRAM, **options.pop("headers", {})}
    return await web.post(path, fields or {}, headers=headers, **options)


def cookie_of(answer):
    """The cookie as a browser sends it back, and its attributes."""
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    return pair, {attribute.lower() for attribute in attributes}


@pytest.fixture
async def session(web):
    """Headers of the browser that has set the first password, with the proof that a page asks."""
    answer = await post(web, "/setup/claim", {"password": PASSWORD})
    assert answer.status == 200, answer.text
    pair, _ = cookie_of(answer)
    return {"cookie": pair, "x-csrf-token": answer.json()["token"]}


# ---------------------------------------------------------------- the first password


async def test_from_the_private_network_the_first_password_takes_no_code(web):
    answer = await post(web, "/setup/claim", {"password": PASSWORD, "name": "maya"}, peer="192.168.1.20")

    assert answer.json()["ok"] is True
    me = await web.get("/api/access/me", headers={"cookie": cookie_of(answer)[0]}, peer=FAR)
    assert (me.json()["by"], me.json()["name"], me.json()["scope"]) == ("session", "maya", "admin")


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        pytest.param(FAR, {}, id="from outside"),
        pytest.param("127.0.0.1", {"x-forwarded-for": "192.168.1.20"}, id="by way of a proxy"),
        pytest.param(
            "192.168.1.20", {"host": "evil.example.com", "sec-fetch-site": "same-origin"}, id="rebound"
        ),
    ],
)
async def test_from_anywhere_else_it_takes_the_code(web, runtime, peer, headers):
    refused = await post(web, "/setup/claim", {"password": PASSWORD}, peer=peer, headers=headers)
    assert refused.status == 401

    code = runtime.access.register.setup_code
    claimed = await post(
        web, "/setup/claim", {"password": PASSWORD, "code": code}, peer=peer, headers=headers
    )
    assert claimed.status == 200


async def test_once_there_is_a_password_the_set_up_is_gone(web, session):
    for method in ("GET", "POST"):
        answer = await web(method, "/setup/claim", headers=PROGRAM, body=b"{}")
        assert (answer.status, answer.json()) == (404, {"detail": "There is nothing at this address."})
    assert (await web.get("/setup/claim", headers=session)).status == 404


async def test_a_form_sets_the_first_password_and_leads_to_the_first_page(web):
    form = await web.get("/setup/claim", headers=PAGE)
    assert 'name="password"' in form.text
    assert 'name="code"' not in form.text

    answer = await web.post("/setup/claim", b"name=admin&password=correct+horse+battery", headers=FORM)

    assert (answer.status, answer.headers["location"]) == (303, "../setup")
    assert (await web.get("/", headers={**PAGE, "cookie": cookie_of(answer)[0]})).status == 200


async def test_a_form_that_is_wrong_comes_back_with_its_reason_and_without_the_password(web):
    answer = await web.post("/setup/claim", b"name=maya&password=hunter2", headers=FORM)
    assert answer.status == 422
    assert "at least 12 characters" in answer.text
    assert 'value="maya"' in answer.text
    assert "hunter2" not in answer.text


async def test_the_form_asks_strangers_for_the_code(web):
    form = await web.get("/setup/claim", headers=PAGE, peer=FAR)
    assert 'name="code"' in form.text


# ---------------------------------------------------------------- in


async def test_after_that_nobody_comes_in_without_signing_in(web, session):
    answer = await web.get("/api/plays")
    assert answer.status == 401
    assert answer.json() == {"detail": "Sign in first. Programs send an API key as X-Api-Key."}
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (await web.get("/api/plays", headers=session)).status == 200


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("peer", ["127.0.0.1", FAR, "2001:db8::1"])
async def test_a_password_lets_in_from_anywhere(web, peer):
    answer = await post(web, "/sign-in", {"name": "admin", "password": PASSWORD}, peer=peer)
    assert answer.status == 200
    assert (await web.get("/api/plays", headers={"cookie": cookie_of(answer)[0]}, peer=peer)).status == 200


@pytest.mark.usefixtures("session")
async def test_a_browser_is_led_to_the_form_and_back_to_where_it_wanted(web):
    led = await web.get("/history?who=maya&q=a%20b", headers=PAGE)
    assert (led.status, led.headers["location"]) == (
        303,
        "./sign-in?next=%2Fhistory%3Fwho%3Dmaya%26q%3Da%2520b",
    )

    form = await web.get("/" + led.headers["location"][2:], headers=PAGE)
    assert 'value="/history?who=maya&amp;q=a%20b"' in form.text

    body = b"name=admin&password=correct+horse+battery&next=%2Fhistory%3Fwho%3Dmaya%26q%3Da%2520b"
    answer = await web.post("/sign-in", body, headers=FORM)
    assert (answer.status, answer.headers["location"]) == (303, "./history?who=maya&q=a%20b")


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.com/",
        "//evil.example.com",
        "/\\evil.example.com",
        "/..//evil.example.com",
        "/a/../../b",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "/\u2029",
        "",
    ],
)
async def test_nobody_is_led_anywhere_but_to_a_page_of_ours(web, wanted):
    answer = await post(web, "/sign-in", {"password": PASSWORD, "next": wanted}, headers=PAGE)
    assert (answer.status, answer.headers["location"]) == (303, "./")


async def test_the_first_page_is_where_one_is_led_from_the_first_page(web, session):
    assert (await web.get("/", headers=PAGE)).headers["location"] == "./sign-in"
    assert (await web.get("/sign-in", headers={**PAGE, **session})).headers["location"] == "./"


async def test_before_there_is_a_password_signing_in_is_setting_one(web):
    assert (await web.get("/sign-in", headers=PAGE)).headers["location"] == "./setup/claim"
    assert (await web.get("/", headers=PAGE, peer=FAR)).headers["location"] == "./setup/claim"


@pytest.mark.usefixtures("session")
async def test_a_wrong_password_says_how_to_get_back_in(web):
    answer = await web.post("/sign-in", b"name=admin&password=wrong", headers=FORM)
    assert answer.status == 401
    assert "The name or the password is wrong." in answer.text
    assert "crosswatch reset-password" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.usefixtures("session")
async def test_whoever_tries_too_often_is_told_when_to_try_again(web):
    for _ in range(5):
        await post(web, "/sign-in", {"password": "wrong wrong wrong"}, peer=FAR)
    answer = await post(web, "/sign-in", {"password": PASSWORD}, peer=FAR)
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await post(web, "/sign-in", {"password": PASSWORD}, peer="192.168.1.20")).status == 200


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"[]", 400, id="a list"),
        pytest.param(b'{"password": 1}', 400, id="no text"),
        pytest.param(b'{"password": "\xff"}', 400, id="no UTF-8"),
        pytest.param(b"{" * 10_000, 400, id="nested"),
        pytest.param(b" " * 20_000, 413, id="too large"),
    ],
)
async def test_what_makes_no_sense_is_told_so(web, body, status):
    assert (await web.post("/sign-in", body, headers=PROGRAM)).status == status


# ---------------------------------------------------------------- the cookie


async def test_the_cookie_is_no_scripts_business_and_goes_to_no_other_site(web):
    answer = await post(web, "/setup/claim", {"password": PASSWORD})
    _, attributes = cookie_of(answer)
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert "secure" not in attributes


async def test_behind_a_proxy_it_is_secure_and_belongs_to_the_path_of_our_pages(web, runtime):
    document = (await web.get("/api/config")).json()
    await web.post("/api/config", {**document, "web": {"trusted_proxies": ["172.18.0.2"]}})
    headers = {"x-forwarded-proto": "https", "x-forwarded-prefix": "/cw", "x-forwarded-for": FAR}
    code = runtime.access.register.setup_code

    answer = await post(
        web, "/setup/claim", {"password": PASSWORD, "code": code}, headers=headers, peer="172.18.0.2"
    )

    assert {"secure", "path=/cw/"} <= cookie_of(answer)[1]


async def test_each_sign_in_makes_a_new_one_and_ends_the_old(web, session):
    answer = await post(web, "/sign-in", {"password": PASSWORD}, headers={"cookie": session["cookie"]})
    assert cookie_of(answer)[0] != session["cookie"]
    assert (await web.get("/api/plays", headers=session)).status == 401


async def test_of_several_cookies_the_one_that_is_good_counts(web, session):
    name = session["cookie"].partition("=")[0]
    both = {"cookie": f"{name}=stale; other=1; {session['cookie']}"}
    assert (await web.get("/api/plays", headers=both)).status == 200


# ---------------------------------------------------------------- out


async def test_signing_out_ends_the_session_and_takes_the_cookie_away(web, session):
    answer = await post(web, "/sign-out", headers=session)
    assert answer.json() == {"ok": True}
    assert "max-age=0" in cookie_of(answer)[1]
    assert (await web.get("/api/plays", headers=session)).status == 401


async def test_every_page_has_a_form_that_signs_out_with_its_token(web, session):
    page = await web.get("/", headers={**PAGE, "cookie": session["cookie"]})
    token = re.search(r'action="\./sign-out"><input type="hidden" name="token" value="(\w+)"', page.text)[1]
    assert token == session["x-csrf-token"]

    form = {**PAGE, "content-type": FORM["content-type"], "cookie": session["cookie"]}
    answer = await web.post("/sign-out", f"token={token}".encode(), headers=form)
    assert (answer.status, answer.headers["location"]) == (303, "./sign-in")


async def test_before_anybody_has_signed_in_no_page_has_one(web):
    assert "sign-out" not in (await web.get("/", headers=PAGE)).text


# ---------------------------------------------------------------- forms without a browser's word


async def test_a_change_with_a_cookie_needs_a_page_of_ours_or_its_token(web, session):
    """Old browsers, and proxies that strip headers, do not say which page asks."""
    cookie = {"cookie": session["cookie"]}
    assert (await web.post("/debug/watch/stop", headers=cookie)).status == 403
    assert (await web.post("/debug/watch/stop", headers={**cookie, "x-csrf-token": "0" * 64})).status == 403
    assert (await web.post("/debug/watch/stop", headers=session)).status == 200
    own = {**cookie, "origin": "http://127.0.0.1:8787"}
    assert (await web.post("/debug/watch/stop", headers=own)).status == 200


@pytest.mark.parametrize("body", [b"", b"token=", b"token=%ff", b"a=b", b"&" * 100_000, b"x" * 2_000_000])
async def test_a_form_without_its_token_is_not_done(web, session, body):
    headers = {"cookie": session["cookie"], "content-type": FORM["content-type"]}
    assert (await web.post("/debug/watch/stop", body, headers=headers)).status == 403


async def test_a_token_belongs_to_one_session(web, session):
    other = await post(web, "/sign-in", {"password": PASSWORD})
    mixed = {"cookie": cookie_of(other)[0], "x-csrf-token": session["x-csrf-token"]}
    assert (await web.post("/debug/watch/stop", headers=mixed)).status == 403
    token = form_token(cookie_of(other)[0].partition("=")[2])
    assert token == other.json()["token"]


async def test_a_form_that_was_read_for_its_token_is_read_again_by_whom_it_is_for(web, session):
    headers = {"cookie": session["cookie"], "content-type": FORM["content-type"]}
    body = f"token={session['x-csrf-token']}&name=home&scope=read".encode()
    answer = await web.post("/api/access/keys", body, headers=headers)
    assert (answer.status, answer.json()["name"]) == (200, "home")


# ---------------------------------------------------------------- sessions and the password


async def test_sessions_are_listed_and_ended(web, session):
    other = await post(web, "/sign-in", {"password": PASSWORD}, headers={"user-agent": "Firefox"}, peer=FAR)
    listed = (await web.get("/api/access/sessions", headers=session)).json()["sessions"]

    by_current = {entry["current"]: entry for entry in listed}
    assert (by_current[False]["agent"], by_current[False]["address"]) == ("Firefox", FAR)
    assert by_current[True]["address"] == "127.0.0.1"
    assert "digest" not in json.dumps(listed)

    revoke = f"/api/access/sessions/{by_current[False]['id']}/revoke"
    assert (await web.post(revoke, headers=session)).status == 200
    assert (await web.post(revoke, headers=session)).status == 404
    assert (await web.get("/api/plays", headers={"cookie": cookie_of(other)[0]})).status == 401


async def test_all_other_sessions_end_at_once(web, session):
    others = [await post(web, "/sign-in", {"password": PASSWORD}) for _ in range(2)]
    await web.post("/api/access/sessions/revoke", headers=session)
    assert [
        (await web.get("/api/plays", headers={"cookie": cookie_of(other)[0]})).status for other in others
    ] == [401, 401]
    assert (await web.get("/api/plays", headers=session)).status == 200


async def test_another_password_takes_the_current_one_and_a_new_session(web, session):
    wrong = await post(web, "/api/access/password", {"current": OTHER, "new": OTHER}, headers=session)
    assert wrong.status == 401
    done = await post(web, "/api/access/password", {"current": PASSWORD, "new": OTHER}, headers=session)

    assert (await web.get("/api/plays", headers=session)).status == 401
    assert (await web.get("/api/plays", headers={"cookie": cookie_of(done)[0]})).status == 200
    assert (await post(web, "/sign-in", {"password": OTHER})).status == 200


# ---------------------------------------------------------------- keys


async def make_key(web, session, scope, name="home"):
    answer = await post(web, "/api/access/keys", {"name": name, "scope": scope}, headers=session)
    assert answer.status == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
async def test_a_key_lets_a_program_in_by_either_header(web, session, header):
    key = (await make_key(web, session, "read"))["key"]
    value = key if header == "x-api-key" else f"Bearer {key}"
    assert (await web.get("/api/plays", headers={header: value}, peer=FAR)).status == 200


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("read", {"read": 200, "operate": 403, "admin": 403}),
        ("operate", {"read": 200, "operate": 200, "admin": 403}),
        ("admin", {"read": 200, "operate": 200, "admin": 200}),
    ],
)
async def test_a_key_may_do_what_its_scope_says(web, session, scope, expected):
    headers = {"x-api-key": (await make_key(web, session, scope))["key"]}
    assert {
        "read": (await web.get("/api/plays", headers=headers)).status,
        "operate": (await web.post("/debug/watch/stop", headers=headers)).status,
        "admin": (await web.get("/api/config", headers=headers)).status,
    } == expected


async def test_a_key_is_shown_once(web, session):
    made = await make_key(web, session, "read")
    listed = await web.get("/api/access/keys", headers=session)
    assert made["key"] not in listed.text
    assert [entry["name"] for entry in listed.json()["keys"]] == ["home"]


async def test_a_key_that_was_taken_back_lets_nobody_in(web, session):
    made = await make_key(web, session, "read")
    assert (await web.post(f"/api/access/keys/{made['id']}/revoke", headers=session)).status == 200
    answer = await web.get("/api/plays", headers={"x-api-key": made["key"]})
    assert (answer.status, answer.json()["detail"][:24]) == (401, "This API key is not know")
    assert (await web.post(f"/api/access/keys/{made['id']}/revoke", headers=session)).status == 404


async def test_a_wrong_key_is_refused_even_where_a_cookie_would_let_in(web, session):
    assert (await web.get("/api/plays", headers={**session, "x-api-key": "cw_wrong"})).status == 401


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"name": "x"}, "scope"), ({"name": "x", "scope": "root"}, "scope"), ({"scope": "read"}, "name")],
)
async def test_a_key_needs_a_name_and_a_scope(web, session, fields, word):
    answer = await post(web, "/api/access/keys", fields, headers=session)
    assert answer.status == 422
    assert word in answer.json()["detail"]


async def test_before_there_is_a_password_nobody_can_make_a_key_to_keep(web):
    answer = await post(web, "/api/access/keys", {"name": "x", "scope": "admin"})
    assert (answer.status, answer.json()["detail"][:20]) == (422, "Set a password first")


# ---------------------------------------------------------------- streams


async def ended(pieces):
    """Waits for a stream's end."""
    async with asyncio.timeout(5):
        while await pieces.get() is not None:
            pass


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("crosswatch.web.stays.LOOK_EVERY_S", 0.02)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", ["/api/logs/stream", "/api/events"])
async def test_a_stream_ends_soon_after_its_session(web, session, path):
    async with web.stream(path, headers=session) as pieces:
        assert await pieces.get()
        await post(web, "/sign-out", headers=session)
        await ended(pieces)


@pytest.mark.usefixtures("impatient")
async def test_a_stream_ends_soon_after_its_key_was_taken_back(web, session):
    made = await make_key(web, session, "read")
    async with web.stream("/api/logs/stream", headers={"x-api-key": made["key"]}) as pieces:
        assert await pieces.get()
        await web.post(f"/api/access/keys/{made['id']}/revoke", headers=session)
        await ended(pieces)


@pytest.mark.usefixtures("impatient")
async def test_what_was_open_to_the_network_ends_when_somebody_sets_a_password(web):
    async with web.stream("/api/logs/stream") as pieces:
        assert await pieces.get()
        await post(web, "/setup/claim", {"password": PASSWORD})
        await ended(pieces)


# ---------------------------------------------------------------- networks and proxies by choice


async def configured(caller, session, **parts):
    document = (await caller.get("/api/config", headers=session)).json()
    answer = await post(caller, "/api/config", {**document, **parts}, headers=session)
    assert answer.status == 200, answer.text


async def test_an_open_network_needs_no_sign_in_and_others_do(web, session):
    await configured(web, session, access={"open_networks": ["192.168.1.0/24", "fd00::/8"]})
    assert (await web.get("/api/plays", peer="192.168.1.77")).status == 200
    assert (await web.get("/api/plays", peer="fd00::77")).status == 200
    assert (await web.get("/api/plays", peer="192.168.2.77")).status == 401
    assert (await web.get("/api/plays", peer="192.168.1.77", headers={"host": "evil.com"})).status == 403
    forwarded = {"x-forwarded-for": "192.168.1.77"}
    assert (await web.get("/api/plays", peer=FAR, headers=forwarded)).status == 401


async def test_a_listed_proxy_signs_people_in_and_nobody_else_can(web, session):
    await configured(
        web,
        session,
        web={"trusted_proxies": ["172.18.0.2"]},
        access={"external": True, "external_header": "X-Remote-User-Name"},
    )
    named = {"x-remote-user-name": "maya", "x-forwarded-for": FAR, "host": "watch.example.com"}
    me = await web.get("/api/access/me", peer="172.18.0.2", headers=named)
    assert (me.json()["by"], me.json()["name"]) == ("proxy", "maya")
    for peer in ("172.18.0.3", "127.0.0.1", FAR):
        assert (await web.get("/api/access/me", peer=peer, headers=named)).status == 401
    assert (await web.get("/api/access/me", peer="172.18.0.2", headers={"remote-user": "maya"})).status == 401


async def test_a_proxy_that_nobody_has_named_cannot_be_made_to_sign_people_in(web, session):
    document = (await web.get("/api/config", headers=session)).json()
    answer = await post(web, "/api/config", {**document, "access": {"external": True}}, headers=session)
    assert (answer.status, answer.json()["key"]) == (422, "access.external")


async def test_where_a_proxy_signs_people_in_nobody_can_claim(web):
    await post(
        web,
        "/api/config",
        {"web": {"trusted_proxies": ["172.18.0.2"]}, "access": {"external": True}},
    )
    assert (await web.get("/api/plays")).status == 401
    assert (await web.get("/setup/claim", headers=PAGE)).status == 404
    assert (await web.get("/", headers=PAGE)).headers["location"] == "./sign-in"
    assert "A proxy in front of CrossWatch signs people in" in (await web.get("/sign-in", headers=PAGE)).text


# ---------------------------------------------------------------- when the file is broken


async def test_a_register_that_cannot_be_read_lets_nobody_in_and_says_what_to_do(web, runtime, session):
    runtime.access._file.path.write_text("{")
    runtime.access._file.refresh()

    for headers in ({}, session):
        answer = await web.get("/api/plays", headers=headers)
        assert answer.status == 503
        assert "reset-password" in answer.json()["detail"]
    page = await web.get("/sign-in", headers=PAGE)
    assert "reset-password" in page.text
    assert (await post(web, "/setup/claim", {"password": PASSWORD})).status in {404, 503}
    assert (await web.get("/healthz")).status == 200


async def test_a_register_that_cannot_be_read_from_the_start_opens_nothing(web, runtime):
    runtime.access._file.path.write_text("{")
    runtime.access._file.refresh()
    assert (await web.get("/api/plays")).status == 503
    answer = await post(
        web, "/setup/claim", {"password": PASSWORD, "code": runtime.access.register.setup_code}
    )
    assert answer.status == 503


async def test_a_folder_that_ends_with_its_container_is_said_before_the_first_password(web, monkeypatch):
    lost = Folder(path="/config", is_lost_with_container=True)
    monkeypatch.setattr(setup, "look_at", lambda _directory: lost)
    form = await web.get("/setup/claim", headers=PAGE)
    assert "everything here is lost when the container is made anew" in form.text
    assert "<code>-v ./crosswatch:/config</code>" in form.text
