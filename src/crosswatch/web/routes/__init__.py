"""The addresses, a file per noun; each only reads a request, asks, and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.web.routes import (
    access,
    config,
    events,
    explain,
    health,
    keeping,
    logs,
    matches,
    people,
    plays,
    setup,
    trying,
    watch,
    webhook,
)

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_routes(app: FastAPI) -> None:
    """Give the app all its addresses."""
    nouns = (
        watch,
        config,
        logs,
        plays,
        matches,
        people,
        explain,
        webhook,
        health,
        trying,
        keeping,
        events,
        access,
        setup,
    )
    for noun in nouns:
        app.include_router(noun.router)
