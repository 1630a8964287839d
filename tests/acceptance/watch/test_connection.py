"""Holding on to a server: certificates, tokens, wrong servers, flapping and half-open links."""

from __future__ import annotations

import ssl

import pytest
import trustme

from crosswatch.simulator.plex import Fault

PAPERMAN, FIRST = "Paperman (2012)", "M*A*S*H S01E01"
ANOTHER_SERVER = "f" * 40


@pytest.fixture
def certificate():
    """A server's certificate that nobody here has reason to trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def problem_of(home):
    return home.app.watch_status()["problem"]


async def plays_on(home, *, name=PAPERMAN):
    """Whether a viewing works now."""
    await home.watch(name, start=0.5)
    await home.settled()
    return home.watched() == [name]


async def test_a_self_signed_certificate_is_accepted_where_it_is_allowed(live_in, certificate):
    home = await live_in(certificate=certificate, watch={"allow_self_signed": True})
    assert home.plex.base_url.startswith("https://")
    assert await plays_on(home)


async def test_a_self_signed_certificate_is_refused_with_a_sentence_and_then_allowed_by_an_edit(
    live_in, certificate
):
    home = await live_in(certificate=certificate, connects=False)
    await home.later(minutes=5)
    assert "certificate" in problem_of(home)
    assert "allow_self_signed" in problem_of(home)
    assert [request.path for request in home.plex.ledger.requests] == []
    home.edit(features={"watch": {"options": {"allow_self_signed": True}}})
    await home.connected()
    assert await plays_on(home)


async def test_a_wrong_token_is_told_in_a_sentence_and_mended_by_an_edit(live_in):
    home = await live_in(account_token="EXAMPLE-TOKEN-WRONG", connects=False)
    await home.later(minutes=5)
    status = home.app.watch_status()
    assert (status["alive"], status["connected"]) == (True, False)
    assert "plex.account_token" in status["problem"]
    assert "EXAMPLE-TOKEN-WRONG" not in status["problem"]
    home.edit(plex={"account_token": home.plex.owner_token})
    await home.later(seconds=60)
    assert home.app.watch_status()["connected"]
    assert problem_of(home) == ""
    assert await plays_on(home)


async def test_another_server_at_the_address_is_not_listened_to(live_in):
    home = await live_in(server_uuid=ANOTHER_SERVER, connects=False)
    await home.watch(PAPERMAN, start=0.5)
    await home.later(minutes=5)
    assert home.plex.world.options.machine_identifier in problem_of(home)
    assert "server_uuid" in problem_of(home)
    assert {request.path for request in home.plex.ledger.requests} == {"/identity"}
    home.edit(plex={"server_uuid": home.plex.world.options.machine_identifier})
    await home.connected()
    assert await plays_on(home, name=FIRST)


async def test_the_filter_for_a_server_skips_the_plays_of_another(live_in):
    home = await live_in()
    home.edit(features={"scrobble": {"filters": {"server_uuid": ANOTHER_SERVER}}})
    await home.later(seconds=60)
    await home.watch(PAPERMAN)
    await home.settled()
    assert home.requests() == []
    assert await home.verdicts() == [(PAPERMAN, "skipped", "server_not_selected")]


async def test_a_half_open_socket_is_noticed_within_twenty_seconds_and_back_within_three_more(live_in):
    home = await live_in()
    home.plex.silence()
    await home.until(lambda: not home.app.watch_status()["connected"], "the loss is noticed", within_s=20)
    await home.until(lambda: home.app.watch_status()["connected"], "it is back", within_s=3)
    assert await plays_on(home)


async def test_a_silent_server_is_a_healthy_server(live_in):
    home = await live_in()
    await home.later(hours=2)
    (server,) = home.app.watch_status()["servers"]
    assert (server["connected"], server["reconnects"]) == (True, 0)


async def test_a_server_that_accepts_and_drops_is_approached_ever_more_slowly(live_in):
    home = await live_in(watch={"reconnect_backoff_max_seconds": 60})
    home.plex.flap(1_000, 0.2)
    home.plex.drop()
    await home.later(minutes=10)
    attempts = [r for r in home.plex.ledger.requests if r.path == "/:/websockets/notifications"]
    assert 10 <= len(attempts) <= 60
    home.plex.flap(0)
    await home.later(minutes=2)
    assert await plays_on(home)


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_a_refused_handshake_is_tried_again(live_in, status):
    home = await live_in()
    home.plex.answer_handshakes(status, count=2)
    home.plex.drop()
    await home.later(minutes=3)
    assert home.app.watch_status()["connected"]
    assert await plays_on(home)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.html(seconds=40.0), id="a page in place of an answer"),
        pytest.param(Fault.truncated_json(seconds=40.0), id="half an answer"),
        pytest.param(Fault.answering(503, seconds=40.0), id="503"),
        pytest.param(Fault.reset(seconds=40.0), id="broken connections"),
        pytest.param(Fault.hang(20.0, seconds=40.0), id="no answer"),
        pytest.param(Fault.slow_body(20.0, seconds=40.0), id="a trickle"),
    ],
)
async def test_whatever_plex_answers_for_a_while_the_viewing_is_a_play(live_in, fault):
    home = await live_in()
    player = home.plex.player()
    home.plex.add_fault(fault)
    await player.start(home.item(PAPERMAN))
    await home.later(minutes=7)
    await player.stop()
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert [what for what, _, _ in home.told()] == ["start", "stop"]


async def test_watching_can_be_stopped_and_started_again(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=5)
    await home.app.stop_watch()
    await home.later(minutes=1)
    assert home.plex.world.hub.listeners == []
    assert await home.app.start_watch()
    await home.connected()
    await home.later(minutes=20)
    await player.stop()
    await home.settled()
    assert home.watched() == [FIRST]
    assert [what for what, _, _ in home.told()] == ["start", "stop"]
