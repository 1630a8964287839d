"""Who is who, from the server's list and plex.tv's, with few questions and whatever fails."""

from __future__ import annotations

import asyncio
import json

import pytest

from crosswatch.core.events import Account
from crosswatch.core.people import Home, is_listed, names_of
from crosswatch.errors import SourceUnavailableError
from crosswatch.providers.scrobble.plex import accounts
from fakes.plex_recordings import recorded_bytes
from fakes.plex_server import SERVER_UUID, Answer, page, until

SESSIONS = "/status/sessions"
USER, HOME_USERS, FRIENDS = "/api/v2/user", "/api/v2/home/users", "/api/users/"
SHARES = f"/api/servers/{SERVER_UUID}/shared_servers"
TV = {
    USER: "plextv/04-user.json",
    HOME_USERS: "plextv/06-home-users.json",
    FRIENDS: "plextv/07-users.xml",
    SHARES: "plextv/08-shared-servers.xml",
}
CAROL = 1_000_004


@pytest.fixture
def plex_tv(plex):
    """plex.tv as recorded, at the server's port."""
    plex.answers |= {path: Answer(recorded_bytes(name)) for path, name in TV.items()}
    return plex


def asked_of_tv(plex):
    return [path for path in plex.paths() if path in TV]


async def test_everybody_has_every_name_and_the_owner_the_number_at_plex_tv(plex_tv, connect):
    assert await connect(plex_tv).fetch_accounts() == [
        Account(
            id=1,
            name="alice",
            aliases=frozenset({"alice@example.com", "Alice A."}),
            owner_plex_id=1_000_001,
        ),
        Account(id=1_000_002, name="bob", aliases=frozenset({"bob@example.com"})),
        Account(id=1_000_003, name="Kids"),
        Account(id=CAROL, name="carol84", aliases=frozenset({"Carol C.", "carol@example.com"})),
    ]


@pytest.mark.parametrize("entry", ["carol84", "Carol C.", "CAROL@example.com", f"id:{CAROL}"])
async def test_a_friend_whose_session_shows_a_display_name_is_listed_by_any_name(plex_tv, connect, entry):
    server = connect(plex_tv)
    await server.resolve_account(CAROL)
    shown = server.known_account(Account(id=CAROL, name="Carol C."))
    assert shown.has_all_names
    assert is_listed((entry,), shown, SERVER_UUID, Home())
    assert not is_listed(("bob",), shown, SERVER_UUID, Home())


async def test_many_plays_ask_each_list_once(plex_tv, connect):
    server = connect(plex_tv)
    for number in (1, 1_000_002, 1_000_003, CAROL) * 5:
        await server.resolve_account(number)
    assert sorted(asked_of_tv(plex_tv)) == sorted(TV)
    assert plex_tv.paths().count("/accounts") == 1


async def test_the_lists_are_asked_for_again_after_their_time_and_the_play_does_not_wait(
    plex_tv, connect, monkeypatch
):
    server = connect(plex_tv)
    await server.resolve_account(CAROL)
    monkeypatch.setattr(accounts, "REFRESH_S", 0.0)
    plex_tv.answers[USER].delay_s = 0.2
    await asyncio.wait_for(server.resolve_account(CAROL), 0.15)
    await until(lambda: asked_of_tv(plex_tv).count(FRIENDS) == 2)
    await server.aclose()


async def test_somebody_unknown_is_looked_for_but_not_again_at_once(plex_tv, connect, monkeypatch):
    server = connect(plex_tv)
    assert await server.resolve_account(7) == Account(id=7)
    assert await server.resolve_account(7) == Account(id=7)
    assert (plex_tv.paths().count("/accounts"), asked_of_tv(plex_tv).count(FRIENDS)) == (1, 1)
    plex_tv.answers["/accounts"] = page({"Account": [{"id": 7, "name": "dora"}]})
    monkeypatch.setattr(accounts, "ASK_AGAIN_S", 0.0)
    assert await server.resolve_account(7) == Account(id=7, name="dora")


async def test_account_zero_is_nobody(plex_tv, connect):
    assert not (await connect(plex_tv).resolve_account(0)).is_known


async def test_the_owners_number_at_plex_tv_is_the_owner(plex_tv, connect):
    server = connect(plex_tv)
    assert await server.resolve_account(1_000_001) == await server.resolve_account(1)
    assert server.owner_plex_id == 1_000_001


# ---------------------------------------------------------------- what goes wrong


async def test_without_plex_tv_the_servers_own_names_are_known_and_more_may_come(plex, connect, caplog):
    server = connect(plex, tv_url="http://127.0.0.1:1")
    alice = await server.resolve_account(1)
    assert (alice.name, alice.aliases) == ("alice", {"alice@example.com"})
    assert (alice.has_all_names, alice.owner_plex_id) == (False, None)
    await server.resolve_account(1)
    assert caplog.text.count("people are known by the names that their server gives") == 1


