"""Connections that the app itself makes: none to where no server of the user can be.

People type addresses, Plex names more of them, and a name may lead anywhere. What is written down is checked
when it is written (`crosswatch.config.validation`); here each connection is checked by the very address that
it is about to go to, after every name was resolved, so that no name gets past it.
"""

from __future__ import annotations

import errno
import socket
from functools import partial
from typing import Any, cast

import aiohttp

from crosswatch.beside import run_beside
from crosswatch.config.addresses import is_forbidden_destination

DNS_KEPT_S = 60

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""One answer of `socket.getaddrinfo`: family, kind, protocol, canonical name, address."""


def make_connector() -> aiohttp.TCPConnector:
    """What an HTTP client connects by; made on the running loop."""
    # The resolver asks its loop for names and for nothing else.
    names = aiohttp.ThreadedResolver(cast("Any", _Names()))
    return aiohttp.TCPConnector(limit=0, ttl_dns_cache=DNS_KEPT_S, resolver=names, socket_factory=open_socket)


def open_socket(info: AddressInfo) -> socket.socket:
    """A socket for a connection to that address.

    Raises:
        OSError: If nothing may be fetched from there.
    """
    family, kind, protocol, _, address = info
    if is_forbidden_destination(str(address[0])):
        raise OSError(errno.EACCES, "no server of yours can be at this address", str(address[0]))
    return socket.socket(family, kind, protocol)


class _Names:
    """Resolves names in threads of their own.

    In the loop's threads, names that nobody answers would keep all other work from them, and the process from
    its end.
    """

    async def getaddrinfo(self, host: str, port: int, **options: Any) -> Any:
        return await run_beside(partial(socket.getaddrinfo, host, port, **options), "names")

    async def getnameinfo(self, address: tuple[Any, ...], flags: int) -> tuple[str, str]:
        return await run_beside(partial(socket.getnameinfo, address, flags), "names")
