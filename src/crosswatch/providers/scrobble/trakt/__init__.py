"""Trakt as a sink.

Decisions are pure: what to say (`bodies`, `history`), what an answer means (`classify`, `compare`), how an
item is found (`lookup`, `flow`). `client`, `talk`, `tokens`, `login` and `sink` touch the network.
"""
