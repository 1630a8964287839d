"""Notices on their way: to real servers, over restarts, and past places that are away."""

from __future__ import annotations

import json
import logging
import stat
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from crosswatch.config.model import parse_settings
from crosswatch.config.upkeep import NoticeSettings
from crosswatch.health.checks import Check, Health, Level
from crosswatch.notices.book import Person
from crosswatch.notices.notifier import Notifier
from crosswatch.outgoing import make_connector
from crosswatch.tallies import Counted, Tallies
from fakes.hand_clock import HandClock

BROKEN = Check(
    id="link-1", level=Level.BROKEN, title="It ended", sentence="It ended on 12 May.", action="Log in."
)


class Place:
    """A server that takes whatever it is sent, unless it is told to refuse."""

    def __init__(self):
        self.taken = []
        self.status = 200

    async def take(self, request):
        if self.status == 200:
            said = {"path": request.path, "token": request.headers.get("Authorization", "")}
            self.taken.append({**said, **await request.json()})
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})

    @asynccontextmanager
    async def serving(self):
        app = web.Application()
        app.router.add_post("/{tail:.*}", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield self
        await runner.cleanup()


@pytest.fixture
async def place():
    async with Place().serving() as one:
        yield one


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(connector=make_connector()) as session:
        yield session


class Stage:
    """A notifier on a folder, which can be started anew."""

    def __init__(self, folder, http, **settings):
        self.folder, self.http = folder, http
        self.clock = HandClock()
        self.tallies = Tallies()
        self.settings = NoticeSettings(**settings)

    async def start(self):
        self.notifier = Notifier(
            self.folder, settings=lambda: self.settings, clock=self.clock, tallies=self.tallies
        )
        await self.notifier.open(self.http)
        return self

    async def hear(self, *checks, people=None):
        now = self.clock.now()
        stamped = tuple(Check(**{**fields(check), "since": check.since or now}) for check in checks)
        await self.notifier.hear(Health(checks=stamped), people)


def fields(check):
    return {name: getattr(check, name) for name in Check.__slots__}


def fine(at):
    return Check(id="link-1", title="Link", sentence="It can be used.", proved_at=at)


async def test_a_webhook_and_ntfy_are_told_and_told_again_when_it_is_over(tmp_path, http, place):
    stage = await Stage(
        tmp_path,
        http,
        webhook_url=f"{place.address}/hook?token=abc",
        ntfy_url=f"{place.address}/ünder/my-topic",
        ntfy_token="tk_abc",
    ).start()

    await stage.hear(BROKEN)
    await stage.hear(BROKEN)
    stage.clock.move(3600)
    await stage.hear(fine(stage.clock.now()))

    hook = [one for one in place.taken if one["path"] == "/hook"]
    ntfy = [one for one in place.taken if one not in hook]
    assert [one["state"] for one in hook] == ["open", "resolved"]
    assert hook[0] | {"at": "", "path": "", "token": ""} == {
        "app": "crosswatch",
        "event": "link",
        "state": "open",
        "title": "It ended",
        "message": "It ended on 12 May. Log in.",
        "text": "It ended\nIt ended on 12 May. Log in.",
        "at": "",
        "path": "",
        "token": "",
    }
    assert [(one["topic"], one["title"], one["priority"]) for one in ntfy] == [
        ("my-topic", "It ended", 4),
        ("my-topic", "Fine again: Link", 3),
    ]
    assert {one["token"] for one in ntfy} == {"Bearer tk_abc"}
    assert stage.tallies.counts[Counted.NOTIFICATIONS, ("sent",)] == 4
    assert stage.notifier.state.last_sent_at == stage.clock.now()


async def test_a_restart_repeats_nothing_and_forgets_nothing(tmp_path, http, place):
    stage = await Stage(tmp_path, http, webhook_url=place.address).start()
    await stage.hear(BROKEN)

    await stage.start()
    await stage.hear(BROKEN)
    stage.clock.move(60)
    await stage.hear(fine(None))  # it knows of no trouble yet
    await stage.hear(fine(stage.clock.now()))

    assert [one["state"] for one in place.taken] == ["open", "resolved"]


async def test_what_could_not_be_told_is_told_after_a_restart(tmp_path, http, place, caplog):
    stage = await Stage(tmp_path, http, webhook_url=place.address).start()
    place.status = 500
    with caplog.at_level(logging.WARNING):
        await stage.hear(BROKEN)
        stage.clock.move(60)
        await stage.hear(BROKEN)
    assert stage.notifier.state.problem == "The webhook answered 500."
    assert len([line for line in caplog.records if "did not get through" in line.message]) == 1
    assert stage.tallies.counts[Counted.NOTIFICATIONS, ("failed",)] == 2

    place.status = 200
    await stage.start()
    stage.clock.move(7200)
    await stage.hear(BROKEN)

    assert [one["state"] for one in place.taken] == ["open"]
    assert stage.notifier.state.problem == ""


async def test_one_place_that_is_away_does_not_keep_the_other_from_being_told(tmp_path, http, place):
    stage = await Stage(
        tmp_path, http, webhook_url=place.address, ntfy_url="http://127.0.0.1:9/my-topic"
    ).start()

    await stage.hear(BROKEN)
    assert len(place.taken) == 1
    assert stage.notifier.state.problem == "The ntfy server cannot be reached."


async def test_somebody_new_is_told_of_once(tmp_path, http, place):
    stage = await Stage(tmp_path, http, webhook_url=place.address).start()
    tom = Person(key="den/7", name="Tom", title="Arrival")

    await stage.hear(people=[])
    await stage.hear(people=[tom])
    await stage.start()
    await stage.hear(people=[tom])
    await stage.hear(people=None)

    assert [one["title"] for one in place.taken] == ["Somebody new: Tom"]


@pytest.mark.parametrize("status", [302, 404, 503])
async def test_an_answer_that_is_no_yes_is_a_failure(tmp_path, http, place, status):
    place.status = status
    stage = await Stage(tmp_path, http, webhook_url=f"{place.address}/secret-path").start()

    [tried] = await stage.notifier.test()
    assert (tried.place, tried.ok, tried.sentence) == ("webhook", False, f"The webhook answered {status}.")
    assert place.taken == []


async def test_a_test_goes_the_way_of_any_notice(tmp_path, http, place):
    stage = await Stage(tmp_path, http, webhook_url=place.address).start()

    assert [tried.ok for tried in await stage.notifier.test()] == [True]
    assert place.taken[0]["event"] == "test"
    assert stage.tallies.counts[Counted.NOTIFICATIONS, ("sent",)] == 1


async def test_nothing_is_fetched_from_where_no_server_of_the_user_can_be(tmp_path, http):
    stage = await Stage(tmp_path, http, webhook_url="http://169.254.169.254/latest").start()

    [tried] = await stage.notifier.test()
    assert tried.sentence == "The webhook cannot be reached."


async def test_a_damaged_book_begins_anew(tmp_path, http, place, caplog):
    (tmp_path / "notices.json").write_text('{"incidents": 3')
    stage = await Stage(tmp_path, http, webhook_url=place.address).start()

    await stage.hear(BROKEN)
    assert "is not known" in caplog.text
    assert len(place.taken) == 1
    assert stat.S_IMODE((tmp_path / "notices.json").stat().st_mode) == 0o600


async def test_a_full_disk_stops_no_notice(tmp_path, http, place, caplog):
    stage = await Stage(tmp_path / "missing", http, webhook_url=place.address).start()

    await stage.hear(BROKEN)
    assert len(place.taken) == 1
    assert len([line for line in caplog.records if "cannot be kept" in line.message]) == 1


# ---------------------------------------------------------------- Apprise

APPRISE = """
import json
from pathlib import Path

class NotifyType:
    SUCCESS, WARNING = "success", "warning"

class Apprise:
    def __init__(self):
        self.addresses = []
    def add(self, address):
        self.addresses.append(address)
        return not address.startswith("nonsense")
    def notify(self, **said):
        Path(__file__).with_name("said.json").write_text(json.dumps({**said, "to": self.addresses}))
        return "refuse" not in self.addresses[0]
"""


@pytest.fixture
def apprise(tmp_path, monkeypatch):
    """A package of that name, with what it was told."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "apprise.py").write_text(APPRISE)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(__import__("sys").modules, "apprise", raising=False)
    yield folder / "said.json"
    __import__("sys").modules.pop("apprise", None)


async def test_apprise_is_told_if_it_is_there(tmp_path, http, apprise):
    stage = await Stage(tmp_path, http, apprise_urls=("discord://id/token", "mailto://me")).start()
    await stage.hear(BROKEN)

    assert json.loads(apprise.read_text()) == {
        "title": "It ended",
        "body": "It ended on 12 May. Log in.",
        "notify_type": "warning",
        "to": ["discord://id/token", "mailto://me"],
    }


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nonsense", "notices.apprise_urls[0] is no address that Apprise knows."),
        ("refuse://secret", "Apprise could not reach all of notices.apprise_urls."),
    ],
)
@pytest.mark.usefixtures("apprise")
async def test_apprises_troubles_are_said_without_the_address(tmp_path, http, address, sentence):
    stage = await Stage(tmp_path, http, apprise_urls=(address,)).start()
    assert [tried.sentence for tried in await stage.notifier.test()] == [sentence]


async def test_where_apprise_is_missing_it_is_said_how_to_get_it(tmp_path, http):
    stage = await Stage(tmp_path, http, apprise_urls=("discord://id/token",)).start()
    [tried] = await stage.notifier.test()
    assert "crosswatch[notify]" in tried.sentence


# ---------------------------------------------------------------- configuration


def test_addresses_of_notices_are_secrets():
    settings = parse_settings(
        {
            "notices": {
                "webhook_url": "https://hooks.example.com/T123",
                "ntfy_url": "https://ntfy.sh/topic",
                "ntfy_token": "tk_1234",
                "apprise_urls": ["discord://id/token"],
            }
        }
    )
    shown = repr(settings.notices)
    assert not [secret for secret in ("T123", "topic", "tk_1234", "discord") if secret in shown]


async def test_the_last_notice_is_dated(tmp_path, http, place):
    stage = await Stage(tmp_path, http, webhook_url=place.address).start()
    assert stage.notifier.state.last_sent_at is None
    await stage.hear(BROKEN)
    stage.clock.move(timedelta(hours=1).total_seconds())
    assert stage.notifier.state.last_sent_at == stage.clock.now() - timedelta(hours=1)
