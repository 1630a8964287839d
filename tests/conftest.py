"""What holds for all tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import hypothesis

hypothesis.settings.register_profile("house", deadline=None)  # a slow machine proves nothing
hypothesis.settings.load_profile("house")

MEMORY_BACKED = Path("/dev/shm")  # noqa: S108 -- only temporary folders are made below it
ENOUGH_BYTES = 1 << 30


def pytest_xdist_auto_num_workers():
    """One worker more than there are processors: many tests wait for something now and then."""
    return (os.cpu_count() or 1) + 1


def pytest_configure():
    """Keep temporary folders in memory where there is room.

    Every play is synced to the disk, as it must be. On a busy disk the tests wait for that longer than they
    compute, and it proves nothing: a killed process loses no more on the disk than in memory.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY_BACKED, os.W_OK):
        return
    room = os.statvfs(MEMORY_BACKED)
    if room.f_bavail * room.f_frsize >= ENOUGH_BYTES:
        os.environ["TMPDIR"] = str(MEMORY_BACKED)
        tempfile.tempdir = None
