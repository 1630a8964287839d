from __future__ import annotations

import json
from hashlib import blake2s

import pytest

from crosswatch.config.model import default_document
from crosswatch.config.secrets import MASK

TOKEN = "plex-token-1234567890"


def document_with_token():
    document = default_document()
    document["plex"]["account_token"] = TOKEN
    return document


async def test_a_fresh_instance_answers_with_everything_off(web):
    answer = await web.get("/api/config")

    assert answer.status == 200
    assert answer.json() == default_document()
    assert "x-crosswatch-safe-mode" not in answer.headers


async def test_a_replaced_document_comes_back_masked_and_is_on_disk(web, runtime):
    answer = await web.post("/api/config", document_with_token())

    assert answer.status == 200
    assert answer.json()["plex"]["account_token"] == MASK
    assert json.loads(runtime.config.path.read_text())["plex"]["account_token"] == TOKEN
    assert runtime.config.settings.plex.account_token == TOKEN


async def test_what_was_fetched_can_be_posted_back_without_losing_a_secret(web, runtime):
    await web.post("/api/config", document_with_token())
    fetched = (await web.get("/api/config")).json()
    fetched["runtime"]["debug"] = True

    answer = await web.post("/api/config", fetched)

    assert answer.json() == fetched
    assert runtime.config.settings.plex.account_token == TOKEN
    assert runtime.config.settings.runtime.debug


async def test_unknown_keys_survive(web):
    answer = await web.post("/api/config", {**default_document(), "homepage": {"widget": [1, 2]}})

    assert answer.json()["homepage"] == {"widget": [1, 2]}


async def test_a_wrong_value_is_refused_names_its_key_and_changes_nothing(web, runtime):
    before = runtime.config.path.read_bytes()
    document = default_document()
    document["features"]["watch"]["enabled"] = "yes"

    answer = await web.post("/api/config", document)

    assert answer.status == 422
    assert answer.json()["key"] == "features.watch.enabled"
    assert "true or false" in answer.json()["detail"]
    assert runtime.config.path.read_bytes() == before


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param(b'{"plex": {},\n}', {"line": 2, "column": 1}, id="a comma too many"),
        pytest.param(b"", {"line": 1, "column": 1}, id="nothing"),
        pytest.param(b"\xff{}", {"line": 1, "column": 1}, id="not UTF-8"),
        pytest.param(b"[1]", {}, id="not an object"),
        pytest.param(b"[" * 5000, {}, id="nested beyond reason"),
    ],
)
async def test_what_is_not_a_json_object_is_refused_with_its_place(web, body, place):
    answer = await web.post("/api/config", body)

    assert answer.status == 400
    assert {key: value for key, value in answer.json().items() if key != "detail"} == place


async def test_a_document_beyond_a_mebibyte_is_refused(web):
    answer = await web.post("/api/config", b" " * (1024 * 1024 + 1))

    assert answer.status == 413
    assert answer.json() == {"detail": "The body is larger than 1024 KiB."}


async def test_a_folder_that_cannot_be_written_is_not_blamed_on_the_document(web, runtime):
    runtime.config.path.unlink()
    for file in runtime.config.directory.iterdir():
        file.unlink()
    runtime.config.directory.rmdir()

    answer = await web.post("/api/config", default_document())

    assert answer.status == 503
    assert "config.json" in answer.json()["detail"]


async def test_in_safe_mode_the_last_good_document_shows_and_the_place_of_the_slip_is_told(web, runtime):
    runtime.config.path.write_text('{"plex": }')
    runtime.config.poll()

    shown, status = await web.get("/api/config"), (await web.get("/api/config/status")).json()

    assert shown.json() == default_document()
    assert shown.headers["x-crosswatch-safe-mode"] == "1"
    assert status["safe_mode"] is True
    assert (status["problem"]["line"], status["problem"]["column"]) == (1, 10)


async def test_when_the_file_is_fine_the_status_says_so(web, runtime):
    status = (await web.get("/api/config/status")).json()

    assert status == {
        "ok": True,
        "safe_mode": False,
        "path": str(runtime.config.path),
        "locked": {},
        "problem": None,
    }


async def test_a_document_replaces_the_state_that_it_was_made_of(web, runtime):
    tag = (await web.get("/api/config")).headers["etag"]

    answer = await web.post("/api/config", document_with_token(), headers={"If-Match": tag})

    assert answer.status == 200
    assert answer.headers["etag"] == (await web.get("/api/config")).headers["etag"] != tag
    assert runtime.config.settings.plex.account_token == TOKEN


@pytest.mark.parametrize("how", ["over the API", "in the file"])
async def test_a_document_made_of_an_older_state_changes_nothing(web, runtime, how):
    tag = (await web.get("/api/config")).headers["etag"]
    newer = {**default_document(), "mine": how}
    if how == "in the file":
        runtime.config.path.write_text(json.dumps(newer))
    else:
        await web.post("/api/config", newer)

    answer = await web.post("/api/config", document_with_token(), headers={"If-Match": tag})

    assert answer.status == 412
    assert "changed meanwhile" in answer.json()["detail"]
    assert json.loads(runtime.config.path.read_text()) == newer


async def test_any_state_will_do_for_whoever_says_so(web):
    answer = await web.post("/api/config", document_with_token(), headers={"If-Match": "*"})

    assert answer.status == 200


async def test_the_name_of_a_state_says_nothing_of_a_secret(web, runtime):
    """A short secret could be guessed from a plain digest."""
    await web.post("/api/config", document_with_token())
    tag = (await web.get("/api/config")).headers["etag"].strip('"')
    plain = blake2s(json.dumps(runtime.config.document, separators=(",", ":")).encode(), digest_size=12)
    assert plain.hexdigest() != tag


async def test_a_wrong_value_is_said_with_its_place_in_what_was_posted(web):
    answer = await web.post("/api/config", b'{\n  "runtime":\n    {"debug": "yes"}\n}')

    assert answer.status == 422
    assert {name: answer.json()[name] for name in ("key", "line", "column")} == {
        "key": "runtime.debug",
        "line": 3,
        "column": 15,
    }
