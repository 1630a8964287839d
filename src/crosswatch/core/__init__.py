"""Decisions. Standard library only; no I/O, no clock, no logging, no randomness: all come as arguments."""
