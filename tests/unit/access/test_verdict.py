"""Who may do what: the table of the door."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.access.pages import Asker
from crosswatch.access.register import ApiKey, Scope, Session
from crosswatch.access.verdict import By, House, Knock, Why, needs_token, recognise, refuse
from crosswatch.access.visitors import Visitor
from crosswatch.config.addresses import networks_of

AT = datetime(2026, 11, 24, tzinfo=UTC)
SESSION = Session(id="s", user="admin", digest="d", created_at=AT, seen_at=AT)
KEYS = {scope: ApiKey(id="k", name="home", scope=scope, digest="d", created_at=AT) for scope in Scope}
UNCLAIMED, CLAIMED = House(is_claimed=False), House(is_claimed=True)
OPEN = House(is_claimed=True, open_networks=networks_of(("192.168.1.0/24",)))
BROKEN = House(is_claimed=False, problem="access.json cannot be used.")

NEAR = Visitor(address=ip_address("192.168.1.20"), hosts=("nas.lan",))
FAR = Visitor(address=ip_address("203.0.113.9"), hosts=("watch.example.com",))
NEAR_BY_A_PROXY = Visitor(
    address=ip_address("192.168.1.20"), is_forwarded=True, is_vouched=True, hosts=("nas.lan",)
)
NEAR_BY_A_STRANGER = Visitor(address=ip_address("192.168.1.20"), is_forwarded=True, hosts=("nas.lan",))
SIGNED_IN_BY_A_PROXY = Visitor(
    address=None, is_forwarded=True, is_vouched=True, user="maya", hosts=("x.example.com",)
)


def knock(visitor=FAR, method="GET", needed=Scope.READ, asker=Asker.UNSAID, **shown):
    return Knock(method=method, needed=needed, visitor=visitor, asker=asker, **shown)


def outcome(knocking, house):
    """None if they may, else the kind of refusal."""
    refusal = refuse(knocking, recognise(knocking, house), house)
    return refusal and refusal.why


# ---------------------------------------------------------------- before there is a password


@pytest.mark.parametrize(
    ("visitor", "expected"),
    [
        pytest.param(NEAR, None, id="the private network"),
        pytest.param(FAR, Why.CLAIM, id="from outside"),
        pytest.param(NEAR_BY_A_PROXY, Why.CLAIM, id="by way of a listed proxy"),
        pytest.param(NEAR_BY_A_STRANGER, Why.CLAIM, id="by way of anybody"),
        pytest.param(Visitor(address=None), Why.CLAIM, id="from nobody knows where"),
    ],
)
@pytest.mark.parametrize("needed", Scope)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_before_there_is_a_password_the_private_network_may_do_everything(visitor, expected, needed, method):
    assert outcome(knock(visitor, method, needed), UNCLAIMED) is expected


# ---------------------------------------------------------------- afterwards


@pytest.mark.parametrize("visitor", [NEAR, FAR, NEAR_BY_A_PROXY, Visitor(address=ip_address("127.0.0.1"))])
@pytest.mark.parametrize("needed", Scope)
def test_afterwards_no_address_lets_anybody_in(visitor, needed):
    assert outcome(knock(visitor, needed=needed), CLAIMED) is Why.SIGN_IN


@pytest.mark.parametrize("needed", Scope)
def test_a_session_may_do_everything_from_anywhere(needed):
    assert outcome(knock(needed=needed, session=SESSION), CLAIMED) is None


@pytest.mark.parametrize(
    ("scope", "needed", "expected"),
    [
        (scope, needed, None if list(Scope).index(scope) >= list(Scope).index(needed) else Why.FORBIDDEN)
        for scope in Scope
        for needed in Scope
    ],
)
def test_a_key_may_do_what_its_scope_says_and_no_more(scope, needed, expected):
    assert outcome(knock(needed=needed, key=KEYS[scope], gave_key=True), CLAIMED) is expected


@pytest.mark.parametrize("house", [UNCLAIMED, CLAIMED, OPEN, BROKEN])
def test_a_key_that_is_wrong_is_never_made_up_for_by_an_address_or_a_cookie(house):
    wrong = knock(NEAR, gave_key=True, session=SESSION)
    assert outcome(wrong, house) is Why.SIGN_IN
    assert recognise(wrong, house).by is By.NOTHING


@pytest.mark.parametrize("house", [CLAIMED, BROKEN])
def test_a_file_that_cannot_be_read_lets_nobody_in_who_is_not_let_in_anyway(house):
    assert outcome(knock(NEAR), house) is (Why.BROKEN if house.problem else Why.SIGN_IN)


# ---------------------------------------------------------------- networks and proxies, by choice


@pytest.mark.parametrize(
    ("visitor", "expected"),
    [
        pytest.param(NEAR, None, id="from there"),
        pytest.param(NEAR_BY_A_PROXY, None, id="from there, as a listed proxy says"),
        pytest.param(NEAR_BY_A_STRANGER, Why.SIGN_IN, id="from there, as anybody says"),
        pytest.param(FAR, Why.SIGN_IN, id="from elsewhere"),
        pytest.param(
            Visitor(address=ip_address("127.0.0.1"), hosts=("localhost",)), Why.SIGN_IN, id="this machine"
        ),
        pytest.param(Visitor(address=None), Why.SIGN_IN, id="from nobody knows where"),
    ],
)
def test_an_open_network_lets_in_whoever_is_there(visitor, expected):
    assert outcome(knock(visitor, needed=Scope.ADMIN), OPEN) is expected


def test_whom_a_listed_proxy_has_signed_in_may_do_everything():
    guest = recognise(knock(SIGNED_IN_BY_A_PROXY), CLAIMED)
    assert (guest.by, guest.name, guest.scope) == (By.PROXY, "maya", Scope.ADMIN)


# ---------------------------------------------------------------- strangers' pages and names


@pytest.mark.parametrize(
    ("visitor", "house", "shown"),
    [
        pytest.param(NEAR, UNCLAIMED, {}, id="before there is a password"),
        pytest.param(NEAR, OPEN, {}, id="in an open network"),
        pytest.param(FAR, CLAIMED, {"session": SESSION}, id="with a session"),
        pytest.param(SIGNED_IN_BY_A_PROXY, CLAIMED, {}, id="signed in by a proxy"),
        pytest.param(FAR, CLAIMED, {"needed": None}, id="where everybody may"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_strangers_page_changes_nothing(visitor, house, shown, method):
    assert outcome(knock(visitor, method, asker=Asker.STRANGERS, **shown), house) is Why.FORBIDDEN


def test_a_strangers_page_may_link_to_us():
    assert outcome(knock(NEAR, asker=Asker.STRANGERS), UNCLAIMED) is None


def test_no_page_can_send_a_key_along():
    asked = knock(method="POST", asker=Asker.STRANGERS, key=KEYS[Scope.READ], gave_key=True)
    assert outcome(asked, CLAIMED) is None


@pytest.mark.parametrize("house", [UNCLAIMED, OPEN])
@pytest.mark.parametrize(
    ("method", "asker", "expected"),
    [
        pytest.param("GET", Asker.UNSAID, Why.FORBIDDEN, id="a read"),
        pytest.param("GET", Asker.OURS, Why.FORBIDDEN, id="a read that says it is ours"),
        pytest.param("POST", Asker.OURS, Why.FORBIDDEN, id="a change by a page"),
        pytest.param("POST", Asker.UNSAID, None, id="a change by a program"),
    ],
)
def test_where_nothing_but_the_network_lets_in_the_name_must_be_ours(house, method, asker, expected):
    rebound = Visitor(address=NEAR.address, hosts=("evil.example.com",))
    refused = knock(rebound, method, asker=asker)
    assert outcome(refused, house) is expected
    assert (
        expected is None or "web.allowed_hosts" in refuse(refused, recognise(refused, house), house).sentence
    )


def test_a_session_needs_no_name_for_its_cookie_belongs_to_one():
    assert outcome(knock(FAR, session=SESSION, asker=Asker.OURS, method="POST"), CLAIMED) is None


def test_a_rebound_page_cannot_set_the_first_password():
    rebound = Visitor(address=NEAR.address, hosts=("evil.example.com",))
    claim = knock(rebound, "POST", needed=None, asker=Asker.OURS)
    assert not recognise(claim, UNCLAIMED).is_at_home
    assert recognise(knock(NEAR, "POST", needed=None, asker=Asker.OURS), UNCLAIMED).is_at_home


@pytest.mark.parametrize(
    ("method", "asker", "shown", "expected"),
    [
        ("POST", Asker.UNSAID, {"session": SESSION}, True),
        ("POST", Asker.OURS, {"session": SESSION}, False),
        ("GET", Asker.UNSAID, {"session": SESSION}, False),
        ("POST", Asker.UNSAID, {"key": KEYS[Scope.ADMIN], "gave_key": True}, False),
        ("POST", Asker.UNSAID, {}, False),
        ("POST", Asker.UNSAID, {"session": SESSION, "needed": None}, False),
    ],
)
def test_a_form_must_prove_itself_only_where_the_browser_says_nothing(method, asker, shown, expected):
    asked = knock(method=method, asker=asker, **shown)
    assert needs_token(asked, recognise(asked, CLAIMED)) is expected


# ---------------------------------------------------------------- webhooks without a secret


@pytest.mark.parametrize(
    ("visitor", "asker", "expected"),
    [
        pytest.param(NEAR, Asker.UNSAID, None, id="the server in the private network"),
        pytest.param(NEAR, Asker.STRANGERS, Why.FORBIDDEN, id="a stranger's page in the private network"),
        pytest.param(FAR, Asker.UNSAID, Why.SIGN_IN, id="from outside"),
        pytest.param(NEAR_BY_A_PROXY, Asker.UNSAID, Why.SIGN_IN, id="by way of a proxy"),
    ],
)
def test_what_is_for_neighbours_is_for_nobody_else(visitor, asker, expected):
    asked = knock(visitor, "POST", Scope.OPERATE, asker, is_for_neighbours=True)
    assert outcome(asked, CLAIMED) is expected


# ---------------------------------------------------------------- whatever is asked


@given(
    address=st.sampled_from([None, "203.0.113.9", "192.168.1.20", "127.0.0.1", "2001:db8::1"]),
    is_forwarded=st.booleans(),
    is_vouched=st.booleans(),
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PROPFIND"]),
    needed=st.sampled_from(Scope),
    asker=st.sampled_from(Asker),
    house=st.sampled_from([UNCLAIMED, CLAIMED, OPEN, BROKEN]),
)
def test_who_shows_nothing_is_let_in_by_their_address_only(
    *, address, is_forwarded, is_vouched, method, needed, asker, house
):
    visitor = Visitor(
        address=address and ip_address(address),
        is_forwarded=is_forwarded,
        is_vouched=is_vouched,
        hosts=("nas.lan",),
    )
    asked = Knock(method=method, needed=needed, visitor=visitor, asker=asker)
    if outcome(asked, house) is None:
        assert (house is UNCLAIMED and visitor.is_at_hand) or (house is OPEN and address == "192.168.1.20")
        assert asker is not Asker.STRANGERS or method in {"GET", "HEAD", "OPTIONS"}
