from __future__ import annotations

import logging

import pytest

from crosswatch.errors import SourceUnavailableError, StorageError

PAGE = {"accept": "text/html,application/xhtml+xml"}


async def test_a_database_that_cannot_be_read_is_said_in_its_own_sentence(web, runtime):
    runtime.ledger.failing = StorageError("The disk is full.")

    answer = await web.get("/api/plays")

    assert (answer.status, answer.json()) == (503, {"detail": "The disk is full."})


async def test_what_nobody_expected_gets_a_number_and_the_log_gets_the_rest(web, runtime):
    runtime.ledger.failing = RuntimeError("token abc123 in a traceback")

    answer = await web.get("/api/plays")

    assert answer.status == 500
    number = answer.json()["number"]
    assert answer.json()["detail"].endswith(f"under request {number}.")
    assert "abc123" not in answer.text
    [record] = [record for record in runtime.logs.dump("APP") if record.event == "web.failed"]
    assert number in record.message
    assert "Traceback" in record.message


async def test_an_error_of_a_neighbour_is_told_as_it_is(web, runtime):
    async def refuse():
        raise SourceUnavailableError("Den doesn't answer.")

    runtime.start_watch = refuse

    answer = await web.post("/debug/watch/start")

    assert (answer.status, answer.json()) == (502, {"detail": "Den doesn't answer."})


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nowhere", 404, "There is nothing at this address."),
        ("GET", "/static/nothing.js", 404, "There is nothing at this address."),
        ("DELETE", "/api/config", 405, "This address does not take that kind of request."),
    ],
)
async def test_programs_are_answered_in_json(web, method, path, status, sentence):
    answer = await web(method, path)

    assert (answer.status, answer.json()) == (status, {"detail": sentence})


async def test_browsers_are_answered_with_a_page_that_leads_back(web):
    answer = await web.get("/deep/down/here", headers=PAGE)

    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is nothing at this address." in answer.text
    assert 'href="../../static/style.css"' in answer.text


async def test_a_page_that_breaks_says_so_as_a_page(web, runtime):
    def breaks():
        raise RuntimeError

    runtime.watch_status = breaks

    answer = await web.get("/", headers=PAGE)

    assert answer.status == 500
    assert "Something went wrong here" in answer.text


async def test_what_is_written_in_an_address_is_never_taken_for_html(web):
    answer = await web.get("/api/plays/%3Cscript%3Ealert(1)", headers=PAGE)

    assert answer.status == 404
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


async def test_a_failure_is_logged_once(web, runtime, caplog):
    runtime.ledger.failing = RuntimeError("once")
    with caplog.at_level(logging.ERROR):
        await web.get("/api/plays")

    assert len(caplog.records) == 1


async def test_a_page_that_breaks_can_be_copied_with_its_number(web, runtime):
    runtime.ledger.failing = RuntimeError

    page = await web.get("/history", headers=PAGE)

    assert page.status == 500
    [record] = [record for record in runtime.logs.dump("APP") if record.event == "web.failed"]
    number = record.message.split()[1]
    assert f"Request {number}, " in page.text
    assert 'data-copy="#details"' in page.text


async def test_a_page_that_is_not_there_tells_which_settings_to_compare(web):
    page = await web.get("/cw/history", headers=PAGE)

    assert "<code>/cw/history</code>" in page.text
    assert "web.base_path" in page.text


async def test_every_page_says_how_everything_stands_to_whoever_may_know(web):
    for path in ("/", "/history", "/logs", "/people", "/settings"):
        assert 'class="chip' in (await web.get(path, headers=PAGE)).text, path
    stranger = await web.get("/no/such", headers={**PAGE, "x-forwarded-for": "203.0.113.9"})
    assert 'class="chip' not in stranger.text
    assert "<nav" not in stranger.text
