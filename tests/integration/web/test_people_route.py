"""Who is who, by HTTP: linked people, accounts that Plex knows, and whose plays were skipped."""

from __future__ import annotations

import pytest

from crosswatch.core.events import Account
from crosswatch.core.people import Home
from crosswatch.core.plays import PlayState
from crosswatch.core.reasons import Reason, Verdict
from fakes.plays import make_play, wants

DEN = "den"
ALICE = Account(
    id=1, name="alice", aliases=frozenset({"alice@example.com", "Alice A."}), owner_plex_id=1_000_001
)
BOB = Account(id=1_000_002, name="bob")
CAROL = Account(id=1_000_004, name="Carol C.", aliases=frozenset({"carol84", "carol@example.com"}))
KIDS = Account(id=1_000_003, name="Kids")
MAYA = {"name": "Maya", "plex_ids": [1], "accounts": ["default"]}
TOM = {"name": "Tom", "plex_ids": [1_000_002], "accounts": ["tom_t"]}


@pytest.fixture
def household(runtime, web):
    """A server with four accounts that is watched, and people as a test wants them."""
    runtime.watch["servers"] = [{"name": "Den", "server_uuid": DEN, "connected": True}]
    runtime.accounts = {DEN: [ALICE, BOB, KIDS, CAROL]}
    runtime.home = Home(server=DEN, owner_plex_id=1_000_001)
    runtime.sinks = [
        {"name": "trakt/default", "ok": True, "reason": "", "sentence": ""},
        {"name": "trakt/tom_t", "ok": False, "reason": "link_expired", "sentence": "It ended."},
    ]

    def configure(*people, whitelist=()):
        document = runtime.config.document
        document["people"] = list(people)
        document["accounts"] = {"tom_t": {"access_token": "token-of-tom"}}
        document["features"]["scrobble"]["filters"]["username_whitelist"] = list(whitelist)
        runtime.config.replace(document)

    async def ask():
        return (await web.get("/api/people")).json()

    configure.ask = ask
    return configure


def skipped(number, account, reason=Reason.PERSON_UNLINKED, **changes):
    return make_play(
        number,
        account=account,
        state=PlayState.ENDED,
        verdict=Verdict.SKIPPED,
        reason=reason,
        **{"server": DEN, **changes},
    )


async def test_linked_people_show_their_accounts_on_both_sides(household):
    household(MAYA, TOM)
    maya, tom = (await household.ask())["people"]
    assert (maya["name"], maya["problem"]) == ("Maya", "")
    assert maya["accounts"] == [
        {"sink": "trakt", "name": "default", "ok": True, "reason": "", "sentence": ""}
    ]
    assert maya["plex_accounts"] == [
        {
            "server_uuid": DEN,
            "server": "Den",
            "id": 1,
            "plex_id": 1_000_001,
            "name": "alice",
            "names": ["Alice A.", "alice"],
        }
    ]
    assert tom["accounts"] == [
        {"sink": "trakt", "name": "tom_t", "ok": False, "reason": "link_expired", "sentence": "It ended."}
    ]


async def test_accounts_that_nobody_is_linked_to_are_ready_to_be_added(household):
    household(MAYA)
    accounts = {one["name"]: one for one in (await household.ask())["plex_accounts"]}
    assert {name: one["people"] for name, one in accounts.items()} == {
        "alice": ["Maya"],
        "bob": [],
        "Kids": [],
        "Carol C.": [],
    }
    assert {name for name, one in accounts.items() if one["counts"]} == {"alice"}
    assert accounts["alice"]["is_owner"]
    assert accounts["alice"]["entry"] is None
    assert accounts["Carol C."]["entry"] == {"name": "Carol C.", "plex_ids": [1_000_004], "accounts": []}


async def test_e_mails_are_not_shown(household):
    household(MAYA)
    assert "@example.com" not in str(await household.ask())


