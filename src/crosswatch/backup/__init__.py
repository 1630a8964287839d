"""Copies of everything that cannot be made anew: configuration, who may come in, plays.

A backup is a zip with a manifest. Making one needs no pause; restoring one needs the app to be stopped.
"""
