"""The command line: `crosswatch serve`, `doctor`, `login trakt` and what else there is.

Every command lives in a module of its own that is loaded when it is called, so that `version` or
`healthcheck` does not wait for a web server to be imported.
"""

from crosswatch.cli.program import main

__all__ = ["main"]