@pytest.mark.parametrize(
    ("person", "whitelist", "problem"),
    [
        pytest.param({**MAYA, "accounts": []}, (), "Linked to no Trakt account", id="linked to nothing"),
        pytest.param({**MAYA, "paused": True}, (), "Paused", id="paused"),
        pytest.param(
            {**MAYA, "paused_until": "2026-11-21T04:00:00+01:00"}, (), "Paused", id="paused until tomorrow"
        ),
        pytest.param(MAYA, ("bob",), "Not in features.scrobble.filters.username_whitelist", id="not listed"),
        pytest.param({**MAYA, "plex_ids": [99]}, (), "known to Plex", id="nobody has that number"),
    ],
)
async def test_why_somebodys_plays_would_not_count_is_said(household, person, whitelist, problem):
    household(person, whitelist=whitelist)
    [told] = (await household.ask())["people"]
    assert problem in told["problem"]


async def test_whoever_was_skipped_is_listed_once_with_what_plex_called_them(household, runtime):
    household(MAYA)
    local = Account(name="Local")
    await runtime.ledger.record(
        [
            wants(skipped(1, CAROL)),
            wants(skipped(2, local)),
            wants(skipped(3, CAROL)),
            wants(skipped(4, Account(), Reason.PERSON_UNKNOWN)),
            wants(skipped(5, ALICE, Reason.PERSON_NOT_LISTED)),  # linked meanwhile
            wants(skipped(6, BOB, Reason.PERSON_PAUSED)),
        ]
    )
    new = (await household.ask())["new"]
    assert [(one["name"], one["id"], one["plays"], one["reason"]) for one in new] == [
        ("", None, 1, "person_unknown"),
        ("Carol C.", 1_000_004, 2, "person_unlinked"),
        ("Local", None, 1, "person_unlinked"),
    ]
    nobody, carol, local = new
    assert nobody["entry"] is nobody["whitelist"] is None
    assert carol["entry"] == {"name": "Carol C.", "plex_ids": [1_000_004], "accounts": []}
    assert (carol["whitelist"], carol["last_title"], carol["server"]) == (
        "id:1000004",
        "Arrival (2016)",
        "Den",
    )
    assert local["entry"] == {"name": "Local", "aliases": ["Local"], "accounts": []}


async def test_an_entry_that_is_offered_recognises_whom_it_is_offered_for(household, runtime):
    household(MAYA)
    await runtime.ledger.record([wants(skipped(1, CAROL)), wants(skipped(2, Account(name="Local")))])
    for one in (await household.ask())["new"]:
        household(MAYA, {**one["entry"], "accounts": ["tom_t"]})
        names = [new["name"] for new in (await household.ask())["new"]]
        assert one["name"] not in names


async def test_the_owner_of_a_strange_server_is_not_taken_for_ours(household, runtime):
    household(MAYA)
    stranger = Account(id=1, name="eve")
    await runtime.ledger.record([wants(skipped(1, stranger, server="attic"))])
    [new] = (await household.ask())["new"]
    assert (new["entry"], new["plex_id"], new["server"]) == (
        {"name": "eve", "aliases": ["eve"], "accounts": []},
        None,
        "",
    )


async def test_without_people_and_list_everyone_counts_and_that_is_said(household):
    household()
    told = await household.ask()
    assert told["everyone_counts"]
    assert all(one["counts"] for one in told["plex_accounts"])
    household(whitelist=("carol84",))
    told = await household.ask()
    assert not told["everyone_counts"]
    assert [one["name"] for one in told["plex_accounts"] if one["counts"]] == ["Carol C."]


@pytest.mark.parametrize("ignored", ["id:1000004", "carol84", "CAROL C."])
async def test_whom_nobody_wants_to_be_asked_about_is_not_new_and_counts_no_less(household, runtime, ignored):
    household(MAYA)
    await runtime.ledger.record([wants(skipped(1, CAROL)), wants(skipped(2, KIDS))])
    document = runtime.config.document
    document["people_ignored"] = [ignored]
    runtime.config.replace(document)
    told = await household.ask()
    assert [one["name"] for one in told["new"]] == ["Kids"]
    assert [one["counts"] for one in told["plex_accounts"] if one["name"] == "Carol C."] == [False]
