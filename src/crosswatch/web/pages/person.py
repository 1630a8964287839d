"""What the page of one person shows, and what its form comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosswatch.config.revision import revision_of
from crosswatch.core.filters import fold
from crosswatch.core.phrases import say
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import PlayQuery
from crosswatch.errors import ConfigError
from crosswatch.linking.people import find_entry
from crosswatch.web.languages import mark
from crosswatch.web.now import build_card
from crosswatch.web.pages.people import accounts_of, is_theirs, link_state, person_row, read
from crosswatch.web.permissions import KIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswatch.config.document import Document
    from crosswatch.config.model import PersonSettings
    from crosswatch.core.plays import Play
    from crosswatch.web.now import Card
    from crosswatch.web.pages.people import LinkState, PersonRow, Seen
    from crosswatch.web.ports import RuntimeLike

RECENT = 8
LONGEST_TEXT = 2000
"""Of each field but the titles, in characters."""
LARGEST_FORM = 64 * KIB
"""In bytes; a long list of titles fits."""
_LABELS = {
    "name": say("The name"),
    "libraries": say("The name of a library"),
    "ignored_libraries": say("The name of a library"),
    "players": say("The name of a device"),
    "mark": say("The percentage"),
    "plex_ids": say("The list of numbers at Plex"),
    "aliases": say("The list of names at Plex"),
}
KINDS = {"": mark("Films and episodes"), "movie": mark("Only films"), "episode": mark("Only episodes")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForm:
    """What the form holds: an entry as people write it.

    Attributes:
        name: What they are called.
        accounts: Names of the Trakt accounts that their plays go to.
        kind: One of `KINDS`.
        libraries: The only ones that count; none for all.
        ignored_libraries: Those that do not.
        ignored_titles: Films and shows that do not, one a line.
        players: The only devices that count; none for all.
        mark: Their own watched mark in percent; empty as for everybody.
        plex_ids: Numbers, with commas between.
        aliases: Names at Plex, one a line.
        revision: Of the entry that the form was made of.
    """

    name: str
    accounts: tuple[str, ...] = ()
    kind: str = ""
    libraries: tuple[str, ...] = ()
    ignored_libraries: tuple[str, ...] = ()
    ignored_titles: str = ""
    players: tuple[str, ...] = ()
    mark: str = ""
    plex_ids: str = ""
    aliases: str = ""
    revision: str = ""

    @classmethod
    def of(cls, person: PersonSettings, revision: str) -> PersonForm:
        """The form of an entry."""
        mark = person.watched_at_percent
        return cls(
            name=person.name,
            accounts=person.accounts,
            kind=person.kinds[0] if len(person.kinds) == 1 else "",
            libraries=person.libraries,
            ignored_libraries=person.ignored_libraries,
            ignored_titles="\n".join(person.ignored_titles),
            players=person.players,
            mark="" if mark is None else f"{mark:g}",
            plex_ids=", ".join(map(str, person.plex_ids)),
            aliases="\n".join(person.aliases),
            revision=revision,
        )

    @classmethod
    def read(cls, fields: Mapping[str, Sequence[str]]) -> PersonForm:
        """The form as it was sent."""

        def one(name: str) -> str:
            return next(iter(fields.get(name, ())), "").strip()

        return cls(
            name=one("name"),
            accounts=tuple(fields.get("accounts", ())),
            kind=one("kind") if one("kind") in KINDS else "",
            libraries=_several(fields, "libraries"),
            ignored_libraries=_several(fields, "ignored_libraries"),
            ignored_titles=one("ignored_titles"),
            players=_several(fields, "players"),
            mark=one("mark"),
            plex_ids=one("plex_ids"),
            aliases=one("aliases"),
            revision=one("revision"),
        )

    def renewed(self, document: Document, name: str) -> PersonForm:
        """The same, to be saved over what that person's entry says now."""
        entry = find_entry(document, name)
        return replace(self, revision=revision_of(entry)) if entry is not None else self

    def values(self) -> dict[str, Any]:
        """The keys of an entry; whether they can be meant is found out when they are written.

        Raises:
            ConfigError: If something is no number, or too long. Says what.
        """
        for key, words in _LABELS.items():
            given = getattr(self, key)
            if any(len(text) > LONGEST_TEXT for text in ([given] if isinstance(given, str) else given)):
                sentence = say(
                    "{field} must not be longer than {most} characters.", field=words, most=LONGEST_TEXT
                )
                raise ConfigError(sentence, key=key)
        numbers = [text.strip() for text in self.plex_ids.replace("\n", ",").split(",") if text.strip()]
        if not all(map(_is_number, numbers)):
            raise ConfigError(say("A number at Plex has digits only."), key="plex_ids")
        return {
            "name": self.name,
            "accounts": list(dict.fromkeys(self.accounts)),
            "kinds": [self.kind] if self.kind else [],
            "libraries": list(self.libraries),
            "ignored_libraries": list(self.ignored_libraries),
            "ignored_titles": _lines(self.ignored_titles),
            "players": list(self.players),
            "watched_at_percent": _mark(self.mark),
            "plex_ids": [int(number) for number in numbers],
            "aliases": _lines(self.aliases),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """The page.

    Attributes:
        row: The person, as in the list.
        form: What the form holds.
        accounts: Every Trakt account that there is.
        libraries: Titles that may be chosen.
        ignorable: The same, of those to be ignored.
        players: Devices that may be chosen.
        mark: What counts as watched for everybody, in percent.
        names: What their accounts at Plex are called, with their numbers.
        further: What else narrows their plays, by words of the configuration.
        recent: Their last plays.
        who: How the history finds them.
    """

    row: PersonRow
    form: PersonForm
    accounts: tuple[LinkState, ...]
    libraries: tuple[str, ...]
    ignorable: tuple[str, ...]
    players: tuple[str, ...]
    mark: float
    names: tuple[str, ...]
    further: tuple[str, ...]
    recent: tuple[Card, ...]
    who: str


async def look_at(runtime: RuntimeLike, name: str, typed: PersonForm | None = None) -> PersonPage | None:
    """The person of that name as it is now, with what somebody has typed; None if nobody is called so.

    Raises:
        StorageError: If the plays cannot be read.
    """
    settings = runtime.config.settings
    person = next((one for one in settings.people if one.name == name), None)
    entry = find_entry(runtime.config.document, name)
    if person is None or entry is None:
        return None
    seen = await read(runtime)
    found = accounts_of(person, seen.known)
    theirs = await _plays_of(runtime, person, seen)
    form = typed or PersonForm.of(person, revision_of(entry))
    names = (SinkAccount().name, *settings.accounts)
    return PersonPage(
        row=person_row(person, seen),
        form=form,
        accounts=tuple(link_state(one, seen) for one in names),
        libraries=_choices(form.libraries, (play.media.library for play in seen.plays)),
        ignorable=_choices(form.ignored_libraries, (play.media.library for play in seen.plays)),
        players=_choices(form.players, (play.player.title for play in theirs)),
        mark=settings.features.scrobble.options.watched_at_percent,
        names=tuple(f"{account.name} ({account.plex_id or account.id})" for _, account in found),
        further=tuple(key for key in ("servers", "networks") if getattr(person, key)),
        recent=await _cards(runtime, theirs[:RECENT], seen),
        who=_who(person, seen),
    )


async def _plays_of(runtime: RuntimeLike, person: PersonSettings, seen: Seen) -> list[Play]:
    """Their last plays; where all that were looked at are others', older ones are asked for."""
    recent = [play for play in seen.plays if is_theirs(play, person, seen.known)]
    if recent:
        return recent
    older = await runtime.ledger.plays(PlayQuery(who=_who(person, seen), limit=RECENT))
    return [play for play in older if is_theirs(play, person, seen.known)]


async def _cards(runtime: RuntimeLike, plays: Sequence[Play], seen: Seen) -> tuple[Card, ...]:
    deliveries = await runtime.ledger.deliveries([play.id for play in plays])
    rules = seen.known.rules
    return tuple(build_card(play, deliveries.get(play.id, []), rules) for play in plays)


def _who(person: PersonSettings, seen: Seen) -> str:
    """How the history finds the person: by the number of their first account, or by a name."""
    number = next((one.id for _, one in accounts_of(person, seen.known) if one.id is not None), None)
    if number is None:
        number = next(iter(person.plex_ids), None)
    return f"id:{number}" if number is not None else next(iter(person.aliases), person.name)


def _choices(chosen: Iterable[str], seen: Iterable[str]) -> tuple[str, ...]:
    """What is chosen, then what was seen."""
    return _each_once([*chosen, *sorted(set(seen))])


def _several(fields: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """What was ticked, and what was typed beside it, with commas between."""
    typed = (text for field in fields.get(f"more_{name}", ()) for text in field.split(","))
    return _each_once(text.strip() for text in (*fields.get(name, ()), *typed))


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts in their order, nothing empty, each in its first spelling."""
    found: dict[str, str] = {}
    for text in texts:
        if text.strip():
            found.setdefault(fold(text), text)
    return tuple(found.values())


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _mark(text: str) -> float | None:
    """The watched mark in percent, None for that of everybody.

    Raises:
        ConfigError: If it is no number.
    """
    if not text:
        return None
    try:
        return float(text.replace(",", ".").rstrip(" %"))
    except ValueError:
        raise ConfigError(
            say("From where a play is watched is a number from 50 to 100."), key="watched_at_percent"
        ) from None
