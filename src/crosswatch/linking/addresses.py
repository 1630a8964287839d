"""Addresses of Plex servers as people type them, repaired where it is certain what was meant. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crosswatch.config.addresses import is_forbidden_destination, parse_address
from crosswatch.core.phrases import say

DEFAULT_PORT = 32400
OWN_NAMES = ("localhost", "ip6-localhost")
EXAMPLE = "192.168.1.20:32400"

_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://+|(?P<slip>https?)(?::/?|//)(?=[^/])", re.IGNORECASE)
_PLEX_PAGES = ("app.plex.tv", "www.plex.tv", "plex.tv", "watch.plex.tv")


class UnfitAddressError(ValueError):
    """What was typed is no address of a Plex server; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """An address that can be asked.

    Attributes:
        url: Scheme, host, port, and a path if a proxy needs one.
        is_own: Whether it is the machine, or the container, that asks.
    """

    url: str
    is_own: bool


def repair(text: str) -> Repaired:
    """The address that was meant.

    A scheme and a port that are missing are added, the path of Plex's own web page and everything behind it
    is taken away. An https address keeps its own port, for it is mostly a proxy's.

    Raises:
        UnfitAddressError: If it is none, or cannot be a server's.
    """
    bare = "".join(text.split()).strip("<>\"'")
    if not bare:
        raise UnfitAddressError(
            say("Type the address of your Plex server, such as {example}.", example=EXAMPLE)
        )
    match = _SCHEME.match(bare)
    scheme = ((match["scheme"] or match["slip"]) if match else "").lower()
    rest = bare[match.end() :] if match else bare
    if scheme in ("ws", "wss"):
        scheme = scheme.replace("ws", "http")
    if scheme not in ("", "http", "https"):
        raise UnfitAddressError(
            say(
                "{scheme}:// is not how Plex is reached. Try http://{example}.",
                scheme=scheme,
                example=EXAMPLE,
            )
        )
    host, port, path = _parts(rest)
    _require_host(host)
    if not scheme:
        scheme = "https" if host.endswith(".plex.direct") or port == 443 else "http"  # noqa: PLR2004 -- https
    if port is None and (scheme == "http" or host.endswith(".plex.direct")):
        port = DEFAULT_PORT
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    return Repaired(url=f"{scheme}://{place}{path}", is_own=is_own(host))


def is_own(host: str) -> bool:
    """Whether a host is whoever asks."""
    address = parse_address(host)
    return host in OWN_NAMES or (address is not None and address.is_loopback)


def _parts(rest: str) -> tuple[str, int | None, str]:
    """Host, port and path; what follows a question mark or a hash sign may be secret and is dropped."""
    if parse_address(rest) is not None and rest.count(":") > 1:
        return rest.strip("[]").lower(), None, ""
    try:
        parts = urlsplit(f"//{rest}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise UnfitAddressError(
            say(
                "The port makes no sense. Behind the colon comes a number, mostly {port}.",
                port=DEFAULT_PORT,
            )
        ) from None
    if port == 0:
        raise UnfitAddressError(say("Port 0 cannot be. Plex mostly answers at {port}.", port=DEFAULT_PORT))
    path = re.sub(r"/(?:web|identity|desktop)(?:/.*)?$|/index\.html$", "", parts.path).rstrip("/")
    return host, port, path


def _require_host(host: str) -> None:
    """Refuse what is no host, or none at which a server of the user can be.

    Raises:
        UnfitAddressError: With what to type instead.
    """
    if not host:
        raise UnfitAddressError(
            say("There is no host in it. It should look like {example}.", example=EXAMPLE)
        )
    if host in _PLEX_PAGES:
        raise UnfitAddressError(
            say(
                "{host} is Plex's own website, not your server. Type the server's address in your "
                "network, such as {example}.",
                host=host,
                example=EXAMPLE,
            )
        )
    if re.fullmatch(r"[0-9.]+", host) and parse_address(host) is None:
        raise UnfitAddressError(
            say(
                "{host} is not a whole address: it takes four numbers from 0 to 255 without leading "
                "zeros, such as 192.168.1.20.",
                host=host,
            )
        )
    if parse_address(host) is None and not re.fullmatch(r"[\w-]+(?:\.[\w-]+)*", host):
        raise UnfitAddressError(
            say(
                "{host} is not a name of a machine. It should look like {example}.",
                host=host[:60],
                example=EXAMPLE,
            )
        )
    if is_forbidden_destination(host):
        raise UnfitAddressError(
            say("No server of yours can be at that address (link-local, or a cloud's own).")
        )
