"""What runs: the pipeline from facts to rows, and the delivery loop from rows to sinks.

Both know their neighbours by `crosswatch.core.ports` only.
"""
