from __future__ import annotations

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def opened():
    """A folder that every user may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="crosswatch-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
