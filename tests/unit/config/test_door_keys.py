from __future__ import annotations

import pytest

from crosswatch.config.model import default_document, parse_settings
from crosswatch.errors import ConfigError


def document(web=None, access=None):
    return {**default_document(), "web": web or {}, "access": access or {}}


def test_left_out_the_door_is_as_closed_as_it_can_be():
    settings = parse_settings(default_document())
    assert settings.web.trusted_proxies == ()
    assert settings.access.open_networks == ()
    assert not settings.access.external


@pytest.mark.parametrize(
    "good",
    [
        {"web": {"base_path": "/crosswatch/"}},
        {"web": {"trusted_proxies": ["172.18.0.0/16", "fd00::2"]}},
        {"access": {"open_networks": ["192.168.1.0/24", "::/0"]}},
        {"web": {"trusted_proxies": ["10.0.0.2"]}, "access": {"external": True, "external_header": "X-User"}},
    ],
)
def test_what_can_be_meant_is_taken(good):
    parse_settings(document(**good))


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        pytest.param({"web": {"base_path": "/a/../b"}}, "web.base_path", id="a path that climbs"),
        pytest.param({"web": {"trusted_proxies": ["proxy"]}}, "web.trusted_proxies[0]", id="a proxy by name"),
        pytest.param(
            {"web": {"trusted_proxies": ["10.0.0.2", "0.0.0.0/0"]}},
            "web.trusted_proxies[1]",
            id="everybody is a proxy",
        ),
        pytest.param(
            {"access": {"open_networks": ["192.168.1"]}}, "access.open_networks[0]", id="half an address"
        ),
        pytest.param({"access": {"external": True}}, "access.external", id="a proxy that nobody has named"),
        pytest.param(
            {"access": {"external_header": "Remote User:"}}, "access.external_header", id="no header"
        ),
    ],
)
def test_what_would_let_the_wrong_people_in_is_refused_and_named(wrong, key):
    with pytest.raises(ConfigError) as refused:
        parse_settings(document(**wrong))
    assert refused.value.key == key
    assert key in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest", "http://2852039166:80", "http://[fe80::1]:32400"]
)
@pytest.mark.parametrize("key", ["server_url", "tv_url"])
def test_an_address_at_which_no_server_of_the_user_can_be_is_refused(address, key):
    made = default_document()
    made["plex"][key] = address
    with pytest.raises(ConfigError) as refused:
        parse_settings(made)
    assert refused.value.key == f"plex.{key}"
