"""A small stage for the session machine: one server, one moment, and frames that say what a test means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crosswatch.core.events import Account, Media, MediaKind, Player, PlayerState, PlayId, Show
from crosswatch.core.facts import Binding, Notification, SessionRow
from crosswatch.core.ids import Ids
from crosswatch.core.tracker import SessionTracker

START = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
ALICE = Account(id=1, name="alice")
BOB = Account(id=1002, name="bob")
ARRIVAL = Media(
    kind=MediaKind.MOVIE,
    title="Arrival",
    year=2016,
    ids=Ids(imdb="tt2543164", tmdb=329865),
    duration_ms=6_984_000,
    rating_key="9723",
    library_id="1",
)
SEVERANCE = Media(
    kind=MediaKind.EPISODE,
    title="Half Loop",
    show=Show(title="Severance", year=2022, ids=Ids(tmdb=95396, tvdb=371980)),
    season=1,
    number=2,
    duration_ms=3_000_000,
    rating_key="201",
    library_id="2",
)
NEXT_EPISODE = Media(
    kind=MediaKind.EPISODE,
    title="In Perpetuity",
    show=SEVERANCE.show,
    season=1,
    number=3,
    duration_ms=3_000_000,
    rating_key="202",
    library_id="2",
)
TRAILER = Media(kind=MediaKind.CLIP, title="Trailer", duration_ms=90_000, rating_key="77")
LIBRARY = {media.rating_key: media for media in (ARRIVAL, SEVERANCE, NEXT_EPISODE, TRAILER)}


class Stage:
    """A tracker, a clock that only moves when told, and everything that came out."""

    def __init__(self) -> None:
        self.now = START
        self.updates = []
        self._count = 0
        self.tracker = SessionTracker("server-1", self._new_play_id)
        self.tracker.connected()
        self.tracker.compare([], self.now, reconnected=True)  # we have listened for a while

    def _new_play_id(self, _now: datetime) -> PlayId:
        self._count += 1
        return PlayId(f"play-{self._count}")

    @property
    def events(self):
        return [update.event for update in self.updates if update.event is not None]

    @property
    def told(self):
        """What was told, compactly: `("start", "9723", 0.57)`."""
        return [(event.action.value, event.media.rating_key, event.progress) for event in self.events]

    @property
    def actions(self):
        return [event.action.value for event in self.events]

    def after(self, seconds: float) -> Stage:
        self.now += timedelta(seconds=seconds)
        self.updates += self.tracker.tick(self.now)
        return self

    def frame(self, state="playing", offset_s=None, *, item="9723", key="1", client="tv", **fields) -> Stage:
        notification = Notification(
            session_key=key,
            rating_key=item,
            key=f"/library/metadata/{item}" if item else "",
            state=PlayerState(state),
            offset_ms=None if offset_s is None else round(offset_s * 1000),
            client_id=client,
            **fields,
        )
        self.updates += self.tracker.hear(notification, self.now)
        return self

    def answer(self, account=ALICE, media=None, offset_s=None) -> Stage:
        """Answer every question that the tracker has now, all with this account."""
        for session in self.tracker.wanted(self.now).bindings:
            known = media or LIBRARY.get(session.item)
            binding = known and Binding(
                account=account,
                media=known,
                player=Player(client_id=session.client_id, title="TV"),
                offset_ms=None if offset_s is None else round(offset_s * 1000),
            )
            self.updates += self.tracker.bind(session, binding, self.now)
        return self

    def list(self, *rows, reconnected=False) -> Stage:
        if reconnected:
            self.tracker.connected()
        self.updates += self.tracker.compare(list(rows), self.now, reconnected=reconnected)
        return self


def row(*, item="9723", key="1", account=ALICE, offset_s=0.0, state="playing", client="tv") -> SessionRow:
    return SessionRow(
        session_key=key,
        state=PlayerState(state),
        offset_ms=round(offset_s * 1000),
        account=account,
        media=LIBRARY[item],
        player=Player(client_id=client, title="TV"),
    )
