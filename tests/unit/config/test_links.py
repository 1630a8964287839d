from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.config.links import rules_from, told_accounts
from crosswatch.config.model import Settings, default_document, parse_settings
from crosswatch.core.filters import Limits
from crosswatch.core.people import Home, Person
from crosswatch.core.plays import SinkAccount
from crosswatch.errors import ConfigError

HOME = Home(server="home-server", owner_plex_id=1_000_001)
MAYA = {"name": "Maya", "plex_ids": [1, 1_000_002], "aliases": [" Maya K. "], "accounts": ["default", "maya"]}


def document(*people, accounts=("maya",), **filters):
    """The defaults, with these people, accounts and filters."""
    made = default_document()
    made["people"] = list(people)
    made["accounts"] = {name: {"access_token": f"token-of-{name}"} for name in accounts}
    made["features"]["scrobble"]["filters"] |= filters
    return made


def test_a_person_as_written_is_a_person_of_the_rules():
    person = {
        **MAYA,
        "paused": True,
        "paused_until": " 2026-05-12T04:00:00+02:00 ",
        "libraries": ["Filme", "id:7"],
        "ignored_libraries": ["Kinder", "id:9"],
        "ignored_titles": ["Peppa Pig", "IMDB: tt0113277"],
        "kinds": ["movie"],
        "players": ["Wohnzimmer"],
        "networks": ["lan"],
        "servers": ["ABC"],
        "watched_at_percent": 90,
    }
    (made,) = rules_from(parse_settings(document(person)), HOME).people
    assert made == Person(
        name="Maya",
        plex_ids=frozenset({1, 1_000_002}),
        aliases=frozenset({"maya k."}),
        accounts=(SinkAccount(name="default"), SinkAccount(name="maya")),
        is_paused=True,
        paused_until=datetime(2026, 5, 12, 2, tzinfo=UTC),
        servers=frozenset({"abc"}),
        limits=Limits(
            libraries=frozenset({"filme", "id:7"}),
            ignored_libraries=frozenset({"kinder", "id:9"}),
            ignored_titles=frozenset({"peppa pig", "imdb:tt0113277"}),
            kinds=frozenset({"movie"}),
            players=frozenset({"wohnzimmer"}),
            networks=frozenset({"lan"}),
        ),
        watched_at_percent=90,
    )


def test_what_a_person_does_not_say_is_as_for_everybody():
    (person,) = parse_settings(document({"name": "Tom", "aliases": ["tom"]})).people
    assert person.accounts == ()
    assert not person.paused
    assert person.end_of_pause is None
    assert person.watched_at_percent is None


@pytest.mark.parametrize(
    ("changes", "is_paused"),
    [
        pytest.param({}, False, id="no pause"),
        pytest.param({"paused": True}, True, id="for good"),
        pytest.param({"paused_until": "2026-05-12T04:00:00+02:00"}, True, id="until later"),
        pytest.param({"paused_until": "2026-05-12T03:59:00+02:00"}, False, id="until a moment ago"),
    ],
)
def test_whether_somebody_is_paused_depends_on_the_moment(changes, is_paused):
    (person,) = parse_settings(document({**MAYA, **changes})).people
    now = datetime(2026, 5, 12, 4, tzinfo=UTC) - timedelta(hours=2, seconds=30)
    assert person.is_paused_at(now) is is_paused


@pytest.mark.parametrize("key", ["watched_at_percent", "name", "paused_until"])
def test_a_text_or_number_may_be_null(key):
    made = document({**MAYA, key: None})
    if key == "name":
        with pytest.raises(ConfigError, match="name must not be empty"):
            parse_settings(made)
    else:
        assert not getattr(parse_settings(made).people[0], key)


def test_keys_that_mean_nothing_do_not_matter():
    assert parse_settings(document({**MAYA, "colour": "green"})).people[0].name == "Maya"


def test_without_people_everything_goes_to_the_default_account():
    rules = rules_from(Settings(), HOME)
    assert (rules.people, rules.accounts) == ((), (SinkAccount(),))
    assert told_accounts(Settings()) == (SinkAccount(),)


def test_with_people_the_accounts_are_theirs_each_once():
    tom = {"name": "Tom", "aliases": ["tom"], "accounts": ["maya"]}
    assert told_accounts(parse_settings(document(MAYA, tom))) == (SinkAccount(), SinkAccount(name="maya"))
    assert told_accounts(parse_settings(document(tom))) == (SinkAccount(name="maya"),)


