"""Linking accounts: signing in to Plex and Trakt, finding a server, and choosing whose plays count.

The pages of the set-up and the command line share what is here; nothing of it knows of pages. What somebody
has decided is written to `config.json` at once, so that a closed browser or a restart costs nothing.
"""
