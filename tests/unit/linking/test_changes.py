"""What each step of the set-up writes, and what it leaves alone."""

from __future__ import annotations

import copy

import pytest

from crosswatch.config.model import default_document, parse_settings
from crosswatch.linking import changes
from crosswatch.linking.household import Kind, Member

ALICE = Member(number=1001, name="alice", kind=Kind.OWNER)
KIDS = Member(number=1003, name="Kids", kind=Kind.MANAGED)
BOB = Member(number=1002, name="bob", kind=Kind.FRIEND)
EVERYBODY = [ALICE, KIDS, BOB]


@pytest.fixture
def document():
    return default_document()


def people(document):
    return {one["name"]: one for one in document["people"]}


def whitelist(document):
    return document["features"]["scrobble"]["filters"]["username_whitelist"]


def test_only_who_was_chosen_is_written_and_nobody_is_linked_by_accident(document):
    changes.choose_people(EVERYBODY, [1001, 1003])(document)

    assert document["people"] == [
        {"name": "alice", "plex_ids": [1001], "accounts": []},
        {"name": "Kids", "plex_ids": [1003], "accounts": []},
    ]
    assert whitelist(document) == []
    parse_settings(document)


def test_whoever_is_switched_off_is_paused_and_keeps_their_links(document):
    document["people"] = [{"name": "Bob", "plex_ids": [1002], "accounts": ["default"]}]
    changes.choose_people(EVERYBODY, [1001])(document)
    assert people(document)["Bob"] == {
        "name": "Bob",
        "plex_ids": [1002],
        "accounts": ["default"],
        "paused": True,
    }

    changes.choose_people(EVERYBODY, [1001, 1002])(document)
    assert "paused" not in people(document)["Bob"]
    assert people(document)["Bob"]["accounts"] == ["default"]


def test_the_owner_who_stands_there_as_1_is_not_written_twice(document):
    document["people"] = [{"name": "Me", "plex_ids": [1], "accounts": []}]
    changes.choose_people(EVERYBODY, [1001])(document)
    assert [one["name"] for one in document["people"]] == ["Me"]


def test_the_account_that_got_everybodys_plays_stays_the_owners(document):
    document["auth"]["trakt"]["access_token"] = "secret"
    changes.choose_people(EVERYBODY, [1001, 1003])(document)
    assert people(document)["alice"]["accounts"] == ["default"]
    assert people(document)["Kids"]["accounts"] == []


def test_it_is_nobodys_if_the_owner_does_not_count(document):
    document["auth"]["trakt"]["access_token"] = "secret"
    changes.choose_people(EVERYBODY, [1003])(document)
    assert people(document)["Kids"]["accounts"] == []


def test_a_list_that_somebody_wrote_does_not_stop_whom_they_choose(document):
    document["features"]["scrobble"]["filters"]["username_whitelist"] = ["alice"]
    changes.choose_people(EVERYBODY, [1001, 1003])(document)
    assert whitelist(document) == ["alice", "id:1001", "id:1003"]

    changes.choose_people(EVERYBODY, [1001, 1003])(document)
    assert whitelist(document) == ["alice", "id:1001", "id:1003"]


def test_somebody_can_be_named_whom_plex_does_not_list(document):
    changes.choose_people([], [], ["Grandma"])(document)
    changes.choose_people([], [], ["grandma"])(document)
    assert document["people"] == [{"name": "Grandma", "aliases": ["Grandma"], "accounts": []}]


def test_two_people_of_one_name_can_be_told_apart(document):
    other = Member(number=1009, name="Alice", kind=Kind.FRIEND)
    changes.choose_people([ALICE, other], [1001, 1009])(document)
    assert [one["name"] for one in document["people"]] == ["alice", "Alice 2"]
    parse_settings(document)


def test_choosing_a_server_switches_watching_on_and_keeps_the_token(document):
    document["plex"]["account_token"] = "mine"
    changes.choose_server("http://nas:32400", "abc")(document)
    settings = parse_settings(document)
    assert (settings.plex.server_url, settings.plex.server_uuid) == ("http://nas:32400", "abc")
    assert settings.plex.account_token == "mine"
    assert settings.features.watch.enabled
    assert not settings.features.watch.options.allow_self_signed


def test_somebody_elses_server_takes_its_own_token(document):
    changes.choose_server("https://nas", "abc", token="theirs", allow_self_signed=True)(document)
    settings = parse_settings(document)
    assert settings.plex.account_token == "theirs"
    assert settings.features.watch.options.allow_self_signed


def test_linking_an_account_switches_scrobbling_on_for_that_person_only(document):
    changes.choose_people(EVERYBODY, [1001, 1003])(document)
    document["accounts"] = {"Kids": {"access_token": "secret"}}
    changes.link_account("Kids", "Kids")(document)
    settings = parse_settings(document)
    assert {one.name: tuple(one.accounts) for one in settings.people} == {"alice": (), "Kids": ("Kids",)}
    assert settings.features.scrobble.enabled
    assert settings.features.scrobble.providers.trakt.enabled


def test_linking_again_changes_nobodys_accounts(document):
    document["people"] = [{"name": "alice", "plex_ids": [1001], "accounts": ["default"]}]
    before = copy.deepcopy(document["people"])
    changes.link_account("alice", "default")(document)
    assert document["people"] == before


def test_an_app_keeps_its_secret_unless_another_is_given(document):
    document["trakt"]["client_secret"] = "old"
    changes.set_app("id", None, "urn:x")(document)
    assert document["trakt"]["client_secret"] == "old"
    changes.set_app("other", "", "urn:x")(document)
    assert document["trakt"]["client_secret"] == ""


def account_for(document, name):
    settings = parse_settings(document)
    return changes.account_for(settings, next(one for one in settings.people if one.name == name))


def test_the_first_person_gets_the_default_account_and_others_one_of_their_name(document):
    changes.choose_people(EVERYBODY, [1001, 1003])(document)
    assert account_for(document, "alice") == "default"
    assert account_for(document, "Kids") == "Kids"

    changes.link_account("alice", "default")(document)
    assert account_for(document, "alice") == "alice"


def test_a_further_account_has_a_name_that_is_free(document):
    document["accounts"] = {"Kids": {"access_token": "secret"}}
    document["people"] = [
        {"name": "alice", "plex_ids": [1001], "accounts": ["default"]},
        {"name": "Kids", "plex_ids": [1003], "accounts": ["Kids"]},
    ]
    assert account_for(document, "Kids") == "Kids 2"


def test_nobody_gets_the_default_account_by_being_called_so(document):
    document["people"] = [
        {"name": "alice", "plex_ids": [1001], "accounts": []},
        {"name": "default", "plex_ids": [1003], "accounts": []},
    ]
    assert account_for(document, "default") == "default 2"
