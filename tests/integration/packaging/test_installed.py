"""The wheel, built and installed as the image does it, into an environment in which there is nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import aiohttp
import pytest

import crosswatch
from fakes.markdown import ROOT
from fakes.served import free_port

PUID, PGID = 12345, 12346
PATIENCE_S = 30.0
pytestmark = pytest.mark.timeout(600)  # installing takes 15 s, and minutes where others work beside it
STOPS_WITHIN_S = 8.0
"""The promise is two seconds on a quiet machine; here others work beside it."""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def a_python():
    """A Python that every user may run, as the image's is."""
    candidates = (sys._base_executable, shutil.which("python3", path="/usr/local/bin:/usr/bin"))
    for path in filter(None, candidates):
        fits = "import sys, venv; sys.exit(sys.version_info < (3, 11))"
        try:
            done = subprocess.run([path, "-c", fits], user=PUID, check=False, cwd="/")
        except OSError:
            continue
        if done.returncode == 0:
            return path
    return sys._base_executable


def build_wheel(folder):
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(home):
    """What the recipe of the image does, step by step."""
    python = home / "venv" / "bin" / "python"
    pip = (
        sys._base_executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-compile",
        "--no-deps",
    )
    run(a_python(), "-m", "venv", "--without-pip", str(home / "venv"))
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / "requirements" / "runtime.lock"))
    wheel = build_wheel(home)
    run(*pip, "--no-index", str(wheel))
    run(str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(home / "venv"))
    shutil.copy(ROOT / "packaging" / "container" / "entry.sh", home / "entry.sh")


@pytest.fixture(scope="session")
def image(testrun_uid):
    """The installation, made once for all test processes; the last one takes it away."""
    home = Path(tempfile.gettempdir()) / f"crosswatch-{testrun_uid}"
    lock = home.with_suffix(".lock")
    with lock.open("w") as held, contextlib.ExitStack() as stack:
        stack.callback(take_away_if_alone, home, lock, held)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # somebody else makes it, or has made it
            fcntl.flock(held, fcntl.LOCK_SH)
        else:
            home.mkdir(mode=0o755, exist_ok=True)
            install(home)
            fcntl.flock(held, fcntl.LOCK_SH)
        yield home


def take_away_if_alone(home, lock, held):
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    shutil.rmtree(home)
    lock.unlink()


