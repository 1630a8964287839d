"""People: who is linked to what, whom Plex knows, and who is new."""

from fastapi import APIRouter

from crosswatch.web.answers import Json
from crosswatch.web.depends import Runtime
from crosswatch.web.people import know, people_shape

router = APIRouter(prefix="/api/people", tags=["people"])


@router.get("")
async def show(runtime: Runtime) -> Json:
    """Everybody of `people` with their accounts, every account that Plex knows, and whose plays were skipped.

    `entry` is what to add to `people` to link somebody; its `accounts` is for you to fill.
    """
    return Json(people_shape(await know(runtime)))
