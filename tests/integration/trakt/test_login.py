from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from crosswatch.clock import Clock
from crosswatch.errors import LoginError
from crosswatch.providers.scrobble.trakt.login import DeviceLogin
from crosswatch.simulator.trakt import Fault, FaultKind

CODE = {"device_code": "d", "user_code": "5055CC52", "verification_url": "https://trakt.tv/activate"}


@pytest.fixture
def clock():
    """Fifty times faster than life, for Trakt and for the login."""
    return Clock(scale=50.0, epoch=Clock().timestamp())


@pytest.fixture
def login(config, client, clock):
    """A login for the default account; Trakt allows a poll every five seconds."""
    return DeviceLogin(config, client, clock)


def polls(trakt):
    return trakt.ledger.of("POST", "/oauth/device/token")


async def waiting(login, trakt):
    """The login, waiting, once it has asked for the first time."""
    task = asyncio.create_task(login.wait())
    await trakt.ledger.wait_for(lambda request: request.path == "/oauth/device/token")
    return task


async def test_a_code_is_shown_and_typed_and_the_tokens_are_kept(trakt, config, login, clock):
    code = await login.start()
    assert code.verification_url == f"{trakt.auth_url}/activate"
    assert code.expires_at - clock.now() > timedelta(minutes=9)
    assert code.device_code not in repr(code)
    task = await waiting(login, trakt)
    trakt.approve_device(code.user_code, "bob")
    await task
    grant = trakt.grants("bob")[-1]
    document = json.loads(config.path.read_text())
    assert document["auth"]["trakt"]["access_token"] == grant.access_token
    assert document["auth"]["trakt"]["refresh_token"] == grant.refresh_token
    assert document["note"] == "mine"
    assert config.settings.auth.trakt.expires_in == 604_800
    assert await login.poll()
    assert [request.status for request in polls(trakt)] == [400, 200]


async def test_a_named_account_is_kept_beside_the_default_one(trakt, config, client, clock):
    before = config.settings.auth.trakt
    login = DeviceLogin(config, client, clock, account="bob")
    code = await login.start()
    trakt.approve_device(code.user_code, "bob")
    await login.wait()
    assert config.settings.accounts["bob"].access_token == trakt.grants("bob")[-1].access_token
    assert config.settings.auth.trakt == before


async def test_a_page_that_asks_again_and_again_does_not_ask_trakt_too_often(trakt, login):
    await login.start()
    assert [await login.poll() for _ in range(20)] == [False] * 20
    assert polls(trakt) == []


@pytest.mark.parametrize(
    ("asked", "least_s"), [({"Retry-After": "7"}, 12), ({}, 10)], ids=["7 s", "nothing said"]
)
async def test_being_told_to_slow_down_is_obeyed(trakt, login, asked, least_s):
    trakt.add_fault(Fault.answering(429, path="/oauth/device/token", count=1, headers=asked))
    await login.start()
    task = asyncio.create_task(login.wait())
    first, second = await trakt.ledger.wait_for(lambda request: request.path.endswith("/token"), count=2)
    task.cancel()
    assert (second.at - first.at).total_seconds() >= least_s


@pytest.mark.parametrize("fault", [Fault.reset, Fault.edge_blocked], ids=["reset", "firewall"])
async def test_trouble_that_passes_does_not_end_a_login(trakt, login, fault):
    trakt.add_fault(fault(path="/oauth/device/token", count=1))
    code = await login.start()
    task = await waiting(login, trakt)
    trakt.approve_device(code.user_code, "bob")
    await task
    assert polls(trakt)[-1].status == 200


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "does not know the code"),
        (409, "used already"),
        (410, "has expired"),
        (418, "one community app"),
        (420, "limit"),
        (423, "support"),
        (426, "VIP"),
    ],
)
async def test_a_final_answer_ends_the_login_with_a_sentence(trakt, login, status, words):
    trakt.add_fault(Fault(kind=FaultKind.STATUS, status=status, path="/oauth/device/token"))
    await login.start()
    with pytest.raises(LoginError, match=words):
        await login.wait()
    assert len(polls(trakt)) == 1


