"""What the settings show: sections of the schema as groups of fields, what a change comes to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crosswatch.config.changes import MISSING, Change, value_at
from crosswatch.config.schema import ANY_ENTRY, Key, key_at, path_of, schema
from crosswatch.config.secrets import find_mask, is_secret_name, mask
from crosswatch.web.forms import REMOVE, Field, Typed, Wish, field_of, values_of, words_of, write_was
from crosswatch.web.languages import mark, translate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from crosswatch.config.document import Document
    from crosswatch.config.file import ConfigFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A group of a section, by the keys in it.

    Attributes:
        title: What it is called; empty where the section's title will do.
        keys: How its keys begin.
        entry: What one entry is called, where the keys are those of a list.
    """

    title: str = ""
    keys: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page of settings.

    Attributes:
        id: Its step of the address.
        title: What it is called.
        lead: What it is about.
        parts: Its groups.
    """

    id: str
    title: str
    lead: str
    parts: tuple[Part, ...] = ()


_NOTHING: tuple[Any, ...] = (MISSING, None, "", [])

ELSEWHERE = ("auth.", "accounts.", "people")
"""Keys that have screens of their own, or are written by the app alone."""

SECTIONS = (
    Section(
        id="plex",
        title=mark("Plex"),
        lead=mark("Where plays are heard from."),
        parts=(
            Part(title=mark("Server"), keys=("plex.",)),
            Part(title=mark("Further servers"), keys=("servers[].",), entry=mark("Server")),
            Part(title=mark("Watch mode"), keys=("features.watch.",)),
        ),
    ),
    Section(
        id="trakt",
        title=mark("Trakt"),
        lead=mark("In whose name Trakt is told."),
        parts=(Part(title=mark("App"), keys=("trakt.",)),),
    ),
    Section(
        id="rules",
        title=mark("Rules"),
        lead=mark("Whose plays count, which ones, and from where."),
        parts=(
            Part(
                title=mark("Scrobbling"), keys=("features.scrobble.enabled", "features.scrobble.providers.")
            ),
            Part(title=mark("Whose plays count, and which"), keys=("features.scrobble.filters.",)),
            Part(title=mark("When a play counts"), keys=("features.scrobble.options.",)),
            Part(title=mark("Anime"), keys=("identity.",)),
        ),
    ),
    Section(
        id="webhooks",
        title=mark("Webhooks"),
        lead=mark("Plays that Plex sends by itself."),
        parts=(Part(keys=("features.webhook.",)),),
    ),
    Section(
        id="notices",
        title=mark("Notices"),
        lead=mark("Who is told when something is wrong."),
        parts=(Part(keys=("notices.",)),),
    ),
    Section(
        id="access",
        title=mark("Access & keys"),
        lead=mark("Who may come in, from where, and with what key."),
        parts=(Part(title=mark("Networks and proxies"), keys=("access.", "web.")),),
    ),
    Section(
        id="backup",
        title=mark("Backup"),
        lead=mark("Copies of everything that cannot be made anew."),
        parts=(Part(keys=("backup.",)),),
    ),
    Section(
        id="app",
        title=mark("This app"),
        lead=mark("What does not fit anywhere else."),
        parts=(Part(keys=("runtime.", "storage.")),),
    ),
    Section(id="raw", title=mark("Raw config.json"), lead=mark("The whole document as text.")),
)
BY_ID = {section.id: section for section in SECTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields that belong together.

    Attributes:
        title: What they are about.
        entry: Where the entry of a list stands, such as `servers[0]`; empty for none.
        is_new: Whether it is an entry that there is not yet.
        is_removed: Whether the entry is to go.
        fields: The fields that everybody sees.
        advanced: Those that hardly anybody needs.
    """

    title: str
    entry: str = ""
    is_new: bool = False
    is_removed: bool = False
    fields: tuple[Field, ...]
    advanced: tuple[Field, ...] = ()

    @property
    def has_trouble(self) -> bool:
        """Whether one of the fields that are folded away wants to be seen."""
        return any(field.problem or field.theirs for field in self.advanced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A section's form.

    Attributes:
        groups: Its fields.
        was: What it shows, to come back with it.
    """

    groups: tuple[Group, ...]
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what a change comes to."""

    label: str
    key: str
    before: str
    after: str


def keys_of(section: Section) -> list[Key]:
    """The keys of the section, in the order of its groups."""
    return [key for part in section.parts for key in schema() if key.name.startswith(part.keys)]


def section_of(key: str) -> Section | None:
    """On which page the key is set, or None if on none of these."""
    found = key_at(key)
    if found is None or found.name.startswith(ELSEWHERE):
        return None
    parts = ((section, part) for section in SECTIONS for part in section.parts)
    return next((section for section, part in parts if found.name.startswith(part.keys)), None)


def form_of(
    section: Section,
    config: ConfigFile,
    *,
    typed: Typed | None = None,
    wishes: Collection[Wish] = (),
    problems: Mapping[str, str] | None = None,
    contested: Collection[str] = (),
) -> Form:
    """The section's form.

    Args:
        section: Which.
        config: The configuration.
        typed: What was typed in; None for nothing yet.
        wishes: What of that is not what was shown; all else is drawn as it is by now.
        problems: What is wrong with it, by the key.
        contested: The keys that somebody else has changed meanwhile.
    """
    values = values_of(config.settings)
    told = problems or {}
    wished = {wish.name for wish in wishes}

    def field(name: str) -> Field:
        return field_of(
            name,
            config,
            values,
            typed=typed if name in wished else None,
            problem=told.get(name, ""),
            tell_theirs=name in contested,
        )

    groups = tuple(
        _group(
            title,
            entry,
            [field(name) for name in names],
            is_new=bool(entry) and value_at(values, path_of(entry)) is MISSING,
            is_removed=entry in (typed or {}).get(REMOVE, ()),
        )
        for part in section.parts
        for title, entry, names in _name_groups(part, values)
    )
    names = [one.name for group in groups for one in (*group.fields, *group.advanced)]
    return Form(groups=groups, was=write_was(names, values))


def lines_of(changes: tuple[Change, ...]) -> list[Line]:
    """What the changes come to, for people; a secret is only said to be another one."""
    return [_line(change) for change in changes]


def search(text: str) -> list[tuple[Section, Key]]:
    """The keys whose name or words hold each word of the text."""
    wanted = text.casefold().split()
    found = []
    for key in schema():
        section = section_of(key.name)
        said = f"{key.name} {key.label} {key.help} {section.title if section else ''}".casefold()
        if section and wanted and all(word in said for word in wanted):
            found.append((section, key))
    return found


def plain(text: str) -> str:
    """The words of a text in Markdown, with backticks as they are."""
    return re.sub(r"\*\*(.+?)\*\*", r"\1", re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text))


