"""What the app says about itself: one ring of redacted lines that feeds console, dump and stream.

The rest of the house logs with the standard library (`logging.getLogger("crosswatch.trakt")`), the name
deciding the channel, and may attach an event name and a play: `extra={"event": …, "play": …}`. A secret is
taken out before a line is kept or printed, so that no reader has to be trusted.
"""

from crosswatch.logs.bridge import _UIHostLogger
from crosswatch.logs.hub import LogHub
from crosswatch.logs.records import CHANNELS, EVERYTHING, LogRecordView, is_channel

__all__ = ["CHANNELS", "EVERYTHING", "LogHub", "LogRecordView", "_UIHostLogger", "is_channel"]
