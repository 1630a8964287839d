from __future__ import annotations

import pytest

import crosswatch


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_process_says_that_it_lives(web, method):
    answer = await web(method, "/healthz")

    assert answer.status == 200
    if method == "GET":
        assert answer.json() == {"status": "ok", "version": crosswatch.__version__}


async def test_a_webhook_is_told_that_webhook_mode_is_off(web):
    answer = await web.post("/webhook/trakt", {"event": "media.play"})

    assert answer.status == 503
    assert answer.json() == {
        "ok": False,
        "reason": "feature_off",
        "detail": "Webhook mode is off. Watch mode sees the same plays without it.",
    }


async def test_a_webhook_that_was_switched_on_is_told_that_this_version_has_none(web):
    document = (await web.get("/api/config")).json()
    document["features"]["webhook"]["enabled"] = True
    await web.post("/api/config", document)

    answer = await web.post("/webhook/trakt", {"event": "media.play"})

    assert (answer.status, answer.json()["reason"]) == (501, "not_built")
