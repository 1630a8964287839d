from __future__ import annotations

import asyncio
import io
import logging
import threading
from datetime import timedelta

import pytest

from crosswatch.clock import Clock
from crosswatch.logs import LogHub, _UIHostLogger, is_channel
from crosswatch.logs import hub as hub_module
from fakes.hand_clock import HandClock


@pytest.fixture
def console():
    return io.StringIO()


@pytest.fixture
def hub(console):
    hub = LogHub(secrets=lambda: frozenset({"canary-secret"}))
    hub.install(console)
    yield hub
    hub.uninstall()


def messages(hub, channel=None, n=100):
    return [record.message for record in hub.dump(channel, n)]


# ---------------------------------------------------------------- what comes in


@pytest.mark.parametrize(
    ("logger", "channel"),
    [
        ("crosswatch.watch", "WATCH"),
        ("crosswatch.plex", "PLEX"),
        ("crosswatch.trakt", "TRAKT"),
        ("crosswatch.trakt.tokens", "TRAKT"),
        ("crosswatch.webhook", "WEBHOOK"),
        ("crosswatch.config", "APP"),
        ("crosswatch", "APP"),
        ("asyncio", "APP"),
        ("somebody.trakt", "APP"),
    ],
)
def test_the_loggers_name_decides_the_channel(hub, logger, channel):
    logging.getLogger(logger).warning("here")
    assert [record.channel for record in hub.dump()] == [channel]


def test_a_line_carries_event_and_play(hub):
    logging.getLogger("crosswatch.watch").info(
        "connected to %s", "Den", extra={"event": "watch.connected", "play": 7}
    )
    record = hub.dump()[0]
    assert (record.message, record.event, record.play, record.level) == (
        "connected to Den",
        "watch.connected",
        "7",
        "INFO",
    )
    assert record.line.endswith("INFO    WATCH   connected to Den · play 7")
    assert record.as_dict()["at"].endswith("+00:00")


@pytest.mark.usefixtures("hub")
def test_the_console_shows_one_readable_line_per_record(console):
    logging.getLogger("crosswatch.trakt").info("dispatch start\n2025-01-01 INFO TRAKT forged \x1b[31m")
    assert len(console.getvalue().splitlines()) == 1
    assert r"dispatch start\n2025" in console.getvalue()
    assert "\x1b" not in console.getvalue()
    assert "INFO    TRAKT   dispatch start" in console.getvalue()


def test_a_secret_is_gone_before_anybody_sees_it(hub, console):
    log = logging.getLogger("crosswatch.trakt")
    log.info("using canary-secret and Bearer another-secret")
    try:
        int("canary-secret in http://x/?token=third-secret")
    except ValueError:
        log.exception("failed with %s", "canary-secret")
    everything = console.getvalue() + "".join(record.line for record in hub.dump())
    assert "canary-secret" not in everything
    assert "another-secret" not in everything
    assert "third-secret" not in everything
    assert "Traceback" in everything
    assert everything.count("ValueError: invalid literal") == 2


def test_a_slip_in_a_format_loses_neither_line_nor_caller(hub):
    # pytest's own handler would raise, so the record goes to ours alone
    slip = logging.LogRecord("crosswatch.plex", 20, "", 0, "%d of %s", ("canary-secret",), None)
    hub._handler.handle(slip)
    assert "%d of %s" in messages(hub)[0]
    assert "canary" not in messages(hub)[0]


def test_a_console_that_is_gone_stops_nobody(hub, console):
    console.close()
    logging.getLogger("crosswatch.plex").info("still here")
    assert messages(hub) == ["still here"]


def test_debug_lines_pass_only_while_they_are_wanted(hub):
    log = logging.getLogger("crosswatch.watch")
    log.debug("one")
    assert not log.isEnabledFor(logging.DEBUG)
    hub.set_debug(True)
    log.debug("two")
    hub.set_debug(False)
    log.debug("three")
    assert messages(hub) == ["two"]


def test_other_libraries_stay_quiet_unless_they_warn(hub):
    hub.set_debug(True)
    logging.getLogger("aiohttp.client").debug("chatter")
    logging.getLogger("aiohttp.client").warning("careful")
    assert messages(hub) == ["careful"]


