"""What the page of a play says of a title or library that was ignored just now, or counts again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from crosswatch.web.languages import mark, translate
from crosswatch.web.pages.history import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswatch.web.ignoring import Offer
    from crosswatch.web.undoing import UndoShelf

IGNORED, COUNTS = "ignored", "counts"

UNDONE = {
    "yes": mark("Taken back. It is as it was before."),
    "newer": mark("Somebody has changed the same setting since. Nothing was taken back."),
    "late": mark("The 30 seconds are over. Nothing was taken back."),
}
"""What taking a change back came to, by the word in the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said.

    Attributes:
        sentence: What was done.
        word: For which it is taken back; empty where it cannot be any more.
        with_play: Whether the play itself is ignored since then as well.
    """

    sentence: str
    word: str = ""
    with_play: bool = False


def told_of(offers: Sequence[Offer], asked: Mapping[str, str], shelf: UndoShelf) -> Told | None:
    """What an address says was done, if it is so; None for nothing."""
    undone = UNDONE.get(asked.get("undone", ""))
    if undone is not None:
        return Told(sentence=translate(undone))
    done, person, word = asked.get("done"), asked.get("who", ""), asked.get("undo", "")
    offer = next((one for one in offers if one.what == asked.get("what")), None)
    if offer is None or done not in (IGNORED, COUNTS):
        return None
    if offer.place_of(person, is_listed=done == IGNORED) is None:
        return None
    with_play = done == IGNORED and read_count(asked.get("n")) > 0
    sentence = _sentence(person, is_ignored=done == IGNORED) % {"name": offer.name, "person": person}
    if with_play:
        also = translate("So is this play.")
        sentence = f"{sentence} {also}"
    return Told(sentence=sentence, word=word if shelf.has(word) else "", with_play=with_play)


def way_back(offer: Offer, person: str, *, ignored: bool, word: str, with_play: bool) -> str:
    """What stands in the address of the page that tells it."""
    told = {"what": offer.what.value, "who": person, "undo": word, "n": int(with_play)}
    return urlencode({"done": IGNORED if ignored else COUNTS, **told})


def _sentence(person: str, *, is_ignored: bool) -> str:
    if is_ignored:
        return translate(
            mark("%(name)s is ignored for %(person)s from now on.")
            if person
            else mark("%(name)s is ignored for everyone from now on.")
        )
    return translate(
        mark("%(name)s counts again for %(person)s, from the next play on.")
        if person
        else mark("%(name)s counts again, from the next play on.")
    )
