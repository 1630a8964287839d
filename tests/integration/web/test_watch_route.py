from __future__ import annotations

import pytest


async def test_the_three_keys_of_the_hand_over_are_there_from_the_first(web):
    status = (await web.get("/debug/watch/status")).json()

    assert {key: status[key] for key in ("has_watch", "alive", "stop_set")} == {
        "has_watch": False,
        "alive": False,
        "stop_set": False,
    }


async def test_moments_in_the_status_are_texts_with_a_zone(web, runtime):
    runtime.watch["last_frame_at"] = runtime.clock.now()

    assert (await web.get("/debug/watch/status")).json()["last_frame_at"] == "2026-11-20T20:15:00Z"


async def test_start_and_stop_answer_as_the_hand_over_says(web):
    assert (await web.post("/debug/watch/start")).json() == {"ok": True, "alive": True}
    assert (await web.post("/debug/watch/stop")).json() == {"ok": True, "alive": False}
    assert (await web.get("/debug/watch/status")).json()["stop_set"] is True


@pytest.mark.parametrize("act", ["start", "stop"])
async def test_a_button_pressed_without_a_script_leads_back_to_the_page(web, act):
    answer = await web.post(f"/debug/watch/{act}", headers={"accept": "text/html,*/*"})

    assert (answer.status, answer.headers["location"]) == (303, "../../")


@pytest.mark.parametrize("act", ["start", "stop"])
async def test_steering_takes_a_post(web, act):
    assert (await web.get(f"/debug/watch/{act}")).status == 405