@pytest.mark.usefixtures("hub")
def test_uvicorns_own_lines_are_redacted():
    logger = logging.getLogger("uvicorn.access")
    seen = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append((record.args, record.getMessage()))
    logger.addHandler(handler)
    try:
        logger.warning('%s - "%s %s" %d', "127.0.0.1", "POST", "/webhook/trakt?token=third-secret", 404)
    finally:
        logger.removeHandler(handler)
    args, text = seen[0]
    assert "third-secret" not in text
    assert args[3] == 404


def test_uninstalling_leaves_the_loggers_as_they_were(console):
    root = logging.getLogger()
    before = list(root.handlers)
    hub = LogHub()
    hub.install(console)
    hub.install(console)
    assert len(root.handlers) == len(before) + 1
    hub.uninstall()
    assert root.handlers == before
    assert logging.getLogger("uvicorn.access").filters == []


def test_the_ring_forgets_the_oldest_lines():
    hub = LogHub(capacity=3)
    for number in range(5):
        hub.write("INFO", "APP", str(number))
    assert messages(hub) == ["2", "3", "4"]


def test_an_endless_message_is_cut():
    hub = LogHub()
    hub.write("INFO", "APP", "x" * 100_000)
    assert len(messages(hub)[0]) < 20_000
    assert messages(hub)[0].endswith("more characters)")


def test_lines_from_many_threads_get_ids_that_only_grow():
    hub = LogHub()
    threads = [
        threading.Thread(target=lambda: [hub.write("INFO", "APP", "x") for _ in range(200)]) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [record.id for record in hub.dump()]
    assert len(ids) == 1000
    assert ids == sorted(set(ids))


def test_ids_grow_over_a_restart():
    first = LogHub(clock=Clock(scale=1e-9, epoch=1000.0))
    first.write("INFO", "APP", "x")
    second = LogHub(clock=Clock(scale=1e-9, epoch=1001.0))
    second.write("INFO", "APP", "y")
    assert second.dump()[0].id > first.dump()[0].id


# ---------------------------------------------------------------- what goes out


@pytest.fixture
def filled():
    hub = LogHub()
    for channel in ("APP", "PLEX", "TRAKT", "WATCH", "WEBHOOK"):
        hub.write("INFO", channel, f"from {channel}")
    return hub


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("TRAKT", ["from TRAKT", "from WATCH"]),
        ("trakt", ["from TRAKT", "from WATCH"]),
        ("WATCH", ["from WATCH"]),
        ("PLEX", ["from PLEX"]),
        ("APP", ["from APP"]),
        ("nonsense", []),
    ],
)
def test_a_channel_shows_its_own_lines_and_trakt_the_watchers_as_well(filled, channel, shown):
    assert messages(filled, channel) == shown


@pytest.mark.parametrize("channel", [None, "", "ALL", "all"])
def test_no_channel_means_every_one(filled, channel):
    assert len(messages(filled, channel)) == 5
    assert is_channel(channel)


def test_a_dump_is_the_last_lines_oldest_first(filled):
    assert messages(filled, None, 2) == ["from WATCH", "from WEBHOOK"]
    assert messages(filled, None, 0) == []


async def collect(stream, *, until, within=3.0):
    """What a stream sends up to and including the text that is waited for."""
    text = ""
    async with asyncio.timeout(within):
        async for chunk in stream:
            text += chunk.decode()
            if until in text:
                break
    await stream.aclose()
    return text


async def test_a_stream_begins_with_the_last_lines_and_goes_on_with_the_new_ones(filled):
    stream = filled.stream("TRAKT")
    asyncio.get_running_loop().call_later(0.05, lambda: filled.write("INFO", "TRAKT", "line\u2028two"))
    text = await collect(stream, until="two")
    assert text.count("data: ") == 3
    assert "from WATCH" in text
    assert "from PLEX" not in text
    assert f"id: {filled.dump()[-1].id}\n" in text
    assert filled.readers == 0


async def test_a_stream_goes_on_after_the_line_that_the_reader_has(filled):
    has = filled.dump()[2].id
    text = await collect(filled.stream(None, has), until="WEBHOOK")
    assert "from TRAKT" not in text
    assert "gap" not in text
    assert text.count("data: ") == 2


async def test_a_stream_says_when_lines_are_missing():
    hub = LogHub(capacity=2)
    hub.write("INFO", "APP", "one")
    first = hub.dump()[0].id
    for number in range(5):
        hub.write("INFO", "APP", f"more {number}")
    text = await collect(hub.stream(None, first), until="more 4")
    assert "event: gap" in text
    assert text.count("\nid: ") == 2


