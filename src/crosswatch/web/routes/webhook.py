"""Plex webhooks. This version does not take them yet, and says so rather than swallowing plays."""

from fastapi import APIRouter

from crosswatch.core.reasons import Reason
from crosswatch.web.answers import Json
from crosswatch.web.depends import Runtime

router = APIRouter(tags=["webhook"])


@router.post(
    "/webhook/trakt",
    responses={
        501: {"description": "Webhook mode is on, but not part of this version."},
        503: {"description": "Webhook mode is off."},
    },
)
async def receive(runtime: Runtime) -> Json:
    """Nothing is taken: 503 while webhook mode is off, 501 while it is on, for it is not built yet.

    An honest failure shows in the sender's log; watch mode sees the same plays without webhooks.
    """
    if runtime.config.settings.features.webhook.enabled:
        sentence = "This version takes no webhooks yet. Watch mode sees the same plays without them."
        return Json({"ok": False, "reason": "not_built", "detail": sentence}, 501)
    sentence = "Webhook mode is off. Watch mode sees the same plays without it."
    return Json({"ok": False, "reason": Reason.FEATURE_OFF, "detail": sentence}, 503)
