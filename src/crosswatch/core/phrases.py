"""Sentences that remember how they were made, so that a page can tell them in its reader's language.

English is the source, and a phrase *is* its English text: logs, the API, the command line and comparisons use
it as the string that it is. A page asks it for its words in another language, with the translations of its
template and of those of its facts that are phrases themselves. What is stored of it is `packed`; a text that
cannot be unpacked is one that was never a phrase.

A template holds facts in braces, `{title} is safe here.`, and pieces in brackets that go when a fact in them
is empty: `Add the name[, or {id}].` One with a full stop is a sentence. `make words` collects the templates,
wherever `say` and `say_count` are called with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

Fact = str | int
"""What fills a template: a name as its bearer writes it, a number, or a phrase."""

_PIECE = re.compile(r"\[([^\[\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
_SIGN = '{"say":'
"""How a packed phrase begins; no sentence does."""


class Tongue(Protocol):
    """A language: what `gettext` and `ngettext` of a catalogue do."""

    def gettext(self, message: str, /) -> str:
        """The message in this language, or itself."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """The message for that number in this language, or the one of both that fits in English."""
        ...


class Phrase(str):
    """An English text made of a template and facts.

    Attributes:
        template: The text with its facts in braces; for a counted phrase the one for one.
        many: The same for other numbers than one; empty where nothing is counted.
        facts: What fills it; a counted phrase has its number as `number`.
    """

    __slots__ = ("facts", "many", "template")
    template: str
    many: str
    facts: Mapping[str, Fact]

    def __new__(cls, template: str, many: str, facts: Mapping[str, Fact]) -> Self:
        """The phrase; `say` and `say_count` are the ways to make one."""
        counted = many if many and facts["number"] != 1 else template
        made = super().__new__(
            cls, _filled(counted, facts, {name: str(fact) for name, fact in facts.items()})
        )
        made.template, made.many, made.facts = template, many, facts
        return made

    def told_in(self, tongue: Tongue) -> str:
        """The text in another language, as far as that knows it; empty where there is none."""
        if not self.template:  # of the empty message, a catalogue says its own head
            return ""
        if self.many:
            template = tongue.ngettext(self.template, self.many, int(self.facts["number"]))
        else:
            template = tongue.gettext(self.template)
        words = {
            name: fact.told_in(tongue) if isinstance(fact, Phrase) else str(fact)
            for name, fact in self.facts.items()
        }
        return _filled(template, self.facts, words)

    @property
    def is_begun_by_us(self) -> bool:
        """Whether it begins with words of ours, not with a name."""
        first = _FIELD.match(self.template)
        return first is None or _is_begun_by_us(self.facts[first[1]])

    def __reduce__(self) -> tuple[Any, ...]:
        """How a copy is made."""
        return Phrase, (self.template, self.many, self.facts)


def say(template: str, /, **facts: Fact) -> Phrase:
    """The phrase of that template; the template has to be written out where this is called."""
    return Phrase(template, "", facts)


def say_count(one: str, many: str, number: int, /, **facts: Fact) -> Phrase:
    """The phrase for that number, which both templates may name as `{number}`."""
    return Phrase(one, many, {**facts, "number": number})


def together(texts: Iterable[str], between: str = " ") -> Phrase:
    """Several texts as one, each of which stays translatable; empty ones are left out."""
    facts = {f"part{index}": text for index, text in enumerate(filter(None, texts))}
    return Phrase(between.join(f"{{{name}}}" for name in facts), "", facts)


def listed(names: Sequence[str]) -> str:
    """Several names as a sentence lists them: `a, b and c`; empty without any."""
    if len(names) < 2:  # noqa: PLR2004 -- a list begins with the second
        return names[0] if names else ""
    return say("{names} and {last}", names=together(names[:-1], ", "), last=names[-1])


def packed(text: str) -> str:
    """What is stored of a text: a phrase with all that it needs to be told in another language."""
    return json.dumps(_shape(text), ensure_ascii=False) if isinstance(text, Phrase) else text


def unpacked(stored: str) -> str:
    """The text that was stored; what was no phrase then is none now."""
    if not stored.startswith(_SIGN):
        return stored
    try:
        return _text_of(json.loads(stored))
    except (ValueError, KeyError, TypeError, AttributeError):
        return stored  # somebody else's words, which only look like it


def plain(value: Any) -> str:
    """The English text of a phrase, for encoders that know `str` only.

    Raises:
        TypeError: If it is something else.
    """
    if isinstance(value, Phrase):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be encoded.")


def _shape(fact: Fact) -> Any:
    if not isinstance(fact, Phrase):
        return fact
    shape: dict[str, Any] = {"say": fact.template}
    if fact.many:
        shape["many"] = fact.many
    if fact.facts:
        shape["facts"] = {name: _shape(value) for name, value in fact.facts.items()}
    return shape


def _text_of(shape: Mapping[str, Any]) -> Phrase:
    facts = {
        name: _text_of(value) if isinstance(value, Mapping) else value
        for name, value in shape.get("facts", {}).items()
    }
    return Phrase(shape["say"], shape.get("many", ""), facts)


def _is_begun_by_us(fact: Fact) -> bool:
    return isinstance(fact, Phrase) and fact.is_begun_by_us


def _filled(template: str, facts: Mapping[str, Fact], words: Mapping[str, str]) -> str:
    """The template with the words of its facts.

    Words of ours that begin a sentence begin with a capital; a name stays as its bearer writes it.
    """

    def kept(piece: re.Match[str]) -> str:
        return piece[1] if all(words[name] for name in _FIELD.findall(piece[1])) else ""

    template = _PIECE.sub(kept, template)
    text = _FIELD.sub(lambda field: words[field[1]], template)
    first = _FIELD.match(template)
    is_ours = first is not None and "." in template and _is_begun_by_us(facts[first[1]])
    return text[:1].upper() + text[1:] if is_ours else text
