"""What the app is shipped by, read as its engines read it, and held to what the code does by itself.

No engine runs here. What cannot be read without one is said in `docs/install.md`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

import crosswatch
from crosswatch.cli.program import COMMANDS
from crosswatch.cli.serve import command as serve
from crosswatch.config.environment import settable_keys, variable_of
from crosswatch.config.file import ConfigFile
from crosswatch.web.factory import create_app
from fakes.asgi import called
from fakes.hand_clock import HandClock
from fakes.markdown import ROOT
from fakes.memory_ledger import MemoryLedger
from fakes.runtime import FakeRuntime
from tools.pack_addon import ingredients, pack

PACKAGING = ROOT / "packaging"
CONTAINER = PACKAGING / "container"
RECIPE = CONTAINER / "Dockerfile"
UNIT = PACKAGING / "systemd" / "crosswatch.service"
PORT = next(option.default for option in serve.params if option.name == "port")
VARIABLES = {"PUID", "PGID", "UMASK", "TZ"}
SUPERVISOR, ANOTHER_ADDON = "172.30.32.2", "172.30.33.5"


def instructions(text):
    """Each instruction of the image's recipe, joined to one line, with what follows it."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def said(name):
    """What the last instruction of that name says."""
    return [words for instruction, words in instructions(RECIPE.read_text()) if instruction == name][-1]


# ---------------------------------------------------------------- the image


def test_the_images_recipe_is_found_sound_by_its_linter():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, "--no-color", RECIPE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_image_is_of_the_python_that_the_tests_run_on():
    base = next(words for instruction, words in instructions(RECIPE.read_text()) if instruction == "ARG")
    assert base.startswith(f"BASE=python:{sys.version_info.major}.{sys.version_info.minor}-slim-")
    assert f"/usr/local/lib/python{sys.version_info.major}.{sys.version_info.minor} " in RECIPE.read_text()


def test_the_image_answers_where_the_app_listens_and_keeps_what_it_keeps_in_its_volume():
    assert said("EXPOSE") == str(PORT)
    assert f"CROSSWATCH_CONFIG_DIR={said('VOLUME')} " in said("ENV")
    assert said("STOPSIGNAL") == "SIGTERM"
    assert f"VERSION={crosswatch.__version__}" in RECIPE.read_text()


def test_the_image_starts_and_asks_itself_by_commands_that_there_are():
    assert json.loads(said("ENTRYPOINT")) == ["crosswatch"]
    assert json.loads(said("CMD"))[0] in COMMANDS
    program, command = json.loads(said("HEALTHCHECK").partition(" CMD ")[2])
    assert program == "crosswatch"
    assert command in COMMANDS


def test_nothing_is_installed_into_the_image_that_no_lock_names():
    installs = re.findall(r"pip (?:--python \S+ )?install[^&]*", said_of_run())
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)


def said_of_run():
    return " && ".join(
        words for instruction, words in instructions(RECIPE.read_text()) if instruction == "RUN"
    )


def test_what_the_recipe_copies_is_there_and_is_handed_to_the_engine():
    handed = (CONTAINER / "Dockerfile.dockerignore").read_text().splitlines()
    for path in ingredients(RECIPE.read_text()):
        assert (ROOT / path).exists(), path
        assert any(f"!{above}" in handed for above in (path, *map(str, Path(path).parents))), path


def test_the_lock_that_builds_the_wheel_holds_its_build_tool_and_names_no_registry():
    locks = [path.read_text() for path in (ROOT / "requirements").glob("*.lock")]
    assert not any("://" in text or "index-url" in text for text in locks)
    assert re.search(r"(?m)^hatchling==", (ROOT / "requirements" / "build.lock").read_text())


# ---------------------------------------------------------------- compose


@pytest.fixture(scope="module")
def service():
    return yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"]["crosswatch"]


def test_compose_runs_the_image_without_any_right_that_it_does_not_need(service):
    assert service["user"] == "${PUID:-1000}:${PGID:-1000}"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"]  # noqa: S108 -- the container's
    assert service["stop_grace_period"] == "10s"


def test_compose_opens_the_apps_port_and_keeps_its_folder(service):
    (port,), (volume,) = service["ports"], service["volumes"]
    assert port.endswith(f":${{PORT:-{PORT}}}:{PORT}")
    assert volume.endswith(f":{said('VOLUME')}")
    assert set(service["environment"]) <= VARIABLES
    build = (CONTAINER / service["build"]["context"]).resolve()
    assert (build / service["build"]["dockerfile"]).samefile(RECIPE)


def test_the_sample_sets_what_compose_asks_for_to_what_it_has_anyway():
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", (CONTAINER / "compose.yaml").read_text()))
    sample = dict(re.findall(r"(?m)^(\w+)=(.*)$", (CONTAINER / ".env.sample").read_text()))
    assert sample == defaults


def test_the_entry_script_knows_the_variables_that_are_offered():
    entry = (CONTAINER / "entry.sh").read_text()
    assert {name for name in VARIABLES if re.search(rf"\$\{{{name}\b", entry)} == VARIABLES


# ---------------------------------------------------------------- systemd


def settings_of(path):
    found = {}
    for line in path.read_text().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_hears_what_the_app_says_and_keeps_what_it_keeps():
    unit = settings_of(UNIT)
    assert unit["Type"] == ["notify"]
    assert int(unit["WatchdogSec"][0]) >= 10
    assert unit["ExecStart"][0].split()[1] in COMMANDS
    assert f"CROSSWATCH_CONFIG_DIR=%S/{unit['StateDirectory'][0]}" in unit["Environment"]
    assert unit["StateDirectoryMode"] == ["0700"]
    assert (unit["ProtectSystem"], unit["NoNewPrivileges"]) == (["strict"], ["yes"])
    assert "AF_UNIX" in unit["RestrictAddressFamilies"][0]


