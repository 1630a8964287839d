"""CrossWatch: a self-hosted live scrobbler from Plex to Trakt."""

__version__ = "0.1.0"
