"""Backups, the support bundle, and a test of notices."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse

from crosswatch.errors import BackupError
from crosswatch.web.answers import Json, refusal
from crosswatch.web.depends import Runtime

router = APIRouter(prefix="/api", tags=["upkeep"])

ZIP = "application/zip"
LINES = 2_000
"""So many lines of the log are in a support bundle."""

Name = Annotated[str, Path(max_length=100, description="As `GET /api/backups` names it.")]

MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "There is no backup of that name."}}
FAILED: dict[int | str, dict[str, Any]] = {507: {"description": "It could not be made; `detail` says why."}}
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {ZIP: {}}, "description": "The file."}}


@router.get("/backups")
async def list_backups(runtime: Runtime) -> Json:
    """What is kept, the newest first."""
    kept = await runtime.upkeep.shelf.contents()
    return Json({"backups": [msgspec.to_builtins(one) for one in kept]})


@router.post("/backups", responses=FAILED)
async def make_backup(runtime: Runtime) -> Json:
    """Make one now; the oldest goes if there are more than 7 then."""
    try:
        kept = await runtime.upkeep.shelf.make()
    except BackupError as error:
        return Json(refusal(error.sentence), 507)
    return Json(kept)


@router.get("/backups/{name}", response_class=FileResponse, responses={**FILE, **MISSING})
async def fetch_backup(runtime: Runtime, name: Name) -> Response:
    """The backup, with all secrets in it."""
    try:
        path = runtime.upkeep.shelf.path_of(name)
    except BackupError as error:
        return Json(refusal(error.sentence), 404)
    return FileResponse(path, media_type=ZIP, filename=name)


@router.get("/support-bundle", response_class=Response, responses=FILE)
async def fetch_bundle(runtime: Runtime) -> Response:
    """A zip with everything that helps to find a fault, and no secret; look into it before you send it on."""
    lines = [record.line for record in runtime.logs.dump(n=LINES)]
    data = await runtime.upkeep.make_bundle(lines, runtime.logs.redact)
    headers = {"Content-Disposition": 'attachment; filename="crosswatch-support.zip"'}
    return Response(data, media_type=ZIP, headers=headers)


@router.post("/notices/test")
async def test_notices(runtime: Runtime) -> Json:
    """Send a test message to each place that is configured, as any other notice is sent."""
    return Json({"places": await runtime.upkeep.notifier.test()})
