"""A simulated Plex Media Server with plex.tv's routes, and players who watch.

async with SimulatedPlex(clock=Clock(scale=60, epoch=…)) as plex:
    player = plex.player("bob", "tv", transcode=True)
    await player.watch(plex.item("Arrival"), pauses=((0.3, 60.0),), ending=Ending.TRIPLE)
"""

from crosswatch.simulator.plex.faults import Fault, FaultKind
from crosswatch.simulator.plex.options import PlexOptions
from crosswatch.simulator.plex.people import Person, Role
from crosswatch.simulator.plex.player import Player
from crosswatch.simulator.plex.scripts import Autoplay, Ending, Script
from crosswatch.simulator.plex.server import SimulatedPlex
from crosswatch.simulator.plex.sessions import DEVICES, Device
from crosswatch.simulator.plex.world import Viewing

__all__ = [
    "DEVICES",
    "Autoplay",
    "Device",
    "Ending",
    "Fault",
    "FaultKind",
    "Person",
    "Player",
    "PlexOptions",
    "Role",
    "Script",
    "SimulatedPlex",
    "Viewing",
]
