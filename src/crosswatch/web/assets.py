"""Styles and scripts: kept by browsers, and checked with us each time, so that an update shows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response


class Assets(StaticFiles):
    """The folder of static files."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
