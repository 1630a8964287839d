"""A simulated Trakt: `SimulatedTrakt` on real sockets, `TraktService` without them.

Its rules and switches are those of section 10 of the Trakt protocol notes; `TraktOptions` names each
thing that nobody outside knows for certain, `Fault` each kind of trouble it makes on command.
"""

from crosswatch.simulator.trakt.faults import Fault, FaultKind
from crosswatch.simulator.trakt.options import TraktOptions
from crosswatch.simulator.trakt.server import SimulatedTrakt
from crosswatch.simulator.trakt.service import Reply, TraktService
from crosswatch.simulator.trakt.state import Play, Playback, TraktUser, Watching

__all__ = [
    "Fault",
    "FaultKind",
    "Play",
    "Playback",
    "Reply",
    "SimulatedTrakt",
    "TraktOptions",
    "TraktService",
    "TraktUser",
    "Watching",
]
