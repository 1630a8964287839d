"""A proxy such as people put before the pages: it shows them below a path, and says so in its headers."""

from __future__ import annotations

from typing import Self

import aiohttp
from aiohttp import web

ADDRESS = "127.0.0.2"
"""From where it asks; the app lists it as a proxy, and this machine's usual address not."""

PASSED_ON = ("accept", "content-type", "cookie", "last-event-id", "origin", "referer", "x-csrf-token")
PASSED_BACK = ("content-type", "content-security-policy", "location", "set-cookie", "cache-control", "etag")


class PathProxy:
    """Home Assistant's ingress: the path changes with each session, and is taken away before the app sees it.

    Args:
        app: Where the app is, without a slash at its end.
        path: Below which path the pages are shown.
        says_so: Whether it tells the app, as it should.
    """

    def __init__(self, app: str, path: str, *, says_so: bool = True) -> None:
        self._app = app
        self._says_so = says_so
        self._path = path
        self.port = 0

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}{self._path}/"

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(local_addr=(ADDRESS, 0), limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, connect=5),
            auto_decompress=False,
        )
        server = web.Application()
        server.router.add_route("*", f"{self._path}/{{way:.*}}", self._pass_on)
        self._runner = web.AppRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._http.close()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        headers |= {
            **({"X-Ingress-Path": self._path} if self._says_so else {}),
            "X-Forwarded-For": request.remote or "",
            "X-Forwarded-Host": request.headers["host"],
        }
        way = request.rel_url.raw_path_qs.removeprefix(self._path)
        try:
            asked = await self._http.request(
                request.method,
                self._app + way,
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            )
        except aiohttp.ClientError:
            return web.Response(status=502)
        async with asked as answer:
            back = web.StreamResponse(status=answer.status)
            for name in PASSED_BACK:
                for value in answer.headers.getall(name, ()):
                    back.headers.add(name, value)
            await back.prepare(request)
            try:
                async for piece in answer.content.iter_any():
                    await back.write(piece)
            except (aiohttp.ClientError, ConnectionResetError):
                request.transport and request.transport.close()
            return back