analyses = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


@analyses
def test_systemd_understands_every_line_of_the_unit(tmp_path):
    """With a command that there is in place of the one that is installed later."""
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    command = ["systemd-analyze", "verify", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@analyses
def test_systemd_rates_the_units_exposure_as_low():
    """Of ten; services that do nothing for it have more than nine."""
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", UNIT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="needs systemd-sysusers")
def test_the_units_user_can_be_made(tmp_path):
    (tmp_path / "etc").mkdir()
    text = UNIT.with_name("crosswatch.sysusers.conf").read_text()
    command = ["systemd-sysusers", f"--root={tmp_path}", "--dry-run", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert text.split()[1] == settings_of(UNIT)["User"][0]


# ---------------------------------------------------------------- Unraid


@pytest.fixture(scope="module")
def template():
    return ET.parse(PACKAGING / "unraid" / "crosswatch.xml").getroot()  # noqa: S314 -- our own file


def test_the_unraid_template_asks_for_what_the_image_takes(template):
    asked = {entry.get("Target"): entry for entry in template.iter("Config")}
    assert asked.keys() == {str(PORT), said("VOLUME"), "PUID", "PGID", "UMASK"}
    assert {name: asked[name].get("Default") for name in ("PUID", "PGID", "UMASK")} == {
        "PUID": "99",
        "PGID": "100",
        "UMASK": "002",
    }
    assert all(entry.get("Default") == entry.text for entry in asked.values())
    assert asked[str(PORT)].get("Default") == str(PORT)


def test_the_unraid_template_leads_to_the_pages_and_holds_no_secret(template):
    assert template.findtext("WebUI") == f"http://[IP]:[PORT:{PORT}]/"
    assert template.findtext("Icon").endswith(".png")
    assert template.findtext("Privileged") == "false"
    assert {entry.get("Mask") for entry in template.iter("Config")} == {"false"}


# ---------------------------------------------------------------- Home Assistant


@pytest.fixture(scope="module")
def addon():
    return yaml.safe_load((PACKAGING / "homeassistant" / "config.yaml").read_text())


def test_the_add_on_is_this_version_and_answers_where_the_app_listens(addon):
    assert addon["version"] == crosswatch.__version__
    assert addon["ingress"] is True
    assert addon["ingress_port"] == PORT
    assert addon["ports"] == {f"{PORT}/tcp": None}
    assert addon["watchdog"] == f"http://[HOST]:[PORT:{PORT}]/healthz"
    assert set(addon["arch"]) == {"aarch64", "amd64"}
    assert (addon["options"], addon["schema"]) == ({}, {})


def test_the_add_on_sets_nothing_that_the_app_does_not_know(addon):
    known = {variable_of(key) for key in settable_keys()} | {"CROSSWATCH_CONFIG_DIR"}
    assert addon["environment"].keys() <= known
    assert all(isinstance(value, str) for value in addon["environment"].values())


@pytest.fixture
async def ingress(addon, tmp_path):
    """The app as the add-on starts it; asked by way of somebody in the Supervisor's network."""
    runtime = FakeRuntime(tmp_path / "config", MemoryLedger(HandClock()), clock=HandClock())
    runtime.config = ConfigFile(tmp_path / "config", clock=HandClock(), environment=addon["environment"])
    async with called(create_app(runtime)) as web:

        async def ask(peer, path="/api/config", **headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await web.get(path, peer=peer, headers={"x-forwarded-for": "None, 172.30.32.1", **named})

        yield ask


BY_INGRESS = {"x_ingress_path": "/api/hassio_ingress/a1b2", "x_remote_user_name": "maya"}


async def test_whom_home_assistant_has_signed_in_comes_in_below_its_path_and_inside_its_pages(ingress):
    page = await ingress(SUPERVISOR, "/", **BY_INGRESS)
    assert page.status == 200
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert (await ingress(SUPERVISOR, **BY_INGRESS)).status == 200


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        pytest.param(
            SUPERVISOR, {"x_ingress_path": "/api/hassio_ingress/a1b2"}, id="somebody without a name"
        ),
        pytest.param(ANOTHER_ADDON, BY_INGRESS, id="another add-on that claims to be ingress"),
        pytest.param("192.168.1.20", BY_INGRESS, id="somebody in the network, by the open port"),
        pytest.param("172.30.32.1", BY_INGRESS, id="the host"),
    ],
)
async def test_nobody_else_does(ingress, peer, headers):
    assert ip_address(peer).is_private
    assert (await ingress(peer, **headers)).status == 401


def test_the_add_on_can_be_built_from_its_folder_alone(addon, tmp_path):
    pack(tmp_path / addon["slug"])
    recipe = (tmp_path / addon["slug"] / "Dockerfile").read_text()
    for path in ingredients(recipe):
        assert (tmp_path / addon["slug"] / path).exists(), path
    assert {"config.yaml", "DOCS.md", "icon.png"} <= {
        path.name for path in (tmp_path / addon["slug"]).iterdir()
    }
    assert not list((tmp_path / addon["slug"]).rglob("__pycache__"))


# ---------------------------------------------------------------- all of them


FILES = sorted(path for path in PACKAGING.rglob("*") if path.is_file() and path.suffix != ".png")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_registry_is_named(path):
    """An image's name begins with a host if its first part has a dot."""
    images = re.findall(r"(?m)(?:image:|FROM|BASE=|<Repository>)\s*([\w.${}/:-]+)", path.read_text())
    assert not [name for name in images if "." in name.partition("/")[0] and "/" in name]
