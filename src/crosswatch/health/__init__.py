"""Whether plays reach Trakt now, and if not, what is in the way and who can move it.

One set of named checks (`judging.judge`), made of what is so (`facts.Facts`), without I/O. The page of now,
the page of health, `/readyz`, `/metrics`, notices and the support bundle all show this one set.
"""
