"""Which troubles are open, and what is still to be told of them. Pure.

A trouble is an *incident*: it is opened once, told of once, and closed once. A check that is not fine opens
it, when that has lasted for its patience. A check that is fine closes it only if there is proof from after
the opening (`Check.proved_at`): a process that has just started knows of no trouble yet, and must not say
that there is none.

What is to be told is a *note*, with the places that it still has to reach. The book is written down before
anything is sent, so that a restart forgets nothing and repeats nothing but what it died while sending.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosswatch.health.checks import Level
from crosswatch.health.words import span_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crosswatch.health.checks import Check, Health

RETRY_AFTER = tuple(map(timedelta, (0, 0, 0, 0), (30, 120, 600, 1800)))
"""How long to wait after each try that failed; after the last of them a place is given up for that note."""

FORGOTTEN_AFTER = timedelta(minutes=15)
"""A check that is gone for that long belongs to something that is not configured any more."""

MOST_PEOPLE = 1_000
"""So many people are remembered as told of, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When a check of a kind opens an incident.

    Attributes:
        event: The event of the configuration.
        level: From which level on.
        patience: How long it must have been so.
    """

    event: str
    level: Level
    patience: timedelta


TRIGGERS = {
    "link": Trigger(event="link", level=Level.BROKEN, patience=timedelta(0)),
    "server": Trigger(event="source", level=Level.ATTENTION, patience=timedelta(minutes=5)),
    "watcher": Trigger(event="source", level=Level.BROKEN, patience=timedelta(minutes=5)),
    "backlog": Trigger(event="backlog", level=Level.ATTENTION, patience=timedelta(0)),
    "storage": Trigger(event="storage", level=Level.BROKEN, patience=timedelta(minutes=1)),
}
PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A trouble that is open.

    Attributes:
        id: The check's.
        title: What was said of it first.
        opened_at: When it was opened, aware UTC.
        gone_at: Since when there is no such check, or None.
        told: The places that have been told.
    """

    id: str
    title: str
    opened_at: datetime
    gone_at: datetime | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that is still to be told.

    Attributes:
        number: Never given twice.
        event: The event of the configuration.
        incident: The id of the incident that it opens, or empty.
        title: A few words.
        text: A sentence or two, with what to do.
        is_recovery: Whether it is good news.
        at: When it became so, aware UTC.
        waiting: The places that it still has to reach.
        tries: How often it was tried in vain.
        due_at: When to try next, aware UTC.
    """

    number: int
    event: str
    incident: str = ""
    title: str
    text: str
    is_recovery: bool = False
    at: datetime
    waiting: tuple[str, ...]
    tries: int = 0
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody new.

    Attributes:
        key: What is remembered of them.
        name: As Plex names them.
        title: What they watched.
    """

    key: str
    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything that must outlive the process.

    Attributes:
        incidents: What is open.
        notes: What is to be told.
        next_number: Of the next note.
        people: Keys of the people who are no news; None before anybody was looked at.
    """

    incidents: tuple[Incident, ...] = ()
    notes: tuple[Note, ...] = ()
    next_number: int = 1
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is told to whom.

    Attributes:
        events: The events that are told of.
        places: Where they are told.
    """

    events: tuple[str, ...]
    places: tuple[str, ...]

    def places_for(self, event: str) -> tuple[str, ...]:
        """Where this event is told."""
        return self.places if event in self.events else ()


# ---------------------------------------------------------------- what happens


def advance(book: Book, health: Health, now: datetime, wanted: Wanted) -> Book:
    """The book once these checks have been looked at."""
    checks = {check.id: check for check in health.checks}
    for incident in book.incidents:
        book = _follow(book, incident, checks.get(incident.id), now, wanted)
    open_ids = {incident.id for incident in book.incidents}
    for check in health.checks:
        if check.id not in open_ids and _is_trouble(check, now):
            book = _open(book, check, now, wanted)
    return book


def meet(book: Book, people: Iterable[Person], now: datetime, wanted: Wanted) -> Book:
    """The book once these people have been seen; the first ones ever are no news."""
    known = set(book.people or ())
    new = [person for person in {one.key: one for one in people}.values() if person.key not in known]
    if book.people is not None:
        for person in new:
            book = _add(
                book,
                event=PERSON,
                title=f"Somebody new: {person.name or 'a person without a name'}",
                text=f"They watched {person.title}. Nothing was told to Trakt, for nobody has said whose "
                "plays these are. `crosswatch people` shows how to link them.",
                now=now,
                places=wanted.places_for(PERSON),
            )
    remembered = (*(book.people or ()), *(person.key for person in new))
    return replace(book, people=remembered[-MOST_PEOPLE:])


