"""Commands that go where the app goes, on simulated servers."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from crosswatch.cli.doctor import examine
from crosswatch.cli.login import link, sign_in
from crosswatch.cli.outfit import outfit
from crosswatch.errors import ConfigError, LoginError
from crosswatch.simulator.plex import Fault, FaultKind, SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt, TraktOptions

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def plex():
    async with SimulatedPlex() as plex:
        yield plex


@pytest.fixture
async def trakt():
    async with SimulatedTrakt(options=TraktOptions(device_interval_s=1)) as trakt:
        trakt.add_user("maya_w")
        trakt.register_app("client-id", "client-secret")
        yield trakt


@pytest.fixture
def settle(configure, plex, trakt):
    """Writes a complete configuration for both servers."""

    def settle(*, linked=True, **parts):
        grant = trakt.link("maya_w") if linked else None
        tokens = {"access_token": grant.access_token, "refresh_token": grant.refresh_token} if grant else {}
        features = {
            "watch": {"enabled": True},
            "scrobble": {"enabled": True, "providers": {"trakt": {"enabled": True}}},
        }
        complete = {
            "plex": {
                "server_url": plex.base_url,
                "account_token": plex.owner_token,
                "tv_url": plex.plextv_url,
            },
            "trakt": {
                "client_id": "client-id",
                "client_secret": "client-secret",
                "api_url": trakt.api_url,
                "auth_url": trakt.auth_url,
            },
            "auth": {"trakt": tokens},
            "features": features,
        }
        return configure(
            **{part: {**complete.get(part, {}), **parts.get(part, {})} for part in complete | parts}
        )

    return settle


@pytest.fixture
def examined(directory):  # noqa: ARG001 -- names the folder
    """What the doctor finds."""

    async def examined():
        async with outfit() as tools:
            return [finding async for finding in examine(tools)]

    return examined


@pytest.fixture
def login(directory, capsys):  # noqa: ARG001 -- names the folder
    """Begins a login, and gives its task and the code that it shows."""
    tasks = []

    async def begin(account="default"):
        task = asyncio.create_task(link(account))
        tasks.append(task)
        said = ""
        async with asyncio.timeout(5):
            while "Waiting for Trakt" not in said:
                await asyncio.sleep(0.01)
                said += capsys.readouterr().out
        return task, said.split("enter\n\n    ")[1].split()[0]

    yield begin
    for task in tasks:
        task.cancel()


async def run_process(*arguments):
    """A command in a process of its own: its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswatch", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(20):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_where_all_is_well_every_step_says_so_and_no_secret(settle, plex):
    settle()

    code, said = await run_process("doctor")

    assert code == 0, said
    assert all(line.startswith("✓ ") for line in said.splitlines())
    assert "opens its notification socket" in said
    assert said.endswith("Trakt: Linked to maya_w; Trakt answers.\n")
    assert plex.owner_token not in said
    assert "client-secret" not in said


async def test_the_doctor_writes_nothing_to_trakt(examined, settle, trakt):
    settle()
    await examined()

    assert {request.method for request in trakt.ledger.requests} == {"GET"}


async def test_a_fresh_folder_has_steps_to_go_and_nothing_broken(examined):
    found = await examined()

    assert [finding.ok for finding in found] == [True, *[None] * 6]
    assert found[1].action == "Set `plex.server_url`, such as `http://192.168.1.20:32400`."


@pytest.mark.parametrize(
    ("parts", "subject", "says"),
    [
        pytest.param(
            {"plex": {"account_token": "wrong"}}, "Plex at", "refuses the token", id="a wrong token"
        ),
        pytest.param({"plex": {"server_url": NOWHERE}}, "Plex at", "cannot be reached", id="no server"),
        pytest.param({"plex": {"server_uuid": "x"}}, "Plex at", "Another server", id="another server"),
        pytest.param({"trakt": {"client_id": "x"}}, "Trakt", "refuses the app", id="an app that is refused"),
        pytest.param({"trakt": {"api_url": NOWHERE}}, "Trakt", "could not be reached", id="no Trakt"),
    ],
)
async def test_what_is_broken_is_said_with_what_to_do(examined, settle, parts, subject, says):
    settle(**parts)

    [broken] = [finding for finding in await examined() if finding.ok is False]

    assert broken.subject.startswith(subject)
    assert says in f"{broken.sentence} {broken.action}"


async def test_what_is_broken_makes_exit_code_1_and_json_for_programs(settle, trakt):
    settle()
    trakt.revoke_tokens("maya_w")

    code, said = await run_process("doctor", "--json")

    assert code == 1
    last = json.loads(said)[-1]
    assert last["ok"] is False
    assert last["action"] == "Run `crosswatch login trakt`."


async def test_notifications_that_do_not_come_through_are_noticed(examined, settle, plex):
    """A proxy that passes requests but no WebSockets is a usual cause of silence."""
    settle()
    plex.add_fault(Fault(kind=FaultKind.STATUS, path="/:/websockets/notifications", status=502))

    [broken] = [finding for finding in await examined() if finding.ok is False]

    assert broken.subject.startswith("Plex at")


