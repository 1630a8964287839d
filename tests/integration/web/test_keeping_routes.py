"""Backups, the support bundle and a test of notices, over HTTP."""

from __future__ import annotations

import io
import json
import logging
import zipfile

import pytest

from crosswatch.access.register import Scope
from crosswatch.storage.opening import DATABASE_NAME, open_ledger

SECRET = "plex-token-0123456789"
TOPIC = "https://ntfy.example.com/topic-0123456789"
DOCUMENT = {"plex": {"account_token": SECRET}, "notices": {"ntfy_url": TOPIC}}


@pytest.fixture
async def configured(web):
    assert (await web.post("/api/config", DOCUMENT)).status == 200
    return web


async def header(runtime, scope):
    secret, _ = await runtime.access.create_key(scope.value, scope)
    return {"x-api-key": secret}


ADDRESSES = [
    ("GET", "/api/backups"),
    ("POST", "/api/backups"),
    ("GET", "/api/backups/crosswatch-20261120T201500Z.zip"),
    ("GET", "/api/support-bundle"),
    ("POST", "/api/notices/test"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
async def test_what_holds_everything_is_for_administrators(configured, runtime, method, path):
    for scope in (Scope.READ, Scope.OPERATE):
        assert (await configured(method, path, headers=await header(runtime, scope))).status == 403
    assert (await configured(method, path, headers=await header(runtime, Scope.ADMIN))).status in {200, 404}


async def test_a_backup_is_made_listed_and_fetched(configured):
    made = (await configured.post("/api/backups")).json()
    listed = (await configured.get("/api/backups")).json()["backups"]
    fetched = await configured.get(f"/api/backups/{made['name']}")

    assert listed == [made]
    assert fetched.headers["content-type"] == "application/zip"
    assert fetched.headers["cache-control"] == "no-store"
    assert made["name"] in fetched.headers["content-disposition"]
    assert len(fetched.body) == made["size"]
    with zipfile.ZipFile(io.BytesIO(fetched.body)) as archive:
        assert SECRET in archive.read("config.json").decode()


@pytest.mark.parametrize("name", ["x.zip", "..%2Fconfig.json", "crosswatch-20000101T000000Z.zip"])
async def test_there_is_no_other_file_to_be_had(configured, name):
    answer = await configured.get(f"/api/backups/{name}")
    assert answer.status == 404
    assert SECRET not in answer.text


async def test_a_backup_that_cannot_be_made_says_why(configured, runtime):
    (runtime.config.directory / "backups").write_text("in the way")

    answer = await configured.post("/api/backups")
    assert answer.status == 507
    assert "No backup could be made" in answer.json()["detail"]


async def test_a_support_bundle_helps_and_holds_no_secret(configured, runtime):
    ledger = await open_ledger(runtime.config.directory / DATABASE_NAME, clock=runtime.clock)
    await ledger.close()
    logging.getLogger("crosswatch").warning("asked with X-Plex-Token=%s", SECRET)
    answer = await configured.get("/api/support-bundle")

    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(texts) == {"README.txt", "about.json", "health.json", "config.json", "log.txt"}
    assert not [name for name, text in texts.items() if SECRET in text or "topic-0123456789" in text]
    assert "asked with X-Plex-Token=[redacted]" in texts["log.txt"]
    about = json.loads(texts["about.json"])
    assert about["schema"] >= 1
    assert about["counts"]["play"] == 0
    assert "plex_server" in {check["id"] for check in json.loads(texts["health.json"])}
    assert json.loads(texts["config.json"])["plex"]["account_token"] == "[redacted]"


async def test_a_support_bundle_is_made_without_a_database_too(configured):
    answer = await configured.get("/api/support-bundle")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert json.loads(archive.read("about.json"))["schema"] == 0


async def test_a_test_of_notices_says_what_came_of_it(configured):
    answer = await configured.post("/api/notices/test")

    assert answer.json() == {
        "places": [{"place": "ntfy", "ok": False, "sentence": "CrossWatch is only just starting."}]
    }


async def test_addresses_of_notices_are_masked_and_come_back(configured):
    shown = (await configured.get("/api/config")).json()
    assert shown["notices"] == {"ntfy_url": "••••••••"}

    await configured.post("/api/config", shown)
    assert (await configured.get("/api/config")).json() == shown


@pytest.mark.parametrize(
    ("notices", "said"),
    [
        ({"webhook_url": "ftp://nowhere/secret"}, "notices.webhook_url must be an address"),
        ({"webhook_url": "http://169.254.169.254/secret"}, "no server of yours"),
        ({"ntfy_url": "https://secret.example.com/"}, "must end with a topic"),
        ({"events": ["secret"]}, "notices.events[0] must be"),
    ],
)
async def test_an_address_that_cannot_be_is_refused_and_not_repeated(configured, notices, said):
    answer = await configured.post("/api/config", {"notices": notices})

    assert answer.status == 422
    assert said in answer.json()["detail"]
    assert "events" in notices or "secret" not in answer.text
