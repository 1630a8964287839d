"""What Health and Now's notices say, in German, however it stands; and the set-up of a fresh folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.config.model import parse_settings
from crosswatch.core.phrases import say
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Backlog
from crosswatch.core.reasons import Reason
from crosswatch.health.facts import BackupState, Facts, Folder, NoticeState, Sightings
from crosswatch.health.judging import judge
from fakes.documents import complete
from fakes.english import english_in

GERMAN = {"accept": "text/html", "accept-language": "de"}
COMPLETE = complete(webhook=True, access={"open_networks": ["192.168.1.0/24"]})
SETUP = ["setup/claim", "setup/server", "setup/people"]


def states(now):
    """How it may stand, by name."""
    long_ago = now - timedelta(days=3)
    den = {"name": "Den", "address": "den", "connected": True, "last_frame_at": now, "problem": ""}
    lost = {**den, "connected": False, "problem": say("{who} is silent.", who="Den"), "lost_at": long_ago}
    link = {"name": "trakt/default", "ok": True, "reason": "", "sentence": "", "last_ok_at": long_ago}
    fine = Facts(
        settings=parse_settings(COMPLETE),
        config_problem="",
        storage_problem="",
        watch={"alive": True, "servers": [den], "webhooks": [{"last_heard_at": long_ago, "received": 1}]},
        sinks=[link],
        backlog={},
        now=now,
    )
    room = Folder(path="/config", free_bytes=10**12)

    def watch(**values):
        return replace(fine, watch={**fine.watch, **values})

    def sink(**values):
        return replace(fine, sinks=[{**link, **values}])

    return {
        "all is well": replace(fine, folder=room, skew=timedelta(0)),
        "nothing is set up": replace(fine, settings=parse_settings({}), is_claimed=False),
        "connecting": watch(servers=[{**den, "connected": False, "last_frame_at": None}]),
        "lost": watch(servers=[lost]),
        "never reached": watch(servers=[{**lost, "last_frame_at": None}]),
        "a silent server": watch(servers=[{**den, "last_frame_at": long_ago}], webhooks=[]),
        "stopped": watch(alive=False, stop_set=True),
        "not watching": watch(
            alive=False, problem=say("No server is named: set plex.server_url in config.json.")
        ),
        "a link that lasts": sink(renewed_at=long_ago, expires_at=now + timedelta(days=5)),
        "another account": sink(name="trakt/maya"),
        **{f"refused: {reason}": sink(ok=False, reason=reason.value) for reason in LINKS},
        "one waits": replace(fine, backlog={SinkAccount(): Backlog(watched=1, oldest_at=long_ago)}),
        "many wait": replace(fine, backlog={SinkAccount(): Backlog(watched=3, oldest_at=long_ago)}),
        "some are on the way": replace(fine, backlog={SinkAccount(): Backlog(watched=2, oldest_at=now)}),
        "little room": replace(fine, folder=replace(room, free_bytes=10**8)),
        "no room": replace(fine, folder=replace(room, free_bytes=10**6)),
        "lost with the container": replace(fine, folder=replace(room, is_lost_with_container=True)),
        "behind": replace(fine, skew=timedelta(hours=3), is_root=True),
        "ahead": replace(fine, skew=-timedelta(minutes=5)),
        "noticed at the door": replace(
            fine, sightings=Sightings(proxy="172.18.0.2", proxy_at=now, public="203.0.113.7", public_at=now)
        ),
        "no notices": replace(fine, notices=NoticeState()),
        "notices": replace(fine, notices=NoticeState(targets=1, last_sent_at=long_ago)),
        "notices to come": replace(fine, notices=NoticeState(targets=2)),
        "no first backup": replace(fine, backup=BackupState(wanted_since=long_ago)),
        "one backup": replace(fine, backup=BackupState(wanted_since=now, last_at=now, count=1)),
        "old backups": replace(fine, backup=BackupState(wanted_since=now, last_at=long_ago, count=7)),
    }


LINKS = (Reason.LINK_EXPIRED, Reason.APP_REFUSED)


@pytest.fixture
def read(runtime, web):
    """The English that is left on a page."""

    async def ask(path):
        answer = await web.get(path, headers=GERMAN)
        assert answer.status in (200, 303)
        return english_in(answer.text, [str(runtime.config.directory)])

    return ask


async def test_health_and_its_notices_speak_german_however_it_stands(runtime, read):
    left = {}
    for name, facts in states(runtime.clock.now()).items():

        async def look(facts=facts):
            return judge(facts)

        runtime.upkeep.look = look
        runtime.upkeep.judge = lambda *_args, facts=facts, **_options: judge(facts)
        for path in ("/health", "/"):
            if found := await read(path):
                left[name, path] = found
    assert left == {}


@pytest.mark.parametrize("path", SETUP)
async def test_a_fresh_folder_speaks_german(read, path):
    assert await read(f"/{path}") == []
