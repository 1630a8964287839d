"""Who may change something, and what goes out with every answer."""

from __future__ import annotations

import pytest

from crosswatch.web.factory import create_app
from crosswatch.web.headers import CONTENT_POLICY
from fakes.asgi import Caller, called

REFUSED = "Another site's page asked for this, so it was not done."


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a program"),
        pytest.param({"host": "whatever.example.com"}, id="a program by a name of the internet"),
        pytest.param({"origin": "http://127.0.0.1:8787"}, id="our page by address"),
        pytest.param({"host": "nas.lan", "origin": "http://nas.lan"}, id="our page by a local name"),
        pytest.param(
            {"host": "NAS", "origin": "http://nas:80"}, id="our page by a bare name, port spelled out"
        ),
        pytest.param({"host": "[fe80::1]:8787", "origin": "http://[fe80::1]:8787"}, id="our page by IPv6"),
        pytest.param({"host": "nas.local", "origin": "https://nas.local"}, id="our page behind a TLS proxy"),
        pytest.param(
            {"origin": "http://127.0.0.1:8787", "sec-fetch-site": "same-origin"},
            id="our page, and it says so",
        ),
        pytest.param({"sec-fetch-site": "none"}, id="typed by hand"),
    ],
)
async def test_programs_and_our_own_pages_may_change_something(web, headers):
    assert (await web.post("/debug/watch/stop", headers=headers)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "http://evil.example.com"}, id="another site"),
        pytest.param({"origin": "null"}, id="a page without an origin"),
        pytest.param({"origin": "http://127.0.0.1:9999"}, id="another port of this machine"),
        pytest.param({"origin": "http://127.0.0.1:8787.evil.example.com"}, id="a look-alike"),
        pytest.param({"origin": "http://[::1"}, id="nonsense"),
        pytest.param(
            {"origin": "http://127.0.0.1:8787", "sec-fetch-site": "cross-site"}, id="says so itself"
        ),
        pytest.param({"sec-fetch-site": "same-site"}, id="a neighbour's page"),
    ],
)
async def test_another_sites_page_changes_nothing(web, runtime, headers):
    answer = await web.post("/debug/watch/stop", headers=headers)

    assert (answer.status, answer.json()["detail"]) == (403, REFUSED)
    assert runtime.watch["stop_set"] is False


async def test_a_strangers_name_pointed_at_this_machine_changes_nothing(web, runtime):
    """DNS rebinding: origin and host agree, but the name belongs to somebody else."""
    rebound = {"host": "evil.example.com:8787", "origin": "http://evil.example.com:8787"}

    answer = await web.post("/debug/watch/stop", headers=rebound)

    assert answer.status == 403
    assert "web.allowed_hosts" in answer.json()["detail"]
    assert runtime.watch["stop_set"] is False


async def test_a_name_that_the_user_has_allowed_is_ours(web):
    document = (await web.get("/api/config")).json()
    await web.post("/api/config", {**document, "web": {"allowed_hosts": ["Watch.Example.com"]}})
    headers = {"host": "watch.example.com", "origin": "https://watch.example.com"}

    assert (await web.post("/debug/watch/stop", headers=headers)).status == 200


async def test_another_site_may_link_to_us(web):
    assert (await web.get("/", headers={"sec-fetch-site": "cross-site"})).status == 200


@pytest.mark.parametrize("path", ["/", "/api/config", "/static/live.js", "/nowhere"])
async def test_every_answer_forbids_foreign_content_and_guessing(web, path):
    headers = (await web.get(path)).headers

    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_the_policy_allows_nothing_inline_and_nothing_foreign():
    assert CONTENT_POLICY.startswith("default-src 'none'")
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY


async def test_answers_are_kept_by_nobody_but_static_files_are_checked_for_change(web):
    assert (await web.get("/api/config")).headers["cache-control"] == "no-store"
    script = await web.get("/static/live.js")
    assert script.headers["cache-control"] == "no-cache"
    again = await web.get("/static/live.js", headers={"if-none-match": script.headers["etag"]})
    assert again.status == 304


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_pages_that_would_load_scripts_from_elsewhere_do_not_exist(web, path):
    assert (await web.get(path)).status == 404


async def test_the_description_of_the_api_is_there(web):
    paths = (await web.get("/openapi.json")).json()["paths"]

    assert {
        "/debug/watch/status",
        "/debug/watch/start",
        "/debug/watch/stop",
        "/api/config",
        "/api/logs/dump",
        "/api/logs/stream",
        "/webhook/trakt",
        "/api/plays",
        "/api/plays/{play_id}",
        "/api/plays/{play_id}/retry",
        "/healthz",
    } <= set(paths)


async def test_the_app_starts_the_runtime_once_and_stops_it_at_the_end(runtime):
    async with called(create_app(runtime)):
        assert (runtime.started, runtime.stopped) == (1, 0)
    assert (runtime.started, runtime.stopped) == (1, 1)


async def test_a_start_that_fails_stops_what_had_begun(runtime):
    async def fail():
        raise RuntimeError("no")

    runtime.start = fail

    with pytest.raises(RuntimeError, match="no"):
        async with called(create_app(runtime)):
            pass
    assert runtime.stopped == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["a function", "a coroutine function"])
async def test_the_hand_overs_startup_hook_runs_before_the_start(runtime, monkeypatch, is_async):
    seen = []

    def hook():
        seen.append(runtime.started)

    async def async_hook():
        seen.append(runtime.started)

    monkeypatch.setattr("crosswatch._on_startup", async_hook if is_async else hook, raising=False)

    async with called(create_app(runtime)):
        assert seen == [0]


def test_an_app_serves_one_caller_after_the_other():
    assert Caller(create_app()).app.title == "CrossWatch"
