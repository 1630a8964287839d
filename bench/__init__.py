"""Benchmarks: figures as ratios to a peer or to a bare baseline, measured in the same run.

`python -m bench` runs them all, `python -m bench latency ledger` some, `--quick` each in seconds (to see
that it works; its figures are not worth quoting). The machine is assumed to be noisy: what is compared takes
turns in rounds, and what is said is the median of the ratios within rounds. `docs/performance.md` holds the
figures; nothing of this is a test.
"""
