from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from crosswatch.clock import Clock
from crosswatch.config.file import ConfigFile
from crosswatch.core.outcomes import Hold, Retry
from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import Reason
from crosswatch.errors import ConfigError
from crosswatch.providers.scrobble.trakt.client import TraktClient
from crosswatch.providers.scrobble.trakt.tokens import GRANT_REFUSED, NOT_LINKED, Tokens
from crosswatch.simulator.trakt import Fault

CLOCK = Clock()
ALICE = SinkAccount()
FOUR_DAYS, EIGHT_DAYS = timedelta(days=4), timedelta(days=8)


def renewals(trakt):
    return trakt.ledger.of("POST", "/oauth/token")


def stored(config):
    return json.loads(config.path.read_text())["auth"]["trakt"]


@pytest.fixture
def old(trakt, edit, tokens_of):
    """Give the configuration a pair for alice that looks so old; the pair."""

    def make(age):
        grant = trakt.link("alice")
        edit(lambda document: document["auth"].update(trakt=tokens_of(grant, age)))
        return grant

    return make


# ---------------------------------------------------------------------------------- when


async def test_a_fresh_token_is_given_without_asking(trakt, config, tokens):
    assert await tokens.fetch(ALICE) == config.settings.auth.trakt.access_token
    assert trakt.ledger.requests == []


async def test_past_half_of_its_life_a_token_is_given_at_once_and_renewed_beside(trakt, config, tokens, old):
    grant = old(FOUR_DAYS)
    assert await tokens.fetch(ALICE) == grant.access_token
    await tokens.aclose()
    assert [request.status for request in renewals(trakt)] == [200]
    assert (
        await tokens.fetch(ALICE) == trakt.grants("alice")[-1].access_token == stored(config)["access_token"]
    )


async def test_a_token_that_has_ended_is_renewed_before_it_is_given(trakt, tokens, old):
    old(EIGHT_DAYS)
    assert await tokens.fetch(ALICE) == trakt.grants("alice")[-1].access_token


async def test_a_token_that_trakt_refuses_is_renewed(trakt, config, tokens):
    refused = config.settings.auth.trakt.access_token
    renewed = await tokens.fetch(ALICE, rejected=refused)
    assert renewed == trakt.grants("alice")[-1].access_token != refused


async def test_a_token_that_was_renewed_meanwhile_is_given_without_asking(trakt, config, tokens):
    refused = config.settings.auth.trakt.access_token
    first = await tokens.fetch(ALICE, rejected=refused)
    assert await tokens.fetch(ALICE, rejected=refused) == first
    assert len(renewals(trakt)) == 1


async def test_what_is_written_is_all_that_trakt_said_and_nothing_else_is_touched(trakt, config, tokens):
    await tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token)
    grant = trakt.grants("alice")[-1]
    assert stored(config) == {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "scope": "public",
        "token_type": "bearer",
        "created_at": int(grant.created_at.timestamp()),
        "expires_in": 604_800,
        "expires_at": int(grant.created_at.timestamp()) + 604_800,
    }
    assert json.loads(config.path.read_text())["note"] == "mine"


async def test_other_accounts_live_under_accounts(trakt, config, tokens, edit, tokens_of):
    grant = trakt.link("bob")
    edit(lambda document: document.update(accounts={"bob": tokens_of(grant, EIGHT_DAYS)}))
    assert await tokens.fetch(SinkAccount(name="bob")) == trakt.grants("bob")[-1].access_token
    assert renewals(trakt)[0].account == "bob"
    assert config.settings.accounts["bob"].access_token != grant.access_token


async def test_a_token_without_figures_is_used_until_trakt_refuses_it(trakt, tokens, edit):
    edit(lambda document: document["auth"]["trakt"].update(expires_at=0, created_at=0, expires_in=0))
    await tokens.fetch(ALICE)
    assert trakt.ledger.requests == []


