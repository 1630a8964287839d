"""CrossWatch: a self-hosted live scrobbler from Plex to Trakt.

The front door. `uvicorn crosswatch:app` finds the app here; it is built when it is first asked for, so that
importing the package, or its core, loads neither the web nor the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.routing import Router

    from crosswatch.logs import _UIHostLogger as _UIHostLogger

    app: Router

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "app":
        from crosswatch.web.front import create_front  # noqa: PLC0415 -- loaded when somebody serves

        globals()["app"] = create_front()
        return globals()["app"]
    if name == "_UIHostLogger":
        from crosswatch.logs import _UIHostLogger  # noqa: PLC0415

        return _UIHostLogger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
