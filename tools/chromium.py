"""Finds the Chromium that the browser's tests drive, and installs the distribution's where that is possible.

`python -m tools.chromium` prints where it is; the exit code is 1, with a sentence, if there is none and none
can be installed. No browser is taken from anywhere but the distribution.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

VARIABLE = "CHROMIUM"
"""Names another browser than the one that is found."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "The browser's tests need Chromium, and there is none here: install your distribution's package "
    f"(`apt-get install chromium` on Debian), or name a browser in {VARIABLE}."
)


def find() -> str | None:
    """Where Chromium is, or None."""
    names = (os.environ.get(VARIABLE, ""), *NAMES)
    return next((path for name in names if name and (path := shutil.which(name))), None)


def find_or_install() -> str | None:
    """Where Chromium is, after it was installed if that is possible; or None."""
    found = find()
    apt = shutil.which("apt-get")
    if found or apt is None or os.geteuid() != 0:
        return found
    sys.stderr.write("Installing Chromium ...\n")
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(  # noqa: S603 -- nothing in it comes from outside
            [apt, *command], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False, stdout=2
        )
        if done.returncode:
            return None
    return find()


def main() -> int:
    """Print where Chromium is, or what to do."""
    path = find_or_install()
    (sys.stdout if path else sys.stderr).write(f"{path or MISSING}\n")
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
