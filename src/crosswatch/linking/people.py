"""What may be changed about one person of the configuration; pure changes of a raw document.

An entry is found by its name. Whoever has looked at it before changing it names its revision, so that what
somebody else has changed meanwhile is not lost. Keys that we do not know stay.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.config.revision import revision_of
from crosswatch.core.filters import fold
from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError, ConflictError
from crosswatch.linking.changes import let_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosswatch.config.document import Document

    Change = Callable[[Document], None]

MORNING = time(4)
"""When a day ends by the clock on the wall: a film that runs past midnight still belongs to the evening."""


def find_entry(document: Document, name: str) -> Document | None:
    """The entry of `people` with that name."""
    found: list[Document] = document.get("people") or []
    return next((entry for entry in found if str(entry.get("name", "")).strip() == name), None)


def require_entry(document: Document, name: str) -> Document:
    """The entry of `people` with that name.

    Raises:
        ConflictError: If there is none.
    """
    entry = find_entry(document, name)
    if entry is None:
        raise ConflictError(say("Nobody called {name} is listed any more. Nothing was saved.", name=name))
    return entry


def add_person(entry: Document, *, others: Sequence[Document] = (), listed: str | None = None) -> Change:
    """Add somebody, who is linked to nothing yet.

    Args:
        entry: What recognises them.
        others: Whose plays count by now, for whom there are no entries yet. As soon as there is one entry,
            nobody else counts; so they get theirs first.
        listed: What lets them pass a `username_whitelist` that somebody has written.
    """

    def change(document: Document) -> None:
        people: list[Document] = document.setdefault("people", [])
        if not people:
            people.extend(dict(other) for other in others)
        if not any(is_same(entry, one) for one in people):
            people.append(dict(entry))
        if listed:
            let_pass(document, [listed])

    return change


def edit_person(name: str, revision: str, values: Mapping[str, Any]) -> Change:
    """Give the keys of an entry these values; what is empty and was not written stays unwritten.

    Raises, when it is applied:
        ConflictError: If the entry is gone, or another one than that of the revision.
    """

    def change(document: Document) -> None:
        entry = require_entry(document, name)
        if revision != revision_of(entry):
            raise ConflictError(
                say("{name} was changed by somebody else meanwhile. Nothing was saved.", name=name)
            )
        for key, value in values.items():
            if value or key in entry:
                entry[key] = value

    return change


def pause_person(name: str, *, paused: bool, until: datetime | None = None) -> Change:
    """Have nothing of theirs count for now, or all of it again.

    Args:
        name: Whose.
        paused: Whether nothing counts.
        until: When it ends by itself, aware; None for not by itself.

    Raises, when it is applied:
        ConflictError: If the entry is gone.
    """

    def change(document: Document) -> None:
        entry = require_entry(document, name)
        entry["paused"] = paused and until is None
        entry.pop("paused_until", None)
        if paused and until is not None:
            entry["paused_until"] = until.isoformat(timespec="seconds")

    return change


def next_morning(now: datetime) -> datetime:
    """When tomorrow begins for whoever is awake at that moment, in this machine's zone."""
    local = now.astimezone()
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING).astimezone()


def recognise_person(name: str, account: Document) -> Change:
    """Take a further account at Plex for theirs.

    Args:
        name: Whose.
        account: What recognises it, as an entry of `people`.

    Raises, when it is applied:
        ConflictError: If the entry is gone.
    """

    def change(document: Document) -> None:
        entry = require_entry(document, name)
        for key in ("plex_ids", "aliases"):
            fresh = [one for one in account.get(key, ()) if one not in entry.get(key, ())]
            if fresh:
                entry[key] = [*entry.get(key, ()), *fresh]

    return change


def remove_person(name: str) -> Change:
    """Take somebody out; their plays are skipped from then on.

    Raises, when it is applied:
        ConflictError: If the entry is gone.
        ConfigError: If nobody would be left, for then everybody's plays would count.
    """

    def change(document: Document) -> None:
        entry = require_entry(document, name)
        if len(document["people"]) == 1:
            raise ConfigError(
                say(
                    "{name} is the last one. Without anybody, everyone's plays would count. Pause {name} "
                    "instead.",
                    name=name,
                ),
                key="people",
            )
        document["people"].remove(entry)

    return change


def ignore_person(known_as: str, *, ignored: bool) -> Change:
    """Ask about somebody no more, or again.

    Args:
        known_as: A name at Plex, or `id:` and the number.
        ignored: Whether not to ask.
    """

    def change(document: Document) -> None:
        rest = [one for one in document.get("people_ignored") or [] if fold(one) != fold(known_as)]
        document["people_ignored"] = [*rest, known_as] if ignored else rest

    return change


def is_same(one: Document, other: Document) -> bool:
    """Whether two entries mean one account."""
    by_number = set(one.get("plex_ids", ())) & set(other.get("plex_ids", ()))
    by_name = set(map(fold, one.get("aliases", ()))) & set(map(fold, other.get("aliases", ())))
    return bool(by_number or by_name)