async def test_a_token_without_a_refresh_token_is_used_as_long_as_trakt_takes_it(tokens, edit, old):
    grant = old(EIGHT_DAYS)
    edit(lambda document: document["auth"]["trakt"].update(refresh_token=""))
    assert await tokens.fetch(ALICE) == grant.access_token
    outcome = await tokens.fetch(ALICE, rejected=grant.access_token)
    assert (type(outcome), outcome.reason) == (Hold, Reason.LINK_EXPIRED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda document: document["auth"].clear(), Reason.LINK_EXPIRED),
        (lambda document: document["trakt"].update(client_id=""), Reason.APP_REFUSED),
    ],
    ids=["no tokens", "no app"],
)
async def test_without_a_link_nothing_is_asked(trakt, tokens, edit, change, reason):
    edit(change)
    outcome = await tokens.fetch(ALICE)
    assert (type(outcome), outcome.reason, trakt.ledger.requests) == (Hold, reason, [])


# ---------------------------------------------------------------------------------- one at a time


async def test_many_who_are_refused_at_once_make_one_renewal(trakt, config, tokens):
    refused = config.settings.auth.trakt.access_token
    trakt.add_fault(Fault.slow_body(0.2, path="/oauth/token"))
    given = await asyncio.gather(*[tokens.fetch(ALICE, rejected=refused) for _ in range(20)])
    assert set(given) == {trakt.grants("alice")[-1].access_token}
    assert len(renewals(trakt)) == 1


async def test_two_processes_make_one_renewal(trakt, config, session):
    """Two objects that share nothing but the folder stand for the processes."""
    refused = config.settings.auth.trakt.access_token
    trakt.add_fault(Fault.slow_body(0.2, path="/oauth/token"))
    given = []
    for _ in range(2):
        own = ConfigFile(config.directory, clock=CLOCK)
        own.load()
        client = TraktClient(session, lambda own=own: own.settings.trakt)
        given.append(Tokens(own, client, CLOCK).fetch(ALICE, rejected=refused))
    assert set(await asyncio.gather(*given)) == {trakt.grants("alice")[-1].access_token}
    assert len(renewals(trakt)) == 1


async def test_accounts_do_not_wait_for_each_other(trakt, config, tokens, edit, tokens_of):
    edit(lambda document: document.update(accounts={"bob": tokens_of(trakt.link("bob"), EIGHT_DAYS)}))
    trakt.add_fault(Fault.hang(path="/oauth/token", account="alice"))
    stuck = asyncio.create_task(tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token))
    await trakt.ledger.wait_for(lambda request: request.account == "alice")
    assert isinstance(await tokens.fetch(SinkAccount(name="bob")), str)
    assert not stuck.done()
    await stuck


async def test_a_renewal_that_nobody_waits_for_any_more_comes_to_its_end(trakt, config, tokens):
    trakt.add_fault(Fault.slow_body(0.2, path="/oauth/token"))
    task = asyncio.create_task(tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token))
    await trakt.ledger.wait_for(lambda request: request.path == "/oauth/token")
    task.cancel()
    await tokens.aclose()
    assert stored(config)["access_token"] == trakt.grants("alice")[-1].access_token


async def test_whoever_logs_in_during_a_renewal_wins(trakt, config, tokens, edit, tokens_of):
    trakt.add_fault(Fault.slow_body(0.2, path="/oauth/token"))
    task = asyncio.create_task(tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token))
    await trakt.ledger.wait_for(lambda request: request.path == "/oauth/token")
    theirs = trakt.link("bob")
    edit(lambda document: document["auth"].update(trakt=tokens_of(theirs)))
    assert await task == theirs.access_token
    assert stored(config)["access_token"] == theirs.access_token


async def test_what_another_process_has_renewed_is_read_before_asking(trakt, config, tokens, tokens_of):
    refused = config.settings.auth.trakt.access_token
    fresh = trakt.link("alice")
    document = json.loads(config.path.read_text())
    document["auth"]["trakt"] = tokens_of(fresh)
    config.path.write_text(json.dumps(document))
    assert await tokens.fetch(ALICE, rejected=refused) == fresh.access_token
    assert renewals(trakt) == []


async def test_a_link_that_was_taken_away_meanwhile_is_none(trakt, config, tokens):
    refused = config.settings.auth.trakt.access_token
    document = json.loads(config.path.read_text())
    del document["auth"]
    config.path.write_text(json.dumps(document))
    outcome = await tokens.fetch(ALICE, rejected=refused)
    assert (outcome.detail, renewals(trakt)) == (NOT_LINKED, [])