def sent(book: Book, number: int, place: str) -> Book:
    """The book once this place has been told."""
    note = _note(book, number)
    if note is None:
        return book
    book = _without_place(book, note, place)
    incident = next((one for one in book.incidents if one.id == note.incident), None)
    if incident is None or place in incident.told:
        return book
    return _with_incident(book, replace(incident, told=(*incident.told, place)))


def failed(book: Book, number: int, places: Sequence[str], now: datetime) -> Book:
    """The book once these places could not be told; after some tries they are given up for this note."""
    note = _note(book, number)
    if note is None or not places:
        return book
    if note.tries < len(RETRY_AFTER):
        later = replace(note, tries=note.tries + 1, due_at=now + RETRY_AFTER[note.tries])
        return _with_note(book, later)
    for place in places:
        found = _note(book, number)
        book = _without_place(book, found, place) if found is not None else book
    return book


def without_places(book: Book, places: Sequence[str]) -> Book:
    """The book without what waits for places that are not configured any more."""
    kept = [replace(note, waiting=tuple(p for p in note.waiting if p in places)) for note in book.notes]
    return replace(book, notes=tuple(note for note in kept if note.waiting))


def due(book: Book, now: datetime) -> tuple[Note, ...]:
    """The notes that are to be sent now, the oldest first.

    None is put off for longer than the last wait; one that seems to be was put off by a clock that was set
    back since.
    """
    return tuple(note for note in book.notes if not now < note.due_at <= now + RETRY_AFTER[-1])


# ---------------------------------------------------------------- incidents


def _is_trouble(check: Check, now: datetime) -> bool:
    trigger = TRIGGERS.get(check.kind)
    if trigger is None or check.level < trigger.level:
        return False
    return now - (check.since or now) >= trigger.patience


def _open(book: Book, check: Check, now: datetime, wanted: Wanted) -> Book:
    trigger = TRIGGERS[check.kind]
    incident = Incident(id=check.id, title=check.title, opened_at=now)
    book = replace(book, incidents=(*book.incidents, incident))
    return _add(
        book,
        event=trigger.event,
        incident=check.id,
        title=check.title,
        text=f"{check.sentence} {check.action}".strip(),
        now=now,
        places=wanted.places_for(trigger.event),
    )


def _follow(book: Book, incident: Incident, check: Check | None, now: datetime, wanted: Wanted) -> Book:
    """The book once an open incident has been looked at again."""
    if check is None:
        if incident.gone_at is not None and now - incident.gone_at >= FORGOTTEN_AFTER:
            return _close(book, incident)
        return _with_incident(book, replace(incident, gone_at=incident.gone_at or now))
    incident = replace(incident, opened_at=min(incident.opened_at, now))  # a clock may have been set back
    is_proved = check.proved_at is not None and check.proved_at > incident.opened_at
    if check.level > Level.FINE or not is_proved:
        return _with_incident(book, replace(incident, gone_at=None))
    event = TRIGGERS[check.kind].event if check.kind in TRIGGERS else ""
    told = tuple(place for place in wanted.places_for(event) if place in incident.told)
    return _add(
        _close(book, incident),
        event=event,
        title=f"Fine again: {check.title}",
        text=f"{check.sentence} It was not so for {span_words(now - incident.opened_at)} ({incident.title}).",
        is_recovery=True,
        now=now,
        places=told,
    )


def _close(book: Book, incident: Incident) -> Book:
    """Whoever has not been told that it began is told neither that it ended nor that it began."""
    return replace(
        book,
        incidents=tuple(one for one in book.incidents if one.id != incident.id),
        notes=tuple(note for note in book.notes if note.incident != incident.id),
    )


def _with_incident(book: Book, incident: Incident) -> Book:
    return replace(
        book, incidents=tuple(incident if one.id == incident.id else one for one in book.incidents)
    )


# ---------------------------------------------------------------- notes


def _add(
    book: Book,
    *,
    event: str,
    title: str,
    text: str,
    now: datetime,
    places: tuple[str, ...],
    incident: str = "",
    is_recovery: bool = False,
) -> Book:
    if not places:
        return book
    note = Note(
        number=book.next_number,
        event=event,
        incident=incident,
        title=title,
        text=text,
        is_recovery=is_recovery,
        at=now,
        waiting=places,
        due_at=now,
    )
    return replace(book, notes=(*book.notes, note), next_number=book.next_number + 1)


def _note(book: Book, number: int) -> Note | None:
    return next((note for note in book.notes if note.number == number), None)


def _with_note(book: Book, note: Note) -> Book:
    return replace(book, notes=tuple(note if one.number == note.number else one for one in book.notes))


def _without_place(book: Book, note: Note, place: str) -> Book:
    waiting = tuple(one for one in note.waiting if one != place)
    if waiting:
        return _with_note(book, replace(note, waiting=waiting))
    return replace(book, notes=tuple(one for one in book.notes if one.number != note.number))
