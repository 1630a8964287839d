"""The ground that everything stands on: configuration, folder, database, user, clock. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.health.checks import Check, Level
from crosswatch.health.words import size_words, span_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.health.facts import Facts, Folder

LITTLE_ROOM = 200_000_000
NO_ROOM = 20_000_000
"""Bytes below which the folder needs a look, and below which writing is about to fail."""

SKEWED_FROM = timedelta(seconds=90)
"""A clock that is off by more dates plays wrongly; answers come with whole seconds and take their time."""


def base_checks(facts: Facts) -> Iterator[Check]:
    """Configuration, folder, database, door's register, user, clock."""
    yield _config(facts)
    if facts.folder is not None:
        yield _folder(facts.folder)
    yield _storage(facts)
    if facts.access_problem:
        yield Check(
            id="access",
            level=Level.BROKEN,
            title=say("Nobody new can be let in"),
            sentence=facts.access_problem,
        )
    if facts.is_root:
        yield Check(
            id="root",
            title=say("Run by root"),
            sentence=say("The process may do everything on this machine; it needs none of that."),
            action=say("Run it as a user of its own."),
        )
    if facts.skew is not None:
        yield _clock(facts.skew)


def _config(facts: Facts) -> Check:
    if facts.config_problem:
        return Check(
            id="config",
            level=Level.BROKEN,
            title=say("config.json can't be used"),
            sentence=say(
                "{problem} The last good configuration stays in force, and the file is left as it is.",
                problem=facts.config_problem,
            ),
            action=say("Mend the file; it is read again by itself."),
        )
    return Check(id="config", title=say("Configuration"), sentence=say("config.json is valid and in force."))


def _folder(folder: Folder) -> Check:
    room = say("{size} free", size=size_words(folder.free_bytes)) if folder.free_bytes is not None else ""
    level, action = Level.FINE, ""
    sentence: str = say("{path} can be written[; {room}].", path=folder.path, room=room)
    if folder.problem:
        level, sentence = Level.BROKEN, folder.problem
        action = say("Give the user that runs CrossWatch the right to write there.")
    elif folder.free_bytes is not None and folder.free_bytes < LITTLE_ROOM:
        level = Level.BROKEN if folder.free_bytes < NO_ROOM else Level.ATTENTION
        sentence = say("Little room is left at {path}: {room}.", path=folder.path, room=room)
        action = say("Make room there.")
    elif folder.is_lost_with_container:
        level = Level.ATTENTION
        sentence = say(
            "{path} is a part of the container: it is lost when the container is made anew.",
            path=folder.path,
        )
        action = say("Mount a volume or a folder there.")
    title = say("Folder") if level is Level.FINE else say("The folder needs a look")
    return Check(id="folder", level=level, title=title, sentence=sentence, action=action)


def _storage(facts: Facts) -> Check:
    if facts.storage_problem:
        return Check(
            id="storage",
            level=Level.BROKEN,
            title=say("The database can't be used"),
            sentence=facts.storage_problem,
        )
    return Check(
        id="storage",
        title=say("Database"),
        sentence=say("Plays can be read and written."),
        proved_at=facts.now,
    )


def _clock(skew: timedelta) -> Check:
    if abs(skew) <= SKEWED_FROM:
        return Check(id="clock", title=say("Clock"), sentence=say("It agrees with Trakt's."))
    if skew > timedelta(0):
        sentence = say(
            "This machine's clock is {span} behind Trakt's, so plays are dated wrongly.",
            span=span_words(skew),
        )
    else:
        sentence = say(
            "This machine's clock is {span} ahead of Trakt's, so plays are dated wrongly.",
            span=span_words(-skew),
        )
    return Check(
        id="clock",
        level=Level.ATTENTION,
        title=say("The clock is off"),
        sentence=sentence,
        action=say("Set it, or let it be set over the network (NTP)."),
    )
