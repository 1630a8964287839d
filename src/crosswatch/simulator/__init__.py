"""Simulated neighbours: a Plex Media Server with plex.tv's routes, and a Trakt.

They speak over real sockets, break on command, and remember every request. They know nothing of
the product they exercise: this package imports only `crosswatch.clock` and libraries, so that it
cannot become a mirror of our own ideas. `protocol` facts are cited where they are used.
"""
