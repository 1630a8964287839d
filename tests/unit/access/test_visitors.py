"""Whom to believe about where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.access.headers import Heads
from crosswatch.access.visitors import Trust, meet
from crosswatch.config.addresses import networks_of

PROXY, OUTER_PROXY, STRANGER = "172.18.0.2", "172.18.0.3", "203.0.113.9"
TRUST = Trust(
    proxies=networks_of(("172.18.0.0/16", "fd00:18::/64")), base_path="/cw", user_header="Remote-User"
)


def heads(**headers):
    pairs = {"host": "nas.lan:8787", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Heads((name.encode(), value.encode("latin-1")) for name, value in pairs.items())


def visit(peer=PROXY, path="/", trust=TRUST, scheme="http", **headers):
    return meet(peer, scheme, path, heads(**headers), trust)


# ---------------------------------------------------------------- who


@pytest.mark.parametrize(
    ("hops", "address"),
    [
        pytest.param(STRANGER, STRANGER, id="one hop"),
        pytest.param(f"10.0.0.1, {STRANGER}", STRANGER, id="what the visitor has made up stands before"),
        pytest.param(f"{STRANGER}, {OUTER_PROXY}", STRANGER, id="two proxies of ours"),
        pytest.param(f"{STRANGER}:4711", STRANGER, id="with a port"),
        pytest.param("[2001:db8::1]:443", "2001:db8::1", id="IPv6 with a port"),
        pytest.param("2001:db8::1", "2001:db8::1", id="IPv6"),
        pytest.param("::ffff:203.0.113.9", STRANGER, id="mapped"),
        pytest.param(f" , {STRANGER} ,", STRANGER, id="with nothing between"),
        pytest.param(OUTER_PROXY, OUTER_PROXY, id="a proxy asks for itself"),
    ],
)
def test_a_listed_proxy_is_believed_about_who_asks(hops, address):
    assert visit(x_forwarded_for=hops).address == ip_address(address)


@pytest.mark.parametrize(
    "hops",
    [
        pytest.param("unknown", id="a proxy that does not say"),
        pytest.param("_hidden", id="a proxy that hides it"),
        pytest.param("10.0.0.1, nonsense", id="nonsense behind an address"),
        pytest.param("", id="empty"),
        pytest.param("999.1.1.1", id="no address"),
    ],
)
def test_what_is_no_address_is_nobody_known_and_not_at_hand(hops):
    visitor = visit(x_forwarded_for=hops)
    assert visitor.address is None
    assert not visitor.is_at_hand


@pytest.mark.parametrize("peer", ["203.0.113.200", "192.168.1.20", "127.0.0.1", "172.19.0.2", None])
def test_whoever_is_not_listed_is_believed_nothing(peer):
    visitor = visit(
        peer,
        x_forwarded_for="10.0.0.1",
        x_forwarded_proto="https",
        x_forwarded_host="evil.lan",
        x_forwarded_prefix="/evil",
        x_ingress_path="/evil",
        remote_user="admin",
    )
    assert visitor.address == (ip_address(peer) if peer else None)
    assert (visitor.scheme, visitor.hosts, visitor.prefix, visitor.user) == (
        "http",
        ("nas.lan:8787",),
        "",
        "",
    )
    assert not visitor.is_vouched
    assert not visitor.is_embedded


@pytest.mark.parametrize(
    "header",
    [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-server",
        "x-real-ip",
        "x-ingress-path",
        "cf-connecting-ip",
        "true-client-ip",
    ],
)
def test_that_somebody_passed_it_on_is_believed_from_anybody(header):
    visitor = visit("127.0.0.1", **{header: ""})
    assert visitor.is_forwarded
    assert not visitor.is_at_hand


@pytest.mark.parametrize(
    "peer", ["127.0.0.1", "::1", "192.168.1.20", "::ffff:10.0.0.1", "fe80::1%eth0", "fd12::1"]
)
def test_who_sits_in_the_private_network_with_nobody_between_is_at_hand(peer):
    assert visit(peer).is_at_hand


@pytest.mark.parametrize("peer", [STRANGER, "2001:db8::1", None, "", "unix:"])
def test_who_comes_from_elsewhere_is_not_at_hand(peer):
    assert not visit(peer).is_at_hand


def test_one_household_is_one_source_whatever_its_ipv6_addresses():
    assert (
        visit("2001:db8:1:2::1").source == visit("2001:db8:1:2:ffff::9").source == "2001:0db8:0001:0002::/64"
    )
    assert visit("2001:db8:1:3::1").source != visit("2001:db8:1:2::1").source
    assert visit(STRANGER).source == STRANGER
    assert visit(None).source == "unknown"


@given(st.text(alphabet="0123456789abcdef.:[]%, _", max_size=60))
def test_no_list_of_hops_makes_an_unlisted_visitor_be_at_hand(hops):
    assert not visit(x_forwarded_for=hops).is_at_hand
    assert not visit(STRANGER, x_forwarded_for=hops).is_at_hand


# ---------------------------------------------------------------- how


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("http", "http"), ("https, http", "https"), ("gopher", "http"), ("", "http")],
)
def test_a_listed_proxy_is_believed_about_the_scheme(proto, scheme):
    assert visit(x_forwarded_proto=proto).scheme == scheme


def test_every_name_that_a_listed_proxy_gives_counts_as_one():
    assert visit(x_forwarded_host="watch.example.com, nas.lan:8787").hosts == (
        "nas.lan:8787",
        "watch.example.com",
    )


@pytest.mark.parametrize(
    ("headers", "path", "prefix"),
    [
        pytest.param({"x_forwarded_prefix": "/media"}, "/", "/media", id="by header"),
        pytest.param(
            {"x_ingress_path": "/api/hassio_ingress/abc_-"}, "/", "/api/hassio_ingress/abc_-", id="ingress"
        ),
        pytest.param(
            {"x_ingress_path": "/a", "x_forwarded_prefix": "/b"}, "/", "/a", id="ingress before the other"
        ),
        pytest.param({"x_forwarded_prefix": "//evil.example.com"}, "/", "/cw", id="no prefix"),
        pytest.param({"x_forwarded_prefix": "/a/../.."}, "/", "/cw", id="one that climbs"),
        pytest.param({"x_forwarded_prefix": "/a, /b"}, "/", "/cw", id="two"),
        pytest.param({}, "/", "/cw", id="the configured one, which the proxy has taken away"),
        pytest.param({}, "/cw/x", "/cw", id="the configured one, which it has left"),
    ],
)
def test_a_listed_proxy_says_below_which_path_the_pages_are(headers, path, prefix):
    assert visit(path=path, **headers).prefix == prefix


@pytest.mark.parametrize(
    ("path", "prefix"),
    [("/cw", "/cw"), ("/cw/", "/cw"), ("/cw/api", "/cw"), ("/", ""), ("/cwx", ""), ("/api/cw", "")],
)
def test_without_a_proxy_the_configured_path_counts_where_it_was_asked_for(path, prefix):
    assert visit(STRANGER, path=path).prefix == prefix


def test_only_ingress_means_being_shown_inside_another_page():
    assert visit(x_ingress_path="/a").is_embedded
    assert not visit(x_forwarded_prefix="/a").is_embedded
    assert not visit(x_ingress_path="//a").is_embedded


# ---------------------------------------------------------------- whom a proxy has signed in


def test_a_listed_proxy_says_whom_it_has_signed_in():
    assert visit(remote_user=" maya ").user == "maya"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="nobody"),
        pytest.param("maya, admin", id="two"),
        pytest.param("maya\x00", id="what no name holds"),
        pytest.param("m" * 201, id="longer than any name"),
    ],
)
def test_a_header_that_names_nobody_in_particular_names_nobody(name):
    assert visit(remote_user=name).user == ""


def test_a_header_that_came_twice_names_nobody():
    twice = Heads([(b"host", b"nas"), (b"remote-user", b"maya"), (b"remote-user", b"admin")])
    assert meet(PROXY, "http", "/", twice, TRUST).user == ""


def test_no_header_signs_anybody_in_unless_that_was_chosen():
    assert visit(trust=Trust(proxies=TRUST.proxies), remote_user="maya").user == ""
