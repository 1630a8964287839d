"""Whose page makes a browser ask."""

from __future__ import annotations

import pytest

from crosswatch.access.headers import Heads
from crosswatch.access.pages import Asker, asker, foreign_name, is_local_name
from crosswatch.access.visitors import Visitor

OURS, STRANGERS, UNSAID = Asker.OURS, Asker.STRANGERS, Asker.UNSAID


def whose(hosts=("nas.lan:8787",), **headers):
    pairs = ((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return asker(Heads(pairs), Visitor(address=None, hosts=hosts))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, UNSAID, id="a program"),
        pytest.param({"sec_fetch_site": "same-origin"}, OURS, id="our page"),
        pytest.param({"sec_fetch_site": "none"}, OURS, id="typed by hand"),
        pytest.param({"sec_fetch_site": "same-site"}, STRANGERS, id="a neighbour's page"),
        pytest.param({"sec_fetch_site": "cross-site"}, STRANGERS, id="a stranger's page"),
        pytest.param({"sec_fetch_site": ""}, STRANGERS, id="nonsense"),
        pytest.param(
            {"sec_fetch_site": "cross-site", "origin": "http://nas.lan:8787"},
            STRANGERS,
            id="what it says first counts",
        ),
        pytest.param({"origin": "http://nas.lan:8787"}, OURS, id="our page over plain HTTP"),
        pytest.param({"origin": "http://NAS.lan.:8787"}, OURS, id="our page, spelled differently"),
        pytest.param({"origin": "http://nas.lan"}, STRANGERS, id="another port of this machine"),
        pytest.param(
            {"origin": "http://evil.example.com"}, STRANGERS, id="a stranger's page over plain HTTP"
        ),
        pytest.param({"origin": "http://nas.lan:8787.evil.example.com"}, STRANGERS, id="a look-alike"),
        pytest.param(
            {"origin": "http://nas.lan:8787@evil.example.com"}, STRANGERS, id="a look-alike with a user"
        ),
        pytest.param({"origin": "null"}, STRANGERS, id="a page without an origin"),
        pytest.param({"origin": ""}, STRANGERS, id="an empty origin"),
        pytest.param({"origin": "http://[::1"}, STRANGERS, id="half an origin"),
        pytest.param({"referer": "http://nas.lan:8787/history?x=1"}, OURS, id="our page, by referrer"),
        pytest.param(
            {"referer": "http://evil.example.com/nas.lan:8787"}, STRANGERS, id="a stranger's, by referrer"
        ),
        pytest.param(
            {"origin": "http://evil.example.com", "referer": "http://nas.lan:8787/"},
            STRANGERS,
            id="origin before it",
        ),
    ],
)
def test_browsers_say_whose_page_asks(headers, expected):
    assert whose(**headers) is expected


@pytest.mark.parametrize("host", ["nas.lan:8787", "watch.example.com"])
def test_behind_a_proxy_either_name_is_ours(host):
    hosts = ("nas.lan:8787", "watch.example.com")
    scheme = "http" if ":" in host else "https"
    assert whose(hosts, origin=f"{scheme}://{host}") is OURS


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1",
        "192.168.1.20",
        "8.8.8.8",
        "::1",
        "localhost",
        "nas",
        "nas.local",
        "nas.lan",
        "a.home.arpa",
    ],
)
def test_no_stranger_can_point_an_address_or_a_local_name_here(name):
    assert is_local_name(name)


@pytest.mark.parametrize(
    "name", ["", "evil.example.com", "127.0.0.1.evil.example.com", "nas.lan.evil.com", "local.com"]
)
def test_any_other_name_may_be_a_strangers(name):
    assert not is_local_name(name)


@pytest.mark.parametrize(
    ("hosts", "allowed", "foreign"),
    [
        pytest.param(("nas.lan:8787",), (), None, id="a local name"),
        pytest.param(("[fe80::1]:8787",), (), None, id="an address"),
        pytest.param(("Watch.Example.com",), (" watch.example.COM ",), None, id="a name that was allowed"),
        pytest.param(
            ("evil.example.com:8787",), ("watch.example.com",), "evil.example.com", id="another name"
        ),
        pytest.param(("nas.lan", "evil.example.com"), (), "evil.example.com", id="every name has to be ours"),
        pytest.param(("",), (), "", id="no name"),
        pytest.param(("evil.com@127.0.0.1",), (), "", id="a name with a user"),
        pytest.param(("127.0.0.1/evil.com",), (), "", id="a name with a path"),
        pytest.param(("127.0.0.1, evil.com",), (), "", id="two names in one"),
        pytest.param(("127.0.0.1:port",), (), "", id="a port that is none"),
    ],
)
def test_a_name_that_is_not_ours_is_noticed(hosts, allowed, foreign):
    assert foreign_name(Visitor(address=None, hosts=hosts), allowed) == foreign
