"""Whose plays count, and for whom: numbers, names, servers, switches, and those whom nobody named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, Media, MediaKind, Player
from crosswatch.core.filters import Limits, Stopped, fold
from crosswatch.core.people import (
    HOME_TO_COME,
    NAMES_TO_COME,
    Held,
    Home,
    Passed,
    Person,
    Recipient,
    Rules,
    decide,
    is_listed,
    linked_people,
    watched_mark,
)
from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import Reason
from fakes.plays import JON, MAYA, at, make_play

DEFAULT = SinkAccount()
HOME = Home(server="den", owner_plex_id=1_000_001)
ALICE = Account(id=1, name="Alice", aliases=frozenset({"alice@example.org"}), owner_plex_id=1_000_001)
BOB = Account(id=1_000_002, name="bob")
NAMELESS = Account(id=77)
NOBODY = Account()
LATE = replace(BOB, name="B.", has_all_names=False)
FILM = Media(kind=MediaKind.MOVIE, title="Arrival", library_id="3", library="Films")


def rules(*usernames, **changes):
    return Rules(**{"is_on": True, "usernames": usernames, "accounts": (DEFAULT,), **changes})


def person(name="Maya", *, ids=(), aliases=(), accounts=(MAYA,), **changes):
    return Person(
        name=name,
        plex_ids=frozenset(ids),
        aliases=frozenset(map(fold, aliases)),
        accounts=accounts,
        **changes,
    )


def with_people(*people, **changes):
    return Rules(**{"is_on": True, "people": people, "accounts": (DEFAULT,), "home": HOME, **changes})


def play_of(account, **changes):
    return make_play(account=account, **{"media": FILM, **changes})


def passed(*accounts, mark=80.0, people=()):
    told = tuple(Recipient(account=one, watched_at_percent=mark) for one in accounts)
    return Passed(recipients=told, people=people)


UNLISTED = Stopped(reason=Reason.PERSON_NOT_LISTED)
OFF = Stopped(reason=Reason.FEATURE_OFF)
UNLINKED = Stopped(reason=Reason.PERSON_UNLINKED)

# ---------------------------------------------------------------- the hand-over's filters


@pytest.mark.parametrize(
    ("given_rules", "account", "decision"),
    [
        pytest.param(rules("alice"), ALICE, passed(DEFAULT), id="listed"),
        pytest.param(rules(), ALICE, passed(DEFAULT), id="no list, so everyone"),
        pytest.param(rules(), NOBODY, passed(DEFAULT), id="no list, so even nobody"),
        pytest.param(rules("bob"), ALICE, UNLISTED, id="not listed"),
        pytest.param(rules("alice"), NOBODY, Held(), id="nobody yet"),
        pytest.param(rules("bob"), NAMELESS, UNLISTED, id="a number only"),
        pytest.param(rules("id:77"), NAMELESS, passed(DEFAULT), id="listed by number"),
        pytest.param(rules("id:1000001"), ALICE, passed(DEFAULT), id="the owner by the number at plex.tv"),
        pytest.param(rules("alice", is_on=False), ALICE, OFF, id="off"),
        pytest.param(rules("alice", accounts=()), ALICE, OFF, id="no sink"),
        pytest.param(rules("alice", is_on=False), NOBODY, OFF, id="off anyway"),
        pytest.param(rules("alice", server_uuid="DEN"), ALICE, passed(DEFAULT), id="this server"),
        pytest.param(
            rules("alice", server_uuid="attic"),
            ALICE,
            Stopped(reason=Reason.SERVER_NOT_SELECTED, detail="its id is den"),
            id="another server",
        ),
        pytest.param(
            rules("bob"),
            LATE,
            Held(otherwise=replace(UNLISTED, detail=NAMES_TO_COME)),
            id="plex.tv may still tell the name",
        ),
        pytest.param(rules("b."), LATE, passed(DEFAULT), id="what it may still tell does not matter"),
        pytest.param(
            rules("alice", limits=Limits(kinds=frozenset({"episode"}))),
            ALICE,
            Stopped(reason=Reason.KIND_OFF, detail="movie"),
            id="a kind that does not count for anybody",
        ),
    ],
)
def test_whose_play_counts(given_rules, account, decision):
    assert decide(given_rules, play_of(account)) == decision


@pytest.mark.parametrize(
    ("username", "account"),
    [
        pytest.param("  aLiCe ", ALICE, id="case and blanks"),
        pytest.param("ALICE@EXAMPLE.ORG", ALICE, id="another name of the account"),
        pytest.param("ID:1", ALICE, id="number, in capitals"),
        pytest.param("STRASSE", Account(name="straße"), id="folded, not lowered"),
        pytest.param("\uff41\uff4cICE", ALICE, id="wide letters"),
        pytest.param("Zo\u0065\u0308", Account(name="Zo\u00eb"), id="accents in two ways"),
        pytest.param("id:eve", Account(name="id:eve"), id="a name that only begins like a number"),
    ],
)
def test_a_name_means_the_same_account_in_every_spelling(username, account):
    assert is_listed((username,), account, "den", HOME)


@pytest.mark.parametrize(
    ("username", "account"),
    [
        pytest.param("id:1", Account(id=9, name="id:1"), id="whoever calls themself by a number"),
        pytest.param("id:1", Account(id=9, name="x", aliases=frozenset({"ID:1"})), id="or is called so"),
        pytest.param("alicé", ALICE, id="accents are not stripped"),
        pytest.param("ali ce", ALICE, id="blanks within are not stripped"),
        pytest.param("", NAMELESS, id="an empty name is nobody's"),
        pytest.param(" ", Account(id=3, name=" "), id="not even of those without one"),
        pytest.param("id:", NAMELESS, id="no number"),
        pytest.param("1", ALICE, id="a bare number is a name"),
        pytest.param("tom", Account(id=7, name="Tom", contested=frozenset({"tom"})), id="a name of two"),
    ],
)
def test_a_name_means_nobody_else(username, account):
    assert not is_listed((username,), account, "den", HOME)


# ---------------------------------------------------------------- who is who


@pytest.mark.parametrize(
    ("account", "server", "home", "is_owner"),
    [
        pytest.param(Account(id=1), "den", HOME, True, id="at home"),
        pytest.param(Account(id=1), "DEN", HOME, True, id="at home, in capitals"),
        pytest.param(
            Account(id=1), "attic", HOME, False, id="somebody else's server, who owns it is unknown"
        ),
        pytest.param(
            Account(id=1, owner_plex_id=1_000_001), "attic", HOME, True, id="a second server of theirs"
        ),
        pytest.param(Account(id=1, owner_plex_id=5), "attic", HOME, False, id="another owner's server"),
        pytest.param(Account(id=1_000_001), "attic", HOME, True, id="a guest on another server"),
        pytest.param(Account(id=1_000_001), "den", HOME, True, id="a webhook with the number at plex.tv"),
        pytest.param(Account(id=1), "attic", Home(), True, id="there is only one server"),
        pytest.param(Account(id=1), "den", Home(server=""), False, id="home has not said who it is"),
        pytest.param(Account(id=1_000_001), "attic", Home(server="den"), False, id="owner's number unknown"),
        pytest.param(Account(name="1"), "den", HOME, False, id="a name is no number"),
    ],
)
def test_number_one_is_the_owner_of_the_first_server_wherever_that_is_sure(account, server, home, is_owner):
    found = linked_people(with_people(person(ids=[1]), home=home), account, server)
    assert bool(found) is is_owner
    assert is_listed(("id:1",), account, server, home) is is_owner


def test_the_owners_number_at_plex_tv_means_the_owner_at_home_too():
    assert linked_people(with_people(person(ids=[1_000_001])), Account(id=1), "den")


@pytest.mark.parametrize(
    "home",
    [
        pytest.param(Home(server=""), id="home has not said who it is"),
        pytest.param(Home(server="attic"), id="home has not said who owns it"),
    ],
)
def test_while_home_has_not_answered_whoever_may_be_its_owner_is_held_and_not_refused(home):
    decision = decide(with_people(person(ids=[1]), home=home), play_of(ALICE))
    assert decision == Held(otherwise=replace(UNLINKED, detail=HOME_TO_COME))
    assert decide(with_people(person(ids=[7]), home=home), play_of(ALICE)) == UNLINKED


TOM, TWIN = Account(id=7, name="Tom"), Account(id=8, name="Tom")


@pytest.mark.parametrize(
    ("people", "account", "names"),
    [
        pytest.param([person("A", ids=[7], aliases=["tom"])], TOM, ["A"], id="by number"),
        pytest.param([person("A", ids=[7], aliases=["tom"])], TWIN, [], id="a namesake with another number"),
        pytest.param([person("A", aliases=["tom"])], TOM, ["A"], id="by name, where no number is written"),
        pytest.param(
            [person("A", aliases=["tom"]), person("B", ids=[7])], TOM, ["B"], id="a number before any name"
        ),
        pytest.param(
            [person("A", aliases=["tom"])],
            replace(TOM, contested=frozenset({"tom"})),
            [],
            id="a name that two bear",
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"])], Account(name="TOM"), ["A"], id="no number came"
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"]), person("B", ids=[8], aliases=["tom"])],
            Account(name="Tom"),
            [],
            id="no number came, and two could be meant",
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"]), person("B", aliases=["tom"])],
            Account(name="Tom"),
            [],
            id="no number came, and one of two has one",
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"])],
            Account(name="Tom", namesake=7),
            ["A"],
            id="no number came, and only they are called so",
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"])],
            Account(name="Tom", namesake=8),
            [],
            id="no number came, and only somebody else is called so",
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"]), person("B", ids=[8], aliases=["tom"])],
            Account(name="Tom", namesake=8),
            ["B"],
            id="no number came, and the name is one of two's",
        ),
        pytest.param(
            [person("A", ids=[7], aliases=["tom"])],
            Account(name="Tom", has_all_names=False),
            [],
            id="no number came, and others may be called so",
        ),
        pytest.param(
            [person("A", aliases=["together"]), person("B", aliases=["together"])],
            Account(name="Together"),
            ["A", "B"],
            id="two who share a profile, by name",
        ),
        pytest.param(
            [person("A", ids=[3, 9]), person("B", ids=[4, 9])], Account(id=9), ["A", "B"], id="by number"
        ),
        pytest.param([person("Tom", ids=[3])], TOM, [], id="what we call somebody identifies nobody"),
        pytest.param([person("A", aliases=["tom"])], NOBODY, [], id="nobody is nobody"),
    ],
)
def test_who_is_meant(people, account, names):
    assert [one.name for one in linked_people(with_people(*people), account, "den")] == names


# ---------------------------------------------------------------- people


def test_only_those_who_are_linked_count():
    told = with_people(person("Maya", ids=[1]), person("Jon", ids=[1_000_002], accounts=(JON, DEFAULT)))
    assert decide(told, play_of(ALICE)) == passed(MAYA, people=("Maya",))
    assert decide(told, play_of(BOB)) == passed(JON, DEFAULT, people=("Jon",))
    assert decide(told, play_of(NAMELESS)) == UNLINKED
    assert decide(told, play_of(NOBODY)) == Held()
    assert decide(told, play_of(LATE)) == passed(JON, DEFAULT, people=("Jon",))


def test_somebody_unknown_is_held_while_plex_tv_may_still_tell_a_name():
    told = with_people(person("Jon", aliases=["bob"]))
    assert decide(told, play_of(LATE)) == Held(otherwise=replace(UNLINKED, detail=NAMES_TO_COME))


def test_the_list_of_names_holds_beside_the_people():
    told = with_people(person(ids=[1]), person("Jon", ids=[1_000_002]), usernames=("alice",))
    assert decide(told, play_of(ALICE)) == passed(MAYA, people=("Maya",))
    assert decide(told, play_of(BOB)) == UNLISTED


def test_the_server_holds_beside_the_people():
    told = with_people(person(ids=[1]), server_uuid="attic")
    assert decide(told, play_of(ALICE)).reason is Reason.SERVER_NOT_SELECTED


def test_a_shared_profile_counts_for_everybody_who_shares_it_each_account_once():
    together = Account(id=9, name="Together")
    told = with_people(
        person("Maya", ids=[1, 9]), person("Jon", ids=[5, 9], accounts=(JON, MAYA), watched_at_percent=90)
    )
    assert decide(told, play_of(together)) == Passed(
        recipients=(
            Recipient(account=MAYA, watched_at_percent=80),
            Recipient(account=JON, watched_at_percent=90),
        ),
        people=("Maya", "Jon"),
    )


SWITCHES = [
    pytest.param({"is_paused": True}, Reason.PERSON_PAUSED, "", id="paused"),
    pytest.param(
        {"paused_until": at(3600)},
        Reason.PERSON_PAUSED,
        f"Until {at(3600).astimezone():%Y-%m-%d %H:%M}.",
        id="paused until later",
    ),
    pytest.param(
        {"is_paused": True, "paused_until": at(-3600)}, Reason.PERSON_PAUSED, "", id="paused all the same"
    ),
    pytest.param({"accounts": ()}, Reason.PERSON_UNLINKED, "", id="linked to nothing"),
    pytest.param({"servers": frozenset({"attic"})}, Reason.SERVER_OFF, "its id is den", id="another server"),
    pytest.param(
        {"limits": Limits(libraries=frozenset({"series"}))}, Reason.LIBRARY_OFF, "", id="another library"
    ),
    pytest.param(
        {"limits": Limits(kinds=frozenset({"episode"}))}, Reason.KIND_OFF, "movie", id="another kind"
    ),
    pytest.param(
        {"limits": Limits(ignored_titles=frozenset({"arrival"}))}, Reason.TITLE_OFF, "Arrival", id="a title"
    ),
    pytest.param(
        {"limits": Limits(players=frozenset({"tv"}))}, Reason.PLAYER_OFF, "Phone", id="another player"
    ),
    pytest.param(
        {"limits": Limits(networks=frozenset({"lan"}))}, Reason.NETWORK_OFF, "wan", id="another network"
    ),
]
PHONE = Player(title="Phone", network="wan")


@pytest.mark.parametrize(("switches", "reason", "detail"), SWITCHES)
def test_a_persons_switches_are_the_reason(switches, reason, detail):
    told = with_people(replace(person(ids=[1]), **switches))
    assert decide(told, play_of(ALICE, player=PHONE)) == Stopped(reason=reason, detail=detail)


@pytest.mark.parametrize(
    ("until", "times", "counts"),
    [
        pytest.param(100, {"last_seen_at": at(99)}, False, id="going on in the pause"),
        pytest.param(100, {"last_seen_at": at(100)}, True, id="going on after it"),
        pytest.param(100, {"started_at": at(-900), "ended_at": at(99)}, False, id="ended in the pause"),
        pytest.param(100, {"started_at": at(1), "ended_at": at(101)}, True, id="begun in it, ended after it"),
        pytest.param(
            100,
            {"started_at": at(1), "ended_at": at(99), "last_seen_at": at(9999)},
            False,
            id="ended in it and heard of long after it",
        ),
    ],
)
def test_a_pause_ends_by_itself_and_what_ended_in_it_stays_out(until, times, counts):
    told = with_people(person(ids=[1], paused_until=at(until)))
    decision = decide(told, play_of(ALICE, **times))
    assert isinstance(decision, Passed) is counts
    assert counts or decision.reason is Reason.PERSON_PAUSED


@pytest.mark.parametrize(("switches", "_reason", "_detail"), SWITCHES)
def test_one_persons_switches_do_not_hold_for_another_who_shares_the_profile(switches, _reason, _detail):
    told = with_people(replace(person(ids=[1]), **switches), person("Jon", ids=[1], accounts=(JON,)))
    assert decide(told, play_of(ALICE, player=PHONE)) == passed(JON, people=("Jon",))


@pytest.mark.parametrize(
    ("told", "mark"),
    [
        pytest.param(rules(watched_at_percent=75), 75, id="everybody's"),
        pytest.param(with_people(person(ids=[1], watched_at_percent=95)), 95, id="their own"),
        pytest.param(with_people(person(ids=[1], is_paused=True, watched_at_percent=95)), 80, id="refused"),
        pytest.param(
            with_people(
                person(ids=[1], watched_at_percent=95),
                person("Jon", ids=[1], accounts=(MAYA,), watched_at_percent=60),
            ),
            60,
            id="the lowest of two",
        ),
    ],
)
def test_the_watched_mark_of_a_play_is_that_of_whom_it_counts_for(told, mark):
    assert watched_mark(told, play_of(ALICE)) == mark


@pytest.mark.parametrize(
    ("told", "mark"),
    [
        pytest.param(rules(), 80.0, id="not asked for"),
        pytest.param(rules(with_credits=True), 70.0, id="everybody"),
        pytest.param(
            with_people(person(ids=[1], watched_at_percent=90.0), with_credits=True), 70.0, id="somebody"
        ),
        pytest.param(
            with_people(person(ids=[1], watched_at_percent=60.0), with_credits=True), 60.0, id="earlier"
        ),
    ],
)
def test_where_it_is_asked_for_the_final_credits_count(told, mark):
    film = replace(FILM, duration_ms=100_000, credits_ms=70_000)
    assert watched_mark(told, play_of(ALICE, media=film)) == mark