# ---------------------------------------------------------------------------------- lost and refused


async def test_a_lost_answer_is_asked_for_once_more_and_then_the_link_has_ended(trakt, config, tokens):
    refused, before = config.settings.auth.trakt.access_token, stored(config)
    trakt.add_fault(Fault.lost_refresh_answer())
    assert await tokens.fetch(ALICE, rejected=refused) is GRANT_REFUSED
    assert [request.status for request in renewals(trakt)] == [0, 400]
    assert stored(config) == before


@pytest.mark.parametrize("fault", [Fault.reset, Fault.hang], ids=["reset", "silence"])
async def test_a_renewal_that_never_arrived_succeeds_the_second_time(trakt, config, tokens, fault):
    trakt.add_fault(fault(path="/oauth/token", count=1))
    assert isinstance(await tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token), str)
    assert [request.status for request in renewals(trakt)] == [0, 200]


@pytest.mark.parametrize("fault", [Fault.html, Fault.truncated_json], ids=["page", "half of the JSON"])
async def test_an_unreadable_answer_counts_as_lost(trakt, config, tokens, fault):
    trakt.add_fault(fault(path="/oauth/token", count=1))
    outcome = await tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token)
    assert [request.status for request in renewals(trakt)] == [200, 400]
    assert outcome is GRANT_REFUSED


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refused_token_is_not_sent_again_and_never_deleted(trakt, config, tokens, status):
    trakt.set_options(refusal_status=status)
    trakt.revoke_tokens("alice")
    refused, before = config.settings.auth.trakt.access_token, stored(config)
    for _ in range(5):
        assert await tokens.fetch(ALICE, rejected=refused) is GRANT_REFUSED
    assert len(renewals(trakt)) == 1
    assert stored(config) == before


async def test_a_new_login_lifts_the_hold(trakt, config, tokens, edit, tokens_of):
    trakt.revoke_tokens("alice")
    await tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token)
    fresh = trakt.link("alice")
    edit(lambda document: document["auth"].update(trakt=tokens_of(fresh)))
    assert await tokens.fetch(ALICE) == fresh.access_token
    assert tokens.status(ALICE).warning == ""


async def test_a_token_that_lasts_is_used_though_it_cannot_be_renewed(trakt, tokens, old):
    grant = old(FOUR_DAYS)
    trakt.refuse_refreshes("alice")
    for _ in range(3):
        assert await tokens.fetch(ALICE) == grant.access_token
        await tokens.aclose()
    assert len(renewals(trakt)) == 1
    status = tokens.status(ALICE)
    assert (status.hold, status.warning) == (None, GRANT_REFUSED.detail)


async def test_a_deleted_app_is_said_and_tried_again(trakt, config, tokens):
    trakt.set_app_state("sample-client-id", "deleted")
    refused = config.settings.auth.trakt.access_token
    outcome = await tokens.fetch(ALICE, rejected=refused)
    assert (type(outcome), outcome.reason) == (Hold, Reason.APP_REFUSED)
    assert "July 2026" in outcome.detail
    trakt.set_app_state("sample-client-id", "active")
    assert isinstance(await tokens.fetch(ALICE, rejected=refused), str)


async def test_trouble_at_the_oauth_host_is_no_reason_to_give_up(trakt, tokens, old):
    old(EIGHT_DAYS)
    trakt.add_fault(Fault.answering(503, path="/oauth/token", count=1))
    outcome = await tokens.fetch(ALICE)
    assert (type(outcome), outcome.reason) == (Retry, Reason.TRAKT_DOWN)
    assert isinstance(await tokens.fetch(ALICE), str)


async def test_an_early_renewal_that_failed_is_left_alone_for_a_while(trakt, tokens, old):
    grant = old(FOUR_DAYS)
    trakt.add_fault(Fault.answering(503, path="/oauth/token"))
    for _ in range(5):
        assert await tokens.fetch(ALICE) == grant.access_token
        await tokens.aclose()
    assert len(renewals(trakt)) == 1


