"""The web app around a runtime, as the process has it: made once, and given what it shows.

To make one and to work out its routes takes longer than most tests that ask it something.
"""

from __future__ import annotations

import contextlib

from starlette.datastructures import State

from crosswatch.web.factory import create_app, show
from crosswatch.web.life import life

_idle = []


@contextlib.contextmanager
def showing(runtime):
    """An app that shows this runtime, and nothing of the one before; it does not run it."""
    app = _idle.pop() if _idle else create_app()
    show(app, runtime)
    try:
        yield app
    finally:
        app.state = State()
        _idle.append(app)


@contextlib.asynccontextmanager
async def running(runtime):
    """An app that shows this runtime, which runs meanwhile."""
    with showing(runtime) as app:

        def end_streams():
            app.state.live.close()
            runtime.logs.close()

        async with life(runtime, end_streams):
            yield app
