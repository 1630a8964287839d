"""Addresses, networks and paths, as people type them into `config.json` and as proxies name them. Pure.

What a visitor's address is compared with, and what the app itself may connect to, is read here once and in
one way: an IPv4 address inside an IPv6 one is the IPv4 address, and a zone is of no account.
"""

from __future__ import annotations

import re
import socket
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_PREFIX = 200
MAPPED_BITS = 96

_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-]+)+")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_UNSPECIFIED_AND_OWN = IPv6Network("::/112")
_NEAR = tuple(
    map(
        ip_network,
        (
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "::1/128",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
_FORBIDDEN = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # "this machine", by another name
            "169.254.0.0/16",  # link-local; clouds answer there with the machine's own credentials
            "100.100.100.200/32",  # the same at one that does not keep to the range
            "168.63.129.16/32",
            "192.0.0.192/32",
            "224.0.0.0/3",  # multicast, reserved, broadcast
            "::/128",
            "fe80::/10",
            "fd00:ec2::/32",  # and by IPv6
            "ff00::/8",
        ),
    )
)


def parse_address(text: str) -> Address | None:
    """The address, or None for whatever is none; brackets and a zone may be there."""
    bare = text.strip().removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def parse_network(text: str) -> Network | None:
    """The network (`192.168.1.0/24`, `fd00::/8`, or one address), or None for whatever is none."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.prefixlen >= MAPPED_BITS:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, found.prefixlen - MAPPED_BITS))
    return found


@cache
def networks_of(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Those of the texts that are networks; a valid configuration holds no others."""
    return tuple(network for network in map(parse_network, texts) if network is not None)


def is_within(address: Address | None, networks: tuple[Network, ...]) -> bool:
    """Whether the address is known and lies in one of the networks."""
    return address is not None and any(
        address in network for network in networks if network.version == address.version
    )


def is_near(address: Address | None) -> bool:
    """Whether it is this machine, or a private or link-local address; an unknown one is not.

    The ranges that providers share among customers (100.64.0.0/10) are not private.
    """
    return is_within(address, _NEAR)


def clean_prefix(text: str) -> str | None:
    """The path below which the pages are: empty, or `/some/where`; None for what nobody should put there.

    A slash before it may be missing and one behind it is taken away. Dots, empty steps, and whatever has a
    meaning in addresses, headers or cookies is refused.
    """
    bare = text.strip().removesuffix("/")
    if not bare:
        return ""
    path = bare if bare.startswith("/") else f"/{bare}"
    return path if len(path) <= LONGEST_PREFIX and _PREFIX.fullmatch(path) else None


def is_forbidden_destination(host: str) -> bool:
    """Whether the host is an address to which the app must not connect, whoever typed it, in any spelling.

    A name is none; what it leads to is looked at when it is resolved.
    """
    found = parse_address(host) or _old_spelling(host)
    return found is not None and any(is_within(address, _FORBIDDEN) for address in _with_embedded(found))


def _old_spelling(host: str) -> IPv4Address | None:
    """An IPv4 address as one number, in hexadecimal or with parts left out, as C libraries take it."""
    try:
        return IPv4Address(socket.inet_aton(host.strip()))
    except OSError:
        return None


def _with_embedded(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address that a translator on the way would make of it."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address in _NAT64 or (address in _COMPATIBLE and address not in _UNSPECIFIED_AND_OWN):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
