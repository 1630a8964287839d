"""Replays a recorded trace: frames, sessions and faults of the link at their times.

Where a trace says nothing of `/status/sessions`, the table is made up from its frames, so that a
watcher finds user and item there as it would on a real server.

Source: recordings `traces/`, whose steps hold `at` in milliseconds and one of `ws` (a frame), `sessions`
(what is answered from then on) and `control` (what happens to the link).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from crosswatch.simulator.plex.frames import Frame, encode
from crosswatch.simulator.plex.sessions import DEVICES, Device, Session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.world import World

REFUSED = re.compile(r"connection refused for (\d+) s")


class LinkControl(Protocol):
    """What a trace may do to the link; times are seconds of the simulator's clock."""

    def drop(self) -> None:
        """Cut all listeners off."""

    async def refuse(self, seconds: float | None = None) -> None:
        """Refuse connections."""

    def answer_handshakes(self, status: int, *, count: int) -> None:
        """Refuse the next upgrades with this status."""


async def replay_trace(world: World, link: LinkControl, trace: Mapping[str, Any], person: Person) -> None:
    """Play a trace from beginning to end, by the simulator's clock.

    Args:
        world: The server that speaks.
        link: What its `control` steps act on.
        trace: A document of `recordings/traces`.
        person: Whose sessions they are where the trace does not say so.

    Raises:
        TimeoutError: If a step needs a listener and none came within 30 real seconds.
        ValueError: If a `control` step is unknown.
    """
    began = world.clock.timestamp()
    replay = _Replay(world, link, person, trace.get("sessions"))
    for step in _armed_early(trace["steps"]):
        await world.clock.sleep(began + step["at"] / 1000 - world.clock.timestamp())
        await replay.take(step)
        # a step that had to wait for a listener moves all later ones
        began = max(began, world.clock.timestamp() - step["at"] / 1000)


def _armed_early(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The steps, with refused handshakes arranged as soon as connections are refused before them.

    Otherwise a quick client might get through between the two.
    """
    arranged = []
    refused_at: int | None = None
    for step in steps:
        control = step.get("control", "")
        if REFUSED.fullmatch(control):
            refused_at = step["at"]
        early = refused_at is not None and control.startswith("handshake")
        arranged.append({**step, "at": refused_at} if early else step)
    return sorted(arranged, key=lambda step: step["at"])


class _Replay:
    def __init__(
        self, world: World, link: LinkControl, person: Person, around: Mapping[str, Any] | None
    ) -> None:
        self._world = world
        self._link = link
        self._person = person
        self._after = around and around["after"]
        if around:
            self._set_sessions(around["before"])

    async def take(self, step: Mapping[str, Any]) -> None:
        if "sessions" in step:
            self._set_sessions(step["sessions"])
        elif "control" in step:
            await self._control(step["control"])
        else:
            self._push(step["ws"])

    def _push(self, document: Mapping[str, Any]) -> None:
        container = document.get("NotificationContainer", document)
        entries = container.get("PlaySessionStateNotification", [])
        for entry in entries:
            self._list(entry)
        if self._after and any(entry.get("state") == "stopped" for entry in entries):
            self._set_sessions(self._after)
        raw = encode(document)
        self._world.hub.publish(Frame(type=str(container.get("type", "")), raw=raw, person=self._person))

    def _set_sessions(self, document: Mapping[str, Any]) -> None:
        self._world.sessions.override = document["MediaContainer"].get("Metadata", [])

    def _list(self, entry: Mapping[str, Any]) -> None:
        """Keep the made-up table in step with the frames."""
        key, state = entry.get("sessionKey"), entry.get("state")
        item = self._world.library.at_path(entry.get("key", ""))
        if key is None or state == "stopped" or item is None:
            self._world.sessions.close(key or "")
            return
        now = self._world.clock.timestamp()
        session = self._world.sessions.get(key) or Session(
            key=key,
            run=self._world.sessions.run,
            person=self._person,
            device=_device(entry.get("clientIdentifier", "")),
            item=item,
            opened_at=now,
            reported_at=now,
        )
        session.item, session.state, session.reported_at = item, str(state), now
        session.offset_ms = int(entry.get("viewOffset", 0))
        session.transcode = entry.get("transcodeSession")
        self._world.sessions.put(session)

    async def _control(self, what: str) -> None:
        refused = REFUSED.fullmatch(what)
        if refused:
            await self._link.refuse(float(refused[1]))
            return
        match what:
            case "socket closed":
                self._link.drop()
            case "handshake 503 once":
                self._link.answer_handshakes(503, count=1)
            case "socket open":
                await self._world.hub.wait_for_listener()
            case _:
                raise ValueError(f"a trace asks for {what!r}, which is unknown")


def _device(client_id: str) -> Device:
    known = (device for device in DEVICES.values() if device.client_id == client_id)
    return next(known, Device(client_id=client_id, title="Player"))
