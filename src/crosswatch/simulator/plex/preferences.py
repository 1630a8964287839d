"""The server's preferences, as far as a watcher asks for them.

Source: Plex protocol notes, section 14; recording `server/06-prefs.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosswatch.simulator.plex.options import PlexOptions

THRESHOLD = "LibraryVideoPlayedThreshold"
BEHAVIOUR = "LibraryVideoPlayedAtBehaviour"
BEHAVIOURS = (
    "0:at selected threshold percentage|1:at final credits marker position|"
    "2:at first credits marker position|3:earliest between threshold percent and first credits marker"
)


class Preferences:
    """Values that can be read and changed while the server runs."""

    def __init__(self, options: PlexOptions) -> None:
        self._values: dict[str, Any] = {
            "FriendlyName": options.friendly_name,
            THRESHOLD: options.played_threshold,
            BEHAVIOUR: options.played_behaviour,
        }

    @property
    def played_threshold(self) -> int:
        """Percent at which a play is counted."""
        return int(self._values[THRESHOLD])

    @property
    def played_behaviour(self) -> str:
        """`0` to `3`: what counts besides the threshold."""
        return str(self._values[BEHAVIOUR])

    def set(self, name: str, value: str) -> None:
        """Change one.

        Raises:
            KeyError: If there is none of that name.
            ValueError: If the value does not fit its type.
        """
        if name not in self._values:
            raise KeyError(f"there is no preference {name!r}")
        self._values[name] = int(value) if isinstance(self._values[name], int) else value

    def document(self, name: str) -> dict[str, Any]:
        """One preference as the server lists it.

        Raises:
            KeyError: If there is none of that name.
        """
        value = self._values[name]
        shared = {"summary": "", "hidden": False}
        match name:
            case "LibraryVideoPlayedThreshold":
                kind = {"label": "Video played threshold", "type": "int", "default": 90}
                rest = {"advanced": True, "group": "library"}
            case "LibraryVideoPlayedAtBehaviour":
                kind = {"label": "Video play completion behaviour", "type": "text", "default": "3"}
                rest = {"advanced": True, "group": "library", "enumValues": BEHAVIOURS}
            case _:
                kind = {"label": "Friendly name", "type": "text", "default": ""}
                rest = {"advanced": False, "group": "general"}
        return {"id": name, **kind, "value": value, **shared, **rest}

    def documents(self) -> list[dict[str, Any]]:
        """All of them."""
        return [self.document(name) for name in self._values]
