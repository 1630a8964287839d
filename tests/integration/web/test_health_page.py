"""The page of health: the worst first, each with its mend, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswatch.access.changes import make_key, with_code, with_key
from crosswatch.access.register import Scope
from crosswatch.examining import Finding
from crosswatch.health.checks import Check, Health, Level

PAGE = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
FINE = "Everything that should reach Trakt is reaching Trakt."


@pytest.fixture
def found(runtime):
    """Has these checks found."""

    def found(*checks):
        async def look():
            return Health(checks=tuple(sorted(checks, key=lambda check: -check.level)))

        runtime.upkeep.look = look

    return found


async def test_what_is_worst_comes_first_with_since_and_mend(web, runtime, found):
    since = runtime.clock.now() - timedelta(minutes=3)
    found(
        Check(id="config", title="Configuration", sentence="It is <fine>."),
        Check(
            id="watcher",
            level=Level.BROKEN,
            title="Nobody listens",
            sentence="Watching <b>has</b> stopped.",
            action="Press `start`.",
            since=since,
            button="start_watch",
        ),
        Check(
            id="link-abc",
            level=Level.ATTENTION,
            title="A link needs you",
            sentence="Tom's link ended.",
            action="Link.",
        ),
    )
    text = (await web.get("/health", headers=PAGE)).text

    assert text.index('id="watcher"') < text.index('id="link-abc"') < text.index('id="config"')
    assert "Watching &lt;b&gt;has&lt;/b&gt; stopped." in text
    assert f'datetime="{since.isoformat()}"' in text
    assert "Press <code>start</code>." in text
    assert '<button form="act" name="do" value="start_watch">Watch again</button>' in text
    assert 'href="./people">Link again</a>' in text
    assert "1 check is fine" in text
    assert "It is &lt;fine&gt;." in text
    assert FINE not in text


@pytest.mark.parametrize("way", ["/", "/health"])
async def test_a_file_that_cannot_be_used_leads_to_where_it_is_mended(web, runtime, way):
    assert "settings/raw" not in (await web.get(way, headers=PAGE)).text
    runtime.config.path.write_text("{")
    runtime.config.poll()
    text = (await web.get(way, headers=PAGE)).text
    assert "can&#39;t be used" in text
    assert '<a class="button" href="./settings/raw">Raw config.json</a>' in text
    assert (await web.get("/settings/raw", headers=PAGE)).status == 200


async def test_if_all_is_fine_it_says_so_in_one_sentence(web, found):
    found(Check(id="config", title="Configuration", sentence="It is fine."))
    text = (await web.get("/health", headers=PAGE)).text
    assert FINE in text
    assert "1 check is fine" in text


async def test_a_remark_is_worth_a_word_though_all_is_fine(web, found):
    found(Check(id="root", title="Run by root", sentence="It may do everything.", is_remark=True))
    text = (await web.get("/health", headers=PAGE)).text
    assert FINE in text
    assert "Worth knowing" in text


async def test_the_facts_are_there(web, runtime):
    text = (await web.get("/health", headers=PAGE)).text
    assert str(runtime.config.path) in text
    assert "Running for" in text
    assert 'href="./api/support-bundle"' in text


async def test_watching_is_begun_again(web, runtime):
    answer = await web.post("/health", b"do=start_watch", headers=PAGE)
    assert (answer.status, answer.headers["location"]) == (303, "health")
    assert runtime.watch["alive"]


async def test_everything_is_tried_and_told_step_by_step(web, runtime):
    class Examiner:
        async def examine_all(self):
            yield Finding(ok=True, subject="Plex", sentence="It answers.")
            yield Finding(ok=None, subject="Trakt", sentence="No account <yet>.", action="Link one.")

    runtime.examiner = Examiner()
    text = (await web.post("/health", b"do=try", headers=PAGE)).text
    assert "Plex: It answers." in text
    assert "Trakt: No account &lt;yet&gt;. Link one." in text


@pytest.mark.parametrize(
    ("scope", "test_button", "bundle"),
    [(Scope.READ, False, False), (Scope.OPERATE, True, False), (Scope.ADMIN, True, True)],
)
async def test_each_sees_what_they_may_do(web, runtime, scope, test_button, bundle):
    text, key = make_key("widget", scope, runtime.clock.now())
    runtime.access._file.update(lambda register: with_key(with_code(register), key))
    shown = await web.get("/health", headers={**PAGE, "X-Api-Key": text}, peer="203.0.113.9")
    assert shown.status == 200
    assert ("Test everything" in shown.text) is test_button
    assert ("api/support-bundle" in shown.text) is bundle
    pressed = await web.post(
        "/health", b"do=nothing", headers={**PAGE, "X-Api-Key": text}, peer="203.0.113.9"
    )
    assert pressed.status == (200 if test_button else 403)


async def test_nobody_else_sees_it(web):
    assert (await web.get("/health", headers=PAGE, peer="203.0.113.9")).status == 303