async def test_a_refusal_on_trakt_ends_the_login(trakt, login):
    code = await login.start()
    trakt.deny_device(code.user_code)
    with pytest.raises(LoginError, match="refused"):
        await login.wait()


async def test_a_code_that_nobody_types_expires(trakt, login):
    trakt.set_options(device_expires_s=12)
    await login.start()
    with pytest.raises(LoginError, match="expired"):
        await login.wait()


async def test_tokens_that_cannot_be_read_end_the_login(trakt, login):
    code = await login.start()
    trakt.approve_device(code.user_code, "bob")
    trakt.add_fault(Fault.truncated_json(path="/oauth/device/token"))
    with pytest.raises(LoginError, match="holds no tokens"):
        await login.wait()


async def test_tokens_that_cannot_be_kept_end_the_login(trakt, config, login):
    code = await login.start()
    trakt.approve_device(code.user_code, "bob")
    config.path.write_text("{")
    with pytest.raises(LoginError, match="cannot be kept"):
        await login.wait()
    assert config.path.read_text() == "{"


# ---------------------------------------------------------------------------------- it cannot begin


async def test_without_an_app_nothing_is_asked(trakt, login, edit):
    edit(lambda document: document["trakt"].update(client_id=""))
    with pytest.raises(LoginError, match=r"trakt\.client_id"):
        await login.start()
    assert trakt.ledger.requests == []


async def test_without_room_for_the_tokens_nothing_is_asked(trakt, config, login):
    config.path.write_text("{")
    with pytest.raises(LoginError, match="could not be kept"):
        await login.start()
    assert trakt.ledger.requests == []


async def test_a_deleted_app_is_explained_by_the_rules_of_2026(trakt, login):
    trakt.set_app_state("sample-client-id", "deleted")
    with pytest.raises(LoginError, match="July 2026"):
        await login.start()


async def test_an_app_that_is_deleted_in_between_is_explained_as_well(trakt, login):
    await login.start()
    trakt.set_app_state("sample-client-id", "deleted")
    with pytest.raises(LoginError, match="only VIP members may own"):
        await login.wait()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.edge_blocked(), "firewall"),
        (Fault.reset(), "network"),
        (Fault.answering(503), "503"),
        (Fault.answering(423), "support"),
        (Fault.html(), "holds no code"),
        (Fault.truncated_json(), "holds no code"),
    ],
    ids=["firewall", "no network", "overloaded", "locked", "page", "half of the JSON"],
)
async def test_without_a_code_a_sentence_says_why(trakt, login, fault, words):
    trakt.add_fault(fault)
    with pytest.raises(LoginError, match=words):
        await login.start()


@pytest.mark.parametrize(
    "change",
    [
        {"device_code": None},
        {"user_code": ""},
        {"verification_url": 5},
        {"verification_url": "javascript:alert(1)"},
    ],
    ids=["no code", "nothing to type", "no address", "no address of a page"],
)
async def test_an_answer_without_a_usable_code_is_none(login, odd, change):
    odd.update(body=json.dumps(CODE | change).encode(), content_type="application/json")
    with pytest.raises(LoginError, match="holds no code"):
        await login.start()


@pytest.mark.parametrize("figure", [None, 0, "soon", 10**12], ids=str)
async def test_figures_that_make_no_sense_are_replaced(login, odd, clock, figure):
    answer = CODE | {"expires_in": figure, "interval": figure}
    odd.update(body=json.dumps(answer).encode(), content_type="application/json")
    code = await login.start()
    assert timedelta(minutes=9) < code.expires_at - clock.now() <= timedelta(days=1)


async def test_where_nobody_listens_a_sentence_says_so(trakt, login):
    await trakt.stop()
    with pytest.raises(LoginError, match="could not be reached"):
        await login.start()


async def test_polling_before_there_is_a_code_is_an_error(login):
    with pytest.raises(LoginError, match="no code"):
        await login.poll()
