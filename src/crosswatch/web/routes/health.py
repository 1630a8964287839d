"""Whether the process lives."""

from fastapi import APIRouter

from crosswatch.web.answers import Json
from crosswatch.web.life import SIGNS_OF_LIFE

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def alive() -> Json:
    """200 while the app turns. A Plex or Trakt that is away does not change that."""
    return Json(SIGNS_OF_LIFE)
