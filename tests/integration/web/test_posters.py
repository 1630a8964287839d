"""Pictures come from here, whatever server they are from; what is no picture is not passed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.errors import SourceUnavailableError
from fakes.plays import EPISODE, FILM, make_play, wants
from fakes.source import ScriptedSource

JPEG, PNG, WEBP = b"\xff\xd8\xff\xe0 jpeg", b"\x89PNG\r\n\x1a\n png", b"RIFF\0\0\0\0WEBPVP8 "
SHOWN = replace(FILM, rating_key="9723")


@pytest.fixture
async def den(runtime):
    source = ScriptedSource()
    runtime.sources["den"] = source
    await runtime.ledger.record([wants(make_play(1, media=SHOWN)), wants(make_play(2, media=EPISODE))])
    return source


@pytest.mark.parametrize(
    ("picture", "kind"),
    [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")],
    ids=lambda one: one[:4],
)
async def test_a_films_picture_is_passed_on_with_a_type_of_our_own(web, den, picture, kind):
    den.posters["9723"] = picture

    answer = await web.get("/posters/play-000001")

    assert (answer.status, answer.headers["content-type"], answer.body) == (200, kind, picture)
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_episode_has_the_picture_of_its_show(web, den):
    den.posters |= {"200": PNG, "201": JPEG}

    assert (await web.get("/posters/play-000002")).body == PNG


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html>",
        b"GIF89a",
    ],
    ids=["nothing", "a drawing with a script", "a page", "another kind"],
)
async def test_what_is_no_picture_is_not_passed_on(web, den, picture):
    den.posters["9723"] = picture

    answer = await web.get("/posters/play-000001")

    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert b"script" not in answer.body
    assert answer.headers["cache-control"] == "private, max-age=60"


async def test_a_server_that_cannot_be_asked_leaves_the_letter(web, den):
    den.faults["poster"] = SourceUnavailableError("Den doesn't answer.")

    answer = await web.get("/posters/play-000001")

    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")


async def test_a_play_that_there_is_not_has_no_picture_either(web):
    assert (await web.get("/posters/nothing")).headers["content-type"] == "image/svg+xml"


async def test_a_card_names_its_picture_by_the_play_alone(web, den):  # noqa: ARG001 -- it holds the plays
    source = (await web.get("/")).text

    assert 'src="./posters/play-000001"' in source
    assert "library/metadata" not in source
