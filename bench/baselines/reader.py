"""Decodes each frame of a socket with the standard library, and does nothing with it.

`python -m bench.baselines.reader <socket URL>`
"""

from __future__ import annotations

import json
import sys

import aiohttp
import uvloop


async def main(socket_url: str) -> None:
    """Read until the socket ends."""
    async with aiohttp.ClientSession() as http, http.ws_connect(socket_url) as socket:
        async for message in socket:
            json.loads(message.data)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
