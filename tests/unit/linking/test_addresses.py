"""What people type for the address of their server, and what becomes of it."""

from __future__ import annotations

import pytest

from crosswatch.linking.addresses import UnfitAddressError, repair
from crosswatch.linking.probing import leads_home

MEANT = {
    "192.168.1.20": "http://192.168.1.20:32400",
    " 192.168.1.20 : 32400 ": "http://192.168.1.20:32400",
    "nas": "http://nas:32400",
    "NAS.lan:8080": "http://nas.lan:8080",
    "http:nas": "http://nas:32400",
    "http//nas": "http://nas:32400",
    "https:/nas:1": "https://nas:1",
    "http:///nas": "http://nas:32400",
    "httpd.lan": "http://httpd.lan:32400",
    "ws://nas:32400": "http://nas:32400",
    "https://plex.example.com/": "https://plex.example.com",
    "plex.example.com:443": "https://plex.example.com:443",
    "https://plex.example.com/plex/web/index.html#!/home": "https://plex.example.com/plex",
    "http://nas:32400/web/index.html#!/settings": "http://nas:32400",
    "http://nas:32400/identity": "http://nas:32400",
    "http://nas:32400/?X-Plex-Token=secret": "http://nas:32400",
    "http://me:secret@nas": "http://nas:32400",
    "https://192-168-1-20.0123abcd.plex.direct": "https://192-168-1-20.0123abcd.plex.direct:32400",
    "192-168-1-20.0123abcd.plex.direct": "https://192-168-1-20.0123abcd.plex.direct:32400",
    "fd00::5": "http://[fd00::5]:32400",
    "[fd00::5]:32400": "http://[fd00::5]:32400",
    "<http://nas:32400>": "http://nas:32400",
}

UNFIT = {
    "": "Type the address",
    "   ": "Type the address",
    "http://": "no host in it",
    "10.0.042": "10.0.042 is not a whole address",
    "10.0.0.042": "without leading zeros",
    "192.168.1.256": "four numbers from 0 to 255",
    "192.168.1": "not a whole address",
    "nas:port": "The port makes no sense",
    "nas:99999": "The port makes no sense",
    "nas:0": "Port 0 cannot be",
    "ftp://nas": "ftp:// is not how Plex is reached",
    "app.plex.tv/desktop/#!/": "Plex's own website",
    "https://www.plex.tv": "Plex's own website",
    "my server!": "is not a name of a machine",
    "169.254.169.254": "No server of yours",
    "0.0.0.0": "No server of yours",
}


@pytest.mark.parametrize(("typed", "meant"), MEANT.items(), ids=MEANT)
def test_what_was_typed_is_repaired(typed, meant):
    assert repair(typed).url == meant


@pytest.mark.parametrize("meant", sorted(set(MEANT.values())))
def test_what_was_repaired_stays_as_it_is(meant):
    assert repair(meant).url == meant


@pytest.mark.parametrize(("typed", "said"), UNFIT.items(), ids=[repr(typed) for typed in UNFIT])
def test_what_cannot_be_meant_is_refused_with_a_sentence(typed, said):
    with pytest.raises(UnfitAddressError, match=said) as refused:
        repair(typed)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("typed", "is_own"), [("localhost", True), ("127.0.0.1:1", True), ("::1", True), ("nas", False)]
)
def test_the_asker_itself_is_recognised(typed, is_own):
    assert repair(typed).is_own is is_own


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://192-168-1-20.0123abcd.plex.direct:32400", True),
        ("https://10-0-0-2.0123abcd.plex.direct", True),
        ("https://203-0-113-7.0123abcd.plex.direct:32400", False),
        ("https://192-168-1-20.example.com", False),
        ("http://192.168.1.20:32400", False),
    ],
)
def test_a_name_that_routers_forbid_is_recognised(url, leads):
    assert leads_home(url) is leads
