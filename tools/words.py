"""Collects the words of the pages, and makes of each language's catalogue what the app reads: `make words`.

A new text comes into `locale/<language>/LC_MESSAGES/crosswatch.po` without a translation; whoever fills it in
runs this again. What is gone from the pages is gone from the catalogue.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from crosswatch.config.schema import schema
from crosswatch.core.sentences import EXPLAINED
from crosswatch.health.checks import WORDS
from crosswatch.service import story
from crosswatch.storage import failures
from crosswatch.web.drawing import HERE
from crosswatch.web.languages import DOMAIN, LANGUAGES, LOCALE, SOURCE_LANGUAGE

if TYPE_CHECKING:
    from pathlib import Path

HOUSE = HERE.parent
PYTHON = [("**.py", "python")]
METHODS = [("templates/**.html", "jinja2"), *PYTHON]
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "extensions": "jinja2.ext.i18n"}}
PHRASES = {"say": None, "say_count": (1, 2), "mark": None}
"""What the other rooms say (`crosswatch.core.phrases`)."""

KEYWORDS = {
    **PHRASES,
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "translate": None,
    "translate_count": (1, 2),
}
WIDTH = 110


def collect() -> Catalog:
    """Every text of the pages, and those of other rooms that pages translate, without translations."""
    found = Catalog(fuzzy=False)
    for name, _, text, _, _ in extract_from_dir(str(HERE), METHODS, OPTIONS, KEYWORDS):
        found.add(text, locations=[(name, None)])
    for name, _, text, _, _ in extract_from_dir(str(HOUSE), PYTHON, keywords=PHRASES):
        found.add(text, locations=[(name, None)])
    of_keys = (text for key in schema() for text in (key.label, key.help, key.rule))
    of_reasons = (text for one in EXPLAINED for text in (one.title, one.sentence, one.action))
    for text in filter(None, (*WORDS.values(), *of_reasons, *story.TEMPLATES, *failures.TEMPLATES, *of_keys)):
        found.add(text)
    return found


def catalogue_of(language: str) -> Catalog:
    """The translations into a language, of exactly the texts that there are."""
    path = file_of(language, "po")
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    words = Catalog(
        locale=language, project=DOMAIN, header_comment="# Made by `make words`; fill in what is empty."
    )
    words.fuzzy = False
    words.creation_date = words.revision_date = SOME_DAY
    for message in collect():
        if message.id:
            said = known.get(message.id)
            words.add(message.id, said.string if said else "", locations=message.locations)
    return words


def po_of(words: Catalog) -> bytes:
    """The catalogue as people edit it."""
    page = io.BytesIO()
    write_po(page, words, width=WIDTH, sort_output=True, no_location=True)
    return b"\n".join(line for line in page.getvalue().split(b"\n") if not line.startswith(UNSTEADY))


def mo_of(words: Catalog) -> bytes:
    """The catalogue as the app reads it."""
    page = io.BytesIO()
    write_mo(page, words)
    return page.getvalue()


def file_of(language: str, ending: str) -> Path:
    """Where a language's catalogue lies."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def missing(words: Catalog) -> list[str]:
    """Texts that nobody has translated."""
    return [str(message.id) for message in words if message.id and not all(_strings(message.string))]


def _strings(string: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


UNSTEADY = (
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Generated-By',
    b'"Last-Translator',
    b'"Language-Team',
)
"""Lines of a head that would change with each run."""


SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""The head's dates, or a file would change with each run."""


def main() -> int:
    """Write all catalogues anew; 1 if words are missing in one."""
    code = 0
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        words = catalogue_of(language)
        file_of(language, "po").write_bytes(po_of(words))
        file_of(language, "mo").write_bytes(mo_of(words))
        left = missing(words)
        if left:
            sys.stderr.write(f"{language}: {len(left)} of {len(words)} texts wait for a translation.\n")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
