"""Signing in, trying addresses and asking who may play, on real sockets."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
import pytest
import trustme

from crosswatch.clock import Clock
from crosswatch.errors import LoginError, SourceAuthError
from crosswatch.linking.attempts import Attempt, Stage
from crosswatch.linking.household import Kind, fetch_members
from crosswatch.linking.plex_sign_in import PlexSignIn
from crosswatch.linking.probing import Candidate, Found, candidates_of, probe
from crosswatch.linking.search import ServerSearch, best_of
from crosswatch.providers.scrobble.plex import transport
from crosswatch.providers.scrobble.plex.plextv import PlexTv
from crosswatch.providers.scrobble.plex.pms import PlexServer
from crosswatch.simulator.plex import Fault, FaultKind, SimulatedPlex
from crosswatch.simulator.plex.options import OWN_SERVER
from crosswatch.simulator.plex.plextv import connection
from crosswatch.simulator.trakt import SimulatedTrakt

OWNER = "EXAMPLE-TOKEN-OWNER"
NOWHERE = "http://127.0.0.1:9"
SPEED = 50.0


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """What is waited for between two tries of a question is not what these tests are about."""
    monkeypatch.setattr(transport, "RETRY_AFTER_S", 0.0)


@pytest.fixture
def clock():
    return Clock(scale=SPEED, epoch=Clock().timestamp())


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def certificate():
    """What a server with a certificate of its own making shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
async def plex(clock):
    async with SimulatedPlex(clock=clock) as plex:
        yield plex


@pytest.fixture
def tv(http, plex):
    return PlexTv(http, url=plex.plextv_url, client_id="test-client")


@pytest.fixture
def connect(http):
    def make(url, *, allow_self_signed=False):
        return PlexServer(
            http, url=url, token=OWNER, client_id="test-client", allow_self_signed=allow_self_signed
        )

    return make


# ---------------------------------------------------------------- signing in


@pytest.mark.parametrize("length", [4, 25], ids=["the code that is typed", "the link that is followed"])
async def test_whichever_code_is_used_first_counts(tv, plex, clock, length):
    sign_in = PlexSignIn(tv, clock)
    shown = await sign_in.start()
    [used] = [pin for pin in plex.pins.open_pins(clock.now()) if len(pin.code) == length]
    assert used.code in (shown.user_code, shown.direct_url.partition("code=")[2].partition("&")[0])

    plex.pins.claim(used.code, plex.person("alice"), clock.now())

    assert await asyncio.wait_for(sign_in.wait(), 5) == OWNER


async def test_trouble_that_passes_is_waited_for(tv, plex, clock):
    sign_in = PlexSignIn(tv, clock)
    shown = await sign_in.start()
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=503, path="/api/v2/pins/", count=4))
    plex.pins.claim(shown.user_code, plex.person("alice"), clock.now())
    assert await asyncio.wait_for(sign_in.wait(), 5) == OWNER


async def test_a_code_that_plex_has_forgotten_has_expired(tv, plex, clock):
    sign_in = PlexSignIn(tv, clock)
    await sign_in.start()
    for pin in plex.pins.open_pins(clock.now()):
        pin.expires_at = clock.now()
    with pytest.raises(LoginError, match="not used in time"):
        await asyncio.wait_for(sign_in.wait(), 5)


async def test_plex_is_asked_no_more_than_once_a_second(tv, plex, clock):
    sign_in = PlexSignIn(tv, clock)
    await sign_in.start()
    began = clock.now()
    task = asyncio.create_task(sign_in.wait())
    await asyncio.sleep(0.4)
    task.cancel()
    passed_s = (clock.now() - began).total_seconds()
    assert 2 <= len(plex.ledger.of("GET", "/api/v2/pins/")) <= passed_s + 2


# ---------------------------------------------------------------- an attempt


async def test_an_attempt_that_fails_unexpectedly_ends_with_a_sentence(caplog):
    async def begin():
        raise ZeroDivisionError

    attempt = Attempt(begin, begin)
    await attempt.has_code(1.0)
    assert attempt.stage is Stage.FAILED
    assert "should not have" in attempt.problem
    assert "ZeroDivisionError" in caplog.text
    await attempt.aclose()


async def test_an_attempt_that_is_given_up_is_over(tv, clock):
    sign_in = PlexSignIn(tv, clock)

    async def finish():
        await sign_in.wait()

    attempt = Attempt(sign_in.start, finish)
    await attempt.has_code(2.0)
    assert attempt.is_open
    await attempt.aclose()
    assert not attempt.is_open


