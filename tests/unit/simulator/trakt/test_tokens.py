from __future__ import annotations

import pytest

from crosswatch.simulator.trakt.oauth import OUT_OF_BAND, challenge_of

APP = {"client_id": "app", "client_secret": "secret"}


def oauth(desk, path, **fields):
    """An OAuth call, which needs neither key nor token."""
    return desk.ask("POST", f"/oauth/{path}", fields, host="auth", authorization=None, trakt_api_key=None)


def poll(desk, code, **fields):
    return oauth(desk, "device/token", code=code, **{**APP, **fields})


def refresh(desk, token, **fields):
    sent = {"grant_type": "refresh_token", "redirect_uri": OUT_OF_BAND, "refresh_token": token, **APP}
    return oauth(desk, "token", **{**sent, **fields})


@pytest.fixture
def device(desk):
    return oauth(desk, "device/code", client_id="app").json


@pytest.fixture
def grant(desk):
    (grant,) = desk.trakt.grants("alice")
    return grant


def works(desk, token):
    return desk.ask("GET", "/users/settings", token=token).status == 200


# ---------------------------------------------------------------- device login


def test_a_device_code_says_where_to_go_and_how_long_it_lives(device):
    assert device["verification_url"] == "http://auth.invalid/activate"
    assert (device["expires_in"], device["interval"], len(device["user_code"])) == (600, 5, 8)


def test_the_verification_address_can_be_the_real_one(desk):
    desk.trakt.set_options(verification_url="https://trakt.tv/activate")
    assert oauth(desk, "device/code", client_id="app").json["verification_url"] == "https://trakt.tv/activate"


def test_a_device_waits_until_somebody_agrees(desk, device):
    assert poll(desk, device["device_code"]).status == 400
    desk.trakt.approve_device(device["user_code"].lower(), "alice")
    desk.forward(seconds=5)
    answer = poll(desk, device["device_code"])
    assert answer.status == 200
    assert works(desk, answer.json["access_token"])
    assert answer.json["created_at"] == int(desk.clock.now().timestamp())


def test_all_refusals_of_a_poll_have_empty_bodies(desk, device):
    for _ in range(2):
        assert poll(desk, device["device_code"]).body() == b""


@pytest.mark.parametrize(("waited_s", "status"), [(1, 429), (4.4, 429), (4.6, 400), (5, 400)])
def test_a_poll_that_comes_too_early_is_told_to_slow_down(desk, device, waited_s, status):
    poll(desk, device["device_code"])
    desk.forward(seconds=waited_s)
    assert poll(desk, device["device_code"]).status == status


def test_a_device_that_was_refused_gets_418(desk, device):
    desk.trakt.deny_device(device["user_code"])
    assert poll(desk, device["device_code"]).status == 418


def test_a_device_code_works_once(desk, device):
    desk.trakt.approve_device(device["user_code"], "alice")
    assert poll(desk, device["device_code"]).status == 200
    assert poll(desk, device["device_code"]).status == 409


def test_a_device_code_ends(desk, device):
    desk.forward(seconds=600)
    assert poll(desk, device["device_code"]).status == 410
    with pytest.raises(ValueError, match="expired"):
        desk.trakt.approve_device(device["user_code"], "alice")


def test_a_device_code_belongs_to_its_app(desk, device):
    desk.trakt.register_app("other", "hush")
    assert poll(desk, device["device_code"], client_id="other", client_secret="hush").status == 404
    assert poll(desk, "no such code").status == 404


def test_a_code_is_decided_once(desk, device):
    desk.trakt.deny_device(device["user_code"])
    with pytest.raises(ValueError, match="denied before"):
        desk.trakt.approve_device(device["user_code"], "alice")
    with pytest.raises(KeyError, match="no user code"):
        desk.trakt.deny_device("WRONG")


# ---------------------------------------------------------------- life and refresh


