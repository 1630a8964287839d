"""The same pages at the root, below a path, and below a path that changes with each request."""

from __future__ import annotations

import re

import pytest

PAGE = {"accept": "text/html"}
PROXY, FAR = "172.18.0.2", "203.0.113.9"
INGRESS = "/api/hassio_ingress/Zm9v-_YmFy"


@pytest.fixture
async def below(web):
    """The app with a configured path and a listed proxy, before there is a password."""
    document = (await web.get("/api/config")).json()
    await web.post("/api/config", {**document, "web": {"base_path": "/cw", "trusted_proxies": [PROXY]}})
    return web


WAYS = [
    pytest.param({}, "/", "127.0.0.1", id="at the root"),
    pytest.param({}, "/cw/", "127.0.0.1", id="below the path, by a proxy that leaves it and is not listed"),
    pytest.param({}, "/cw/", PROXY, id="below the path, by a listed proxy that leaves it"),
    pytest.param({}, "/", PROXY, id="below the path, by a listed proxy that takes it away"),
    pytest.param({"x-forwarded-prefix": "/media/cw"}, "/", PROXY, id="below a path that the proxy names"),
    pytest.param({"x-forwarded-prefix": "/media"}, "/media/", PROXY, id="below one that it names and leaves"),
    pytest.param({"x-ingress-path": INGRESS}, "/", PROXY, id="ingress"),
]


@pytest.mark.parametrize(("headers", "root", "peer"), WAYS)
async def test_pages_programs_and_streams_are_found_whatever_lies_before_them(below, headers, root, peer):
    open_ = {"access": {"open_networks": ["0.0.0.0/0"]}}
    document = (await below.get("/api/config")).json()
    await below.post("/api/config", {**document, **open_})
    headers = {**headers, "x-forwarded-for": "192.168.1.20"} if headers else headers

    page = await below.get(root, headers={**headers, **PAGE}, peer=peer)
    assert page.status == 200
    assert 'href="./static/style.css"' in page.text
    assert 'data-stream="./api/events"' in page.text

    for path in ("api/plays", "api/logs/dump", "static/live.js", "healthz"):
        assert (await below.get(root + path, headers=headers, peer=peer)).status == 200, path
    deep = await below.get(f"{root}no/such/page", headers={**headers, **PAGE}, peer=peer)
    assert (deep.status, 'href="../../static/style.css"' in deep.text) == (404, True)


@pytest.mark.parametrize("root", ["/", "/cw/"])
async def test_streams_are_found_as_well(below, root):
    async with below.stream(f"{root}api/logs/stream") as pieces:
        assert b"retry" in await pieces.get()


async def test_every_address_in_a_page_is_relative(below):
    for path in ("/", "/cw/", "/cw/no/such/page"):
        page = (await below.get(path, headers=PAGE)).text
        addresses = re.findall(r'(?:href|src|action|data-stream)="([^"]*)"', page)
        assert addresses
        assert [address for address in addresses if address.startswith(("/", "http"))] == []


async def test_the_path_without_its_slash_leads_to_the_one_with_it(below):
    """From `/cw` a browser would look for `static/…` at the root."""
    answer = await below.get("/cw", headers=PAGE)
    assert (answer.status, answer.headers["location"]) == (307, "/cw/")


@pytest.mark.parametrize("path", ["/cwx/api/plays", "/CW/api/plays", "/other/api/plays", "/cw/cw/api/plays"])
async def test_another_path_is_no_way_in(below, path):
    assert (await below.get(path)).status == 404


@pytest.mark.parametrize(
    "prefix",
    [
        "//evil.example.com",
        "/a/../b",
        "/%2e%2e",
        "/a;b",
        "/a b",
        "https://evil.example.com",
        "/a,/b",
        "\t",
        "/" + "a" * 300,
    ],
)
@pytest.mark.parametrize("header", ["x-forwarded-prefix", "x-ingress-path"])
async def test_a_path_that_makes_no_sense_counts_as_none(below, header, prefix):
    headers = {header: prefix, **PAGE}
    answer = await below.get("/sign-in", headers=headers, peer=PROXY)
    assert answer.headers["location"] == "./setup/claim"
    assert (await below.get("/healthz", headers=headers, peer=PROXY)).status == 200


@pytest.mark.parametrize("header", ["x-forwarded-prefix", "x-ingress-path"])
async def test_nobody_but_a_listed_proxy_says_where_the_pages_are(below, header):
    answer = await below.get("/evil/healthz", headers={header: "/evil"}, peer=FAR)
    assert answer.status == 401


async def test_inside_another_page_only_its_own_site_may_show_ours(below):
    inside = await below.get("/sign-in", headers={"x-ingress-path": INGRESS}, peer=PROXY)
    assert "frame-ancestors 'self'" in inside.headers["content-security-policy"]
    for headers, peer in (({}, PROXY), ({"x-ingress-path": INGRESS}, FAR)):
        outside = await below.get("/sign-in", headers=headers, peer=peer)
        assert "frame-ancestors 'none'" in outside.headers["content-security-policy"]


async def test_what_the_server_itself_was_told_counts_where_nothing_else_does(web):
    answer = await web.get("/sign-in", headers=PAGE, root_path="/told")
    assert (answer.status, answer.headers["location"]) == (303, "./setup/claim")
    assert (await web.get("/healthz", root_path="/told")).status == 200


async def test_a_page_that_breaks_is_found_where_its_styles_are(below, runtime):
    def breaks():
        raise RuntimeError

    runtime.watch_status = breaks
    page = await below.get("/cw/", headers=PAGE)
    assert page.status == 500
    assert 'href="./static/style.css"' in page.text


async def test_plex_is_to_be_told_the_address_that_a_listed_proxy_names(below):
    open_ = {"access": {"open_networks": ["0.0.0.0/0"]}}
    document = (await below.get("/api/config")).json()
    await below.post("/api/config", {**document, **open_})
    said = {"x-forwarded-for": "192.168.1.20", "x-forwarded-proto": "https", "x-forwarded-host": "nas.lan"}
    page = await below.get("/cw/settings/webhooks", headers={**said, **PAGE}, peer=PROXY)
    assert "https://nas.lan/cw/webhook/trakt" in page.text
