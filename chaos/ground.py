"""The stage for the chaos run: its `config.json` can be edited as a user would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswatch.demo.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable


class Ground(Stage):
    """Simulators, configuration and app; see `Stage`."""

    def rewrite(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Edit `config.json` by hand, in one step."""
        path = self.directory / "config.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        beside = path.with_suffix(".edited")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        beside.replace(path)
