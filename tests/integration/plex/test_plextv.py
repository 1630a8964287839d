from __future__ import annotations

import pytest

from crosswatch.core.events import Account
from crosswatch.errors import SourceAuthError, SourceNotFoundError, SourceUnavailableError
from crosswatch.providers.scrobble.plex.plextv import Pin, ServerOffer, TvAccount, Way
from fakes.plex_recordings import names_in, recorded_bytes
from fakes.plex_server import OWNER_TOKEN, SERVER_UUID, Answer, FakePlex

ALICE = TvAccount(
    id=1000001, username="alice", email="alice@example.com", title="alice", friendly_name="Alice A."
)
BOB = TvAccount(id=1000002, username="bob", email="bob@example.com", title="bob")
CAROL = TvAccount(id=1000004, username="carol84", email="carol@example.com", title="Carol C.")
KIDS = TvAccount(id=1000003, title="Kids")
PIN = Pin(id=100000001, code="examplestrongcode00000000", expires_in_s=1800)
OWN = "0123456789abcdef0123456789abcdef.plex.direct"

OFFERS = [
    ServerOffer(
        server_uuid=SERVER_UUID,
        name="Example Server",
        is_owned=True,
        ways=(
            Way(url=f"https://192-0-2-10.{OWN}:32400", host="192.0.2.10", port=32400, is_local=True),
            Way(url=f"https://203-0-113-7.{OWN}:32400", host="203.0.113.7", port=32400),
            Way(url=f"https://198-51-100-4.{OWN}:8443", host="198.51.100.4", port=8443, is_relay=True),
        ),
        token="EXAMPLE-TOKEN-SERVER",
    ),
    ServerOffer(
        server_uuid="89abcdef0123456789abcdef0123456789abcdef",
        name="Friend Server",
        is_owned=False,
        ways=(
            Way(
                url="https://203-0-113-9.fedcba9876543210fedcba9876543210.plex.direct:32400",
                host="203.0.113.9",
                port=32400,
            ),
        ),
        token="EXAMPLE-TOKEN-FRIEND",
    ),
]

CALLS = {
    "plextv/01-pin-created.json": ("/api/v2/pins", lambda tv: tv.create_pin(), PIN),
    "plextv/02-pin-claimed.json": (
        "/api/v2/pins/100000001",
        lambda tv: tv.fetch_pin(PIN),
        Pin(id=PIN.id, code=PIN.code, expires_in_s=1740, token="EXAMPLE-TOKEN-OWNER"),
    ),
    "plextv/03-pin-expired.json": (
        "/api/v2/pins/100000001",
        lambda tv: tv.fetch_pin(PIN),
        SourceNotFoundError,
    ),
    "plextv/04-user.json": ("/api/v2/user", lambda tv: tv.fetch_user(OWNER_TOKEN), ALICE),
    "plextv/05-user-401.json": ("/api/v2/user", lambda tv: tv.fetch_user(OWNER_TOKEN), SourceAuthError),
    "plextv/06-home-users.json": (
        "/api/v2/home/users",
        lambda tv: tv.fetch_home_users(OWNER_TOKEN),
        [ALICE, KIDS],
    ),
    "plextv/07-users.xml": ("/api/users/", lambda tv: tv.fetch_friends(OWNER_TOKEN), [BOB, CAROL]),
    "plextv/08-shared-servers.xml": (
        f"/api/servers/{SERVER_UUID}/shared_servers",
        lambda tv: tv.fetch_sharers(OWNER_TOKEN, SERVER_UUID),
        [TvAccount(id=1000002, username="bob", email="bob@example.com")],
    ),
    "plextv/09-resources.json": ("/api/v2/resources", lambda tv: tv.fetch_servers(OWNER_TOKEN), OFFERS),
}
STATUS = {
    "plextv/01-pin-created.json": 201,
    "plextv/03-pin-expired.json": 404,
    "plextv/05-user-401.json": 401,
}


