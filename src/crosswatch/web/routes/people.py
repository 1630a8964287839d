"""People: who is linked to what, whom Plex knows, and who is new."""

from fastapi import APIRouter

from crosswatch.web.answers import Json
from crosswatch.web.depends import Runtime
from crosswatch.web.people import Known, find_strangers, people_shape

router = APIRouter(prefix="/api/people", tags=["people"])


@router.get("")
async def show(runtime: Runtime) -> Json:
    """Everybody of `people` with their accounts, every account that Plex knows, and whose plays were skipped.

    `entry` is what to add to `people` to link somebody; its `accounts` is for you to fill.
    """
    rules = runtime.rules()
    servers = runtime.watch_status()["servers"]
    known = Known(
        people=runtime.config.settings.people,
        rules=rules,
        accounts=runtime.known_accounts(),
        names={server["server_uuid"]: server["name"] for server in servers if server.get("server_uuid")},
        sinks=runtime.sink_status(),
        strangers=await find_strangers(runtime.ledger.plays, rules),
    )
    return Json(people_shape(known))
