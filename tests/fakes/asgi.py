"""Calls an ASGI app as a server does, without sockets: for tests that need an answer, not a network."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Requests to one app; its lifespan runs as long as the block of `called`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.last_stream_headers: dict[str, str] = {}

    async def __call__(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        root_path: str = "",
        peer: str = "127.0.0.1",
    ) -> Answer:
        answer = Answer()
        scope = self._scope(method, url, headers, root_path)
        scope["client"] = (peer, 50000)
        async for event in self._run(scope, body):
            if event["type"] == "http.response.start":
                answer.status = event["status"]
                answer.headers = _decoded(event["headers"])
            elif event["type"] == "http.response.body":
                answer.body += event.get("body", b"")
        return answer

    async def get(self, url: str, **options: Any) -> Answer:
        return await self("GET", url, **options)

    async def post(self, url: str, body: Any = b"", **options: Any) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self("POST", url, body=data, **options)

    @asynccontextmanager
    async def stream(self, url: str, headers: dict[str, str] | None = None):
        """An endless answer: `await pieces.get()` gives one piece after another, None at its end."""
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        gone = asyncio.Event()

        async def read() -> None:
            async for event in self._run(self._scope("GET", url, headers, ""), b"", gone):
                if event["type"] == "http.response.start":
                    self.last_stream_headers = _decoded(event["headers"])
                elif event.get("body"):
                    pieces.put_nowait(event["body"])
            pieces.put_nowait(None)

        reader = asyncio.create_task(read())
        try:
            yield pieces
        finally:
            gone.set()
            await asyncio.wait_for(reader, 5)

    def _scope(self, method: str, url: str, headers: dict[str, str] | None, root_path: str) -> dict[str, Any]:
        parts = urlsplit(url)
        named = {"host": "127.0.0.1:8787", **{key.lower(): value for key, value in (headers or {}).items()}}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": root_path + unquote(parts.path),
            "raw_path": parts.path.encode(),
            "root_path": root_path,
            "query_string": parts.query.encode(),
            "headers": [(key.encode(), value.encode("latin-1")) for key, value in named.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8787),
        }

    async def _run(self, scope: dict[str, Any], body: bytes, gone: asyncio.Event | None = None):
        events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop(0)
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(event: dict[str, Any]) -> None:
            events.put_nowait(event)

        async def call() -> None:
            try:
                await self.app(scope, receive, send)
            finally:
                events.put_nowait(None)

        task = asyncio.create_task(call())
        while (event := await events.get()) is not None:
            yield event
        await task


def _decoded(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in headers}


@asynccontextmanager
async def called(app: Any):
    """A caller of the app, between its start-up and its shutdown."""
    async with app.router.lifespan_context(app):
        yield Caller(app)
