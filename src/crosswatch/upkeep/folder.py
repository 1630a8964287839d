"""A look at the folder of everything: whether it can be written, has room, and outlives its container.

Nothing is written for it: a probe each minute would keep a NAS's disks awake.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from crosswatch.core.phrases import say
from crosswatch.health.facts import Folder

CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
MOUNTS = Path("/proc/self/mountinfo")
MOUNT_POINT = 4
"""The place of the mount point in a line of `mountinfo`.

Source: proc_pid_mountinfo(5).
"""


def look_at(directory: Path) -> Folder:
    """How the folder is; blocks for as long as its file system does."""
    problem, free = "", None
    try:
        if not directory.is_dir():
            problem = say("{path} is not there.", path=str(directory))
        elif not os.access(directory, os.W_OK | os.X_OK):
            problem = say("Nothing can be written in {path}.", path=str(directory))
        else:
            free = shutil.disk_usage(directory).free
    except OSError as error:  # of a network's folder that is stale, or a disk that fails
        problem = say(
            "{path} cannot be looked at: {error}.", path=str(directory), error=str(error.strerror or error)
        )
    return Folder(
        path=str(directory),
        problem=problem,
        free_bytes=free,
        is_lost_with_container=is_in_container() and not is_mounted(directory, read_mounts()),
    )


def is_in_container() -> bool:
    """Whether this process runs in one, as engines mark it."""
    return any(Path(mark).exists() for mark in CONTAINER_MARKS)


def read_mounts() -> str:
    """The table of mounts; empty where there is none."""
    try:
        return MOUNTS.read_text(errors="surrogateescape")  # names are bytes, as in `Path`
    except OSError:
        return ""


def is_mounted(directory: Path, mounts: str) -> bool:
    """Whether the folder lies on anything else than the root file system; yes if nothing is known.

    Args:
        directory: The folder.
        mounts: The text of `mountinfo`.
    """
    points = [_unescape(line.split()[MOUNT_POINT]) for line in mounts.splitlines() if line.strip()]
    around = {str(place) for place in (directory.resolve(), *directory.resolve().parents)} - {"/"}
    return not points or any(point in around for point in points)


def _unescape(text: str) -> str:
    """Blanks and backslashes are written in octal there, and all else as it is."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)
