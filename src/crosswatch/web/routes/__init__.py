"""The addresses, a file per noun; each only reads a request, asks, and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.web.routes import (
    access,
    config,
    events,
    health,
    logs,
    matches,
    pages,
    plays,
    setup,
    watch,
    webhook,
)

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_routes(app: FastAPI) -> None:
    """Give the app all its addresses."""
    for noun in (watch, config, logs, plays, matches, webhook, health, events, pages, access, setup):
        app.include_router(noun.router)
