"""How a session ends on the wire: in order, and in all the odd ways.

Source: Plex protocol notes, section 5.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.frames import STOP_WITHOUT_SESSION, WITHOUT_ITEM, Frame
from crosswatch.simulator.plex.scripts import Ending

if TYPE_CHECKING:
    from crosswatch.simulator.plex.sessions import Session
    from crosswatch.simulator.plex.world import World

GHOST_AFTER_S = 8.0
STOP_STEP_S = 0.1
NEW_KEY_AFTER_S = 0.4
REPEAT_STEP_S = 0.5

SINGLE_FRAMES: dict[Ending, dict[str, Any]] = {
    Ending.NORMAL: {},
    Ending.ZERO: {"viewOffset": 0},
    Ending.NO_ITEM: WITHOUT_ITEM,
    Ending.ERROR: {"state": "error"},
}
"""Endings of one frame, and how it differs from an ordinary stop."""


async def end_session(world: World, session: Session, ending: Ending) -> bool:
    """End a session whose last offset is set.

    Returns:
        True if the server counted the item as seen only now.
    """
    match ending:
        case Ending.CRASH | Ending.OFFLINE:
            return False
        case Ending.NO_FRAME | Ending.NO_KEY:
            return _leave_the_list(world, session, ending)
        case Ending.NEW_KEY:
            return await _stop_under_new_key(world, session)
        case Ending.TRIPLE:
            return await _stop_three_times(world, session)
        case Ending.REPEATED:
            return await _stop_repeatedly(world, session)
        case Ending.GHOST:
            return await _stop_and_haunt(world, session)
        case _:
            return world.report_stop(session, SINGLE_FRAMES[ending])


def _leave_the_list(world: World, session: Session, ending: Ending) -> bool:
    world.sessions.close(session.key)
    if ending is Ending.NO_KEY:
        world.hub.publish(Frame(type="playing", entries=[STOP_WITHOUT_SESSION], person=session.person))
    return False


async def _stop_under_new_key(world: World, session: Session) -> bool:
    session.state = "paused"
    counted = world.report(session)
    await world.clock.sleep(NEW_KEY_AFTER_S)
    new_key = world.sessions.next_key()
    return world.report_stop(session, {"sessionKey": new_key, "transcodeSession": None}) or counted


async def _stop_three_times(world: World, session: Session) -> bool:
    keys = [world.sessions.next_key() for _ in range(2)]
    counted = world.report_stop(session, WITHOUT_ITEM)
    await world.clock.sleep(STOP_STEP_S)
    world.push_playing(session, sessionKey=keys[0])
    await world.clock.sleep(STOP_STEP_S)
    world.push_playing(session, **WITHOUT_ITEM, sessionKey=keys[1])
    return counted


async def _stop_repeatedly(world: World, session: Session) -> bool:
    counted = world.report_stop(session)
    for _ in range(2):
        await world.clock.sleep(REPEAT_STEP_S)
        world.push_playing(session)
    return counted


async def _stop_and_haunt(world: World, session: Session) -> bool:
    """The ghost names the next episode, with the old position and what has passed since."""
    counted = world.report_stop(session)
    following = world.library.next_episode(session.item)
    if following is not None:
        await world.clock.sleep(GHOST_AFTER_S)
        session.item = following
        session.offset_ms += int(GHOST_AFTER_S * 1000)
        session.queue_item = None if session.queue_item is None else session.queue_item + 1
        world.push_playing(session)
    return counted
