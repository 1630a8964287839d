"""The headers of a request, as they came over the wire. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Heads:
    """Headers by their names in lower case; one that came twice is a list of two.

    Args:
        pairs: Names and values as an ASGI server gives them.
    """

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def get(self, name: str) -> str | None:
        """Its value, or None; of one that came twice both, with a comma between."""
        values = self._values.get(name)
        return None if values is None else ", ".join(values).strip()

    def listed(self, name: str) -> list[str]:
        """The entries of a header that is a list, in order; empty ones are left out."""
        return [entry.strip() for entry in (self.get(name) or "").split(",") if entry.strip()]

    def cookies(self, name: str) -> list[str]:
        """The cookies of that name; a browser sends several if they were set for different paths."""
        pairs = [
            pair.strip().partition("=")
            for header in self._values.get("cookie", ())
            for pair in header.split(";")
        ]
        return [value for key, _, value in pairs if key == name]
