"""The recorded words of Plex, by the path of their file below tests/recordings/plex."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[1] / "recordings" / "plex"

FOLDERS = ("metadata", "plextv", "server", "sessions", "sse", "traces", "webhooks", "ws")


def recorded_bytes(path):
    return (ROOT / path).read_bytes()


def recorded(path):
    """What a JSON recording holds."""
    return json.loads(recorded_bytes(path))


def names_in(folder):
    return sorted(f"{folder}/{one.name}" for one in (ROOT / folder).iterdir())
