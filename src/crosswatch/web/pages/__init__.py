"""The screens, a file each: what a page shows, where it lives, and which forms it takes.

A screen reads what the API reads and writes by the same ways; it holds no rule of its own. Each works without
a script: its forms post and come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends

from crosswatch.web.depends import note_health
from crosswatch.web.pages import (
    access_page,
    health_page,
    history_page,
    ignoring_page,
    logs_page,
    looks_page,
    match_page,
    now_page,
    people_page,
    play_page,
    poster_page,
    reference_page,
    settings_page,
    setup_forms,
    setup_page,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

SCREENS = (
    access_page,
    now_page,
    health_page,
    history_page,
    match_page,
    play_page,
    ignoring_page,
    people_page,
    logs_page,
    reference_page,
    settings_page,
    looks_page,
    poster_page,
    setup_page,
    setup_forms,
)


def add_pages(app: FastAPI) -> None:
    """Give the app all its screens."""
    for screen in SCREENS:
        app.include_router(screen.router, include_in_schema=False, dependencies=[Depends(note_health)])
