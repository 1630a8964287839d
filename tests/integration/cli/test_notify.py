"""What a service manager is told, over a real socket of its kind."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import secrets
import signal
import socket
import threading
import time

import pytest
import uvicorn

from crosswatch.cli.notify import ALIVE, READY, STOPPING, ServiceManager
from crosswatch.cli.serve import ToldServer
from fakes.served import ServedApp

PINGS_FOR_S = 0.6


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request, tmp_path):
    """A socket that is told things, and its name as the environment says it."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.settimeout(10)
    if request.param == "a path":
        name = str(tmp_path / "notify")
        listening.bind(name)
    else:
        name = f"@crosswatch-{secrets.token_hex(8)}"
        listening.bind(f"\0{name[1:]}")
    yield listening, name
    listening.close()


def heard(listening):
    return listening.recv(256).decode()


async def test_a_process_says_that_it_is_ready_that_it_lives_and_that_it_stops(manager, tmp_path):
    listening, name = manager
    app = ServedApp(tmp_path / "config", serve=True, NOTIFY_SOCKET=name, WATCHDOG_USEC="400000")
    async with app:
        assert await asyncio.to_thread(heard, listening) == READY
        assert [await asyncio.to_thread(heard, listening) for _ in range(3)] == [ALIVE] * 3
        app.signal(signal.SIGTERM)
        await app.ended(within_s=5)
    last = ALIVE
    while last == ALIVE:
        last = heard(listening)
    assert last == STOPPING


async def blocking(scope, _receive, send):
    """An app that holds up the event loop for as long as it is asked."""
    if scope["type"] == "http":
        time.sleep(PINGS_FOR_S)  # noqa: ASYNC251 -- the mistake that a watchdog is for
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def test_while_the_loop_is_held_up_the_manager_hears_nothing(manager):
    listening, name = manager
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(blocking, lifespan="off", log_config=None, ws="none")
    told = ServiceManager(name, watchdog_s=0.2)
    server = ToldServer(config, told)
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    serving.start()
    try:
        assert (heard(listening), heard(listening)) == (READY, ALIVE)
        with socket.create_connection(listener.getsockname()) as visitor:
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            moments = [(time.monotonic(), heard(listening))[0]]
            while not visitor_answered(visitor):
                heard(listening)
                moments.append(time.monotonic())
        heard(listening)
        moments.append(time.monotonic())
    finally:
        server.should_exit = True
        serving.join(10)
    silences = [later - sooner for sooner, later in itertools.pairwise(moments)]
    assert max(silences) >= PINGS_FOR_S * 0.8


def visitor_answered(visitor):
    visitor.settimeout(0.01)
    try:
        return bool(visitor.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    ("environment", "every_s"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"NOTIFY_SOCKET": "/x"}, None, id="no watchdog"),
        pytest.param({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "60000000"}, 30.0, id="a watchdog"),
        pytest.param({"WATCHDOG_USEC": "60000000"}, None, id="a watchdog that cannot be told"),
        pytest.param({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, None, id="nonsense"),
        pytest.param(
            {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())},
            1.0,
            id="a watchdog for this process",
        ),
        pytest.param(
            {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"},
            None,
            id="a watchdog for another process",
        ),
    ],
)
def test_how_often_it_is_told_follows_from_the_environment(environment, every_s):
    assert ServiceManager.of(environment).ping_every_s == every_s


def test_a_manager_that_cannot_be_told_stops_nobody(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        ServiceManager(str(tmp_path / "nobody")).say(READY)
    assert "could not be told READY=1" in caplog.text


def test_where_nobody_listens_nothing_is_said(caplog):
    ServiceManager().say(READY)
    assert caplog.text == ""
