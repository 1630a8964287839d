"""Signing in and out, on a real file, with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from crosswatch.access.desk import MOST_WAITING, AccessDesk, Caller
from crosswatch.access.register import MOST_KEYS, MOST_SESSIONS, SESSION_IDLE, SESSION_LIFE, Scope
from crosswatch.access.tokens import digest
from crosswatch.errors import AccessError, DeniedError, TooManyTriesError, UnfitError
from fakes.hand_clock import HandClock

PASSWORD, OTHER = "correct horse battery", "staple and some more"
HOME = Caller(source="192.168.1.20", address="192.168.1.20", agent="Firefox", is_at_hand=True)
AWAY = Caller(source="203.0.113.9", address="203.0.113.9", agent="curl")


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def desk(tmp_path, clock):
    made = AccessDesk(tmp_path / "config", clock=clock)
    made.open()
    return made


@pytest.fixture
async def claimed(desk):
    await desk.claim("", PASSWORD, code=None, caller=HOME)
    return desk


def on_disk(desk):
    return json.loads(desk._file.path.read_text())


# ---------------------------------------------------------------- the first password


async def test_a_fresh_installation_has_a_code_and_nobody_in_it(desk):
    assert not desk.is_claimed
    assert desk.register.setup_code
    assert desk.cookie_name.startswith("crosswatch_")


async def test_the_code_is_the_same_after_a_restart(desk, clock, tmp_path):
    again = AccessDesk(tmp_path / "config", clock=clock)
    again.open()
    assert again.register.setup_code == desk.register.setup_code


async def test_who_claims_is_signed_in_and_the_code_is_gone(desk):
    code = desk.register.setup_code

    token = await desk.claim("maya", PASSWORD, code=code.lower(), caller=AWAY)

    assert desk.session(token, AWAY.address).user == "maya"
    assert on_disk(desk)["setup_code"] == ""
    with pytest.raises(DeniedError):
        await desk.claim("eve", OTHER, code=code, caller=AWAY)


async def test_a_wrong_code_claims_nothing_and_soon_has_to_wait(desk):
    for _ in range(5):
        with pytest.raises(DeniedError, match="set-up code"):
            await desk.claim("", PASSWORD, code="AAAA-AAAA-AAAA", caller=AWAY)
    with pytest.raises(TooManyTriesError):
        await desk.claim("", PASSWORD, code=desk.register.setup_code, caller=AWAY)
    assert not desk.is_claimed


@pytest.mark.parametrize("code", ["", "-", "ü"])
async def test_no_code_is_no_code(desk, code):
    with pytest.raises(DeniedError):
        await desk.claim("", PASSWORD, code=code, caller=AWAY)


async def test_of_two_who_claim_at_once_one_is_first(desk):
    outcomes = await asyncio.gather(
        *(desk.claim(name, PASSWORD, code=None, caller=HOME) for name in ("maya", "tom")),
        return_exceptions=True,
    )
    assert sorted(isinstance(outcome, DeniedError) for outcome in outcomes) == [False, True]
    assert len(on_disk(desk)["users"]) == 1


@pytest.mark.parametrize(
    ("name", "password"), [("", "too short"), ("x" * 61, PASSWORD), ("a\nb", PASSWORD), ("\u202e", PASSWORD)]
)
async def test_what_can_be_no_password_or_name_is_refused(desk, name, password):
    with pytest.raises(UnfitError):
        await desk.claim(name, password, code=None, caller=HOME)
    assert not desk.is_claimed


async def test_the_environment_may_hold_the_first_password(tmp_path, clock):
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    desk = AccessDesk(
        tmp_path / "config",
        clock=clock,
        environment={"CROSSWATCH_ADMIN_PASSWORD_FILE": str(tmp_path / "password")},
    )
    desk.open()

    await desk.sign_in("admin", PASSWORD, caller=AWAY, old_token=None)
    assert PASSWORD not in desk._file.path.read_text()


@pytest.mark.usefixtures("claimed")
async def test_the_environments_password_replaces_none_that_somebody_has_set(tmp_path, clock):
    again = AccessDesk(tmp_path / "config", clock=clock, environment={"CROSSWATCH_ADMIN_PASSWORD": OTHER})
    again.open()
    await again.sign_in("admin", PASSWORD, caller=AWAY, old_token=None)


async def test_a_password_of_the_environment_that_cannot_be_is_said_and_opens_nothing(
    tmp_path, clock, caplog
):
    desk = AccessDesk(
        tmp_path / "config", clock=clock, environment={"CROSSWATCH_ADMIN_PASSWORD": "short-secret"[:7]}
    )
    desk.open()
    assert not desk.is_claimed
    assert "CROSSWATCH_ADMIN_PASSWORD cannot be used" in caplog.text
    assert "short-s" not in caplog.text


# ---------------------------------------------------------------- sessions


async def test_a_session_lets_in_until_it_is_ended(claimed):
    token = await claimed.sign_in("ADMIN", PASSWORD, caller=AWAY, old_token=None)
    session = claimed.session(token, AWAY.address)

    assert session.user == "admin"
    assert await claimed.end_session(session.id)
    assert claimed.session(token, AWAY.address) is None
    assert not await claimed.end_session(session.id)


async def test_of_a_session_only_a_digest_is_kept(claimed):
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    kept = claimed._file.path.read_text()
    assert token not in kept
    assert digest(token) in kept
    assert PASSWORD not in kept


async def test_signing_in_again_ends_the_session_that_the_browser_had(claimed):
    first = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    second = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=first)
    assert first != second
    assert claimed.session(first, "") is None
    assert claimed.session(second, "") is not None


@pytest.mark.parametrize("token", [None, "", "nonsense", "\udcff"])
async def test_what_is_no_session_is_none(claimed, token):
    assert claimed.session(token, "") is None


async def test_a_session_that_nobody_uses_ends(claimed, clock):
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    clock.move((SESSION_IDLE - timedelta(seconds=1)).total_seconds())
    assert claimed.session(token, AWAY.address) is not None
    clock.move(SESSION_IDLE.total_seconds())
    assert claimed.session(token, AWAY.address) is None


async def test_a_session_that_is_used_ends_all_the_same_in_the_end(claimed, clock):
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    days = 0
    while claimed.session(token, AWAY.address) is not None:
        clock.move(86_400)
        days += 1
    assert days == SESSION_LIFE.days


async def test_what_was_used_is_written_down_and_survives_a_restart(claimed, clock, tmp_path):
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    clock.move((SESSION_IDLE - timedelta(hours=1)).total_seconds())
    claimed.session(token, "198.51.100.7")
    await claimed.flush()

    clock.move(86_400)
    again = AccessDesk(tmp_path / "config", clock=clock)
    again.open()

    assert again.session(token, "198.51.100.7").address == "198.51.100.7"


async def test_what_has_ended_is_forgotten(claimed, clock):
    await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    clock.move(SESSION_LIFE.total_seconds())
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    assert [entry["digest"] for entry in on_disk(claimed)["sessions"]] == [digest(token)]


async def test_sessions_do_not_pile_up(claimed, clock, monkeypatch):
    monkeypatch.setattr("crosswatch.access.desk.is_password", lambda *_: True)  # hashing is slow on purpose
    for _ in range(MOST_SESSIONS + 5):
        clock.move(1)
        token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    assert len(claimed.sessions()) == MOST_SESSIONS
    assert claimed.session(token, "") is not None


async def test_all_but_one_session_can_be_ended(claimed):
    tokens = [await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None) for _ in range(3)]
    mine = claimed.session(tokens[1], "")

    assert await claimed.end_other_sessions(mine.id)

    assert [claimed.session(token, "") is not None for token in tokens] == [False, True, False]


async def test_another_password_ends_every_session_and_begins_one(claimed):
    old = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)

    new = await claimed.change_password("admin", PASSWORD, OTHER, caller=AWAY)

    assert claimed.session(old, "") is None
    assert claimed.session(new, "") is not None
    with pytest.raises(DeniedError):
        await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)


async def test_another_password_takes_the_old_one(claimed):
    with pytest.raises(DeniedError):
        await claimed.change_password("admin", OTHER, OTHER, caller=AWAY)
    with pytest.raises(UnfitError):
        await claimed.change_password("admin", PASSWORD, "short", caller=AWAY)
    await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)


async def test_a_hash_from_before_is_made_anew_and_ends_no_session(claimed, monkeypatch):
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    before = claimed.register.users[0].password
    monkeypatch.setattr("crosswatch.access.desk.is_outdated", lambda kept: kept == before)

    await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)

    assert claimed.register.users[0].password != before
    assert claimed.session(token, "") is not None


# ---------------------------------------------------------------- wrong ones


@pytest.mark.parametrize("name", ["admin", "nobody", ""])
async def test_a_wrong_name_and_a_wrong_password_sound_the_same(claimed, name):
    with pytest.raises(DeniedError) as denied:
        await claimed.sign_in(name, OTHER, caller=AWAY, old_token=None)
    assert str(denied.value) == "The name or the password is wrong."


async def fail(desk, times, caller=AWAY):
    for _ in range(times):
        with pytest.raises((DeniedError, TooManyTriesError)):
            await desk.sign_in("admin", OTHER, caller=caller, old_token=None)


async def test_too_many_wrong_ones_have_to_wait_and_then_may_try_again(claimed, clock):
    await fail(claimed, 5)
    with pytest.raises(TooManyTriesError) as told:
        await claimed.sign_in("admin", PASSWORD, caller=AWAY, old_token=None)
    assert 0 < told.value.wait_s <= 60

    clock.move(told.value.wait_s)
    await claimed.sign_in("admin", PASSWORD, caller=AWAY, old_token=None)


async def test_whoever_keeps_trying_keeps_out_neither_the_house_nor_who_was_in_before(claimed, monkeypatch):
    known = Caller(source="198.51.100.7", address="198.51.100.7")
    await claimed.sign_in("admin", PASSWORD, caller=known, old_token=None)
    with monkeypatch.context() as quick:
        quick.setattr("crosswatch.access.desk.is_password", lambda *_: False)
        for number in range(200):
            await fail(claimed, 1, Caller(source=f"source {number}", address=f"source {number}"))

    with pytest.raises(TooManyTriesError):
        await claimed.sign_in("admin", PASSWORD, caller=AWAY, old_token=None)
    await claimed.sign_in("admin", PASSWORD, caller=HOME, old_token=None)
    await claimed.sign_in("admin", PASSWORD, caller=known, old_token=None)


async def test_a_crowd_that_tries_at_once_is_mostly_sent_away(claimed):
    """One hash at a time takes memory and time on purpose; the rest must not queue up without end."""
    tries = [
        claimed.sign_in("admin", OTHER, caller=Caller(source=f"source {number}"), old_token=None)
        for number in range(40)
    ]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, TooManyTriesError) for outcome in outcomes) == 40 - MOST_WAITING


async def test_a_register_that_cannot_be_read_lets_nobody_sign_in(claimed):
    claimed._file.path.write_text("{")
    await asyncio.to_thread(claimed._file.refresh)
    with pytest.raises(AccessError, match="reset-password"):
        await claimed.sign_in("admin", PASSWORD, caller=HOME, old_token=None)


# ---------------------------------------------------------------- keys


async def test_a_key_lets_in_until_it_is_taken_back(claimed):
    text, made = await claimed.create_key("home page", Scope.READ)

    assert claimed.key(text, "").scope is Scope.READ
    assert text not in claimed._file.path.read_text()
    assert await claimed.revoke_key(made.id)
    assert claimed.key(text, "") is None
    assert not await claimed.revoke_key(made.id)


@pytest.mark.parametrize("text", ["", "cw_nonsense", "\udcff"])
async def test_what_is_no_key_is_none(claimed, text):
    await claimed.create_key("home page", Scope.READ)
    assert claimed.key(text, "") is None


async def test_when_a_key_was_used_is_remembered(claimed, clock):
    text, _ = await claimed.create_key("home page", Scope.READ)
    assert claimed.api_keys()[0].used_at is None
    clock.move(3600)
    claimed.key(text, "")
    assert claimed.api_keys()[0].used_at == clock.now()
    await claimed.flush()
    assert claimed.register.keys[0].used_at == clock.now()


async def test_names_of_keys_are_told_apart_and_their_number_is_bounded(claimed):
    await claimed.create_key("home page", Scope.READ)
    with pytest.raises(UnfitError, match="already"):
        await claimed.create_key("HOME page", Scope.ADMIN)
    for number in range(MOST_KEYS - 1):
        await claimed.create_key(f"key {number}", Scope.READ)
    with pytest.raises(UnfitError, match="Revoke"):
        await claimed.create_key("one more", Scope.READ)


# ---------------------------------------------------------------- life


async def test_without_a_folder_that_can_be_written_it_holds_until_the_process_ends(tmp_path, clock):
    (tmp_path / "config").write_text("a file where the folder should be")
    desk = AccessDesk(tmp_path / "config", clock=clock)
    desk.open()
    assert desk.register.setup_code
    with pytest.raises(AccessError, match="cannot be written"):
        await desk.claim("", PASSWORD, code=None, caller=HOME)


async def test_a_running_app_notices_what_a_command_changes(claimed, clock, tmp_path):
    token = await claimed.sign_in("", PASSWORD, caller=AWAY, old_token=None)
    session = claimed.session(token, "")
    woken = asyncio.Event()

    async def sleep(_):
        woken.set()
        await asyncio.sleep(0)

    other = AccessDesk(tmp_path / "config", clock=clock)
    other.open()
    await other.end_session(session.id)
    watching = asyncio.create_task(claimed.watch(sleep))
    async with asyncio.timeout(5):
        while claimed.session(token, "") is not None:
            woken.clear()
            await woken.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
