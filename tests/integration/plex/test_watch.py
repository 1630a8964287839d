from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from crosswatch.clock import Clock
from crosswatch.core.events import PlayerState
from crosswatch.providers.scrobble.plex.watch import Backoff, WatchOptions, WatchService
from fakes.plex_recordings import recorded, recorded_bytes
from fakes.plex_server import OWNER_TOKEN, SERVER_UUID, SOCKET_PATH, Answer, FakePlex, until

QUICK = WatchOptions(backoff_min_s=0.02, backoff_max_s=0.1, steady_after_s=0.1, ping_every_s=10.0)


class Listener:
    """Remembers what it was told, in order."""

    def __init__(self):
        self.told = []

    async def on_connected(self, server_uuid, name):
        self.told.append(("connected", server_uuid, name))

    def on_notifications(self, notifications):
        self.told.extend(("notification", one) for one in notifications)

    def on_forget(self, rating_keys):
        self.told.append(("forget", rating_keys))

    def on_disconnected(self, reason):
        self.told.append(("disconnected", reason))

    def count(self, kind):
        return sum(one[0] == kind for one in self.told)


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
async def watching(connect, listener):
    """Makes watches, and stops them at the end."""
    made = []

    def make(plex, options=QUICK, server=None, clock=None, **fields):
        source = server or connect(plex, allow_self_signed=options.allow_self_signed)
        watch = WatchService(
            source,
            clock=clock or Clock(),
            options=options,
            handler=listener,
            rng=random.Random(1),  # noqa: S311
            **fields,
        )
        made.append(watch)
        watch.start()
        return watch

    yield make
    for watch in made:
        await watch.stop()


async def opened(plex, watch, connects=1):
    """Wait until the socket is open on both sides."""
    await until(lambda: watch.status.connected and plex.sockets and watch.status.reconnects == connects - 1)


# ---------------------------------------------------------------- hearing


async def test_frames_reach_the_listener_after_the_connection_is_announced(plex, watching, listener):
    watch = watching(plex)
    await opened(plex, watch)
    await plex.push(recorded_bytes("ws/14-two-entries.json").decode())
    await until(lambda: listener.count("notification") == 2)
    assert listener.told[0] == ("connected", SERVER_UUID, "Example Server")
    assert [one[1].state for one in listener.told[1:]] == [PlayerState.PLAYING, PlayerState.PAUSED]


async def test_the_token_travels_in_a_header_and_nothing_is_compressed(plex, watching):
    await opened(plex, watching(plex))
    handshake = next(request for request in plex.asked if request.path == SOCKET_PATH)
    assert handshake.headers["X-Plex-Token"] == OWNER_TOKEN
    assert handshake.headers["X-Plex-Client-Identifier"] == "test-client"
    assert "X-Plex-Token" not in handshake.path_qs
    assert "Sec-WebSocket-Extensions" not in handshake.headers


async def test_the_server_is_asked_who_it_is_before_it_is_shown_the_token(plex, watching):
    await opened(plex, watching(plex))
    assert plex.paths() == ["/identity", "/", SOCKET_PATH]


async def test_a_binary_frame_is_heard_too(plex, watching, listener):
    await opened(plex, watching(plex))
    await plex.push(recorded_bytes("ws/04-paused.json"))
    await until(lambda: listener.count("notification"))


async def test_a_changed_item_is_told(plex, watching, listener):
    await opened(plex, watching(plex))
    await plex.push(recorded_bytes("ws/21-timeline-deleted.json").decode())
    await until(lambda: ("forget", ["147967"]) in listener.told)


async def test_a_changed_preference_makes_the_rule_be_read_again(plex, watching, connect):
    server = connect(plex)
    watch = watching(plex, server=server)
    await opened(plex, watch)
    await server.fetch_played_rule()
    await plex.push(recorded_bytes("ws/28-preference.json").decode())
    await until(lambda: watch.status.frames == 1)
    await server.fetch_played_rule()
    assert plex.paths().count("/:/prefs") == 2


async def test_what_was_cached_before_the_connection_is_asked_again(plex, watching, connect):
    """Whatever changed while nobody listened was announced to nobody."""
    server = connect(plex)
    await server.fetch_media("1357")
    await opened(plex, watching(plex, server=server))
    await server.fetch_media("1357")
    assert plex.paths().count("/library/metadata/1357") == 2


