from __future__ import annotations

import json

import pytest

from crosswatch.providers.scrobble.plex.frames import decode_frame
from fakes.plex_recordings import FOLDERS, ROOT, names_in, recorded


def test_no_recording_lies_outside_the_folders_that_are_checked():
    """In each folder a table of its own names every file; see the test of the module that reads it."""
    assert sorted(one.name for one in ROOT.iterdir()) == sorted([*FOLDERS, "index.md"])


@pytest.mark.parametrize("path", names_in("traces"))
def test_each_frame_of_each_trace_is_one_notification(path):
    frames = [decode_frame(json.dumps(step["ws"])) for step in recorded(path)["steps"] if "ws" in step]
    assert frames
    assert all(len(frame.notifications) == 1 and not frame.problems for frame in frames)
