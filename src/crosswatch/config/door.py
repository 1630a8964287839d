"""The keys of `config.json` that say who may come in: whether what is written there can be meant.

A network that is mistyped, or a proxy's word that anybody could give, would let the wrong people in without a
word. So it is refused, and the key is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswatch.config.addresses import clean_prefix, parse_network
from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from crosswatch.config.model import Settings

_HEADER = re.compile(r"[A-Za-z0-9-]+")


def check_door(settings: Settings) -> None:
    """Check what is written about visitors.

    Raises:
        ConfigError: If a network, path or header is none, or a proxy is to sign people in and none is listed.
            Names the key.
    """
    web, access = settings.web, settings.access
    if clean_prefix(web.base_path) is None:
        key = "web.base_path"
        raise ConfigError(
            say("{key} must be empty or a path such as /crosswatch, of letters, digits, - and _.", key=key),
            key=key,
        )
    _require_networks("web.trusted_proxies", web.trusted_proxies, everybody=False)
    _require_networks("access.open_networks", access.open_networks, everybody=True)
    if not _HEADER.fullmatch(access.external_header):
        key = "access.external_header"
        raise ConfigError(say("{key} must be the name of a header, such as Remote-User.", key=key), key=key)
    if access.external and not web.trusted_proxies:
        key = "access.external"
        raise ConfigError(
            say(
                "{key} needs web.trusted_proxies: without a list of proxies that are believed, "
                "anybody could say who they are.",
                key=key,
            ),
            key=key,
        )


def _require_networks(key: str, texts: tuple[str, ...], *, everybody: bool) -> None:
    for place, text in enumerate(texts):
        where = f"{key}[{place}]"
        network = parse_network(text)
        if network is None:
            raise ConfigError(
                say(
                    "{where} must be an address or a network, such as 192.168.1.0/24 or fd00::/8, not "
                    "{text}.",
                    where=where,
                    text=repr(text[:60]),
                ),
                key=where,
            )
        if network.prefixlen == 0 and not everybody:
            raise ConfigError(
                say("{where} must not be the whole internet: anybody would be believed.", where=where),
                key=where,
            )
