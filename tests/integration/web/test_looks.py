"""How pages look in one browser: light or dark, and in which language."""

from __future__ import annotations

import pytest

FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
PAGE = {"accept": "text/html"}


async def choose(web, fields, **headers):
    answer = await web.post("/looks", fields.encode(), headers={**FORM, **headers})
    assert answer.status == 303
    return answer


async def test_a_choice_is_kept_in_a_cookie_and_leads_back(web):
    answer = await choose(web, "theme=dark&back=/history%3Foutcome%3Dfailed")

    assert answer.headers["location"] == "./history?outcome=failed"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("crosswatch_theme=dark;")
    assert "HttpOnly" in cookie
    assert "Path=/;" in cookie


@pytest.mark.parametrize("fields", ["theme=pink", "language=tlh", "theme=", "", "theme=dark%0d%0aX: 1"])
async def test_what_there_is_not_is_not_kept(web, fields):
    assert "set-cookie" not in (await choose(web, fields)).headers


@pytest.mark.parametrize("back", ["//evil.example.com", "https://evil.example.com", "/../..", "javascript:1"])
async def test_the_way_back_leads_nowhere_else(web, back):
    assert (await choose(web, f"theme=dark&back={back}")).headers["location"] == "./"


async def test_whoever_may_not_read_may_choose_as_well(web):
    answer = await web.post("/looks", b"theme=dark&back=/sign-in", headers=FORM, peer="203.0.113.9")

    assert (answer.status, answer.headers["location"]) == (303, "./sign-in")


async def test_another_sites_page_may_not(web):
    answer = await web.post("/looks", b"theme=dark", headers={**FORM, "origin": "https://evil.example.com"})

    assert answer.status == 403


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_page_is_drawn_as_it_was_chosen(web, theme):
    page = await web.get("/no/such", headers={**PAGE, "cookie": f"crosswatch_theme={theme}"})

    assert f'data-theme="{theme}"' in page.text
    assert f'<meta name="color-scheme" content="{theme}">' in page.text


async def test_a_page_speaks_the_browsers_language_unless_another_was_chosen(web):
    german = {**PAGE, "accept-language": "de-AT,de;q=0.9,en;q=0.5"}

    assert '<html lang="de"' in (await web.get("/no/such", headers=german)).text
    assert ">Verlauf</a>" in (await web.get("/", headers=german)).text
    chosen = {**german, "cookie": "crosswatch_language=en"}
    assert '<html lang="en"' in (await web.get("/no/such", headers=chosen)).text
    assert "Verlauf" not in (await web.get("/", headers=chosen)).text


async def test_programs_are_answered_in_english(web):
    answer = await web.get("/no/such", headers={"accept-language": "de"})

    assert answer.json() == {"detail": "There is nothing at this address."}


async def test_a_stream_speaks_the_language_of_its_page(web):
    async with web.stream("/api/events", {"accept-language": "de"}) as pieces:
        text = b""
        while b"region" not in text:
            text += await pieces.get()
        assert b"Einrichtung" in text
        async with web.stream("/api/events", {"accept-language": "en"}) as others:
            text = b""
            while b"region" not in text:
                text += await others.get()
            assert b"Setting up" in text