async def test_malformed_frames_are_survived_counted_and_told_once_for_each_kind(
    plex, watching, listener, caplog
):
    watch = watching(plex)
    await opened(plex, watch)
    texts = recorded("ws/33-malformed-frames.json")
    await plex.push(
        *texts, *texts, b"\xff\xfe", '{"a":' * 50_000, recorded_bytes("ws/04-paused.json").decode()
    )
    await until(lambda: listener.count("notification"))
    assert watch.status.malformed == 2 * 11 + 2  # the last of the nine has three entries
    warnings = [one for one in caplog.records if getattr(one, "event", "") == "watch.malformed"]
    assert len(warnings) == len({one.getMessage() for one in warnings}) == 7
    assert watch.status.reconnects == 0


async def test_a_frame_beyond_a_mebibyte_is_dropped_and_the_socket_kept(plex, watching, listener):
    watch = watching(plex)
    await opened(plex, watch)
    await plex.push("x" * (1024 * 1024 + 1), recorded_bytes("ws/04-paused.json").decode())
    await until(lambda: listener.count("notification"))
    assert (watch.status.malformed, watch.status.reconnects) == (1, 0)


async def test_a_burst_of_a_library_scan_is_heard_to_its_end(plex, watching, listener):
    noise = json.dumps(recorded("ws/22-activity.json"))
    watch = watching(plex)
    await opened(plex, watch)
    await plex.push(*[noise] * 1_500, recorded_bytes("ws/04-paused.json").decode())
    await until(lambda: listener.count("notification"))
    assert watch.status.frames == 1_501
    assert watch.status.malformed == 0


# ---------------------------------------------------------------- status


async def test_the_status_tells_how_it_stands(plex, watching):
    now = datetime.now(UTC)  # noqa: TID251 -- the ordinary clock is what this watch has
    watch = watching(plex)
    assert watch.status.alive
    await opened(plex, watch)
    status = watch.status
    assert (status.server_uuid, status.server_name, status.problem) == (SERVER_UUID, "Example Server", "")
    assert status.connected_at >= now
    assert status.last_frame_at is None
    await plex.push(recorded_bytes("ws/22-activity.json").decode())
    await until(lambda: watch.status.last_frame_at)
    assert watch.status.frames == 1


async def test_the_log_shows_connect_and_connected(plex, watching, caplog):
    caplog.set_level(logging.INFO, "crosswatch.watch")
    await opened(plex, watching(plex))
    messages = [one.getMessage() for one in caplog.records if one.name == "crosswatch.watch"]
    assert messages[0].startswith(f"connect ws://127.0.0.1:{plex.port}/:/websockets/notifications")
    assert messages[1].startswith(f"connected to Example Server ({SERVER_UUID}")
    assert OWNER_TOKEN not in caplog.text


async def test_a_token_that_may_not_look_still_listens(plex, watching):
    plex.answers["/"] = Answer(status=403)
    watch = watching(plex)
    await opened(plex, watch)
    assert watch.status.server_name == plex.url


# ---------------------------------------------------------------- stopping


async def test_stop_really_closes_the_socket_within_a_second(plex, watching, listener):
    watch = watching(plex)
    await opened(plex, watch)
    began = time.monotonic()
    await watch.stop()
    assert time.monotonic() - began < 1.0
    await until(lambda: not plex.sockets)
    assert (watch.status.alive, watch.status.connected) == (False, False)
    assert listener.count("disconnected") == 1


async def test_stop_does_not_wait_for_a_dead_socket(plex, watching):
    plex.answers_pings = False
    watch = watching(plex)
    await opened(plex, watch)
    plex.sockets[0]._req.transport.pause_reading()
    began = time.monotonic()
    await watch.stop()
    assert time.monotonic() - began < 1.0
    assert not watch.status.alive
    plex.sockets[0]._req.transport.abort()


async def test_it_can_be_stopped_while_it_waits_and_started_again(plex, watching):
    await plex.hang_up()
    watch = watching(plex, WatchOptions(backoff_min_s=60, backoff_max_s=60))
    await until(lambda: watch.status.problem)
    await watch.stop()
    assert not watch.status.alive
    await plex.listen()
    watch.start()
    await opened(plex, watch)


async def test_a_second_start_changes_nothing_and_a_second_stop_neither(plex, watching):
    watch = watching(plex)
    watch.start()
    await opened(plex, watch)
    assert plex.paths().count(SOCKET_PATH) == 1
    await watch.stop()
    await watch.stop()


async def test_a_watch_that_was_never_started_can_be_stopped(plex, connect, listener):
    watch = WatchService(connect(plex), clock=Clock(), options=QUICK, handler=listener)
    await watch.stop()
    assert not watch.status.alive


