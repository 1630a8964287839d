"""Who is asking, and from where, as far as that is to be believed. Pure.

Only the address at the other end of the connection cannot be made up. Everything that headers say about a
request's origin is believed only if that address is one of a listed proxy; that somebody says it at all is
noticed from anybody, for then the connection's address is not the visitor's.

Source: UX notes, sections 7.1 and 7.6; RFC 7239 for `Forwarded`; `X-Ingress-Path` as Home Assistant sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.config.addresses import Address, clean_prefix, is_near, is_within, parse_address

if TYPE_CHECKING:
    from crosswatch.access.headers import Heads
    from crosswatch.config.addresses import Network

LONGEST_NAME = 200
SCHEMES = frozenset({"http", "https"})

_FORWARDING_PREFIX = "x-forwarded"
_FORWARDING = frozenset(
    {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-ingress-path",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom to believe.

    Attributes:
        proxies: Networks whose headers are believed.
        base_path: The path below which the pages are, where no proxy says otherwise.
        user_header: The header that names whom the proxy has signed in; empty if proxies sign nobody in.
    """

    proxies: tuple[Network, ...] = ()
    base_path: str = ""
    user_header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A request's origin.

    Attributes:
        address: Who asks; None if that is not known.
        is_forwarded: Whether somebody in between has passed the request on, believed or not.
        is_vouched: Whether the connection is a listed proxy's.
        scheme: `http` or `https`, as the browser sees it.
        hosts: The authorities (`nas.lan:8787`) under which the pages were asked for; more than one if a proxy
            says another than it sends.
        prefix: The path below which the browser sees the pages, empty or `/some/where`.
        is_embedded: Whether a listed proxy shows the pages inside its own.
        user: Whom a listed proxy has signed in, or empty.
    """

    address: Address | None
    is_forwarded: bool = False
    is_vouched: bool = False
    scheme: str = "http"
    hosts: tuple[str, ...] = ()
    prefix: str = ""
    is_embedded: bool = False
    user: str = ""

    @property
    def is_at_hand(self) -> bool:
        """Whether they sit at this machine or in a private network, with nobody in between."""
        return not self.is_forwarded and is_near(self.address)

    @property
    def source(self) -> str:
        """What counts as one source of tries: an IPv4 address, or the network of a household's IPv6 ones."""
        if self.address is None:
            return "unknown"
        if self.address.version == 4:  # noqa: PLR2004 -- IPv4
            return str(self.address)
        return f"{self.address.exploded[:19]}::/64"


def meet(peer: str | None, scheme: str, path: str, heads: Heads, trust: Trust) -> Visitor:
    """Who asks.

    Args:
        peer: The address at the other end of the connection; None if the server does not say.
        scheme: As the connection is.
        path: What was asked for, before any prefix is taken away.
        heads: The request's headers.
        trust: Whom to believe.
    """
    near_end = parse_address(peer or "")
    is_vouched = is_within(near_end, trust.proxies)
    forwarded = is_passed_on(heads)
    own_host = heads.get("host") or ""
    if not is_vouched:
        return Visitor(
            address=near_end,
            is_forwarded=forwarded,
            scheme=scheme,
            hosts=(own_host,),
            prefix=trust.base_path if is_below(path, trust.base_path) else "",
        )
    ingress = clean_prefix(heads.get("x-ingress-path") or "")
    said_scheme = (heads.listed("x-forwarded-proto") or [scheme])[0]
    return Visitor(
        address=_first_stranger(heads.listed("x-forwarded-for"), trust.proxies) if forwarded else near_end,
        is_forwarded=forwarded,
        is_vouched=True,
        scheme=said_scheme if said_scheme in SCHEMES else scheme,
        hosts=tuple(dict.fromkeys((own_host, *heads.listed("x-forwarded-host")))),
        prefix=ingress or clean_prefix(heads.get("x-forwarded-prefix") or "") or trust.base_path,
        is_embedded=bool(ingress),
        user=_user_name(heads.get(trust.user_header.lower()) if trust.user_header else None),
    )


def is_passed_on(heads: Heads) -> bool:
    """Whether any header says that the request came by way of somebody else."""
    return any(name in _FORWARDING or name.startswith(_FORWARDING_PREFIX) for name in heads)


def is_below(path: str, prefix: str) -> bool:
    """Whether the path is the prefix or lies below it."""
    return path == prefix or path.startswith(f"{prefix}/")


def _first_stranger(hops: list[str], proxies: tuple[Network, ...]) -> Address | None:
    """The last address that no listed proxy vouches for; each proxy has added the one before it.

    None if that entry is no address: whatever stands before it could have been made up by anybody.
    """
    address = None
    for hop in reversed(hops):
        address = _hop_address(hop)
        if not is_within(address, proxies):
            break
    return address


def _hop_address(hop: str) -> Address | None:
    """The address of `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or `[2001:db8::1]:443`."""
    if hop.startswith("["):
        return parse_address(hop.partition("]")[0])
    return parse_address(hop.partition(":")[0] if hop.count(":") == 1 else hop)


def _user_name(value: str | None) -> str:
    """The name, if it is one: a header that came twice, or holds what no name holds, names nobody."""
    name = value or ""
    return name if len(name) <= LONGEST_NAME and name.isprintable() and "," not in name else ""
