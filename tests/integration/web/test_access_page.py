"""Sessions, keys and the password on their page, with a browser that has signed in."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from crosswatch.config.model import default_document

PASSWORD = "correct horse battery"
PAGE = {
    "Accept": "text/html",
    "Content-Type": "application/x-www-form-urlencoded",
    "Origin": "http://127.0.0.1:8787",
}


class Browser:
    """Keeps its cookie and sends the token of the page it was shown last."""

    def __init__(self, web):
        self.web, self.cookie, self.token = web, "", ""

    async def get(self, address):
        answer = await self.web.get(address, headers={**PAGE, "Cookie": self.cookie})
        found = re.search(r'name="token" value="([^"]+)"', answer.text)
        self.token = found[1] if found else ""
        return answer

    async def post(self, address, **fields):
        body = urlencode({"token": self.token, **fields}).encode()
        answer = await self.web.post(address, body, headers={**PAGE, "Cookie": self.cookie})
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer


@pytest.fixture
async def maya(web):
    browser = Browser(web)
    await browser.post("/setup/claim", name="admin", password=PASSWORD)
    await browser.get("/settings/access")
    return browser


async def test_a_key_is_made_and_shown_once(maya, runtime):
    answer = await maya.post("/settings/access/keys", name="<Home page>", scope="read")
    assert answer.status == 200
    key = re.search(r'id="new-key">([^<]+)<', answer.text)[1]
    assert "&lt;Home page&gt;" in answer.text
    assert runtime.access.key(key, "127.0.0.1").name == "<Home page>"

    again = await maya.get("/settings/access")
    assert key not in again.text
    assert "never used" in again.text or "used" in again.text
    assert (await maya.web.get("/api/plays", headers={"X-Api-Key": key})).status == 200

    way = re.search(r'settings/access/keys/([^/"]+)/revoke', again.text)[1]
    revoked = await maya.post(f"/settings/access/keys/{way}/revoke")
    assert (revoked.status, revoked.headers["location"]) == (
        303,
        "../../../../settings/access?done=keys#keys",
    )
    assert (await maya.web.get("/api/plays", headers={"X-Api-Key": key})).status == 401


@pytest.mark.parametrize(("name", "scope"), [("", "read"), ("Home", "everything"), ("x" * 500, "read")])
async def test_a_key_that_cannot_be_made_is_said_beside_its_form(maya, name, scope):
    answer = await maya.post("/settings/access/keys", name=name, scope=scope)
    assert answer.status == 422
    assert 'class="problem" role="alert"' in answer.text
    assert f'value="{name}"' in answer.text


async def test_other_browsers_are_listed_and_signed_out(maya, web, runtime):
    phone = Browser(web)
    await phone.post("/sign-in", name="admin", password=PASSWORD)
    shown = (await maya.get("/settings/access")).text
    assert shown.count("this browser") == 1
    assert "Sign out everywhere else" in shown

    way = re.search(r'settings/access/sessions/([^/"]+)/revoke', shown)[1]
    assert (await maya.post(f"/settings/access/sessions/{way}/revoke")).status == 303
    assert [session.id for session in runtime.access.sessions()] != []
    assert (await phone.get("/settings/access")).status == 303  # to the sign-in

    await phone.post("/sign-in", name="admin", password=PASSWORD)
    await maya.post("/settings/access/sessions/revoke")
    assert len(runtime.access.sessions()) == 1
    assert (await maya.get("/settings/access")).status == 200


async def test_the_password_is_changed_and_everybody_else_is_out(maya, web):
    phone = Browser(web)
    await phone.post("/sign-in", name="admin", password=PASSWORD)

    wrong = await maya.post("/settings/access/password", current="not this one", new=f"{PASSWORD} 2")
    assert wrong.status == 401
    assert 'id="password-problem"' in wrong.text

    answer = await maya.post("/settings/access/password", current=PASSWORD, new=f"{PASSWORD} 2")
    assert answer.headers["location"] == "../../settings/access?done=password"
    told = await maya.get("/settings/access?done=password")
    assert "The password was changed" in told.text
    assert (await phone.get("/settings/access")).status == 303


async def test_before_there_is_a_password_nobody_makes_keys(web):
    text = (await web.get("/settings/access", headers=PAGE)).text
    assert "Set a password</a> first" in text
    assert 'action="../settings/access/keys"' not in text
    assert (await Browser(web).post("/settings/access/keys", name="Home", scope="read")).status == 422


async def test_a_page_of_another_site_changes_nothing(maya, runtime):
    for address in ("keys", "sessions/revoke", "password"):
        answer = await maya.web.post(
            f"/settings/access/{address}",
            urlencode({"name": "Home", "scope": "admin"}).encode(),
            headers={**PAGE, "Cookie": maya.cookie, "Origin": "http://evil.example"},
        )
        assert answer.status == 403
    assert runtime.access.api_keys() == []


# ---------------------------------------------------------------- beside the other forms


async def test_what_was_typed_is_kept_while_something_is_tried(web, runtime):
    document = default_document()
    document["plex"] |= {"server_url": "http://127.0.0.1:9", "account_token": "x" * 20}
    runtime.config.replace(document)

    class Examiner:
        def names(self):
            return ("plex",)

        async def examine(self, name):
            from crosswatch.examining import Finding

            yield Finding(ok=True, subject="Plex <1>", sentence=f"It is {name}.")
            yield Finding(ok=False, subject="Plex", sentence="It says no.", action="Ask `nicely`.")

    runtime.examiner = Examiner()
    body = urlencode({"do": "try plex", "was": '{"plex.username": ""}', "plex.username": "maya"}).encode()
    text = (await web.post("/settings/plex", body, headers=PAGE)).text
    assert 'value="maya"' in text
    assert "Plex &lt;1&gt;: It is plex." in text
    assert "Ask <code>nicely</code>." in text
    assert text.index("Works:") < text.index("Does not work:")
    assert runtime.config.settings.plex.username == ""


async def test_backups_are_made_and_listed(web, runtime):
    assert "There is none yet." in (await web.get("/settings/backup", headers=PAGE)).text
    answer = await web.post("/settings/backup", b"do=backup", headers=PAGE)
    assert (answer.status, answer.headers["location"]) == (303, "backup?done=backup")
    text = (await web.get("/settings/backup?done=backup", headers=PAGE)).text
    assert "A backup was made." in text
    [kept] = await runtime.upkeep.shelf.contents()
    assert f'href="../api/backups/{kept.name}"' in text


@pytest.mark.parametrize(("prefix", "address"), [("", "/webhook/trakt"), ("/watch", "/watch/webhook/trakt")])
async def test_the_address_for_plex_is_the_one_by_which_the_page_was_reached(web, runtime, prefix, address):
    text = (await web.get("/settings/webhooks", headers=PAGE, root_path=prefix)).text
    assert f"http://127.0.0.1:8787{address}</code>" in text
    document = default_document()
    document["plex"]["webhook_secret"] = "a-secret-of-ours"
    runtime.config.replace(document)
    text = (await web.get("/settings/webhooks", headers=PAGE, root_path=prefix)).text
    assert f"{address}?token=…</code>" in text
    assert "a-secret-of-ours" not in text
