"""The page as it comes from the server: all of it is there before any script runs."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.events import Account, Percent, Player
from crosswatch.core.outcomes import Accepted, Refused, Retry
from crosswatch.core.plays import DesiredAction, PlayState, SinkAccount
from crosswatch.core.ports import Settlement
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.errors import StorageError
from crosswatch.web.drawing import STATIC
from fakes.plays import EPISODE, FILM, MAYA, make_play, want, wants

COMPLETE = {
    "plex": {"server_url": "http://192.168.1.20:32400", "account_token": "t-canary-token"},
    "trakt": {"client_id": "c", "client_secret": "s-canary-secret"},
    "auth": {"trakt": {"access_token": "a-canary-access"}},
    "features": {
        "watch": {"enabled": True},
        "scrobble": {
            "enabled": True,
            "providers": {"trakt": {"enabled": True}},
            "filters": {"username_whitelist": ["maya"]},
        },
    },
}
ENDED = {"state": PlayState.ENDED, "progress": Percent(92)}


@pytest.fixture
async def page(web, runtime):
    """Draws the page of a configured app as a reader sees it: its text, and its source."""
    await web.post("/api/config", COMPLETE)
    den = {"name": "Den", "connected": True, "last_frame_at": runtime.clock.now(), "problem": ""}
    runtime.watch |= {"has_watch": True, "alive": True, "connected": True, "servers": [den]}

    async def draw():
        source = (await web.get("/")).text
        bare = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", source, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split()), source

    return draw


async def settle(runtime, play, outcome):
    await runtime.ledger.record([wants(play, want(DesiredAction.WATCHED, progress=92))])
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=timedelta(seconds=9), batch=1)
    retry_at = now + timedelta(minutes=3)
    await runtime.ledger.settle([Settlement(claim=claim, outcome=outcome, at=now, retry_at=retry_at)])


async def test_a_fresh_instance_shows_the_steps_that_are_missing_and_nothing_else(web):
    source = (await web.get("/")).text

    assert "Setting up" in source
    steps = re.findall(r'id="notice-(\w+)"', source)
    assert steps == ["unclaimed", "plex_server", "plex_token", "trakt_app", "trakt_link", "watch", "scrobble"]
    assert "Since July 2026 only VIP members may own one" in source
    assert "Nothing playing" not in source


async def test_a_configured_app_without_plays_says_what_to_do_and_that_it_listens(page):
    text, source = await page()

    assert "Healthy" in text
    assert "Nothing playing. Start something in Plex; it shows up here within seconds." in text
    assert "Heard from Den at" in text
    assert 'data-ago="1795205700000"' in source


async def test_a_card_says_who_watches_what_on_what_and_what_becomes_of_it(page, runtime):
    play = make_play(
        media=replace(EPISODE, season=2, number=3, title="Who Is Alive?"),
        player=Player(title="Living room", product="Plex for Apple TV"),
        offset_ms=1_262_000,
        progress=Percent(39),
    )
    await runtime.ledger.record([wants(play, want())])

    text, source = await page()

    assert (
        "Maya Living room, Plex for Apple TV Straße der SEVERANCE S02 E03 · Who Is Alive? "
        "21:02 / 53:35 ● Scrobbling to maya on Trakt" in text
    )
    assert f'id="card-{play.id}"' in source
    assert '<progress max="3215000" value="1262000"' in source
    assert 'data-run="playing" data-offset="1262000" data-duration="3215000"' in source


async def test_the_menu_of_a_card_pauses_the_play_the_person_or_them_until_tomorrow(page, web, runtime):
    await runtime.ledger.record([wants(make_play(), want())])
    maya = {"name": "Maya", "plex_ids": [1], "accounts": ["default"]}
    runtime.config.update(lambda document: document.update(people=[maya]))
    _, source = await page()
    menu = re.search(r"<details>.*?</details>", source, re.DOTALL)[0]
    assert "Leave this play out" in menu
    assert [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<button name=.*?</button>", menu)] == [
        "Pause Maya",
        "Pause Maya until tomorrow",
    ]
    [way] = re.findall(r'action="\.(/people/[^"]+)"', menu)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    assert (await web.post(way, b"do=pause_until", headers=form)).status == 303
    [until] = [one.end_of_pause for one in runtime.config.settings.people]
    assert until > runtime.clock.now()
    assert "Pause Maya" not in (await page())[1]
    runtime.clock.moment = until
    assert "Pause Maya until tomorrow" in (await page())[1]


async def test_a_paused_card_does_not_move(page, runtime):
    film = replace(FILM, duration_ms=6_984_000)
    await runtime.ledger.record(
        [wants(make_play(media=film, state=PlayState.PAUSED, offset_ms=750_000), want())]
    )

    text, source = await page()

    assert "❚❚ Paused 12:30 / 1:56:24" in text
    assert 'data-run="playing"' not in source


async def test_a_play_that_is_not_scrobbled_says_so_while_it_plays(page, runtime):
    kids = make_play(
        account=Account(id=9, name="Kids"), verdict=Verdict.SKIPPED, reason=Reason.PERSON_UNLINKED
    )
    await runtime.ledger.record([wants(kids)])

    text, _ = await page()

    assert "– Not scrobbling Kids (id 9) is not linked to a Trakt account. Link Kids" in text  # noqa: RUF001


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": Reason.IDENTIFYING}, "▶ Finding out who and what"),
        ({"reason": Reason.LIVE}, "▶ Watching"),
        (
            {"verdict": Verdict.FAILED, "reason": Reason.NO_MATCH},
            "✕ Failed Trakt doesn't know Arrival (2016).",
        ),
    ],
)
async def test_a_play_of_which_little_is_known_promises_nothing(page, runtime, changes, words):
    await runtime.ledger.record([wants(make_play(**changes))])

    assert words in (await page())[0]


async def test_a_play_that_trakt_cannot_hear_of_now_will_be_sent_later(page, runtime):
    await runtime.ledger.record([wants(make_play(), want())])
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=timedelta(seconds=9), batch=1)
    down = Retry(reason=Reason.TRAKT_DOWN, detail="It answered 502.")
    await runtime.ledger.settle([Settlement(claim=claim, outcome=down, at=now, retry_at=now)])

    assert "◔ Will be sent later Trakt isn't answering." in (await page())[0]


async def test_finished_plays_come_last_with_verdict_and_sentence(page, runtime):
    await settle(runtime, make_play(**ENDED, ended_at=runtime.clock.now()), Accepted(remote_id=7))

    text, _ = await page()

    assert "Nothing playing. Last play: Arrival (2016), Maya," in text
    assert "● Delivered Arrival 2016 Arrival (2016) is in the history of maya on Trakt, at 92 %. Maya" in text
    assert "Today ● 1 delivered ◔ 0 queued – 0 skipped ✕ 0 failed" in text  # noqa: RUF001


async def test_the_last_plays_stand_in_the_order_of_the_times_they_show(page, runtime):
    long = make_play(1, **ENDED, ended_at=runtime.clock.now())
    short = make_play(2, **ENDED, ended_at=runtime.clock.now() - timedelta(minutes=20))
    await runtime.ledger.record([wants(long), wants(short)])

    _, source = await page()

    assert source.index(f"last-{long.id}") < source.index(f"last-{short.id}")


async def test_what_waits_says_that_it_is_safe_and_when_it_is_tried(page, runtime):
    await settle(runtime, make_play(**ENDED), Retry(reason=Reason.TRAKT_DOWN, detail="It answered 502."))

    text, source = await page()

    assert "Waiting 1 Safe here, and sent by themselves. Next try" in text
    assert "◔ Queued Arrival 2016 Trakt isn't answering. Arrival (2016) is safe here" in text
    assert f'<form method="post" action="./api/plays/{make_play().id}/retry" data-quiet>' in source


async def test_what_was_refused_needs_somebody_and_says_what_to_do(page, runtime):
    await settle(runtime, make_play(**ENDED), Refused(reason=Reason.NO_MATCH, detail="No such number."))

    text, source = await page()

    assert "Needs you 1" in text
    assert "Trakt doesn't know Arrival (2016). No such number. Maya Fix match Arrival (2016) Retry" in text
    assert f'href="./history/{make_play().id}#match"' in source
    assert "Last plays" not in text


async def test_a_server_that_is_lost_stops_the_cards(page, runtime):
    film = replace(FILM, duration_ms=6_984_000)
    await runtime.ledger.record([wants(make_play(media=film, offset_ms=1000), want())])
    runtime.watch["servers"][0] |= {"connected": False, "problem": "Den doesn't answer at all."}

    text, source = await page()

    assert "Not working" in text
    assert "Lost touch with Den Den doesn't answer at all." in text
    assert 'class="dim"' in source
    assert 'data-run="playing"' not in source


async def test_a_database_that_cannot_be_read_still_gives_a_page(page, runtime):
    runtime.ledger.failing = StorageError("The disk is full.")

    text, _ = await page()

    assert "The database can't be used The disk is full." in text


async def test_more_sessions_than_a_page_can_hold_are_counted(page, runtime):
    await runtime.ledger.record([wants(make_play(number)) for number in range(1, 31)])

    text, source = await page()

    assert source.count('id="card-') == 24
    assert "And 6 more." in text


async def test_titles_and_names_are_never_taken_for_html(page, runtime):
    film = replace(FILM, title='<img src=x onerror="alert(1)">', year=None)
    await runtime.ledger.record([wants(make_play(media=film, account=Account(id=1, name="<b>Maya")), want())])

    _, source = await page()

    assert "<img src=x" not in source
    assert "<b>Maya" not in source


async def test_the_page_holds_no_secret_and_nothing_inline_or_foreign(page):
    _, source = await page()

    assert "canary" not in source
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", source)
    assert not re.search(r"""(?:src|action|<link[^>]* href)=["'](?:https?:|//|/)""", source)


async def test_below_a_path_the_page_and_its_parts_are_found(web, page):  # noqa: ARG001 -- configured
    answer = await web.get("/", root_path="/media/crosswatch")

    assert 'href="./static/style.css"' in answer.text
    assert 'data-stream="./api/events"' in answer.text


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir()))
async def test_every_part_of_the_page_is_served(web, name):
    assert (await web.get(f"/static/{name}")).status == 200


@pytest.mark.parametrize("path", ["/", "/history", "/history/play-000001"])
async def test_a_name_that_looks_like_a_gap_to_be_filled_is_shown_as_it_is(web, page, runtime, path):
    await page()
    odd = SinkAccount(name="100% %(x)s {y} {{ z }}")
    await runtime.ledger.record(
        [wants(make_play(1, account=Account(id=9, name="50% %s")), want(), account=odd)]
    )

    answer = await web.get(path, headers={"accept": "text/html"})

    assert answer.status == 200
    assert "100% %(x)s {y} {{ z }}" in html.unescape(answer.text)
