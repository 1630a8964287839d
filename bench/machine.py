"""What the figures were measured on."""

from __future__ import annotations

import os
import platform

BUSY_FROM = 0.7
"""Load of the last minute from which times are not to be believed; two processes are measured at once."""


def describe_machine() -> str:
    """One line that goes with every figure."""
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, load {load}"
    )


def is_busy() -> bool:
    """Whether something else keeps the machine busy."""
    return os.getloadavg()[0] > BUSY_FROM
