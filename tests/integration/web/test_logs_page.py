"""The page of the log: filters in the address, plays at both ends of a link, a file, DEBUG for a while."""

from __future__ import annotations

import html
import logging
import re
from datetime import timedelta

import pytest

from crosswatch.access.register import Scope
from crosswatch.errors import StorageError
from fakes.plays import make_play, wants

plex, trakt = logging.getLogger("crosswatch.plex"), logging.getLogger("crosswatch.trakt")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
async def page(web):
    """Draws the page as a reader without a script sees it: the lines' texts, and its source."""

    async def draw(query=""):
        source = (await web.get(f"/logs{query}")).text
        shown = source.partition("<template")[0]
        lines = re.findall(r'<li class="line [^"]*">(.*?)</li>', shown, flags=re.DOTALL)
        return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", line)).split()) for line in lines], source

    return draw


async def test_the_last_lines_are_there_without_a_script_the_oldest_first(page, runtime):
    plex.info("one")
    trakt.warning("two")
    lines, source = await page()
    clock = f"{runtime.clock.now().astimezone():%H:%M:%S}"
    assert lines[-2:] == [f"{clock} INFO PLEX one", f"{clock} WARNING TRAKT two"]
    assert 'aria-current="page"' in source
    assert "data-refresh" in source


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?channel=PLEX", ["one", "THREE"]),
        ("?channel=plex&level=warning", ["THREE"]),
        ("?level=error", ["THREE"]),
        ("?level=WARNING", ["two", "THREE"]),
        ("?q=thr", ["THREE"]),
        ("?play=8f3", ["two"]),
        ("?q=nothing+like+it", []),
        ("?channel=NONE&level=loud", ["one", "two", "THREE"]),
    ],
)
async def test_the_address_narrows_what_is_shown(page, query, shown):
    plex.info("one")
    trakt.warning("two", extra={"play": "8f3"})
    plex.error("THREE")
    lines, _ = await page(query)
    words = ("one", "two", "THREE")
    assert [word for line in lines for word in words if f" {word}" in line] == shown


async def test_what_was_chosen_stands_in_the_form_and_in_every_way_on(page):
    _, source = await page("?channel=PLEX&level=error&q=a%26b&play=8f3")
    assert '<option value="PLEX" selected>' in source
    assert '<option value="error" selected>' in source
    assert 'value="a&amp;b"' in source
    assert '<input type="hidden" name="play" value="8f3">' in source
    assert 'href="./logs.txt?channel=PLEX&amp;level=error&amp;q=a%26b&amp;play=8f3"' in source
    assert 'data-stream="./api/logs/stream?channel=PLEX"' in source


async def test_a_line_leads_to_its_play_and_to_the_other_lines_of_it(page):
    trakt.info("stop Arrival", extra={"play": "1h5q0k2m9x7pd"})
    lines, source = await page()
    assert lines[-1].endswith("stop Arrival · play x7pd")
    assert 'href="./history/1h5q0k2m9x7pd"' in source
    assert 'href="./logs?play=1h5q0k2m9x7pd"' in source


async def test_the_lines_of_one_play_say_which_play_it_is(page, runtime):
    await runtime.ledger.record([wants(make_play(1))])
    trakt.info("said", extra={"play": "play-000001"})
    lines, source = await page("?play=play-000001")
    assert len(lines) == 1
    assert "Only the lines of one play: Arrival (2016), Maya." in source
    assert 'href="./history/play-000001"' in source


async def test_the_lines_of_a_play_are_shown_although_the_database_cannot_be_read(page, runtime, monkeypatch):
    async def broken(_play_id):
        raise StorageError("The disk is full.")

    monkeypatch.setattr(runtime.ledger, "play", broken)
    trakt.info("said", extra={"play": "8f3"})
    lines, source = await page("?play=8f3")
    assert len(lines) == 1
    assert "Only the lines of one play." in source


async def test_whatever_a_line_says_it_is_text(page):
    plex.info(HOSTILE, extra={"play": HOSTILE})
    lines, source = await page(f"?q={HOSTILE.replace('<', '%3C').replace(' ', '+')}")
    assert HOSTILE in lines[-1]
    assert "<img src=x" not in source


async def test_a_quiet_log_says_when_the_last_line_was(page, runtime):
    plex.info("said")
    runtime.clock.move(240)
    lines, source = await page("?q=nothing+like+it")
    assert lines == []
    assert "No line matches." in source
    assert 'data-ago="' in source


async def test_more_lines_than_a_page_holds_are_in_the_download(web, page):
    for number in range(510):
        plex.info("line %d", number)
    lines, source = await page("?channel=PLEX")
    answer = await web.get("/logs.txt?channel=PLEX")
    assert (len(lines), lines[-1].split()[-1]) == (500, "509")
    assert "Older lines are in the download." in source
    assert len(answer.text.splitlines()) == 510
    assert answer.headers["content-type"].startswith("text/plain")
    assert "attachment; filename=" in answer.headers["content-disposition"]


async def test_debug_lines_for_a_while_are_had_and_given_back_without_a_script(web, page, runtime):
    answer = await web.post("/logs", b"debug=on&back=channel%3DPLEX%26evil%3D%2F%2Fx", headers=FORM)
    assert (answer.status, answer.headers["location"]) == (303, "./logs?channel=PLEX")
    assert runtime.logs.debug_until == runtime.clock.now() + timedelta(minutes=15)
    _, source = await page()
    assert "Debug lines are kept until" in source
    assert 'value="off"' in source
    await web.post("/logs", b"debug=off", headers=FORM)
    assert runtime.logs.debug_until is None


async def test_where_the_settings_keep_debug_lines_there_is_nothing_to_press(web, page):
    document = (await web.get("/api/config")).json()
    document["runtime"]["debug"] = True
    await web.post("/api/config", document)
    _, source = await page()
    assert "Debug lines are kept, for the settings say so." in source
    assert 'name="debug"' not in source


async def test_whoever_may_only_read_sees_no_button_and_gets_nowhere_with_one(web, runtime):
    key, _ = await runtime.access.create_key("home page", Scope.READ)
    source = (await web.get("/logs", headers={"X-Api-Key": key})).text
    assert 'name="debug"' not in source
    answer = await web.post("/logs", b"debug=on", headers={**FORM, "X-Api-Key": key})
    assert (answer.status, runtime.logs.debug_until) == (403, None)
