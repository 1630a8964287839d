"""Tests by the way that plays go, for whoever wonders whether it works."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from crosswatch.web.answers import Json
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse

router = APIRouter(prefix="/api/test", tags=["health"])

What = Annotated[str, Path(max_length=200)]


@router.post("/{what}", responses={404: {"description": "There is no such server or account."}})
async def examine(request: Request, what: What, runtime: Runtime) -> Response:
    """Try a server (`plex`, `servers[0]`) or a Trakt account (`trakt`, `trakt:<name>`) as the app does it.

    `ok` is whether it works, and `findings` has each step in turn: `ok`, `subject`, `sentence` and `action`.
    It takes as long as the neighbour takes to answer. Nothing is written.
    """
    if what not in runtime.examiner.names():
        names = ", ".join(runtime.examiner.names()) or "nothing yet"
        return refuse(request, 404, f"There is no {what!r} to test; there is: {names}.")
    findings = [finding async for finding in runtime.examiner.examine(what)]
    ok = all(finding.ok is not False for finding in findings)
    return Json({"ok": ok, "findings": [asdict(finding) for finding in findings]})
