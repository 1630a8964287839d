"""The reference of the API, without anything from elsewhere."""

from __future__ import annotations

import pytest

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize("prefix", ["", "/watch"])
async def test_examples_ask_where_the_reader_came_by(web, prefix):
    text = (await web.get("/api", headers={**PAGE, "Host": "nas.lan:8787"}, root_path=prefix)).text
    assert f"curl -s http://nas.lan:8787{prefix}/api/plays -H" in text
    assert 'href="#plays"' in text
    assert "needs operate" in text


async def test_every_address_is_there(web):
    text = (await web.get("/api", headers=PAGE)).text
    for path, verbs in (await web.get("/openapi.json")).json()["paths"].items():
        for verb in verbs:
            assert f'id="{verb}-{path.strip("/").replace("/", "-")}"'.lower() in text


async def test_strangers_are_not_told(web):
    assert (await web.get("/api", headers=PAGE, peer="203.0.113.9")).status == 303
