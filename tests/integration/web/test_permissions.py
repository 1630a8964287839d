"""The door's table and the router mean the same by an address."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.access.register import Scope
from crosswatch.web.factory import create_app
from crosswatch.web.permissions import RULES, rule_for
from tools.attacks import addresses

ROUTES = [
    (method, route.path, route.path_regex)
    for included in create_app().routes
    for route in getattr(getattr(included, "original_router", None), "routes", ())
    for method in route.methods
]
PIECES = sorted(
    {piece for _, path, _ in ROUTES for piece in path.split("/") if piece} | {"x1", "..", ".", ""}
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
def test_every_rule_is_about_an_address_that_there_is(rule):
    assert any(rule.fits(method, path) for method, path in addresses())


@given(
    pieces=st.lists(
        st.one_of(st.sampled_from(PIECES), st.text(alphabet="aZ0./%;{}~ü \n", max_size=4)),
        min_size=1,
        max_size=6,
    ),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]),
)
def test_whatever_the_router_takes_for_an_address_needs_what_that_address_needs(pieces, method):
    path = "/" + "/".join(pieces)
    if not path.isprintable():  # the door turns those away
        return
    for known, template, pattern in ROUTES:
        if known == method and pattern.match(path):
            assert rule_for(method, path).scope == rule_for(method, template).scope


def test_what_nobody_has_named_can_be_read_by_readers_and_changed_by_administrators():
    assert rule_for("GET", "/something/new").scope is Scope.READ
    assert rule_for("OPTIONS", "/api/config").scope is Scope.READ
    for method in ("POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", ""):
        assert rule_for(method, "/something/new").scope is Scope.ADMIN


def test_the_description_of_the_api_says_what_each_address_needs():
    paths = create_app().openapi()["paths"]
    for path, verbs in paths.items():
        for verb, operation in verbs.items():
            scope = rule_for(verb.upper(), path).scope
            assert operation["x-needs"] == (scope or "nothing")
            assert bool(operation["security"]) == (scope is not None)
    assert paths["/healthz"]["get"]["security"] == []
    assert paths["/api/config"]["get"]["x-needs"] == "admin"


def test_head_is_asked_what_get_is_asked():
    assert rule_for("HEAD", "/api/config").scope is Scope.ADMIN
    assert rule_for("HEAD", "/healthz").scope is None


@pytest.mark.parametrize("path", ["/api/config\n", "/healthz\x00", "/\u2028", "/\x7f"])
async def test_an_address_with_what_cannot_be_seen_is_none(web, path):
    quoted = "".join(
        f"%{byte:02x}" if not re.match(rb"[/\w]", bytes([byte])) else chr(byte) for byte in path.encode()
    )
    assert (await web.get(quoted)).status == 404