def _name_groups(part: Part, values: Document) -> Iterator[tuple[str, str, list[str]]]:
    """Title, place and names of each group: one for each entry of a list and a new one, else one."""
    names = [key.name for key in schema() if key.name.startswith(part.keys)]
    if not part.entry:
        if names:
            yield part.title, "", names
        return
    stem = part.keys[0].partition(ANY_ENTRY)[0]
    entries = value_at(values, path_of(stem))
    for place, entry in enumerate(entries):
        at = f"{stem}[{place}]"
        name = entry.get("name") or urlsplit(entry.get("server_url", "")).hostname or str(place + 2)
        yield f"{translate(part.entry)} {name}", at, [one.replace(f"{stem}{ANY_ENTRY}", at) for one in names]
    at = f"{stem}[{len(entries)}]"
    yield mark("Another server"), at, [one.replace(f"{stem}{ANY_ENTRY}", at) for one in names]


def _group(title: str, entry: str, fields: list[Field], *, is_new: bool, is_removed: bool) -> Group:
    return Group(
        title=title,
        entry=entry,
        is_new=is_new,
        is_removed=is_removed,
        fields=tuple(one for one in fields if not one.key.is_advanced),
        advanced=tuple(one for one in fields if one.key.is_advanced),
    )


def _line(change: Change) -> Line:
    key = key_at(change.key)
    label = key.label if key is not None else change.key
    if _holds_secret(change):
        after = mark("changed") if change.after not in _NOTHING else mark("removed")
        before = mark("set") if change.before not in _NOTHING else mark("not set")
        return Line(label=label, key=change.key, before=before, after=after)
    default = key.default if key is not None else MISSING
    before, after = (
        words_of(key, default if value is MISSING else value) for value in (change.before, change.after)
    )
    return Line(label=label, key=change.key, before=before, after=after)


def _holds_secret(change: Change) -> bool:
    """Whether one of the two values must not be shown; of a list of objects only their number is."""
    path = path_of(change.key)
    if any(isinstance(step, str) and is_secret_name(step) for step in path):
        return True
    values = [value for value in (change.before, change.after) if isinstance(value, str | list)]
    plain_ones = [value for value in values if not any(isinstance(entry, dict) for entry in value)]
    return any(find_mask(mask({str(path[-1]): value})) is not None for value in plain_ones)
