"""What the page says of the door: nobody leaves it open without being told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from crosswatch.config.model import default_document, parse_settings
from crosswatch.health.checks import Level
from crosswatch.health.facts import Facts
from crosswatch.health.judging import judge

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
FRESH = Facts(
    settings=parse_settings(default_document()),
    config_problem="",
    storage_problem="",
    watch={},
    sinks=[],
    backlog={},
    now=NOW,
)


def settings(**access):
    """Everything that a first set-up needs, and who may come in."""
    document = default_document()
    document["plex"] |= {"server_url": "http://den:32400", "account_token": "t"}
    document["trakt"]["client_id"] = "c"
    document["auth"]["trakt"]["access_token"] = "a"
    document["features"]["watch"]["enabled"] = True
    document["features"]["scrobble"] |= {"enabled": True, "providers": {"trakt": {"enabled": True}}}
    document["features"]["scrobble"]["filters"]["username_whitelist"] = ["maya"]
    return parse_settings({**document, "access": access})


COMPLETE = replace(FRESH, settings=settings(), watch={"alive": True})


def found(facts):
    return {notice.id: notice for notice in judge(facts).notices}


def test_a_password_belongs_to_a_first_set_up_and_comes_first():
    health = judge(replace(FRESH, is_claimed=False))
    assert (health.notices[0].id, health.notices[0].level) == ("unclaimed", Level.SETUP)
    assert "unclaimed" not in found(FRESH)


def test_where_all_else_is_well_a_missing_password_is_a_note():
    health = judge(replace(COMPLETE, is_claimed=False))
    assert health.word == "Healthy"
    assert "/setup/claim" in found(replace(COMPLETE, is_claimed=False))["unclaimed"].action


def test_networks_that_need_no_sign_in_are_named():
    facts = replace(COMPLETE, settings=settings(open_networks=["192.168.1.0/24", "fd00::/8"]))
    assert "192.168.1.0/24, fd00::/8" in found(facts)["open_networks"].sentence
    assert found(COMPLETE) == {}


def test_a_register_that_cannot_be_read_is_broken_and_nothing_is_said_of_a_password():
    facts = replace(COMPLETE, is_claimed=False, access_problem="access.json cannot be used.")
    assert judge(facts).level is Level.BROKEN
    assert list(found(facts)) == ["access"]