@pytest.fixture
async def plex():
    """plex.tv asks for a token itself where it wants one; here the answers are what matters."""
    async with FakePlex(token=None) as server:
        yield server


def test_every_recorded_answer_of_plex_tv_has_its_meaning_written_down():
    assert list(CALLS) == names_in("plextv")


@pytest.mark.parametrize("recording", CALLS)
async def test_a_recorded_answer_of_plex_tv_is_understood(plex, tv, recording):
    path, call, expected = CALLS[recording]
    plex.answers[path] = Answer(recorded_bytes(recording), status=STATUS.get(recording, 200))
    if isinstance(expected, type):
        with pytest.raises(expected, match=r"plex\.tv"):
            await call(tv)
    else:
        assert await call(tv) == expected
    assert plex.asked[0].headers["X-Plex-Client-Identifier"] == "test-client"


@pytest.mark.parametrize(
    ("person", "account"),
    [
        pytest.param(
            CAROL,
            Account(id=1000004, name="carol84", aliases=frozenset({"Carol C.", "carol@example.com"})),
            id="user name before title",
        ),
        pytest.param(KIDS, Account(id=1000003, name="Kids"), id="a profile has a title only"),
        pytest.param(
            TvAccount(id=7, email="dora@example.com"),
            Account(id=7, name="dora@example.com"),
            id="an e-mail is better than nothing",
        ),
        pytest.param(TvAccount(id=7), Account(id=7), id="no name at all"),
    ],
)
def test_somebody_is_called_by_the_sharpest_name_and_known_by_all(person, account):
    assert person.account == account


def test_only_user_name_and_e_mail_are_ones_own():
    assert CAROL.listed.own == {"carol84", "carol@example.com"}
    assert CAROL.listed.names == {"carol84", "carol@example.com", "Carol C."}


async def test_a_pin_is_strong_and_asked_for_without_a_token(plex, tv):
    plex.answers["/api/v2/pins"] = Answer(recorded_bytes("plextv/01-pin-created.json"), status=201)
    await tv.create_pin()
    (request,) = plex.asked
    assert (request.method, request.query["strong"]) == ("POST", "true")
    assert "X-Plex-Token" not in request.headers


async def test_a_pin_to_be_typed_is_not_strong(plex, tv):
    plex.answers["/api/v2/pins"] = Answer(recorded_bytes("plextv/01-pin-created.json"), status=201)
    await tv.create_pin(strong=False)
    assert "strong" not in plex.asked[0].query
    assert tv.link_url == f"{plex.url}/link"


def test_the_sign_in_page_is_told_who_asks_and_with_which_code(tv):
    url = tv.sign_in_url(PIN)
    assert url.startswith("https://app.plex.tv/auth#?clientID=test-client&code=examplestrongcode00000000&")
    assert "context%5Bdevice%5D%5Bproduct%5D=CrossWatch" in url


def test_tokens_are_not_shown():
    assert "EXAMPLE-TOKEN" not in repr(OFFERS)
    assert "EXAMPLE-TOKEN" not in repr(CALLS["plextv/02-pin-claimed.json"][2])


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        pytest.param(lambda tv: tv.fetch_user("t"), "/api/v2/user", b"[]", id="a list for a user"),
        pytest.param(lambda tv: tv.fetch_user("t"), "/api/v2/user", b"{}", id="a user without a number"),
        pytest.param(lambda tv: tv.fetch_servers("t"), "/api/v2/resources", b"{}", id="no list of servers"),
        pytest.param(lambda tv: tv.fetch_friends("t"), "/api/users/", b"<html/>", id="a page for friends"),
        pytest.param(lambda tv: tv.create_pin(), "/api/v2/pins", b"{}", id="no PIN"),
    ],
)
async def test_nonsense_from_plex_tv_is_unavailability(plex, tv, call, path, body):
    plex.answers[path] = Answer(body)
    with pytest.raises(SourceUnavailableError, match=r"does not answer as expected.*plex\.tv_url"):
        await call(tv)
