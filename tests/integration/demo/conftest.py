from __future__ import annotations

import time

import pytest

from crosswatch.clock import Clock


@pytest.fixture
def fast_clock():
    """A clock on which an evening passes in seconds."""
    return Clock(scale=600.0, epoch=time.time())  # noqa: TID251 -- a clock of our own
