"""What is playing now, as `/status/sessions` has it: later than the frames, coarser, and gone sooner.

Source: Plex protocol notes, sections 5.1, 6 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from crosswatch.simulator.plex.metadata import describe_playing

if TYPE_CHECKING:
    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.options import PlexOptions, UserShown
    from crosswatch.simulator.plex.people import Person

OWN_ADDRESS = "192.0.2.20"
PUBLIC_ADDRESS = "203.0.113.7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A player program on some machine, and its manners.

    Attributes:
        client_id: `X-Plex-Client-Identifier`.
        title: Name that its owner gave it.
        product: Program.
        platform: What it runs on.
        location: Where it is, seen from the server.
        period_s: Seconds between two reports while nothing changes.
        transcode: True if the server has to transcode for it.
        buffering: Frames of `buffering` at the start and after a seek.
        twins: True if it reports each change twice, back to back.
        fills_guid: True if its frames carry the item's guid, as those of the Kodi add-ons do.
        resumes_at_zero: True if the first frame of a resumed item says 0.
        queues: True if it plays from a play queue.
        user: How the session shows its user; None leaves that to the server's options.
    """

    client_id: str
    title: str
    product: str = "Plex Web"
    platform: str = "Chrome"
    location: Literal["lan", "wan", "cellular"] = "lan"
    period_s: float = 10.0
    transcode: bool = False
    buffering: int = 0
    twins: bool = False
    fills_guid: bool = False
    resumes_at_zero: bool = False
    queues: bool = True
    user: UserShown | None = None


DEVICES: dict[str, Device] = {
    "web": Device(client_id="exampleplayerweb00000001", title="Chrome"),
    "tv": Device(
        client_id="exampleplayertv000000002",
        title="Living Room",
        product="Plex for Android (TV)",
        platform="Android",
    ),
    "kodi": Device(
        client_id="00000000-0000-4000-8000-000000000003",
        title="Kodi",
        product="PlexKodiConnect",
        platform="Linux",
        period_s=1.0,
        fills_guid=True,
    ),
    "phone": Device(
        client_id="exampleplayerphone000004",
        title="Phone",
        product="Plex for iOS",
        platform="iOS",
        location="cellular",
        period_s=20.0,
    ),
    "tablet": Device(
        client_id="exampleplayerkids0000005", title="Kids tablet", product="Plex for iOS", platform="iOS"
    ),
    "dlna": Device(
        client_id="exampleplayerdlna0000006",
        title="DLNA TV",
        product="DLNA",
        platform="DLNA",
        queues=False,
        user="absent",
    ),
}
"""Ready-made players; `tv` and `web` are those of the recordings."""


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """One play session.

    Attributes:
        key: `sessionKey`, a number as text.
        run: Which start of the server it belongs to.
        person: Who plays, or None where nobody signed in.
        device: What plays.
        item: What is played now.
        state: `playing`, `paused` or `buffering`.
        offset_ms: Position of the last report.
        opened_at: Unix seconds of the first report.
        reported_at: Unix seconds of the last report.
        queue_item: `playQueueItemID`, or None without a queue.
        queue: `playQueueID`, or None without a queue.
        transcode: Id of the transcode session, or None.
        announced: Id of the transcode session that listeners were told of, or None.
        counted: True once the server has counted the item as seen in this session.
    """

    key: str
    run: int
    person: Person | None
    device: Device
    item: Item
    state: str = "buffering"
    offset_ms: int = 0
    opened_at: float
    reported_at: float
    queue_item: int | None = None
    queue: int | None = None
    transcode: str | None = None
    announced: str | None = None
    counted: bool = False