# ---------------------------------------------------------------- coming back


async def test_after_a_drop_it_is_back_within_three_seconds(plex, watching, listener):
    """With the bounds of the hand-over, and a server that is away for a second."""
    watch = watching(plex, WatchOptions(backoff_min_s=2, backoff_max_s=60))
    await opened(plex, watch)
    began = time.monotonic()
    await plex.hang_up()
    await until(lambda: not watch.status.connected)
    await asyncio.sleep(1.0 - (time.monotonic() - began))  # the outage itself
    await plex.listen()
    await opened(plex, watch, connects=2)
    assert time.monotonic() - began < 3.0
    assert [one[0] for one in listener.told] == ["connected", "disconnected", "connected"]


async def test_an_orderly_close_is_a_drop_as_well(plex, watching, listener):
    watch = watching(plex)
    await opened(plex, watch)
    await plex.close_sockets()
    await opened(plex, watch, connects=2)
    assert listener.told[1] == ("disconnected", "The server closed the connection.")
    assert watch.status.reconnects == 1


async def test_a_message_too_big_for_plex_costs_the_connection_and_says_so(plex, watching, listener):
    watch = watching(plex)
    await opened(plex, watch)
    await plex.push("x" * (4 * 1024 * 1024 + 1))
    await opened(plex, watch, connects=2)
    assert "too big" in listener.told[1][1]


async def test_a_socket_that_is_dead_but_looks_open_is_noticed(plex, watching, listener):
    plex.answers_pings = False
    watch = watching(plex, WatchOptions(backoff_min_s=0.02, backoff_max_s=0.1, ping_every_s=0.2))
    await opened(plex, watch)
    began = time.monotonic()
    await until(lambda: listener.count("disconnected"))
    assert time.monotonic() - began < 1.0
    assert listener.told[1] == ("disconnected", "The server does not answer pings any more.")
    plex.answers_pings = True
    await opened(plex, watch, connects=2)


def test_by_default_a_dead_socket_is_noticed_within_twenty_seconds():
    """The library rounds a time-out up to the next whole second."""
    options = WatchOptions()
    assert (options.ping_every_s + 1) + (options.ping_every_s / 2 + 1) <= 20


async def test_silence_is_not_death(plex, watching, listener):
    watch = watching(plex, WatchOptions(backoff_min_s=0.02, backoff_max_s=0.1, ping_every_s=0.1))
    await opened(plex, watch)
    await until(lambda: plex.pings >= 4)
    assert (watch.status.connected, watch.status.frames) == (True, 0)
    assert listener.count("disconnected") == 0


async def test_a_server_that_starts_is_waited_for(plex, watching, caplog):
    good = plex.answers["/identity"]
    plex.answers["/identity"] = Answer(status=503)
    watch = watching(plex)
    await until(lambda: "may be starting" in watch.status.problem)
    await until(lambda: plex.paths().count("/identity") >= 6)
    plex.answers["/identity"] = good
    await opened(plex, watch)
    assert watch.status.problem == ""
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warnings) == 1, "an outage is one line, not one per attempt"


async def test_a_socket_that_answers_503_is_waited_for(plex, watching):
    plex.answers[SOCKET_PATH] = Answer(status=503)
    watch = watching(plex)
    await until(lambda: "may be starting" in watch.status.problem)
    del plex.answers[SOCKET_PATH]
    await opened(plex, watch)


@pytest.mark.parametrize("status", [200, 404])
async def test_a_proxy_that_passes_no_sockets_on_is_named(plex, watching, status):
    plex.answers[SOCKET_PATH] = Answer(status=status)
    watch = watching(plex)
    await until(lambda: "A proxy in between must pass WebSockets on" in watch.status.problem)


async def test_a_slip_of_the_listener_does_not_end_the_watch(plex, watching, listener, caplog):
    def stumble(_notifications):
        raise KeyError("a slip")

    listener.on_notifications = stumble
    watch = watching(plex)
    await opened(plex, watch)
    await plex.push(recorded_bytes("ws/04-paused.json").decode())
    await opened(plex, watch, connects=2)
    assert "The watch stumbled" in caplog.text


# ---------------------------------------------------------------- waiting between attempts


def test_waits_grow_with_jitter_between_the_bounds():
    backoff = Backoff(2, 60, random.Random(7))  # noqa: S311
    waits = [backoff.next_s() for _ in range(200)]
    assert waits[0] == 2
    assert all(2 <= wait <= 60 for wait in waits)
    assert waits[1] <= 4
    assert waits[2] <= 8
    assert max(waits) > 50
    assert len(set(waits)) > 150
    backoff.reset()
    assert backoff.next_s() == 2


