"""`Notifier`: keeps the book, and sends what is in it.

A place that cannot be told is logged once, tried again a few times, and never waited for.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.core.phrases import together
from crosswatch.errors import NoticeError, PayloadError
from crosswatch.health.facts import NoticeState
from crosswatch.notices.book import Book, Note, Wanted, advance, due, failed, meet, sent, without_places
from crosswatch.notices.file import FILE_NAME, read_book, write_book
from crosswatch.notices.places import places_of, tell
from crosswatch.tallies import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    import aiohttp

    from crosswatch.clock import Clock
    from crosswatch.config.model import NoticeSettings
    from crosswatch.health.checks import Health
    from crosswatch.notices.book import Person
    from crosswatch.tallies import Tallies

log = logging.getLogger("crosswatch.notices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a test message.

    Attributes:
        place: `webhook`, `ntfy` or `apprise`.
        ok: Whether it got there.
        sentence: What is so.
    """

    place: str
    ok: bool
    sentence: str


class Notifier:
    """Tells people.

    Args:
        directory: The folder of `config.json`.
        settings: What is told, and where; asked anew each time.
        clock: Tells the time.
        tallies: Sent and failed notices are counted there.
    """

    def __init__(
        self, directory: Path, *, settings: Callable[[], NoticeSettings], clock: Clock, tallies: Tallies
    ) -> None:
        self._path = directory / FILE_NAME
        self._settings = settings
        self._clock = clock
        self._tallies = tallies
        self._book = Book()
        self._http: aiohttp.ClientSession | None = None
        self._last_sent_at: datetime | None = None
        self._problems: dict[str, str] = {}
        self._is_unkept = False

    @property
    def state(self) -> NoticeState:
        """How notices stand."""
        places = places_of(self._settings())
        return NoticeState(
            targets=len(places),
            last_sent_at=self._last_sent_at,
            problem=together(self._problems[place] for place in places if place in self._problems),
        )

    async def open(self, http: aiohttp.ClientSession) -> None:
        """Take up what was to be told before; a damaged book begins anew."""
        self._http = http
        try:
            self._book = await asyncio.to_thread(read_book, self._path)
        except (PayloadError, OSError) as error:
            log.warning("what was told before is not known: %s", error, extra={"event": "notices.unreadable"})

    async def hear(self, health: Health, strangers: Sequence[Person] | None) -> None:
        """Write down what is to be told now, and tell what is due.

        Args:
            health: How everything is.
            strangers: Who was seen that nobody has said anything of; None if that is not known now.
        """
        now, wanted = self._clock.now(), self._wanted()
        book = without_places(self._book, wanted.places)
        book = advance(book, health, now, wanted)
        if strangers is not None:
            book = meet(book, strangers, now, wanted)
        await self._keep(book)
        for note in due(self._book, now):
            await self._send(note)

    async def test(self) -> list[Tried]:
        """Send a test message to each place, the same way as any other."""
        now = self._clock.now()
        note = Note(
            number=0,
            event="test",
            title="CrossWatch can reach you",
            text="This is a test. You will be told when plays do not reach Trakt, and when they do again.",
            is_recovery=True,
            at=now,
            waiting=(),
            due_at=now,
        )
        return [await self._try(place, note) for place in self._wanted().places]

    # ------------------------------------------------------------------------------ sending

    def _wanted(self) -> Wanted:
        settings = self._settings()
        return Wanted(events=settings.events, places=places_of(settings))

    async def _send(self, note: Note) -> None:
        """Tell all places that wait for the note, at once."""
        tried = await asyncio.gather(*(self._try(place, note) for place in note.waiting))
        book = self._book
        for one in tried:
            if one.ok:
                book = sent(book, note.number, one.place)
        book = failed(book, note.number, [one.place for one in tried if not one.ok], self._clock.now())
        await self._keep(book)

    async def _try(self, place: str, note: Note) -> Tried:
        if self._http is None:
            return Tried(place=place, ok=False, sentence="CrossWatch is only just starting.")
        try:
            await tell(place, note, self._settings(), self._http)
        except NoticeError as error:
            self._tallies.count(Counted.NOTIFICATIONS, "failed")
            self._note_problem(place, error.sentence)
            return Tried(place=place, ok=False, sentence=error.sentence)
        self._tallies.count(Counted.NOTIFICATIONS, "sent")
        self._last_sent_at = self._clock.now()
        self._problems.pop(place, None)
        log.info("told %s: %s", place, note.title, extra={"event": "notices.sent"})
        return Tried(place=place, ok=True, sentence="It was sent.")

    def _note_problem(self, place: str, sentence: str) -> None:
        """Say it once, until something else is so."""
        if sentence != self._problems.get(place):
            log.warning("a notice did not get through: %s", sentence, extra={"event": "notices.failed"})
        self._problems[place] = sentence

    async def _keep(self, book: Book) -> None:
        """Have the book in force, and on disk if anything is new; a disk that is full stops no notice."""
        if book == self._book and not self._is_unkept:
            return
        self._book = book
        try:
            await asyncio.to_thread(write_book, self._path, book)
        except OSError as error:
            if not self._is_unkept:
                log.warning(
                    "what was told cannot be kept: %s",
                    error.strerror or error,
                    extra={"event": "notices.unkept"},
                )
            self._is_unkept = True
        else:
            self._is_unkept = False
