"""Pictures from media servers, passed on: their addresses and tokens stay here.

A picture that cannot be had is no failure: the page has a letter in its place.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from crosswatch.core.events import MediaKind
from crosswatch.errors import SourceError

if TYPE_CHECKING:
    from crosswatch.core.plays import Play
    from crosswatch.web.ports import RuntimeLike

WITHIN_S = 8.0
"""Real seconds after which a page does without."""

_BEGINNINGS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}

log = logging.getLogger("crosswatch.web")


def has_poster(play: Play) -> bool:
    """Whether there is anybody to ask for a picture of it, and a name to ask by."""
    return bool(play.server and _key(play))


def type_of(picture: bytes) -> str | None:
    """The media type by which it is passed on; None for whatever is no picture, or may hold a script."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in _BEGINNINGS.items() if picture.startswith(begin)), None)


async def poster_of(runtime: RuntimeLike, play: Play) -> bytes:
    """The poster of the film, or of the episode's show; nothing if it cannot be had now."""
    source = runtime.source_of(play.server) if has_poster(play) else None
    if source is None:
        return b""
    try:
        async with asyncio.timeout(WITHIN_S):
            return await source.fetch_poster(_key(play))
    except (SourceError, TimeoutError) as error:
        log.debug("no poster of %s: %s", play.media.label, error, extra={"event": "web.no_poster"})
        return b""


def _key(play: Play) -> str:
    media = play.media
    return (media.show_rating_key if media.kind is MediaKind.EPISODE else "") or media.rating_key