# ---------------------------------------------------------------- addresses


async def test_an_address_that_works_says_how_quickly(plex, connect):
    found = await probe(connect, Candidate(url=plex.base_url), OWN_SERVER)
    assert found.found is Found.WORKS
    assert found.latency_ms is not None
    assert 0 <= found.latency_ms < 5_000
    [asked] = plex.ledger.of("GET", "/identity")
    assert "x-plex-token" not in asked.headers  # a stranger has no need to know


async def test_a_certificate_of_its_own_is_told_apart(clock, certificate, connect):
    async with SimulatedPlex(clock=clock, ssl_context=certificate) as plex:
        found = await probe(connect, Candidate(url=plex.base_url), OWN_SERVER)
        assert found.found is Found.OWN_CERTIFICATE
        assert found.is_usable


@pytest.mark.parametrize(
    ("url", "found", "said"),
    [
        (NOWHERE, Found.SILENT, "Nothing listens"),
        ("http://no-such-host.invalid:32400", Found.SILENT, "can't be looked up"),
        ("https://192-168-1-20.0123abcd.plex.direct:32400", Found.REBINDING, "can't be looked up"),
    ],
)
async def test_an_address_that_does_not_work_says_why(connect, url, found, said):
    result = await probe(connect, Candidate(url=url), OWN_SERVER)
    assert (result.found, result.is_usable) == (found, False)
    assert said in result.detail


async def test_another_server_is_not_taken_for_the_one(plex, connect):
    found = await probe(connect, Candidate(url=plex.base_url), "fedcba")
    assert found.found is Found.OTHER_SERVER
    assert OWN_SERVER in found.detail


async def test_what_is_no_plex_is_no_server(connect):
    async with SimulatedTrakt() as stranger:
        found = await probe(connect, Candidate(url=stranger.api_url), "")
        assert (found.found, found.detail) == (Found.SILENT, "What answers there is no Plex server.")


async def test_beside_a_local_name_the_bare_address_is_tried_and_relays_come_last(tv, plex, connect):
    name = "https://127-0-0-1.0123abcd.plex.direct:32400"
    plex.also_at = [
        {**connection("https://198-51-100-4.0123abcd.plex.direct:8443", relay=True)},
        {**connection(name), "address": "127.0.0.1", "port": plex.link.port},
    ]
    search = ServerSearch(tv, OWNER, connect, tell=str)
    await search.looked(5.0)
    own = next(offer for offer in search.offers if offer.is_owned)

    assert [one.url for one in candidates_of(own)] == [
        plex.base_url,  # which is the bare address as well, and is tried once
        name,
        "https://198-51-100-4.0123abcd.plex.direct:8443",
    ]
    best = best_of(search.addresses(own))
    assert best is not None
    assert best.candidate.url == plex.base_url
    assert search.find(OWN_SERVER, plex.base_url) is not None
    assert search.find(OWN_SERVER, "http://elsewhere") is None


async def test_a_search_that_plex_tv_refuses_says_so(tv, connect):
    search = ServerSearch(tv, "wrong", connect, tell=lambda error: f"said: {error}")
    await search.looked(5.0)
    assert search.is_over
    assert search.offers is None
    assert search.problem.startswith("said: plex.tv")


# ---------------------------------------------------------------- people


async def test_everybody_is_listed_once_and_as_what_they_are(tv):
    members = await fetch_members(tv, OWNER, OWN_SERVER)
    assert [(one.name, one.kind) for one in members] == [
        ("alice", Kind.OWNER),
        ("Kids", Kind.MANAGED),
        ("bob", Kind.FRIEND),
    ]


async def test_while_the_server_is_not_known_every_friend_is_listed(tv):
    assert "carol84" in [one.name for one in await fetch_members(tv, OWNER, "")]


async def test_lists_that_cannot_be_had_leave_the_owner(tv, plex):
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=503, path="/api/v2/home/users"))
    plex.add_fault(Fault(kind=FaultKind.STATUS, status=404, path="/api/servers/"))
    assert [one.name for one in await fetch_members(tv, OWNER, OWN_SERVER)] == ["alice"]


async def test_a_token_that_is_refused_is_told(tv):
    with pytest.raises(SourceAuthError):
        await fetch_members(tv, "wrong", OWN_SERVER)
