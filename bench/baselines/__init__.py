"""Bare baselines: the least code that does the part of the work that cannot be avoided."""