def test_bounds_that_contradict_each_other_make_no_wait_shorter_than_the_least():
    backoff = Backoff(5, 1, random.Random(7))  # noqa: S311
    assert [backoff.next_s() for _ in range(5)] == [5] * 5


class PatientClock(Clock):
    """Notes how long it is told to wait, and waits next to nothing."""

    waits: list = []  # noqa: RUF012 -- emptied by the fixture

    async def sleep(self, seconds):
        self.waits.append(seconds)
        await asyncio.sleep(0.001)


@pytest.fixture
def clock():
    PatientClock.waits.clear()
    return PatientClock()


async def test_a_server_that_accepts_and_drops_does_not_reset_the_waits(plex, watching, clock):
    plex.drops_sockets = True
    watch = watching(plex, WatchOptions(backoff_min_s=1, backoff_max_s=64), clock=clock)
    await until(lambda: watch.status.reconnects >= 12)
    assert max(clock.waits) > 20
    assert any(later > earlier for earlier, later in pairwise(clock.waits))


async def test_some_seconds_of_life_reset_the_waits(plex, watching, clock):
    options = WatchOptions(backoff_min_s=1, backoff_max_s=64, steady_after_s=0.0)
    plex.drops_sockets = True
    watch = watching(plex, options, clock=clock)
    await until(lambda: watch.status.reconnects >= 5)
    assert set(clock.waits) == {1}


# ---------------------------------------------------------------- what somebody has to mend


async def test_a_wrong_token_is_one_sentence_and_slow_attempts(plex, watching, connect, clock):
    watch = watching(plex, server=connect(plex, token="WRONG"), clock=clock)
    await until(lambda: len(clock.waits) >= 2)
    assert "refuses the token" in watch.status.problem
    assert "plex.account_token" in watch.status.problem
    assert set(clock.waits) == {QUICK.backoff_max_s}
    assert watch.status.alive


async def test_another_server_is_refused_before_it_sees_the_token(plex, watching, listener, clock):
    watch = watching(plex, server_uuid="f" * 40, clock=clock)
    await until(lambda: clock.waits)
    assert SERVER_UUID in watch.status.problem
    assert "f" * 40 in watch.status.problem
    assert "Correct plex.server_url" in watch.status.problem
    assert set(clock.waits) == {QUICK.backoff_max_s}
    assert set(plex.paths()) == {"/identity"}
    assert listener.told == []


async def test_the_right_server_is_accepted_in_any_case(plex, watching):
    await opened(plex, watching(plex, server_uuid=SERVER_UUID.upper()))


async def test_an_empty_token_is_said_to_be_missing(plex, watching, connect):
    watch = watching(plex, server=connect(plex, token=""))
    await until(lambda: "plex.account_token is empty" in watch.status.problem)


async def test_a_self_signed_certificate_is_accepted_when_asked_for(server_tls, watching, listener):
    async with FakePlex(tls=server_tls) as plex:
        options = WatchOptions(backoff_min_s=0.02, backoff_max_s=0.1, allow_self_signed=True)
        watch = watching(plex, options)
        await opened(plex, watch)
        await plex.push(recorded_bytes("ws/04-paused.json").decode())
        await until(lambda: listener.count("notification"))
        await watch.stop()


async def test_a_self_signed_certificate_is_refused_otherwise_and_the_switch_is_named(server_tls, watching):
    async with FakePlex(tls=server_tls) as plex:
        watch = watching(plex)
        await until(lambda: "allow_self_signed" in watch.status.problem)
        assert "certificate" in watch.status.problem
        assert plex.asked == []
        await watch.stop()


async def test_plain_words_where_tls_is_due_are_one_sentence(plex, watching, connect):
    server = connect(plex, url=plex.url.replace("http", "https"))
    watch = watching(plex, server=server)
    await until(lambda: "http or https" in watch.status.problem)


async def test_whoever_is_in_a_hurry_has_the_next_try_made_at_once(plex, watching):
    plex.drops_sockets = True
    watch = watching(plex, WatchOptions(backoff_min_s=3600, backoff_max_s=3600), clock=Clock())
    await until(lambda: watch.status.next_try_at is not None)
    assert watch.status.lost_at is not None
    plex.drops_sockets = False
    watch.start()
    await until(lambda: watch.status.connected)
    assert (watch.status.lost_at, watch.status.next_try_at) == (None, None)
