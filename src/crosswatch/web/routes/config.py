"""`config.json` over HTTP: what is in force, with masks in place of secrets, and its replacement."""

import asyncio

from fastapi import APIRouter, Request, Response

from crosswatch.config.document import LARGEST_DOCUMENT_BYTES, decode_document
from crosswatch.config.file import ConfigFile
from crosswatch.config.places import place_of
from crosswatch.config.schema import path_of
from crosswatch.config.secrets import mask
from crosswatch.errors import ConfigError, ConflictError
from crosswatch.web.answers import Json, read_body
from crosswatch.web.depends import Runtime
from crosswatch.web.errors import refuse

router = APIRouter(prefix="/api/config", tags=["config"])

SAFE_MODE_HEADER = "X-CrossWatch-Safe-Mode"


@router.get("")
async def show(runtime: Runtime) -> Json:
    """The document in force; `••••••••` stands for each secret.

    In safe mode, when the file cannot be used, this is the last good document, and the answer carries the
    header `X-CrossWatch-Safe-Mode: 1`; `/api/config/status` says what is wrong. `ETag` names its state.
    """
    headers = {"ETag": _tag(runtime.config)}
    if runtime.config.problem:
        headers[SAFE_MODE_HEADER] = "1"
    return Json(mask(runtime.config.document), headers=headers)


@router.post(
    "",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    responses={
        400: {"description": "Not JSON; `line` and `column` say where."},
        412: {"description": "It was changed since the state that `If-Match` names. Nothing is changed."},
        413: {"description": "Larger than 1 MiB."},
        422: {"description": "A wrong value; `key`, `line`, `column` say which. Nothing is changed."},
        503: {"description": "The file cannot be written now. Nothing is changed."},
    },
)
async def replace(request: Request, runtime: Runtime) -> Response:
    """Replace the whole document, and answer with the new one.

    A mask keeps the secret that is stored in its place, an empty text or `null` clears it. Keys that are
    left out have their defaults from then on; unknown keys are kept. It is on disk and in force when the
    answer comes. With the `ETag` of an earlier answer in `If-Match`, it is replaced only while it is in that
    state.
    """
    data = await read_body(request, limit=LARGEST_DOCUMENT_BYTES)
    try:
        document = decode_document(data)
    except ConfigError as error:
        return refuse(request, 400, error.sentence, line=error.line, column=error.column)
    try:
        stored = await asyncio.to_thread(runtime.config.replace, document, revision=_wanted_revision(request))
    except ConflictError as error:
        return refuse(request, 412, error.sentence, headers={"ETag": _tag(runtime.config)})
    except ConfigError as error:
        if error.key is None:  # not the document is at fault, but the disk
            return refuse(request, 503, error.sentence)
        line, column = place_of(data.decode("utf-8-sig"), path_of(error.key))
        return refuse(request, 422, error.sentence, key=error.key, line=line, column=column)
    return Json(mask(stored), headers={"ETag": _tag(runtime.config)})


@router.get("/status")
async def status(runtime: Runtime) -> Json:
    """Whether the file is in force (`ok`), and if not, what is wrong with it and where.

    `locked` names the keys that environment variables set, which a new document does not change.
    """
    problem = runtime.config.problem
    return Json(
        {
            "ok": problem is None,
            "safe_mode": problem is not None,
            "path": str(runtime.config.path),
            "locked": runtime.config.overlay.variables,
            "problem": problem
            and {
                "detail": problem.sentence,
                "key": problem.key,
                "line": problem.line,
                "column": problem.column,
            },
        }
    )


def _tag(config: ConfigFile) -> str:
    return f'"{config.revision}"'


def _wanted_revision(request: Request) -> str | None:
    """The state that the asker has in mind; None where any will do."""
    tag = request.headers.get("if-match", "*").strip()
    return None if tag == "*" else tag.removeprefix("W/").strip('"')
