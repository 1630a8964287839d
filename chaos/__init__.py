"""The chaos run: the real app, both simulators, thousands of viewings, and everything that can go wrong.

    python -m chaos --seed 1 --plays 1000

At the end the simulated Trakt must hold exactly one play for each finished viewing, with the right time, and
nothing besides.
"""
