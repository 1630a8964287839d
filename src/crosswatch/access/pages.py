"""Whether a page of ours asks, or a stranger's page makes a browser ask. Pure.

A browser sends along whatever lets its user in: a cookie, an address in the right network, a proxy's sign-in.
So for changes it has to be a page of ours that asks. Browsers say which page it is: by `Sec-Fetch-Site` over
TLS and at this machine, by `Origin` with every POST, by `Referer` mostly. Programs say nothing.

A name that a stranger points at this machine (DNS rebinding) makes the stranger's page one of ours, as far
as browsers can tell. So where nothing but the network lets people in, the name has to be one that no stranger
can point here.

Source: UX notes, section 7.2, and the measurements in 3.2.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crosswatch.config.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Collection

    from crosswatch.access.headers import Heads
    from crosswatch.access.visitors import Visitor

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_OWN_SITE = frozenset({"same-origin", "none"})
_LOCAL_ENDINGS = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal")
_PORTS = {"http": 80, "https": 443}
_NO_AUTHORITY = re.compile(r"[^\w.:\[\]~-]")


class Asker(Enum):
    """Whose page it is that asks."""

    OURS = auto()
    STRANGERS = auto()
    UNSAID = auto()


def asker(heads: Heads, visitor: Visitor) -> Asker:
    """Whose page asks, by what the browser says of it."""
    site = heads.get("sec-fetch-site")
    if site is not None:
        return Asker.OURS if site in _OWN_SITE else Asker.STRANGERS
    for name in ("origin", "referer"):
        page = heads.get(name)
        if page is not None:
            return Asker.OURS if any(_is_page_of(page, host) for host in visitor.hosts) else Asker.STRANGERS
    return Asker.UNSAID


def foreign_name(visitor: Visitor, allowed_hosts: Collection[str]) -> str | None:
    """The name under which the pages were asked for and that a stranger may have pointed here, or None."""
    allowed = {name.strip().casefold() for name in allowed_hosts}
    names = [host_name(host) for host in visitor.hosts]
    return next((name for name in names if not is_local_name(name) and name not in allowed), None)


def is_local_name(name: str) -> bool:
    """Whether no stranger can have pointed the name here: an address, or a name of a local network."""
    if parse_address(name) is not None:
        return True
    return bool(name) and ("." not in name or name.endswith(_LOCAL_ENDINGS))


def host_name(host: str) -> str:
    """The name in an authority such as `NAS.lan:8787`, in lower case; empty for one that makes no sense."""
    return "" if _NO_AUTHORITY.search(host) else _site(f"http://{host}")[0]


def _is_page_of(page: str, host: str) -> bool:
    """Whether the page at this address was served under that authority; `null` and nonsense never were."""
    site = _site(page)
    return bool(site[0]) and site == _site(f"{page.partition('://')[0]}://{host}")


def _site(address: str) -> tuple[str, int | None]:
    """Host in lower case and port of an address; ("", None) for one that makes no sense, such as `null`."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", None
    return (parts.hostname or "").rstrip(".").casefold(), port
