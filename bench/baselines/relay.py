"""Each frame of a socket becomes the same POST, at once: no decision, no row, nothing kept.

`python -m bench.baselines.relay <socket URL> <token> <URL> <headers and body as JSON>`
"""

from __future__ import annotations

import json
import sys

import aiohttp
import uvloop


async def main(socket_url: str, token: str, url: str, request: str) -> None:
    """Relay until the socket ends."""
    asked = json.loads(request)
    body = json.dumps(asked["body"]).encode()
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(socket_url, headers={"X-Plex-Token": token}) as socket,
    ):
        async for _ in socket:
            async with http.post(url, data=body, headers=asked["headers"]) as answer:
                await answer.read()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
