"""Telling people that plays do not reach Trakt, and that they do again.

What is to be told is decided without I/O (`book`); how it gets out is a file per kind of place.
"""
