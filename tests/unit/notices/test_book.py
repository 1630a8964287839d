"""A trouble is told of once, and its end once, whatever comes in between, however often one looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.health.checks import Check, Health, Level
from crosswatch.notices.book import (
    FORGOTTEN_AFTER,
    RETRY_AFTER,
    TRIGGERS,
    Book,
    Person,
    Wanted,
    advance,
    due,
    failed,
    meet,
    sent,
    without_places,
)

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
EVERYTHING = Wanted(events=("link", "source", "backlog", "storage", "person"), places=("webhook",))
TOM = Person(key="den/7", name="Tom", title="Arrival")


def health(*checks):
    return Health(checks=checks)


def bad(kind="link", level=Level.BROKEN, since=NOW, **changes):
    made = {"id": f"{kind}-1", "title": "It ended", "sentence": "It ended on 12 May.", "action": "Log in."}
    return Check(level=level, since=since, **{**made, **changes})


def fine(kind="link", proved_at=None, since=NOW):
    return Check(id=f"{kind}-1", title="Link", sentence="It can be used.", since=since, proved_at=proved_at)


def delivered(book, place="webhook"):
    """The book once everything that waits has been told, and what that was."""
    told = []
    for note in book.notes:
        if place in note.waiting:
            told.append((note.event, note.is_recovery))
            book = sent(book, note.number, place)
    return book, told


def test_a_trouble_is_told_with_what_to_do():
    [note] = advance(Book(), health(bad()), NOW, EVERYTHING).notes

    assert (note.event, note.title, note.text) == ("link", "It ended", "It ended on 12 May. Log in.")
    assert note.waiting == ("webhook",)


def test_a_trouble_that_goes_on_is_told_once():
    book = Book()
    for minute in range(30):
        book = advance(book, health(bad()), NOW + timedelta(minutes=minute), EVERYTHING)

    assert len(book.notes) == len(book.incidents) == 1


def test_its_end_is_told_once_there_is_proof():
    book, _ = delivered(advance(Book(), health(bad()), NOW, EVERYTHING))
    later = NOW + timedelta(hours=2)

    assert advance(book, health(fine()), later, EVERYTHING).incidents  # a process that knows nothing yet
    assert advance(book, health(fine(proved_at=NOW - timedelta(1))), later, EVERYTHING).incidents
    book, told = delivered(advance(book, health(fine(proved_at=later)), later, EVERYTHING))
    assert told == [("link", True)]
    assert (book.incidents, book.notes) == ((), ())


def test_the_end_says_what_it_was_and_for_how_long():
    book, _ = delivered(advance(Book(), health(bad()), NOW, EVERYTHING))
    later = NOW + timedelta(hours=2)

    [note] = advance(book, health(fine(proved_at=later)), later, EVERYTHING).notes
    assert note.title == "Fine again: Link"
    assert note.text == "It can be used. It was not so for 2 hours (It ended)."


def test_an_end_is_not_told_to_whom_the_beginning_could_not_be():
    later = NOW + timedelta(minutes=1)
    book = advance(Book(), health(bad()), NOW, replace(EVERYTHING, places=("webhook", "ntfy")))
    book = sent(book, book.notes[0].number, "ntfy")

    book = advance(
        book, health(fine(proved_at=later)), later, replace(EVERYTHING, places=("webhook", "ntfy"))
    )
    assert [note.waiting for note in book.notes] == [("ntfy",)]
    assert book.notes[0].is_recovery


@pytest.mark.parametrize(
    ("kind", "level", "since", "opens"),
    [
        pytest.param("link", Level.BROKEN, 0, True, id="a link that ended"),
        pytest.param("link", Level.ATTENTION, 60, False, id="a Trakt that is away is the backlog's to tell"),
        pytest.param("server", Level.BROKEN, 4, False, id="a server that is away for a moment"),
        pytest.param("server", Level.BROKEN, 5, True, id="a server that stays away"),
        pytest.param("server", Level.ATTENTION, 5, True, id="a server that says nothing"),
        pytest.param("watcher", Level.ATTENTION, 60, False, id="a watcher that somebody stopped"),
        pytest.param("watcher", Level.BROKEN, 5, True, id="a watcher that died"),
        pytest.param("backlog", Level.ATTENTION, 0, True, id="a play that waits for long"),
        pytest.param("storage", Level.BROKEN, 1, True, id="a database that cannot be used"),
        pytest.param("backup", Level.ATTENTION, 60, False, id="an old backup is for the page"),
    ],
)
def test_what_opens_an_incident(kind, level, since, opens):
    check = bad(kind, level, since=NOW - timedelta(minutes=since))

    assert bool(advance(Book(), health(check), NOW, EVERYTHING).incidents) is opens


def test_what_nobody_wants_to_be_told_is_not_told():
    nothing = replace(EVERYTHING, events=("backlog",))

    book = advance(Book(), health(bad()), NOW, nothing)
    assert (len(book.incidents), book.notes) == (1, ())


def test_a_check_that_is_gone_for_long_is_forgotten_in_silence():
    """A server that was taken out of the configuration; but not one that has not been looked at yet."""
    book, _ = delivered(advance(Book(), health(bad()), NOW, EVERYTHING))
    book = advance(book, health(), NOW, EVERYTHING)
    assert book.incidents
    book = advance(book, health(), NOW + FORGOTTEN_AFTER, EVERYTHING)
    assert (book.incidents, book.notes) == ((), ())


def test_a_place_that_cannot_be_told_is_given_up_after_some_tries():
    book, now, tries = advance(Book(), health(bad()), NOW, EVERYTHING), NOW, 0
    while book.notes:
        assert due(book, now)
        book = failed(book, 1, ["webhook"], now)
        tries += 1
        if book.notes:
            assert not due(book, now)
            now = book.notes[0].due_at

    assert tries == len(RETRY_AFTER) + 1
    assert now - NOW == sum(RETRY_AFTER, timedelta())


def test_what_waits_for_a_place_that_is_gone_goes_with_it():
    book = advance(Book(), health(bad()), NOW, EVERYTHING)
    assert without_places(book, ("ntfy",)).notes == ()
    assert without_places(book, ("webhook",)) == book


def test_the_first_people_are_no_news_and_each_later_one_is_once():
    book = meet(Book(), [TOM], NOW, EVERYTHING)
    assert (book.notes, book.people) == ((), ("den/7",))

    new = Person(key="den/8", name="", title="Paddington")
    book = meet(book, [TOM, new, new], NOW, EVERYTHING)
    assert [note.title for note in book.notes] == ["Somebody new: a person without a name"]
    assert meet(book, [new], NOW, EVERYTHING) == book


def test_a_fresh_book_without_anybody_makes_the_next_one_news():
    book = meet(meet(Book(), [], NOW, EVERYTHING), [TOM], NOW, EVERYTHING)
    assert [note.title for note in book.notes] == ["Somebody new: Tom"]


def test_answers_about_notes_that_are_gone_change_nothing():
    assert sent(Book(), 7, "webhook") == failed(Book(), 7, ["webhook"], NOW) == Book()


moments = st.sampled_from(["bad", "fine", "proved", "gone", "restart", "send", "fail"])


@given(st.lists(st.tuples(moments, st.integers(1, 600)), max_size=60), st.sampled_from(sorted(TRIGGERS)))
def test_openings_and_ends_take_turns_whatever_happens(steps, kind):
    """What a place hears is: a trouble, its end, a trouble, its end."""
    book, now, heard, last_change = Book(), NOW, [], NOW
    was_bad = False
    for step, seconds in steps:
        now += timedelta(seconds=seconds)
        if step == "restart":
            book = msgspec.json.decode(msgspec.json.encode(book), type=Book)
        elif step == "send":
            for note in due(book, now):
                heard.append(note.is_recovery)
                book = sent(book, note.number, "webhook")
        elif step == "fail":
            for note in due(book, now):
                book = failed(book, note.number, ["webhook"], now)
        else:
            is_bad = step == "bad"
            last_change = last_change if is_bad == was_bad else now
            was_bad = is_bad
            checks = {
                "bad": (bad(kind, since=last_change),),
                "fine": (fine(kind),),
                "proved": (fine(kind, proved_at=now),),
                "gone": (),
            }[step]
            book = advance(book, health(*checks), now, EVERYTHING)
        assert len(book.incidents) <= 1
    for first, second in pairwise(heard):
        assert not (first and second)  # never two ends in a row
    assert not heard or heard[0] is False  # and never an end before a beginning


# ---------------------------------------------------------------- a clock that was set back

BACK = NOW - timedelta(days=30)


def test_after_a_clock_was_set_back_an_end_is_told_as_soon_as_there_is_proof():
    book, _ = delivered(advance(Book(), health(bad()), NOW, EVERYTHING))
    book = advance(book, health(fine()), BACK, EVERYTHING)
    later = BACK + timedelta(minutes=1)
    book, told = delivered(advance(book, health(fine(proved_at=later)), later, EVERYTHING))
    assert told == [("link", True)]


def test_after_a_clock_was_set_back_what_was_put_off_is_tried_at_once():
    book = advance(Book(), health(bad()), NOW, EVERYTHING)
    book = failed(book, book.notes[0].number, ["webhook"], NOW)
    assert due(book, NOW) == ()
    assert due(book, BACK) == book.notes
