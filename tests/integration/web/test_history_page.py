"""The history as it comes from the server: filters, days, paging, many plays at once, and exports."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from crosswatch.access.register import Scope
from crosswatch.core.events import Account, Percent
from crosswatch.core.outcomes import Accepted, Refused, Retry
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import PlayChange, Settlement
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.errors import StorageError
from crosswatch.web.exporting import COLUMNS
from crosswatch.web.pages.history import PAGE_SIZE
from fakes.plays import EPISODE, FILM, MAYA, make_play, want, wants

PAGE = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded", **PAGE}
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
SKIPPED = {"verdict": Verdict.SKIPPED, "reason": Reason.KIND_OFF, "detail": "movie"}


@pytest.fixture(autouse=True)
def _zone_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def ended(number=1, **changes):
    play = make_play(number)
    over = {"state": PlayState.ENDED, "ended_at": play.started_at, "progress": Percent(92)}
    return replace(play, **over, **changes)


@pytest.fixture
def keep(runtime):
    """Have the ledger hold these plays."""

    async def run(*plays):
        await runtime.ledger.record([PlayChange(play=play) for play in plays])
        return plays

    return run


@pytest.fixture
def deliver(runtime):
    """Record a finished play and let its delivery come to this."""

    async def run(play, outcome):
        await runtime.ledger.record([wants(play, want(DesiredAction.WATCHED, progress=92))])
        now = runtime.clock.now()
        [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=timedelta(seconds=9), batch=1)
        later = now + timedelta(minutes=3)
        await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=later)])
        return play

    return run


@pytest.fixture
def page(web):
    """Draws the page as a reader sees it: its text, and its source."""

    async def draw(query=""):
        answer = await web.get(f"/history{query}", headers=PAGE)
        assert answer.status == 200
        source = re.sub(r"<(script|style|title|select)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", source)).split()), answer.text

    return draw


def post(web, fields, path="/history", **options):
    body = urlencode(fields, doseq=True).encode()
    return web("POST", path, body=body, headers=FORM, **options)


def titles(source):
    return re.findall(r"<h3>.*?<bdi>(.*?)</bdi>", source)


# ---------------------------------------------------------------- what is shown


async def test_an_empty_history_says_what_to_do(page):
    text, _ = await page()
    assert "No plays yet. Start something in Plex; it shows up here within seconds." in text
    assert "Export" not in text


async def test_a_play_is_a_line_with_its_verdict_in_word_and_shape_and_the_way_to_its_page(page, deliver):
    play = await deliver(ended(media=EPISODE), Accepted(remote_id=7))
    text, source = await page()
    assert "1 play ● 1 delivered" in text
    assert "Straße der SEVERANCE S00 E02" in text
    assert "is in the history of maya on Trakt, at 92\u00a0%." in text.replace("92 %", "92\u00a0%")
    assert '<p class="verdict delivered"><span aria-hidden="true">●</span> Delivered</p>' in source
    assert f'href="./history/{play.id}"' in source


@pytest.mark.parametrize(
    ("outcome", "link"),
    [
        pytest.param(Refused(reason=Reason.NO_MATCH), '<a href="./history/{id}#match">Fix match<', id="name"),
        pytest.param(
            Refused(reason=Reason.REJECTED),
            '<button form="bulk" name="retry" value="{id}">Retry<',
            id="refused",
        ),
        pytest.param(
            Retry(reason=Reason.TRAKT_DOWN),
            '<button form="bulk" name="retry" value="{id}">Try now<',
            id="waits",
        ),
    ],
)
async def test_what_needs_somebody_has_one_next_action(page, deliver, outcome, link):
    play = await deliver(ended(), outcome)
    assert link.format(id=play.id) in (await page())[1]


async def test_a_skipped_play_leads_to_the_field_where_that_is_changed(web, page, keep):
    await keep(ended(verdict=Verdict.SKIPPED, reason=Reason.PERSON_UNLINKED), ended(2, **SKIPPED))
    source = (await page())[1]
    assert '<a href="./people#who-den-1">Link<' in source
    [way, field] = re.findall(r'<a href="\.(/settings/rules[^"#]*)#([^"]+)">Settings<', source)[0]
    assert f'id="{field}"' in (await web.get(way, headers={"accept": "text/html"})).text


async def test_a_play_shows_when_it_began_and_when_it_ended_as_the_live_page_does(page, keep, web):
    play = ended()
    await keep(replace(play, started_at=play.started_at - timedelta(hours=2)))
    [when] = re.findall(r'<p class="when">(.*?)</p>', (await page())[1])
    began, over = re.findall(r'data-clock="(\d+)"', when)
    assert int(began) < int(over)
    live = (await web.get("/", headers=PAGE)).text
    assert f'data-at="{over}"' in live


async def test_plays_stand_under_the_days_on_which_they_began(page, keep, runtime):
    now = runtime.clock.now()
    for number, days in enumerate((0, 1, 3, 400), 1):
        began = now - timedelta(days=days)
        await keep(ended(9 - number, started_at=began, media=replace(FILM, title=f"Film {number}")))
    text, source = await page()
    assert re.findall(r'<h2 id="day-[-\d]+"><time[^>]*>(.*?)</time>', source) == [
        "Today",
        "Yesterday",
        "Tue 17 Nov",
        "Thu 16 Oct 2025",
    ]
    assert text.index("Today") < text.index("Film 1") < text.index("Yesterday") < text.index("Film 2")


async def test_a_chart_shows_the_days_once_there_is_something_to_compare(page, keep, runtime):
    await keep(ended())
    assert 'class="chart"' not in (await page())[1]
    await keep(ended(2, started_at=runtime.clock.now() - timedelta(days=2), **SKIPPED))
    source = (await page())[1]
    assert source.count("<g>") == 14
    assert 'aria-label="Plays per day, 14 days; at most 1 on 2026-11-20."' in source
    assert "<title>2026-11-18: 1 skipped</title>" in source


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(replace(FILM, title=HOSTILE), id="hostile"),
        pytest.param(replace(FILM, title="ab " * 100), id="three hundred characters"),
        pytest.param(replace(FILM, title="مملكة السماء"), id="from right to left"),
        pytest.param(replace(FILM, title="", year=None), id="none"),
    ],
)
async def test_any_title_is_shown_as_text(page, keep, media):
    await keep(ended(media=media, account=Account(name=HOSTILE)), ended(2, media=media, account=Account()))
    text, source = await page(f"?{urlencode({'q': media.title})}")
    assert (media.title.strip() or "Unknown title") in text
    assert "Somebody" in text
    assert "<img src=x" not in source
    assert source.count("<script") == 1


async def test_a_database_that_cannot_be_read_is_said(web, runtime):
    runtime.ledger.failing = StorageError("The disk is full.")
    answer = await web.get("/history", headers=PAGE)
    assert (answer.status, "The disk is full." in answer.text) == (503, True)


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Dune", "Arrival", "Straße der SEVERANCE"]),
        ("?who=MAYA", ["Arrival"]),
        ("?who=id:9", ["Dune"]),
        ("?outcome=skipped", ["Dune", "Arrival"]),
        ("?reason=kind_off", ["Dune"]),
        ("?kind=episode", ["Straße der SEVERANCE"]),
        ("?server=attic", ["Arrival"]),
        ("?q=strasse", ["Straße der SEVERANCE"]),
        ("?since=1", ["Dune"]),
        ("?since=2026-11-19", ["Dune", "Arrival"]),
        ("?outcome=skipped&who=Maya", ["Arrival"]),
        ("?outcome=nonsense&kind=x&reason=&since=soon", ["Dune", "Arrival", "Straße der SEVERANCE"]),
    ],
)
async def test_each_filter_of_the_address_narrows(page, keep, runtime, query, expected):
    now = runtime.clock.now()
    await keep(
        ended(9, media=replace(FILM, title="Dune"), account=Account(id=9, name="Kids"), **SKIPPED),
        ended(
            8,
            started_at=now - timedelta(days=1),
            server="attic",
            verdict=Verdict.SKIPPED,
            reason=Reason.TOO_SHORT,
        ),
        ended(7, started_at=now - timedelta(days=5), media=EPISODE, account=Account(name="tom")),
    )
    text, source = await page(query)
    assert titles(source) == expected
    assert f"{len(expected)} play" in text


async def test_filters_stay_in_the_form_and_can_be_cleared(page, keep):
    await keep(ended())
    text, source = await page("?outcome=failed&q=%22dune%22&since=2026-11-01")
    assert "Nothing matches. Clear filters" in text
    assert '<option value="failed" selected>' in source
    assert 'name="q" value="&#34;dune&#34;"' in source
    assert '<option value="2026-11-01" selected>' in source
    assert '<span class="number">2</span>' in source


async def test_people_and_servers_can_be_chosen(page, runtime, keep):
    runtime.accounts = {"den": [Account(id=1, name="Maya"), Account(id=2, name="tom")]}
    assert "Server" not in (await page())[0]
    runtime.watch["servers"] = [
        {"name": name, "server_uuid": name.lower(), "connected": True, "last_frame_at": None, "problem": ""}
        for name in ("Den", "Attic")
    ]
    await keep(ended(account=Account(name="Kids")))
    source = (await page("?who=tom&server=attic"))[1]
    assert re.findall(r"<option(?: selected)?>(\w+)</option>", source) == ["Maya", "tom"]
    assert "<option selected>tom</option>" in source
    assert '<option value="attic" selected>Attic</option>' in source


async def test_older_plays_are_a_page_away_and_the_filters_go_along(page, keep):
    await keep(*(ended(number, **SKIPPED) for number in range(1, PAGE_SIZE + 2)))
    text, source = await page("?outcome=skipped")
    assert f"{PAGE_SIZE + 1} plays" in text
    assert len(titles(source)) == PAGE_SIZE
    [way] = re.findall(r'rel="next" href="\./history(\?[^"]+)"', source)
    way = html.unescape(way)
    assert "outcome=skipped" in way
    text, source = await page(way)
    assert (len(titles(source)), "Older plays" in text, "Newest plays" in text) == (1, False, True)


# ---------------------------------------------------------------- many at once


async def test_selected_plays_are_tried_again_and_the_list_comes_back_as_it_was(web, deliver, runtime):
    plays = [await deliver(ended(number), Refused(reason=Reason.REJECTED)) for number in (1, 2, 3)]
    back = "outcome=failed&q=arr"
    answer = await post(web, {"do": "retry", "play": [plays[0].id, plays[2].id], "back": back})
    assert (answer.status, answer.headers["location"]) == (
        303,
        "history?outcome=failed&q=arr&done=retry&n=2&left=0",
    )
    verdicts = [(await runtime.ledger.play(play.id)).verdict for play in plays]
    assert verdicts[1] is Verdict.FAILED
    assert Verdict.FAILED not in (verdicts[0], verdicts[2])
    source = (await web.get(f"/{answer.headers['location']}", headers=PAGE)).text
    assert "2 plays are tried again." in source


async def test_what_cannot_be_ignored_is_counted_and_left(web, deliver, page):
    sent = await deliver(ended(1), Accepted(remote_id=5))
    failed = await deliver(ended(2), Refused(reason=Reason.REJECTED))
    answer = await post(web, {"do": "ignore", "play": [sent.id, failed.id, "none"]})
    assert answer.headers["location"] == "history?done=ignore&n=1&left=2"
    assert "1 play is ignored. 2 are at Trakt already" in (await page("?done=ignore&n=1&left=2"))[0]


async def test_the_button_of_a_line_tries_that_play_alone(web, deliver):
    one = await deliver(ended(1), Refused(reason=Reason.REJECTED))
    other = await deliver(ended(2), Refused(reason=Reason.REJECTED))
    answer = await post(web, {"retry": one.id, "play": [other.id], "do": "ignore"})
    assert answer.headers["location"] == "history?done=retry&n=1&left=0"


@pytest.mark.parametrize(
    "fields", [{}, {"do": "destroy", "play": "x"}, {"back": "cursor=" + "x" * 99}], ids=str
)
async def test_a_form_that_asks_for_nothing_changes_nothing(web, fields):
    answer = await post(web, fields)
    assert answer.status == 303
    assert "done=" not in answer.headers["location"]


async def test_nothing_foreign_can_be_put_into_the_way_back(web, keep):
    await keep(ended())
    answer = await post(web, {"do": "retry", "play": "play-000001", "back": "//evil.example/?q=a\r\nX: y"})
    assert answer.headers["location"].startswith("history?")


async def test_whoever_presses_a_button_without_a_choice_is_told_so(web, page, keep):
    await keep(ended())
    answer = await post(web, {"do": "ignore"})
    assert answer.headers["location"].endswith("done=none")
    text, _ = await page("?done=none")
    assert "No play was chosen. Tick some first." in text


async def test_marks_in_the_address_are_not_believed(page, keep):
    await keep(ended())
    text, _ = await page("?done=%3Cb%3E&n=999999999&left=x")
    assert "tried again" not in text


async def test_whoever_may_only_look_gets_no_buttons_and_may_not_press_any(web, runtime, deliver):
    play = await deliver(ended(), Refused(reason=Reason.REJECTED))
    key, _ = await runtime.access.create_key("looks", Scope.READ)
    headers = {"x-api-key": key, **FORM}
    page = await web.get("/history", headers=headers)
    assert page.status == 200
    assert '<input type="checkbox" name="play"' not in page.text
    assert "Retry" not in page.text
    body = urlencode({"retry": play.id}).encode()
    assert (await web("POST", "/history", body=body, headers=headers)).status == 403


# ---------------------------------------------------------------- export


async def test_the_table_holds_what_fits_the_filters(web, keep, deliver):
    await keep(ended(9, **SKIPPED))
    await deliver(ended(8, media=EPISODE), Accepted(remote_id=5))
    answer = await web.get("/history.csv?outcome=delivered")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == ('attachment; filename="crosswatch-plays-2026-11-20.csv"')
    header, row = csv.reader(io.StringIO(answer.text))
    assert tuple(header) == COLUMNS
    cells = dict(zip(header, row, strict=True))
    assert cells["show"] == "Straße der SEVERANCE"
    assert (cells["season"], cells["number"], cells["verdict"]) == ("0", "2", "delivered")
    assert cells["accounts"] == "maya on Trakt"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"], ids=repr)
async def test_no_title_is_a_formula_in_a_spreadsheet(web, keep, begin):
    title = f'{begin}HYPERLINK("http://evil.example","x")'
    await keep(ended(media=replace(FILM, title=title), account=Account(name=title)))
    _, row = csv.reader(io.StringIO((await web.get("/history.csv")).text, newline=""))
    assert f"'{title}" in row
    assert not any(cell.startswith(begin) for cell in row)


async def test_the_lines_are_the_plays_as_the_api_shows_them(web, keep):
    await keep(*(ended(number, **SKIPPED) for number in range(1, 451)))
    answer = await web.get("/history.jsonl?since=7")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len({line["id"] for line in lines}) == 450
    assert lines[:2] == (await web.get("/api/plays?limit=2")).json()["plays"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_an_export_of_nothing_is_no_error_and_one_of_no_database_is(web, runtime, form):
    assert (await web.get(f"/history.{form}")).status == 200
    runtime.ledger.failing = StorageError("The disk is full.")
    assert (await web.get(f"/history.{form}")).status == 503


async def test_a_picture_that_is_not_to_be_had_shows_nothing(web, keep):
    await keep(ended())
    for play in ("play-000001", "none"):
        answer = await web.get(f"/posters/{play}")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert b"<svg" in answer.body
