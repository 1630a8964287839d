"""Routes about the server itself: who it is, who may use it, what plays, what was seen.

Source: Plex protocol notes, sections 1.4, 7, 10, 11 and 14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.answers import Answer, container, page, refuse
from crosswatch.simulator.plex.calls import Access, Call, Route, paged
from crosswatch.simulator.plex.history import row_document, select_rows

if TYPE_CHECKING:
    from crosswatch.simulator.plex.people import Person

API_VERSION = "1.1.1"
DIRECTORIES = ("library", "status")


def identity(call: Call) -> Answer:
    """Who the server is; needs no token."""
    options = call.world.options
    return Answer(
        document={
            "size": 0,
            "apiVersion": API_VERSION,
            "claimed": True,
            "machineIdentifier": options.machine_identifier,
            "version": options.version,
        }
    )


def root(call: Call) -> Answer:
    """Who the server is, at length."""
    world = call.world
    transcodes = [s for s in world.sessions.alive(world.clock.timestamp()) if s.transcode]
    return container(
        "Directory",
        [{"count": 1, "key": name, "title": name} for name in DIRECTORIES],
        allowCameraUpload=True,
        allowSharing=True,
        allowSync=True,
        eventStream=True,
        friendlyName=world.options.friendly_name,
        hubSearch=True,
        machineIdentifier=world.options.machine_identifier,
        multiuser=True,
        myPlex=True,
        myPlexMappingState="mapped",
        myPlexSigninState="ok",
        myPlexSubscription=world.people.owner.plex_pass,
        myPlexUsername=world.people.owner.email,
        platform="Linux",
        platformVersion="6.1",
        transcoderActiveVideoSessions=len(transcodes),
        updatedAt=1_700_000_000,
        version=world.options.version,
    )


def preferences(call: Call) -> Answer:
    """All preferences."""
    return container("Setting", call.world.preferences.documents())


def preference(call: Call) -> Answer:
    """One preference, by `id`."""
    try:
        return container("Setting", [call.world.preferences.document(call.query.get("id", ""))])
    except KeyError as error:
        raise refuse(404) from error


def change_preferences(call: Call) -> Answer:
    """Set preferences by query arguments of their names."""
    wanted = {name: value for name, value in call.query.items() if not name.lower().startswith("x-plex-")}
    try:
        for name, value in wanted.items():
            call.world.set_preference(name, value)
    except (KeyError, ValueError) as error:
        raise refuse(400) from error
    return Answer(body=b"", applied=True)


def accounts(call: Call) -> Answer:
    """The server's own list of people: 0 is nobody, 1 the owner; names may be stale."""
    nobody = {"id": 0, "key": "/accounts/0", "name": "", **LANGUAGES, "thumb": ""}
    everybody = [_account(person, call) for person in call.world.people.everybody]
    return container("Account", [nobody, *everybody], identifier="com.plexapp.system.accounts")


LANGUAGES: dict[str, Any] = {
    "defaultAudioLanguage": "en",
    "autoSelectAudio": True,
    "defaultSubtitleLanguage": "en",
    "subtitleMode": 0,
}


def sessions(call: Call) -> Answer:
    """What plays now; for the owner only."""
    if not call.is_owner:
        raise refuse(call.world.options.sessions_refusal)
    return container("Metadata", call.world.sessions.documents(call.world.clock.timestamp()))


def history(call: Call) -> Answer:
    """What was seen: the owner is told of everybody, others of themselves."""
    world = call.world
    rows = world.history.rows
    if not call.is_owner:
        if world.options.history_for_others == "401":
            raise refuse(401)
        rows = [row for row in rows if row.person is call.person]
    chosen = select_rows(rows, call.query)
    shown, start = paged(chosen, call)
    documents = [row_document(row, world.library) for row in shown]
    return container("Metadata", documents, totalSize=len(chosen), offset=start)


def not_found(call: Call) -> Answer:  # noqa: ARG001 -- a route takes the call
    """Whatever there is not."""
    return page(404)


ROUTES = [
    Route(path="/identity", handler=identity, access=Access.ANYBODY),
    Route(path="/", handler=root),
    Route(path="/:/prefs", handler=preferences, access=Access.OWNER),
    Route(method="PUT", path="/:/prefs", handler=change_preferences, access=Access.OWNER),
    Route(path="/:/prefs/get", handler=preference, access=Access.OWNER),
    Route(path="/accounts", handler=accounts, access=Access.OWNER),
    Route(path="/status/sessions", handler=sessions),
    Route(path="/status/sessions/history/all", handler=history),
]


def _account(person: Person, call: Call) -> dict[str, Any]:
    account = {
        "id": person.account_id,
        "key": f"/accounts/{person.account_id}",
        "name": person.listed_name,
    }
    if person is call.world.people.owner:
        return {**account, **LANGUAGES, "thumb": person.avatar}
    return {**account, "thumb": ""}
