from __future__ import annotations

import pytest

from crosswatch.core.events import Account
from crosswatch.core.people import names_of
from crosswatch.providers.scrobble.plex.register import Listed, Register

ALICE_HERE = Listed(number=1, name="alice")
ALICE = Listed(
    number=1_000_001, name="alice", others=frozenset({"Alice A."}), own=frozenset({"alice", "a@x.org"})
)
BOB = Listed(number=1_000_002, name="bob", own=frozenset({"bob"}))


def register(*lines, owner=None):
    made = Register()
    made.put("server", lines)
    if owner is not None:
        made.put_owner("owner", owner)
    return made


def test_the_owners_number_at_plex_tv_is_taken_for_one():
    made = register(ALICE_HERE, BOB, owner=ALICE)
    by_plex_id = made.know(Account(id=1_000_001))
    assert by_plex_id == made.know(Account(id=1))
    assert (by_plex_id.id, by_plex_id.owner_plex_id, by_plex_id.plex_id) == (1, 1_000_001, 1_000_001)
    assert by_plex_id.aliases == {"Alice A.", "a@x.org"}
    assert [one.id for one in made.everybody()] == [1, 1_000_002]


def test_somebody_else_keeps_the_number_and_has_no_second_one():
    assert register(BOB, owner=ALICE).know(Account(id=1_000_002)).owner_plex_id is None


def test_a_name_that_an_account_comes_with_is_kept_and_the_others_are_added():
    made = register(Listed(number=7, name="carol84", others=frozenset({"Carol"}), own=frozenset({"carol84"})))
    assert made.know(Account(id=7, name="Carol C.", aliases=frozenset({"CC"}))) == Account(
        id=7, name="Carol C.", aliases=frozenset({"CC", "carol84", "Carol"})
    )


def test_of_somebody_unknown_nothing_is_known():
    assert register(BOB).know(Account(id=9, name="dora")) == Account(id=9, name="dora")
    assert register(BOB).know(Account()) == Account()
    assert 9 not in register(BOB)


def test_a_name_that_two_accounts_bear_identifies_neither():
    made = register(Listed(number=7, name="Tom"), Listed(number=8, name="tom "))
    for number in (7, 8):
        known = made.know(Account(id=number, name="TOM"))
        assert known.contested == {"tom"}
        assert names_of(known) == set()


def test_a_user_name_is_its_owners_whoever_calls_themselves_so_too():
    made = register(ALICE_HERE, Listed(number=8, name="Alice"), owner=ALICE)
    assert "alice" in names_of(made.know(Account(id=1)))
    assert names_of(made.know(Account(id=8))) == set()


def test_a_name_without_a_number_is_contested_where_two_bear_it():
    made = register(Listed(number=7, name="Tom"), Listed(number=8, name="Tom"), BOB)
    assert names_of(made.know(Account(name="Tom"))) == set()
    assert names_of(made.know(Account(name="Bob"))) == {"bob"}


def test_a_name_without_a_number_is_that_of_the_only_account_that_bears_it():
    made = register(Listed(number=7, name="Tom"), Listed(number=8, name="Tom"), BOB)
    assert made.know(Account(name="bob")).namesake == 1_000_002
    assert made.know(Account(name="tom")).namesake is None
    assert made.know(Account(name="Local")).namesake is None
    assert made.know(Account(id=1_000_002, name="bob")).namesake is None


def test_a_list_takes_the_place_of_what_its_source_said_before():
    made = register(Listed(number=7, name="Tom"), Listed(number=8, name="Tom"))
    made.put("server", [Listed(number=7, name="Tom")])
    assert names_of(made.know(Account(id=7))) == {"tom"}
    assert 8 not in made


@pytest.mark.parametrize("names", [("Kids", ""), ("", "Kids")], ids=["then nothing", "first nothing"])
def test_an_empty_name_says_nothing(names):
    made = Register()
    for source, name in zip(("server", "home"), names, strict=True):
        made.put(source, [Listed(number=3, name=name)])
    assert made.know(Account(id=3)) == Account(id=3, name="Kids")