async def test_one_list_that_fails_spoils_no_other_and_is_made_good(plex_tv, connect, caplog, monkeypatch):
    caplog.set_level("INFO", "crosswatch.plex")
    plex_tv.answers[HOME_USERS] = Answer(status=503)
    server = connect(plex_tv)
    carol = await server.resolve_account(CAROL)
    assert "carol84" in names_of(carol)
    assert not carol.has_all_names
    plex_tv.answers[HOME_USERS] = Answer(recorded_bytes(TV[HOME_USERS]))
    monkeypatch.setattr(accounts, "ASK_AGAIN_S", 0.0)
    assert (await server.resolve_account(CAROL)).has_all_names
    assert "tells the names of people again" in caplog.text


@pytest.mark.parametrize("path", [USER, FRIENDS, SHARES])
async def test_a_list_that_plex_tv_refuses_will_not_come_and_nobody_waits_for_it(plex_tv, connect, path):
    plex_tv.answers[path] = Answer(status=401)
    assert (await connect(plex_tv).resolve_account(1_000_002)).has_all_names


async def test_a_play_waits_only_a_little_for_a_slow_plex_tv_and_learns_the_names_later(
    plex_tv, connect, monkeypatch
):
    monkeypatch.setattr(accounts, "PATIENCE_S", 0.05)
    plex_tv.answers[USER].delay_s = 0.3
    server = connect(plex_tv)
    carol = await server.resolve_account(CAROL)
    assert (carol.name, carol.has_all_names) == ("", False)
    await until(lambda: server.known_account(carol).has_all_names)
    assert "carol84" in names_of(server.known_account(carol))


async def test_a_server_whose_list_cannot_be_had_is_unavailable(plex_tv, connect):
    plex_tv.answers["/accounts"] = Answer(status=503)
    server = connect(plex_tv)
    with pytest.raises(SourceUnavailableError):
        await server.resolve_account(1)
    await server.prepare_accounts()
    assert server.known_account(Account(id=1, name="alice")) == Account(id=1, name="alice")


async def test_whoever_is_known_stays_known_while_the_servers_list_cannot_be_had(plex_tv, connect):
    server = connect(plex_tv)
    await server.prepare_accounts()
    server.forget_all()
    plex_tv.answers["/accounts"] = Answer(status=503)
    assert (await server.resolve_account(CAROL)).name == "carol84"
    with pytest.raises(SourceUnavailableError):
        await server.resolve_account(7)


async def test_names_outlive_a_lost_connection(plex_tv, connect):
    server = connect(plex_tv)
    await server.prepare_accounts()
    server.forget_all()
    assert server.known_account(Account(id=CAROL)).name == "carol84"
    assert len(server.known_accounts()) == 4
    await server.resolve_account(CAROL)
    assert (plex_tv.paths().count("/accounts"), asked_of_tv(plex_tv).count(FRIENDS)) == (2, 1)


async def test_who_is_closed_asks_no_more(plex_tv, connect, monkeypatch):
    monkeypatch.setattr(accounts, "PATIENCE_S", 0.0)
    plex_tv.answers[USER].delay_s = 5.0
    server = connect(plex_tv)
    await server.prepare_accounts()
    await asyncio.wait_for(server.aclose(), 1.0)
    assert asked_of_tv(plex_tv) in ([], [USER])


# ---------------------------------------------------------------- other people's tokens


@pytest.fixture
def guest(plex_tv):
    """A token that may list nothing; plex.tv says whose server it is, and whose token."""

    def refuse(*, is_owned):
        device = {"clientIdentifier": SERVER_UUID, "provides": "server", "owned": is_owned}
        plex_tv.answers["/api/v2/resources"] = Answer(json.dumps([device]).encode())
        plex_tv.answers[USER] = Answer(b'{"id": 1000002, "username": "bob"}')
        for path in ("/accounts", SESSIONS):
            plex_tv.answers[path] = Answer(status=403)

    return refuse


async def test_a_guests_token_knows_the_guest_and_of_others_the_number(plex_tv, connect, guest):
    guest(is_owned=False)
    server = connect(plex_tv)
    assert await server.resolve_account(1_000_002) == Account(id=1_000_002, name="bob")
    assert await server.resolve_account(5) == Account(id=5)
    assert FRIENDS not in plex_tv.paths()


async def test_an_owner_who_is_refused_for_a_moment_is_not_taken_for_nobody(plex_tv, connect, guest):
    guest(is_owned=True)
    bare = await connect(plex_tv).resolve_account(5)
    assert bare == Account(id=5, has_all_names=False)
