from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from chaos.ears import HEARD_BEFORE, SURE_AFTER, Ears

from fakes.hand_clock import HandClock

HEARD, SILENT = SimpleNamespace(silent=False), SimpleNamespace(silent=True)
S = timedelta(seconds=1)


@pytest.fixture
def plex():
    hub = SimpleNamespace(listeners=[HEARD])
    return SimpleNamespace(options=SimpleNamespace(machine_identifier="a"), world=SimpleNamespace(hub=hub))


@pytest.mark.parametrize("how", ["cut off", "half open", "frozen"])
def test_what_happens_in_a_silence_is_known_to_have_happened_in_it(plex, how):
    clock, frozen = HandClock(), []
    ears = Ears([plex], clock, lambda: bool(frozen))

    def look_for(seconds):
        for _ in range(seconds):
            ears.look()
            clock.move(1)

    look_for(100)
    began = clock.now()
    plex.world.hub.listeners = {"cut off": [], "half open": [SILENT], "frozen": [HEARD]}[how]
    frozen += ["yes"] if how == "frozen" else []
    look_for(50)
    plex.world.hub.listeners = [HEARD]
    frozen.clear()
    look_for(30)  # too short to be sure of anything
    plex.world.hub.listeners = []
    look_for(10)
    ended = clock.now() - S
    plex.world.hub.listeners = [HEARD, SILENT]
    look_for(300)

    silence = (began - HEARD_BEFORE, ended + SURE_AFTER)
    assert ears.silence_about(plex, began) == ears.silence_about(plex, ended + S) == silence
    assert ears.silence_about(plex, silence[0] - S) is None
    assert ears.silence_about(plex, silence[1] + S) is None