@pytest.mark.parametrize("life_s", [604_800, 86_400, 7_776_000])
def test_an_access_token_lives_as_long_as_it_says(desk, life_s):
    desk.trakt.set_options(expires_in_s=life_s)
    grant = desk.trakt.link("alice")
    assert grant.answer()["expires_in"] == life_s
    desk.forward(seconds=life_s - 1)
    assert works(desk, grant.access_token)
    desk.forward(seconds=1)
    assert not works(desk, grant.access_token)


def test_a_refresh_rotates_both_tokens(desk, grant):
    fresh = refresh(desk, grant.refresh_token).json
    assert fresh["refresh_token"] != grant.refresh_token
    assert works(desk, fresh["access_token"])
    assert refresh(desk, fresh["refresh_token"]).status == 200


@pytest.mark.parametrize(("switch", "still_works"), [(False, True), (True, False)])
def test_whether_a_refresh_ends_the_former_access_token_is_a_switch(desk, grant, switch, still_works):
    desk.trakt.set_options(refresh_kills_access=switch)
    refresh(desk, grant.refresh_token)
    assert works(desk, grant.access_token) is still_works


@pytest.mark.parametrize("status", [400, 401])
def test_a_spent_refresh_token_is_refused_in_the_form_of_its_time(desk, grant, status):
    desk.trakt.set_options(refusal_status=status)
    refresh(desk, grant.refresh_token)
    answer = refresh(desk, grant.refresh_token)
    assert (answer.status, answer.json["error"], answer.applied) == (status, "invalid_grant", False)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"refresh_token": "unheard of"}, "invalid_grant"),
        ({"refresh_token": None}, "invalid_grant"),
        ({"redirect_uri": "https://else.invalid/"}, "invalid_grant"),
        ({"client_secret": "guess"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": "unheard of"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_refresh_with_something_wrong_spends_nothing(desk, grant, wrong, error):
    answer = refresh(desk, grant.refresh_token, **wrong)
    assert (answer.status, answer.json["error"]) == (400, error)
    assert refresh(desk, grant.refresh_token).status == 200


def test_another_app_cannot_refresh(desk, grant):
    desk.trakt.register_app("other", "hush")
    answer = refresh(desk, grant.refresh_token, client_id="other", client_secret="hush")
    assert answer.json["error"] == "invalid_grant"


def test_an_expired_session_can_be_refreshed_but_a_revoked_one_cannot(desk, grant):
    desk.trakt.expire_tokens("alice")
    assert not works(desk, grant.access_token)
    fresh = refresh(desk, grant.refresh_token).json
    desk.trakt.revoke_tokens("alice")
    assert not works(desk, fresh["access_token"])
    assert refresh(desk, fresh["refresh_token"]).status == 400


def test_refreshes_can_be_refused_a_number_of_times(desk, grant):
    desk.trakt.refuse_refreshes("alice", 2)
    statuses = [refresh(desk, grant.refresh_token).status for _ in range(3)]
    assert statuses == [400, 400, 200]


def test_refreshes_can_be_refused_for_good_and_again_allowed(desk, grant):
    desk.trakt.refuse_refreshes("alice")
    assert {refresh(desk, grant.refresh_token).status for _ in range(3)} == {400}
    desk.trakt.refuse_refreshes("alice", 0)
    assert refresh(desk, grant.refresh_token).status == 200


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_revoked_token_ends_the_whole_session(desk, grant, which):
    answer = oauth(desk, "revoke", token=getattr(grant, which), **APP)
    assert (answer.status, answer.json) == (200, {})
    assert not works(desk, grant.access_token)
    assert refresh(desk, grant.refresh_token).status == 400


def test_revoking_what_nobody_has_is_no_error(desk):
    answer = oauth(desk, "revoke", token="unheard of", **APP)
    assert (answer.status, answer.applied) == (200, False)


# ---------------------------------------------------------------- secrets and PKCE


def test_the_secret_is_a_switch_but_a_wrong_one_is_always_wrong(desk, grant):
    desk.trakt.set_options(secret_required=False)
    assert refresh(desk, grant.refresh_token, client_secret="guess").status == 400
    assert refresh(desk, grant.refresh_token, client_secret=None).status == 200


def test_an_app_without_a_secret_needs_none(desk):
    desk.trakt.set_options(one_app_rule="off")
    desk.trakt.register_app("public", None)
    grant = desk.trakt.link("alice", "public")
    fields = {"client_id": "public", "client_secret": None}
    assert refresh(desk, grant.refresh_token, **fields).status == 200


def exchange(desk, code, **fields):
    sent = {"grant_type": "authorization_code", "redirect_uri": OUT_OF_BAND, "code": code.code, **APP}
    return oauth(desk, "token", **{**sent, **fields})


def test_a_code_from_a_browser_works_once(desk):
    code = desk.trakt.authorize("alice", "app")
    assert works(desk, exchange(desk, code).json["access_token"])
    assert exchange(desk, code).json["error"] == "invalid_grant"


def test_a_code_with_a_challenge_needs_its_verifier(desk):
    code = desk.trakt.authorize("alice", "app", challenge=challenge_of("long random text"))
    assert exchange(desk, code).status == 400
    assert exchange(desk, code, code_verifier="other text").status == 400
    assert exchange(desk, code, code_verifier="long random text").status == 200


# ---------------------------------------------------------------- apps


def test_a_free_account_may_connect_one_community_app(desk):
    desk.trakt.register_app("other", "hush")
    with pytest.raises(ValueError, match="another community app"):
        desk.trakt.link("alice", "other")
    desk.alice.vip = True
    assert desk.trakt.link("alice", "other").client_id == "other"


def test_the_one_app_rule_may_throw_out_the_first(desk, grant):
    desk.trakt.set_options(one_app_rule="revoke_first")
    desk.trakt.register_app("other", "hush")
    desk.trakt.link("alice", "other")
    assert not works(desk, grant.access_token)


def test_the_same_app_may_be_connected_again(desk, grant):
    desk.trakt.link("alice")
    assert works(desk, grant.access_token)


def test_a_deleted_app_answers_403_and_invalid_client(desk, grant):
    desk.trakt.set_app_state("app", "deleted")
    assert desk.ask("GET", "/users/settings").status == 403
    assert refresh(desk, grant.refresh_token).json["error"] == "invalid_client"


def test_an_unapproved_app_answers_403_only(desk, grant):
    desk.trakt.set_app_state("app", "unapproved")
    assert desk.ask("GET", "/users/settings").status == 403
    assert refresh(desk, grant.refresh_token).status == 200


def test_only_vips_register_apps(desk):
    with pytest.raises(ValueError, match="not VIP"):
        desk.trakt.register_app("mine", None, owner="alice")
    desk.trakt.set_options(vip_only_apps=False)
    assert desk.trakt.register_app("mine", None, owner="alice").owner == "alice"


def test_names_are_taken_once(desk):
    with pytest.raises(ValueError, match="already"):
        desk.trakt.register_app("app", None)
    with pytest.raises(ValueError, match="taken"):
        desk.trakt.add_user("Alice")
    with pytest.raises(KeyError, match="no app"):
        desk.trakt.link("alice", "unheard of")
    with pytest.raises(KeyError, match="no user"):
        desk.trakt.history("unheard of")


# ---------------------------------------------------------------- listeners


@pytest.mark.parametrize(
    ("option", "api", "auth"), [("both", 200, 200), ("auth", 404, 200), ("api", 200, 404)]
)
def test_oauth_is_served_where_the_switch_says(desk, option, api, auth):
    desk.trakt.set_options(oauth_host=option)
    body = {"client_id": "app"}
    assert desk.ask("POST", "/oauth/device/code", body, host="api").status == api
    assert desk.ask("POST", "/oauth/device/code", body, host="auth").status == auth


def test_the_oauth_listener_serves_nothing_else(desk):
    assert desk.ask("GET", "/users/settings", host="auth").status == 404
