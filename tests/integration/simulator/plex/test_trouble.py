"""Links and answers that break on command."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time

import aiohttp
import pytest
import trustme

from crosswatch.clock import Clock
from crosswatch.simulator.plex import Fault, FaultKind, SimulatedPlex

OWNER = {"X-Plex-Token": "EXAMPLE-TOKEN-OWNER", "Accept": "application/json"}

# ---------------------------------------------------------------- the link


async def test_dropped_sockets_end_without_a_closing_handshake(plex, listen):
    ear = await listen(plex)
    plex.drop()
    await ear.until_closed()
    assert ear.socket.close_code == 1006


async def test_a_link_can_be_accepted_and_dropped(plex, listen):
    plex.flap(count=2)
    for _ in range(2):
        await (await listen(plex)).until_closed()
    steady = await listen(plex)
    plex.push_frame("still here")
    await steady.until_count(1)


async def test_refusing_cuts_what_is_open_and_comes_back_by_itself_at_the_same_port(
    plex, listen, ask, eventually
):
    ear = await listen(plex)
    url = plex.base_url
    await plex.refuse(seconds=300)
    await ear.until_closed()
    with pytest.raises(aiohttp.ClientConnectorError):
        await ask(plex, "/identity")
    assert (await ask(plex, f"{plex.plextv_url}/api/v2/user"))[0] == 200
    await eventually(lambda: plex.link.is_listening)
    assert plex.base_url == url
    assert (await ask(plex, "/identity"))[0] == 200


async def test_a_port_that_refuses_cannot_be_taken_by_others(plex):
    await plex.refuse()
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(("127.0.0.1", plex.link.port))
    await plex.listen()


async def test_players_go_on_while_nobody_can_hear(plex, ask):
    await plex.refuse()
    await plex.player("alice", "web").watch(plex.item("28841"), start=0.85, until=0.95)
    await plex.listen()
    _, answer = await ask(plex, "/status/sessions/history/all")
    assert answer["MediaContainer"]["size"] == 1


async def test_a_handshake_can_be_refused_once(plex, listen):
    plex.answer_handshakes(503, count=1)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await listen(plex)
    assert refused.value.status == 503
    await listen(plex)


async def test_a_restart_forgets_sessions_and_counts_keys_from_one(plex, listen):
    for _ in range(3):
        player = plex.player("alice", "tv")
        await player.start(plex.item("28841"))
        await player.stop()
    await plex.restart()
    ear = await listen(plex)
    await plex.player("bob", "web").start(plex.item("1357"))
    await ear.until_count(1)
    assert (ear.plays[0]["sessionKey"], ear.plays[0]["ratingKey"]) == ("1", "1357")


async def test_after_a_restart_the_keys_belong_to_others(plex, listen):
    first, second = plex.player("alice", "tv"), plex.player("bob", "web")
    await first.start(plex.item("1357"))
    await second.start(plex.item("9723"))
    assert (first.session_key, second.session_key) == ("1", "2")
    await plex.restart(down_s=5.0)
    ear = await listen(plex)
    await ear.until(lambda ear: len({play["ratingKey"] for play in ear.plays}) == 2)
    keys = {play["ratingKey"]: play["sessionKey"] for play in ear.plays}
    assert keys == {"1357": "2", "9723": "1"}
    assert first.viewing.session_keys == ["1", "2"]


async def test_what_is_reported_while_the_server_is_away_is_lost(plex):
    player = plex.player("alice", "web")
    await player.start(plex.item("28841"), offset_ms=370_000)
    restart = asyncio.create_task(plex.restart(down_s=400.0))
    await player._run_to(400_000)
    viewing = await player.stop()
    await restart
    assert viewing.offset_ms == 400_000
    assert viewing.reported_ms < 400_000
    assert plex.world.history.rows == []


async def test_a_starting_server_says_503_to_everybody(plex, ask):
    await plex.restart(starting_s=400.0)
    for path in ("/identity", "/", "/status/sessions", "/:/websockets/notifications"):
        assert (await ask(plex, path))[0] == 503
    assert (await ask(plex, "/api/v2/user"))[0] == 200
    await plex.clock.sleep(400)
    assert (await ask(plex, "/identity"))[0] == 200


async def test_a_server_can_stop_and_start_again_at_its_ports():
    plex = SimulatedPlex()
    await plex.start()
    urls = (plex.base_url, plex.plextv_url)
    await plex.stop()
    await plex.start()
    assert (plex.base_url, plex.plextv_url) == urls
    await plex.stop()


async def test_a_taken_port_is_an_error(plex):
    with pytest.raises(OSError, match="in use"):
        await SimulatedPlex(port=plex.link.port).start()


async def test_the_media_server_can_speak_tls(http):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with SimulatedPlex(ssl_context=context) as plex:
        assert plex.base_url.startswith("https://")
        async with http.get(f"{plex.base_url}/identity", ssl=trusting) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(f"{plex.base_url}/identity")
        url = f"{plex.base_url}/:/websockets/notifications"
        await http.ws_connect(url, headers=OWNER, ssl=trusting)
        plex.add_fault(Fault.reset(path="/identity"))
        with pytest.raises(aiohttp.ClientError):
            await http.get(f"{plex.base_url}/identity", ssl=trusting)


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
async def test_a_status_comes_with_the_servers_own_page(plex, ask, status):
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=status, path="/library"))
    answered, body = await ask(plex, "/library/metadata/1357")
    assert answered == status
    assert body.startswith("<html><head><title>")
    assert (await ask(plex, "/status/sessions"))[0] == 200


async def test_a_fault_ends_by_count_or_by_the_clock_or_when_it_is_cleared(plex, ask):
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=500, count=1))
    assert [(await ask(plex, "/identity"))[0] for _ in range(2)] == [500, 200]
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=500, seconds=300.0))
    assert (await ask(plex, "/identity"))[0] == 500
    await plex.clock.sleep(301)
    assert (await ask(plex, "/identity"))[0] == 200
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=500))
    plex.clear_faults()
    assert (await ask(plex, "/identity"))[0] == 200


async def test_a_fault_may_meet_one_person_only(plex, ask):
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=500, account="bob"))
    assert (await ask(plex, "/", token="EXAMPLE-TOKEN-BOB"))[0] == 500
    assert (await ask(plex, "/"))[0] == 200


async def test_an_answer_can_break_off_or_be_a_web_page_or_be_huge(plex, http):
    async def body_of(fault):
        plex.clear_faults()
        plex.add_fault(fault)
        async with http.get(f"{plex.base_url}/library/metadata/1357", headers=OWNER) as response:
            return response.content_type, await response.read()

    whole = await body_of(Fault(kind=FaultKind.STATUS, status=500, path="/nowhere"))
    kind, truncated = await body_of(Fault.truncated_json())
    assert (kind, truncated) == (whole[0], whole[1][: len(whole[1]) // 2])
    kind, page = await body_of(Fault.html())
    assert (kind, page[:6]) == ("text/html", b"<html>")
    _, huge = await body_of(Fault.huge_body(size=100_000))
    assert huge == whole[1] + b" " * 100_000


async def test_an_answer_can_hang_or_be_cut(plex, ask):
    plex.add_fault(Fault.hang(path="/identity"))
    with pytest.raises(TimeoutError):
        await ask(plex, "/identity", timeout=aiohttp.ClientTimeout(total=0.1))
    plex.add_fault(Fault.reset(path="/accounts"))
    with pytest.raises(aiohttp.ClientError):
        await ask(plex, "/accounts")
    assert {(r.path, r.status, r.fault) for r in plex.ledger.requests} == {
        ("/identity", 0, "hang"),
        ("/accounts", 0, "reset"),
    }


async def test_an_answer_can_trickle(plex, ask):
    plex.add_fault(Fault.slow_body(delay_s=100.0))
    began = plex.clock.timestamp()
    assert (await ask(plex, "/identity"))[0] == 200
    assert plex.clock.timestamp() - began >= 99


async def test_a_handshake_can_be_cut(plex, listen):
    plex.add_fault(Fault.reset(path="/:/websockets"))
    with pytest.raises(aiohttp.ClientError):
        await listen(plex)


async def test_a_fault_without_a_meaning_here_is_refused(plex):
    with pytest.raises(ValueError, match="wrong_item"):
        plex.add_fault(Fault.wrong_item())


# ---------------------------------------------------------------- many


async def test_a_thousand_players_fit_into_one_process(make_plex, listen):
    plex = await make_plex(clock=Clock(scale=20.0, epoch=time.time()))  # noqa: TID251 -- a clock of our own
    ear = await listen(plex)
    everything = [item for item in plex.world.library.everything() if item.counts]
    players = [plex.player("alice", "web", client_id=f"player{number}") for number in range(1000)]
    began = time.process_time()
    await asyncio.gather(
        *(
            player.watch(everything[number % len(everything)], seconds=35)
            for number, player in enumerate(players)
        )
    )
    spent_s = time.process_time() - began
    await ear.until_stopped(1000)
    assert len(ear.plays) >= 4000
    assert spent_s < 10