async def test_an_id_from_the_future_begins_anew(filled):
    text = await collect(filled.stream(None, filled.dump()[-1].id + 999), until="WEBHOOK")
    assert text.count("\nid: ") == 5


async def test_a_traceback_is_one_event(hub):
    try:
        int("bad")
    except ValueError:
        logging.getLogger("crosswatch.plex").exception("it broke")
    text = await collect(hub.stream("PLEX"), until="'bad'\n\n")
    assert text.count("id: ") == 1
    assert "data: Traceback" in text


async def test_a_reader_of_nothing_yet_goes_on_from_the_latest_id_without_a_gap(hub):
    begin = hub.latest_id
    hub.write("INFO", "PLEX", "the first")
    text = await collect(hub.stream("PLEX", begin), until="the first\n\n")
    assert "event: gap" not in text
    assert hub.latest_id > begin


async def test_a_quiet_stream_shows_that_it_lives(monkeypatch, filled):
    monkeypatch.setattr(hub_module, "HEARTBEAT_INTERVAL_S", 0.05)
    text = await collect(filled.stream("nonsense"), until=": still here\n\n")
    assert "there is no such channel" in text


async def test_many_readers_all_get_every_line(hub):
    readers = [asyncio.create_task(collect(hub.stream("PLEX"), until="line 99")) for _ in range(20)]
    for number in range(100):
        hub.write("INFO", "PLEX", f"line {number}")
        await asyncio.sleep(0.003)
    for text in await asyncio.gather(*readers):
        assert [row.split()[-1] for row in text.splitlines() if row.startswith("data: ")] == [
            str(number) for number in range(100)
        ]


async def test_closing_ends_every_stream_at_once(hub):
    readers = [asyncio.create_task(collect(hub.stream(), until="never", within=10)) for _ in range(5)]
    await asyncio.sleep(0.02)
    assert hub.readers == 5
    hub.close()
    async with asyncio.timeout(0.5):
        await asyncio.gather(*readers)
    assert hub.readers == 0
    assert "never" not in await collect(hub.stream(), until="never", within=0.5)
    hub.write("INFO", "APP", "still kept")
    assert messages(hub) == ["still kept"]


# ---------------------------------------------------------------- the hand-over's logger


def test_the_hosts_logger_gates_debug_and_takes_fields(hub):
    log = _UIHostLogger(hub, "trakt")
    log.debug("hidden")
    log.info("connected", server="Den", play=8, event="watch.connected")
    log("from plex", level="warning", module="PLEX")
    log("what level", level="nonsense")
    log.warning("token=canary-secret")
    log.error("bad")
    hub.set_debug(True)
    log.debug("shown")
    assert [(record.level, record.channel, record.message) for record in hub.dump()] == [
        ("INFO", "TRAKT", "connected server=Den"),
        ("WARNING", "PLEX", "from plex"),
        ("INFO", "TRAKT", "what level"),
        ("WARNING", "TRAKT", "token=[redacted]"),
        ("ERROR", "TRAKT", "bad"),
        ("DEBUG", "TRAKT", "shown"),
    ]
    assert hub.dump()[0].play == "8"


# ---------------------------------------------------------------- DEBUG lines for a while


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def timed(clock):
    """A hub on a clock that is set by hand."""
    hub = LogHub(clock=clock)
    hub.install(None)
    yield hub
    hub.uninstall()


async def test_debug_lines_that_are_kept_for_a_while_end_by_themselves(timed, clock):
    log = logging.getLogger("crosswatch.plex")
    timed.debug_for(timedelta(minutes=15))
    log.debug("seen")
    assert (timed.debug, timed.debug_until) == (True, clock.now() + timedelta(minutes=15))
    clock.move(15 * 60)
    log.debug("not seen")
    assert (messages(timed), timed.debug, timed.debug_until) == (["seen"], False, None)
    assert not log.isEnabledFor(logging.DEBUG)


async def test_what_the_configuration_says_holds_when_the_while_is_over(timed, clock):
    timed.debug_for(timedelta(minutes=1))
    timed.set_debug(True)
    clock.move(60)
    logging.getLogger("crosswatch.plex").debug("still wanted")
    assert (messages(timed), timed.debug, timed.debug_until) == (["still wanted"], True, None)


def test_the_configuration_ends_no_while_and_no_time_at_all_does(timed):
    timed.debug_for(timedelta(minutes=1))
    timed.set_debug(False)
    assert timed.debug
    timed.debug_for(timedelta())
    assert not timed.debug
