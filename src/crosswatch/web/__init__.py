"""The app as HTTP shows it: JSON for programs, one live page for people."""

import sys

# For each parameter FastAPI asks whether its type is a model of pydantic's first version, and loads all of
# that version to find out: 1.4 MB for good, and 30 ms of each start. None says that there is no such version.
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type] # that is how Python marks it