async def test_a_token_that_is_refused_right_after_its_renewal_is_not_renewed_again(trakt, config, tokens):
    renewed = await tokens.fetch(ALICE, rejected=config.settings.auth.trakt.access_token)
    outcome = await tokens.fetch(ALICE, rejected=renewed)
    assert (type(outcome), outcome.reason) == (Hold, Reason.LINK_EXPIRED)
    assert len(renewals(trakt)) == 1


# ---------------------------------------------------------------------------------- the disk


class FullDisk(ConfigFile):
    """A file on a disk that is full before or after Trakt has been asked."""

    is_full_before = False
    is_full_after = False

    def ensure_writable(self):
        if self.is_full_before:
            raise ConfigError("The disk is full.")
        super().ensure_writable()

    def update(self, change):
        if self.is_full_after:
            raise ConfigError("The disk is full.")
        super().update(change)


@pytest.fixture
async def full(config, session):
    file = FullDisk(config.directory, clock=CLOCK)
    file.load()
    tokens = Tokens(file, TraktClient(session, lambda: file.settings.trakt), CLOCK)
    yield file, tokens
    await tokens.aclose()


async def test_what_could_not_be_kept_is_not_asked_for(trakt, full):
    file, tokens = full
    file.is_full_before = True
    outcome = await tokens.fetch(ALICE, rejected=file.settings.auth.trakt.access_token)
    assert (type(outcome), renewals(trakt)) == (Retry, [])
    assert "The disk is full." in outcome.detail


async def test_a_pair_that_the_disk_does_not_take_is_kept_but_not_used_until_it_does(trakt, full):
    file, tokens = full
    file.is_full_after = True
    refused = file.settings.auth.trakt.access_token
    assert isinstance(await tokens.fetch(ALICE, rejected=refused), Retry)
    assert isinstance(await tokens.fetch(ALICE), Retry)
    file.is_full_after = False
    assert await tokens.fetch(ALICE) == trakt.grants("alice")[-1].access_token
    assert len(renewals(trakt)) == 1
    assert stored(file)["access_token"] == trakt.grants("alice")[-1].access_token


async def test_a_login_by_hand_replaces_a_pair_that_waits_for_the_disk(trakt, full, tokens_of):
    file, tokens = full
    file.is_full_after = True
    await tokens.fetch(ALICE, rejected=file.settings.auth.trakt.access_token)
    file.is_full_after = False
    theirs = trakt.link("alice")
    document = json.loads(file.path.read_text())
    document["auth"]["trakt"] = tokens_of(theirs)
    file.path.write_text(json.dumps(document))
    assert await tokens.fetch(ALICE) == theirs.access_token


async def test_in_safe_mode_nothing_is_asked_for(trakt, config, tokens, old):
    old(EIGHT_DAYS)
    config.path.write_text("{")
    outcome = await tokens.fetch(ALICE)
    assert (type(outcome), renewals(trakt)) == (Retry, [])


# ---------------------------------------------------------------------------------- how it stands


async def test_the_status_tells_when_the_token_ends(tokens, old):
    grant = old(timedelta())
    status = tokens.status(ALICE)
    assert (status.is_linked, status.hold, status.warning) == (True, None, "")
    assert status.expires_at == grant.expires_at
    assert status.renew_at == grant.created_at + timedelta(days=3.5)


async def test_the_status_tells_that_there_is_no_link(tokens):
    status = tokens.status(SinkAccount(name="nobody"))
    assert (status.is_linked, status.hold.detail) == (False, NOT_LINKED)


async def test_the_status_tells_that_the_link_has_ended(trakt, tokens, old):
    old(EIGHT_DAYS)
    trakt.revoke_tokens("alice")
    await tokens.fetch(ALICE)
    assert tokens.status(ALICE).hold is GRANT_REFUSED


async def test_no_token_is_logged(trakt, config, tokens, caplog):
    caplog.set_level("DEBUG")
    before = stored(config)
    trakt.add_fault(Fault.html(path="/oauth/token", count=1))
    await tokens.fetch(ALICE, rejected=before["access_token"])
    secrets = {before["access_token"], before["refresh_token"], "sample-client-secret"}
    secrets |= {grant.access_token for grant in trakt.grants("alice")}
    assert caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]