async def test_a_guests_token_is_said_to_show_only_their_plays(examined, settle, plex):
    settle(plex={"account_token": plex.person("bob").account_token})

    found = await examined()

    assert any("only their plays are seen" in finding.sentence for finding in found), found


async def test_a_broken_file_is_said_and_left_alone(examined, directory):
    (directory / "config.json").write_text("{ not json")

    [broken] = await examined()

    assert "line 1, column 3" in broken.sentence
    assert (directory / "config.json").read_text() == "{ not json"


async def test_a_login_shows_a_code_waits_and_keeps_the_tokens(login, settle, trakt, directory, capsys):
    settle(linked=False)
    task, code = await login()

    trakt.approve_device(code, "maya_w")
    await asyncio.wait_for(task, 10)

    said = capsys.readouterr().out
    assert "Linked. Plays now go to maya_w on Trakt." in said
    token = json.loads((directory / "config.json").read_text())["auth"]["trakt"]["access_token"]
    assert token
    assert token not in said


async def test_a_further_account_is_kept_under_its_name(login, settle, trakt, directory, capsys):
    trakt.add_user("tom_t")
    settle(linked=False)
    task, code = await login("tom")

    trakt.approve_device(code, "tom_t")
    await asyncio.wait_for(task, 10)

    said = capsys.readouterr().out
    assert 'tom is tom_t on Trakt now, but nobody\'s plays go there yet. Add "tom" to `accounts`' in said
    document = json.loads((directory / "config.json").read_text())
    assert document["accounts"]["tom"]["refresh_token"]
    assert "access_token" not in document["auth"]["trakt"]


async def test_a_login_of_somebodys_account_says_whose_plays_go_there(
    login, settle, trakt, directory, capsys
):
    trakt.add_user("tom_t")
    settle(linked=False, accounts={"tom": {"access_token": ""}})
    config = directory / "config.json"
    document = json.loads(config.read_text())
    document["people"] = [
        {"name": name, "plex_ids": [number], "accounts": ["tom"]} for number, name in ((2, "Tom"), (3, "Ann"))
    ]
    config.write_text(json.dumps(document))
    task, code = await login("tom")

    trakt.approve_device(code, "tom_t")
    await asyncio.wait_for(task, 10)

    assert "Plays of Tom and Ann now go to tom_t on Trakt." in capsys.readouterr().out


async def test_the_doctor_looks_at_accounts_that_somebody_is_linked_to(settle, examined, directory):
    settle(accounts={"tom": {"access_token": ""}})
    config = directory / "config.json"
    document = json.loads(config.read_text())
    document["people"] = [{"name": "Tom", "plex_ids": [2], "accounts": ["tom"]}]
    config.write_text(json.dumps(document))

    last = (await examined())[-1]

    assert (last.ok, last.subject) == (False, "Trakt, account tom")
    assert last.action == "Run `crosswatch login trakt --account tom`."


async def test_a_denied_login_says_so(login, settle, trakt):
    settle(linked=False)
    task, code = await login()

    trakt.deny_device(code)

    with pytest.raises(LoginError, match="Access was refused on Trakt"):
        await asyncio.wait_for(task, 10)


async def test_a_login_without_an_app_is_one_sentence(directory):  # noqa: ARG001 -- names the folder
    code, said = await run_process("login", "trakt")

    assert code == 1
    assert said.startswith("Error: No Trakt app is configured. Set `trakt.client_id` first.")
    assert "Traceback" not in said


async def test_a_login_into_a_broken_file_is_refused_before_trakt_is_asked(directory, trakt):
    (directory / "config.json").write_text("{ not json")

    with pytest.raises(ConfigError, match="line 1, column 3"):
        await link("default")
    assert trakt.ledger.requests == []


async def test_signing_in_to_plex_shows_a_code_keeps_the_token_and_tries_each_address(
    settle, plex, directory, capsys
):
    settle(plex={"account_token": "", "server_url": "", "tv_url": plex.plextv_url})
    task = asyncio.create_task(sign_in())
    said = ""
    async with asyncio.timeout(5):
        while "Waiting for Plex" not in said:
            await asyncio.sleep(0.01)
            said += capsys.readouterr().out
    code = said.split("enter\n\n    ")[1].split()[0]
    assert f"Open {plex.plextv_url}/link on any device" in said

    plex.pins.claim(code, plex.person("alice"), plex.clock.now())
    await asyncio.wait_for(task, 15)

    said = capsys.readouterr().out
    kept = json.loads((directory / "config.json").read_text())["plex"]
    assert (kept["account_token"], kept["username"]) == (plex.owner_token, "alice")
    assert "Signed in to Plex as alice." in said
    assert f"{plex.base_url}  works" in said
    assert "Friend Server (not yours)" in said
    assert "choose it at `/setup/server`" in said
    assert plex.owner_token not in said


async def test_a_token_of_the_environment_is_not_signed_in_over(settle, monkeypatch, plex):
    settle()
    monkeypatch.setenv("CROSSWATCH_PLEX_ACCOUNT_TOKEN", "theirs")
    with pytest.raises(LoginError, match="CROSSWATCH_PLEX_ACCOUNT_TOKEN holds the token already"):
        await sign_in()
    assert plex.ledger.of("POST", "/api/v2/pins") == []
