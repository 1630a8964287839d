"""What would happen, and why: a dry run."""

from typing import Any

from fastapi import APIRouter, Request, Response

from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import parse_json
from crosswatch.web.answers import Json, read_body
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse
from crosswatch.web.explaining import (
    Explained,
    explain_frame,
    explain_play,
    explain_webhook,
    explained_shape,
    find_play,
)
from crosswatch.web.permissions import LARGEST_BODY
from crosswatch.web.ports import RuntimeLike

router = APIRouter(prefix="/api/explain", tags=["people"])

KINDS = ("play", "frame", "payload")


@router.post(
    "",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    responses={
        400: {"description": "Not JSON."},
        404: {"description": "There is no such play."},
        422: {"description": "Not exactly one question, or a frame or payload that makes no sense."},
    },
)
async def explain(request: Request, runtime: Runtime) -> Response:
    """Say what would become of a `play`, a `frame` or a webhook's `payload`, and why; nothing is sent.

    A frame may name its `server`; otherwise it is taken for the first one's. The server may be asked who
    watches and what it is; Trakt is not asked anything.
    """
    try:
        question = parse_json(await read_body(request, limit=LARGEST_BODY))
    except PayloadError as error:
        return refuse(request, 400, error.sentence)
    asked = [kind for kind in KINDS if isinstance(question, dict) and question.get(kind) is not None]
    if len(asked) != 1:
        return refuse(request, 422, f"Give exactly one of {', '.join(KINDS)}.", key=(asked or KINDS)[0])
    try:
        explained = await _explain(runtime, asked[0], question)
    except PayloadError as error:
        return refuse(request, 422, error.sentence, key=asked[0])
    if explained is None:
        return refuse(request, 404, f"There is no play {question['play']!r}.")
    return Json(explained_shape(explained))


async def _explain(runtime: RuntimeLike, kind: str, question: dict[str, Any]) -> Explained | None:
    subject = question[kind]
    match kind:
        case "play":
            play = await find_play(runtime, str(subject))
            return None if play is None else await explain_play(runtime, play)
        case "payload":
            return await explain_webhook(runtime, subject)
        case _:
            return await explain_frame(runtime, subject, _server(runtime, question.get("server")))


def _server(runtime: RuntimeLike, named: Any) -> str:
    """The `machineIdentifier` that is meant: by itself, by the server's name, or the first one's."""
    servers = runtime.watch_status()["servers"]
    found = [one.get("server_uuid", "") for one in servers if not named or named == one.get("name")]
    return str(found[0]) if found else str(named or "")