def test_filters_are_for_everybody():
    made = document(
        libraries=["Movies"],
        ignored_titles=["Heat (1995)"],
        kinds=["episode"],
        username_whitelist=["alice", " "],
        server_uuid=" x ",
    )
    made["features"]["scrobble"] |= {"enabled": True, "providers": {"trakt": {"enabled": True}}}
    made["features"]["scrobble"]["options"] = {"watched_at_percent": 75}
    rules = rules_from(parse_settings(made), HOME)
    assert rules.is_on
    assert (rules.usernames, rules.server_uuid, rules.home) == (("alice",), "x", HOME)
    assert rules.limits == Limits(
        libraries=frozenset({"movies"}),
        ignored_titles=frozenset({"heat (1995)"}),
        kinds=frozenset({"episode"}),
    )
    assert rules.watched_at_percent == 75


@pytest.mark.parametrize(
    ("people", "key", "sentence"),
    [
        pytest.param([{}], "people[0].name", "must not be empty", id="no name"),
        pytest.param(
            [MAYA, {"name": "maya ", "plex_ids": [9]}], "people[1].name", r"people\[0\]", id="listed twice"
        ),
        pytest.param(
            [{"name": "Tom"}], "people[0].plex_ids", "could never be recognised", id="nobody can be meant"
        ),
        pytest.param(
            [{"name": "Tom", "plex_ids": ["7"]}],
            "people[0].plex_ids[0]",
            'a whole number.*, not "7"',
            id="text for id",
        ),
        pytest.param(
            [{"name": "Tom", "plex_ids": [0]}], "people[0].plex_ids[0]", "from 1 to", id="number zero"
        ),
        pytest.param(
            [{"name": "Tom", "plex_ids": [True]}], "people[0].plex_ids[0]", "not true", id="no number"
        ),
        pytest.param(
            [{"name": "Tom", "aliases": ["tom", "id:7"]}],
            "people[0].aliases[1]",
            "plex_ids",
            id="id among names",
        ),
        pytest.param(
            [{"name": "Tom", "aliases": [" "]}], "people[0].aliases[0]", "not be empty", id="blank alias"
        ),
        pytest.param(
            [{**MAYA, "accounts": ["default", "tom_t"]}],
            "people[0].accounts[1]",
            r"one of default, maya, not 'tom_t'.*login trakt --account",
            id="account that is not there",
        ),
        pytest.param(
            [{**MAYA, "libraries": [""]}], "people[0].libraries[0]", "not be empty", id="blank library"
        ),
        pytest.param([{**MAYA, "players": [" "]}], "people[0].players[0]", "not be empty", id="blank player"),
        pytest.param([{**MAYA, "servers": [" "]}], "people[0].servers[0]", "not be empty", id="blank server"),
        pytest.param(
            [{**MAYA, "kinds": ["clip"]}], "people[0].kinds[0]", 'one of "movie", "episode"', id="kind"
        ),
        pytest.param([{**MAYA, "networks": ["LAN"]}], "people[0].networks[0]", '"lan", "wan"', id="network"),
        pytest.param(
            [{**MAYA, "watched_at_percent": 30}], "people[0].watched_at_percent", "50 to 100", id="mark"
        ),
        pytest.param([{**MAYA, "paused": "yes"}], "people[0].paused", "true or false", id="switch"),
        *(
            pytest.param(
                [{**MAYA, "paused_until": moment}], "people[0].paused_until", "with its offset", id=named
            )
            for named, moment in (
                ("no moment", "tomorrow"),
                ("a day", "2026-05-12"),
                ("no offset", "2026-05-12T04:00:00"),
                ("no end", "9999-12-31T23:59:59-23:00"),
            )
        ),
        pytest.param(
            [{**MAYA, "ignored_titles": ["Heat", "imdb:113277"]}],
            "people[0].ignored_titles[1]",
            "imdb:tt0113277",
            id="no id",
        ),
        pytest.param(
            [{**MAYA, "ignored_titles": [""]}], "people[0].ignored_titles[0]", "not be empty", id="no title"
        ),
        pytest.param(["Maya"], "people[0]", "an object", id="a bare name"),
        pytest.param({"Maya": [1]}, "people", "a list", id="no list"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_the_key_is_named(people, key, sentence):
    made = document(accounts=("maya",))
    made["people"] = people
    with pytest.raises(ConfigError, match=sentence) as caught:
        parse_settings(made)
    assert caught.value.key == key
    assert key in str(caught.value)


def test_the_default_account_is_not_among_the_further_ones():
    with pytest.raises(ConfigError, match=r"auth\.trakt") as caught:
        parse_settings(document(accounts=("default",)))
    assert caught.value.key == "accounts.default"


def test_a_blank_library_is_refused_in_the_filters_too():
    with pytest.raises(ConfigError) as caught:
        parse_settings(document(libraries=["Movies", ""]))
    assert caught.value.key == "features.scrobble.filters.libraries[1]"


def test_a_plex_account_may_be_shared_by_several_people():
    tom = {"name": "Tom", "plex_ids": [1_000_002], "accounts": ["maya"]}
    assert len(parse_settings(document(MAYA, tom)).people) == 2