class Container:
    """The image's command, started as a container starts it.

    Args:
        home: The installation.
        folder: Its folder.
        by: What it is started by.
        variables: Its environment.
    """

    def __init__(self, home, folder, *, by=(), **variables):
        self.folder, self.port = folder, free_port()
        self.venv = home / "venv"
        words = (str(home / "entry.sh"), "serve", "--host", "127.0.0.1", "--port", str(self.port))
        self._command = (*by, *words)
        self._environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "CROSSWATCH_CONFIG_DIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        }

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(PATIENCE_S):
            while not await self.is_well():
                assert self.process.returncode is None, (await self.process.stdout.read()).decode()
                await asyncio.sleep(0.02)
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def is_well(self):
        try:
            return (await self.ask("/healthz"))[0] == 200
        except aiohttp.ClientError:
            return False

    async def ask(self, path):
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, await answer.text()

    async def is_stopped_in_order(self):
        """Told to stop, it ends in time and closes its database; uvicorn hands the signal on afterwards."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOPS_WITHIN_S):
            printed, _ = await self.process.communicate()
        assert b"Traceback" not in printed, printed.decode()
        is_closed = not (self.folder / "crosswatch.db-wal").exists()
        return is_closed and self.process.returncode in {0, -signal.SIGTERM}

    def proc(self, name):
        return Path(f"/proc/{self.process.pid}/{name}").read_text()


# ---------------------------------------------------------------- the wheel


def test_the_wheel_holds_what_pages_are_drawn_with_and_nothing_of_the_checkout(tmp_path):
    wheel = build_wheel(tmp_path)
    names = set(zipfile.ZipFile(wheel).namelist())
    web = ROOT / "src" / "crosswatch" / "web"
    drawn_with = {
        path.relative_to(ROOT / "src").as_posix()
        for folder in ("static", "templates")
        for path in (web / folder).iterdir()
    }
    assert drawn_with <= names
    assert "crosswatch/py.typed" in names
    assert {name.split("/")[0] for name in names} == {
        "crosswatch",
        f"crosswatch-{crosswatch.__version__}.dist-info",
    }


def test_the_wheel_needs_exactly_what_the_lock_holds(image):
    """Everything that is installed was named in the lock, and nothing is missing."""
    said = run(sys._base_executable, "-m", "pip", "--python", str(image / "venv" / "bin" / "python"), "check")
    assert "No broken requirements found" in said


def test_its_command_says_the_version(image):
    said = json.loads(run(str(image / "venv" / "bin" / "crosswatch"), "version", "--json", cwd="/"))
    assert said["version"] == crosswatch.__version__


async def test_it_serves_its_pages_without_the_checkout(image, opened):
    async with Container(image, opened / "config") as container:
        status, page = await container.ask("/")
        assert status == 200
        assert "style.css" in page
        assert (await container.ask("/static/style.css"))[0] == 200
        run(str(container.venv / "bin" / "crosswatch"), "healthcheck", "--port", str(container.port), cwd="/")
        assert await container.is_stopped_in_order()


# ---------------------------------------------------------------- as the container starts it

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users, which only root may")


@as_root
async def test_it_runs_as_the_user_that_is_named_and_what_it_writes_is_theirs_alone(image, opened):
    async with Container(image, opened / "config", PUID=str(PUID), PGID=str(PGID)) as container:
        told = dict(line.split(":\t", 1) for line in container.proc("status").splitlines())
        assert told["Uid"].split() == [str(PUID)] * 4
        assert told["Gid"].split() == [str(PGID)] * 4
        assert int(told["CapEff"], 16) == int(told["CapPrm"], 16) == 0
        assert told["NoNewPrivs"] == "1"
        assert container.proc("cmdline").startswith(str(container.venv / "bin" / "python"))
        assert await container.is_stopped_in_order()

    kept = {path.name: path.stat() for path in container.folder.iterdir()}
    assert {"config.json", "access.json", "crosswatch.db"} <= kept.keys()
    assert {(found.st_uid, found.st_gid) for found in kept.values()} == {(PUID, PGID)}
    assert {stat.S_IMODE(found.st_mode) & 0o077 for found in kept.values()} == {0}


def require_read_only(by, path):
    """Skip where such a namespace cannot be made."""
    probe = subprocess.run([*by, "touch", str(path)], capture_output=True, text=True, check=False)
    if "Read-only" not in probe.stderr:
        pytest.skip(f"no mount namespace can be made here: {probe.stderr.strip()}")


@as_root
async def test_it_runs_where_nothing_but_its_folder_can_be_written(image, opened):
    """As with `--read-only`, in a mount namespace of its own."""
    folder = opened / "config"
    folder.mkdir()
    steps = (
        f'mount --bind "{opened}" "{opened}"',
        f'mount --bind "{folder}" "{folder}"',
        f'mount -o remount,bind,ro "{opened}"',
        "mount -o remount,bind,ro /",
        'exec "$@"',
    )
    by = ("unshare", "--mount", "sh", "-c", " && ".join(steps), "sh")
    require_read_only(by, opened / "probe")

    async with Container(image, folder, by=by, PUID=str(PUID), PGID=str(PGID)) as container:
        assert (await container.ask("/"))[0] == 200
        assert (await container.ask("/api/config"))[0] == 200
        assert await container.is_stopped_in_order()
    assert (folder / "crosswatch.db").exists()


@as_root
async def test_a_folder_of_somebody_else_is_taken_over_and_a_password_can_be_reset_by_root(image, opened):
    """`exec` into a container is root's; what it writes must not lock out the app."""
    folder = opened / "config"
    async with Container(image, folder, PUID=str(PUID), PGID=str(PGID)) as container:
        environment = container._environment
        command = [str(image / "entry.sh"), "reset-password"]
        run(*command, env=environment, input="correct horse battery\n")
        assert (folder / "access.json").stat().st_uid == PUID

        async with asyncio.timeout(5):
            while (await container.ask("/api/config"))[0] != 401:  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.05)
        assert await container.is_stopped_in_order()


def syscall_sets():
    """The sets of system calls that systemd names, those within others included."""
    sets, name = {}, ""
    for line in run("systemd-analyze", "syscall-filter").splitlines():
        word = line.strip()
        if line.startswith("@"):
            name = word
            sets[name] = []
        elif word and not word.startswith("#"):
            sets[name].append(word)

    def calls_of(name):
        inner = (calls_of(word) if word.startswith("@") else {word} for word in sets[name])
        return set().union(*inner)

    return {name: calls_of(name) for name in sets}


@as_root
@pytest.mark.skipif(
    not (shutil.which("strace") and shutil.which("systemd-analyze")), reason="needs strace, systemd"
)
async def test_it_calls_the_kernel_for_nothing_that_the_unit_forbids(image, opened):
    """From the start over pages and a password to the end, as the unit's user."""
    calls = opened / "calls"
    by = ("strace", "-f", "-qq", "-o", str(calls))
    async with Container(image, opened / "config", by=by, PUID=str(PUID), PGID=str(PGID)) as container:
        assert (await container.ask("/"))[0] == 200
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"http://127.0.0.1:{container.port}/setup/claim", json={"password": "correct horse battery"}
            ) as answer,
        ):
            assert answer.status == 200
        (child,) = container.proc(f"task/{container.process.pid}/children").split()
        os.kill(int(child), signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await container.process.wait()

    lines = calls.read_text(errors="replace").splitlines()
    began = next(
        number for number, line in enumerate(lines) if "execve(" in line and "/venv/bin/crosswatch" in line
    )
    lines = lines[began:]  # before that it is root who prepares, which the unit has no part in
    called = {found[1] for line in lines if (found := re.match(r"\d+ +(\w+)\(", line))}
    sets = syscall_sets()
    allowed = (sets["@default"] | sets["@system-service"]) - sets["@privileged"] - sets["@resources"]
    assert sorted(called - allowed) == []
    assert [line for line in lines if "PROT_WRITE" in line and "PROT_EXEC" in line] == []
