"""Who is at the other end of a connection: the socket says so, and nobody else.

uvicorn believes `X-Forwarded-For` by a list of its own (`--forwarded-allow-ips`, this machine if nothing is
said), and then puts the address that a header names where the socket's was. The door has to see the socket's
own, for it believes such headers by `web.trusted_proxies` alone. `crosswatch serve` switches that off; where
uvicorn was started by hand, it is taken out of the way before the first connection is made.

Source: uvicorn 0.54, `config.py` (the middleware is put around the app as it is loaded) and `protocols/http`
(each connection takes the app from the configuration).
"""

from __future__ import annotations

import logging
import signal

log = logging.getLogger("crosswatch.web")


def take_peers_from_sockets() -> None:
    """Have uvicorn, if that is what runs us, leave the addresses of connections as they are."""
    import uvicorn  # noqa: PLC0415 -- loaded already where it matters
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware  # noqa: PLC0415

    for number in (signal.SIGINT, signal.SIGTERM):
        server = getattr(signal.getsignal(number), "__self__", None)
        if not isinstance(server, uvicorn.Server):
            continue
        outermost = server.config.loaded_app
        if isinstance(outermost, ProxyHeadersMiddleware):
            server.config.loaded_app = outermost.app
            log.debug("uvicorn's own reading of forwarded headers is off", extra={"event": "web.peers"})
