"""The service on both ledgers: in a loop that leaps over waiting (`fakes.leaping_loop`)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Media, MediaKind
from crosswatch.core.ids import Ids
from fakes.evening import Evening
from fakes.leaping_loop import LeapingLoop
from fakes.plays import EPISODE

FILM = Media(
    kind=MediaKind.MOVIE,
    title="Arrival",
    year=2016,
    ids=Ids(imdb="tt2543164", tmdb=329865),
    duration_ms=6_000_000,
    rating_key="9723",
    library_id="1",
)
SHORT = replace(EPISODE, duration_ms=1_200_000, season=1, number=1, title="Pilot", rating_key="301")


def pytest_asyncio_loop_factories(config, item):  # noqa: ARG001 -- the hook's own signature
    return {"leaping": LeapingLoop}


@pytest.fixture(params=["memory", "sqlite"])
async def evening(request, tmp_path):
    """An evening with a film and a short episode; the app runs and is connected."""
    one = Evening(tmp_path if request.param == "sqlite" else None, media=(FILM, SHORT))
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def film():
    return FILM


@pytest.fixture
def short():
    return SHORT
