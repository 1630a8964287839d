from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.config.addresses import (
    clean_prefix,
    is_forbidden_destination,
    is_near,
    is_within,
    networks_of,
    parse_address,
    parse_network,
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("::1", id="loopback by IPv6"),
        pytest.param("10.1.2.3", id="class A"),
        pytest.param("172.31.255.255", id="class B"),
        pytest.param("192.168.1.20", id="class C"),
        pytest.param("169.254.7.7", id="link-local"),
        pytest.param("fe80::1%eth0", id="link-local by IPv6, with its zone"),
        pytest.param("fd12:3456::1", id="unique local"),
        pytest.param("::ffff:192.168.1.20", id="mapped"),
        pytest.param("[::ffff:a00:1]", id="mapped, in brackets"),
    ],
)
def test_an_address_of_this_machine_or_of_a_private_network_is_near(text):
    assert is_near(parse_address(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("8.8.8.8", id="public"),
        pytest.param("2001:4860:4860::8888", id="public by IPv6"),
        pytest.param("::ffff:8.8.8.8", id="public, mapped"),
        pytest.param("100.64.0.1", id="shared by a provider's customers"),
        pytest.param("172.32.0.1", id="just past class B"),
        pytest.param("192.0.2.1", id="for documents"),
        pytest.param("64:ff9b::7f00:1", id="loopback, through a translator"),
        pytest.param("2002:7f00:1::", id="loopback, through a tunnel"),
        pytest.param("0.0.0.0", id="unspecified"),
        pytest.param("", id="nothing"),
        pytest.param("localhost", id="a name"),
        pytest.param("127.1", id="an old spelling"),
        pytest.param("127.0.0.1, 8.8.8.8", id="two"),
    ],
)
def test_whatever_else_is_not_near(text):
    assert not is_near(parse_address(text))


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("192.168.1.0/24", "192.168.1.255", "192.168.2.1"),
        ("192.168.1.77/24", "192.168.1.1", "192.168.0.1"),
        ("203.0.113.9", "203.0.113.9", "203.0.113.10"),
        ("fd00::/8", "fdff::1", "fc00::1"),
        ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.1"),
        ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
        ("::/0", "2001:db8::1", "8.8.8.8"),
    ],
)
def test_an_address_is_in_a_network_or_is_not(network, inside, outside):
    networks = networks_of((network,))
    assert is_within(parse_address(inside), networks)
    assert not is_within(parse_address(outside), networks)


@pytest.mark.parametrize("text", ["", "192.168.1", "192.168.1.0/33", "nas.lan", "10.0.042.1", "fd00::/129"])
def test_what_is_no_network_is_none(text):
    assert parse_network(text) is None


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("", ""),
        ("/", ""),
        ("/crosswatch", "/crosswatch"),
        ("crosswatch/", "/crosswatch"),
        (" /a/b-c_d~e ", "/a/b-c_d~e"),
        ("/api/hassio_ingress/Zm9vYmFy_-", "/api/hassio_ingress/Zm9vYmFy_-"),
    ],
)
def test_a_prefix_is_tidied(text, prefix):
    assert clean_prefix(text) == prefix


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example.com",
        "/a//b",
        "/..",
        "/a/../b",
        "/a.b",
        "/a;Domain=evil",
        "/a\r\nSet-Cookie: x",
        "/a\\b",
        "https://evil.example.com",
        "/%2e%2e",
        "/a b",
        "/ü",
        "/a,/b",
        "/" + "a" * 200,
    ],
)
def test_a_prefix_that_could_mean_anything_else_is_refused(text):
    assert clean_prefix(text) is None


@given(st.text(max_size=40))
def test_a_prefix_is_a_plain_path_or_nothing(text):
    prefix = clean_prefix(text)
    assert prefix in (None, "") or (prefix[0] == "/" and prefix[-1] != "/" and "//" not in prefix)
    assert not prefix or clean_prefix(prefix) == prefix


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("169.254.169.254", id="the metadata of most clouds"),
        pytest.param("2852039166", id="as one number"),
        pytest.param("0xA9FEA9FE", id="in hexadecimal"),
        pytest.param("0251.0376.0251.0376", id="in octal"),
        pytest.param("169.254.43518", id="with parts left out"),
        pytest.param("[::ffff:169.254.169.254]", id="mapped"),
        pytest.param("::ffff:a9fe:a9fe", id="mapped, in hexadecimal"),
        pytest.param("64:ff9b::a9fe:a9fe", id="through a translator"),
        pytest.param("2002:a9fe:a9fe::", id="through a tunnel"),
        pytest.param("::a9fe:a9fe", id="compatible"),
        pytest.param("fd00:ec2::254", id="by IPv6"),
        pytest.param("fe80::1%eth0", id="link-local"),
        pytest.param("100.100.100.200", id="another cloud"),
        pytest.param("0.0.0.0", id="this machine by another name"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified"),
    ],
)
def test_no_connection_is_made_to_where_no_server_of_the_user_can_be(host):
    assert is_forbidden_destination(host)


@pytest.mark.parametrize(
    "host",
    ["192.168.1.20", "127.0.0.1", "::1", "fd00::20", "nas", "nas.lan", "plex.example.com", "203.0.113.9", ""],
)
def test_servers_of_the_user_may_be_asked(host):
    assert not is_forbidden_destination(host)