class SessionTable:
    """The sessions of the present run of the server."""

    def __init__(self, options: PlexOptions) -> None:
        self._options = options
        self._sessions: dict[str, Session] = {}
        self._last_key = 0
        self._promised: dict[object, str] = {}
        self._owners: dict[str, object] = {}
        self.override: list[dict[str, Any]] | None = None
        self.run = 1

    def next_key(self) -> str:
        """A session key that was not used in this run."""
        self._last_key += 1
        return str(self._last_key)

    def key_for(self, owner: object) -> str:
        """The key for somebody's new session: the one promised at the restart, else the next."""
        key = self._promised.pop(owner, None) or self.next_key()
        self._owners[key] = owner
        return key

    def put(self, session: Session) -> None:
        """List a session."""
        self._sessions[session.key] = session

    def close(self, key: str) -> None:
        """Take a session off the list, if it is there."""
        self._sessions.pop(key, None)
        self._owners.pop(key, None)

    def get(self, key: str) -> Session | None:
        """The session of that key, or None."""
        return self._sessions.get(key)

    def restart(self, *, swap_keys: bool) -> None:
        """Forget everything; keys count from 1 again.

        Args:
            swap_keys: True if those who were playing come back in reverse order, so that the keys of
                one belong to another.
        """
        owners = [self._owners[key] for key in sorted(self._owners, key=int)]
        self._sessions.clear()
        self._owners.clear()
        self._last_key = 0
        self.run += 1
        self._promised = {owner: self.next_key() for owner in reversed(owners)} if swap_keys else {}

    def alive(self, now: float) -> list[Session]:
        """The sessions that the server still holds for alive.

        Args:
            now: Unix seconds.
        """
        dead = [s.key for s in self._sessions.values() if now - s.reported_at > self._options.linger_s]
        for key in dead:
            self.close(key)
        return list(self._sessions.values())

    def documents(self, now: float) -> list[dict[str, Any]]:
        """The list as the server answers it, or what has been set in its place.

        Args:
            now: Unix seconds.
        """
        if self.override is not None:
            return self.override
        shown = [s for s in self.alive(now) if now - s.opened_at >= self._options.session_lag_s]
        return [self._document(session, now) for session in shown]

    def _document(self, session: Session, now: float) -> dict[str, Any]:
        options = self._options
        step = max(1, options.offset_step_ms)
        document = describe_playing(session.item, decision="transcode" if session.transcode else "directplay")
        document["sessionKey"] = session.key
        document["viewOffset"] = session.offset_ms - session.offset_ms % step
        user = self._user(session, now)
        if user is not None:
            document["User"] = [user] if options.legacy_lists else user
        player = _player(session, signed_in=user is not None)
        document["Player"] = [player] if options.legacy_lists else player
        if options.session_element and user is not None:
            document["Session"] = {
                "id": f"examplesession{session.key:0>12}",
                "bandwidth": 9000,
                "location": session.device.location,
            }
        if session.transcode:
            document["TranscodeSession"] = _transcode(session, session.transcode)
        return document

    def _user(self, session: Session, now: float) -> dict[str, Any] | None:
        person = session.person
        shown = session.device.user or self._options.session_user
        late = shown == "late" and now - session.opened_at < self._options.user_late_s
        if person is None or shown == "absent" or late:
            return None
        title = "" if shown == "blank" else person.title
        return {"id": str(person.account_id), "thumb": person.avatar, "title": title}


def _player(session: Session, *, signed_in: bool) -> dict[str, Any]:
    device = session.device
    return {
        "address": OWN_ADDRESS if device.location == "lan" else PUBLIC_ADDRESS,
        "machineIdentifier": device.client_id,
        "model": "bundled",
        "platform": device.platform,
        "platformVersion": "131.0",
        "product": device.product,
        "profile": "Web",
        "remotePublicAddress": PUBLIC_ADDRESS,
        "state": session.state,
        "title": device.title,
        "version": "4.145.1",
        "local": device.location == "lan",
        "relayed": False,
        "secure": True,
        "userID": session.person.account_id if session.person and signed_in else 0,
    }


def _transcode(session: Session, transcode_id: str) -> dict[str, Any]:
    return {
        "key": f"/transcode/sessions/{transcode_id}",
        "throttled": False,
        "complete": False,
        "progress": 6.2,
        "size": -22,
        "speed": 4.1,
        "error": False,
        "duration": session.item.length_ms,
        "context": "streaming",
        "sourceVideoCodec": "hevc",
        "videoDecision": "transcode",
        "audioDecision": "copy",
        "protocol": "hls",
        "container": "mpegts",
        "videoCodec": "h264",
        "audioCodec": "aac",
        "audioChannels": 2,
        "timeStamp": session.reported_at,
        "minOffsetAvailable": 0,
    }
