"""The image's entry script, against a scratch root whose `crosswatch` tells how it was started."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from fakes.markdown import ROOT

ENTRY = ROOT / "packaging" / "container" / "entry.sh"
PROGRAM = """#!/bin/sh
echo "uid=$(id -u)" "gid=$(id -g)" "groups=$(id -G)" "umask=$(umask)" "home=$HOME" "pid=$$"
grep NoNewPrivs /proc/self/status
for word in "$@"; do echo "[$word]"; done
"""
PUID, PGID = 12345, 12346

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users, which only root may"),
    pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux"),
]


class Started:
    """What came of a start."""

    def __init__(self, process, out, err):
        self.status, self.pid, self.said = process.returncode, process.pid, err
        first, *rest = out.splitlines() or [""]
        self.words = [line for line in rest if line.startswith("[")]
        self.may_gain_nothing = "NoNewPrivs:\t1" in rest
        self.line = first

    def ran_as(self, uid, gid):
        return self.status == 0 and self.line.startswith(f"uid={uid} gid={gid} groups={gid} ")


@pytest.fixture
def image(opened):
    """Starts the image's command: by PATH, as the container and `exec` do, with these variables and words."""
    home = opened / "opt" / "crosswatch"
    program = home / "venv" / "bin" / "crosswatch"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM)
    program.chmod(0o755)
    shutil.copy(ENTRY, home / "entry.sh")
    command = opened / "usr" / "local" / "bin" / "crosswatch"
    command.parent.mkdir(parents=True)
    command.symlink_to(home / "entry.sh")

    def start(*words, by=(), **variables):
        environment = {
            "PATH": f"{command.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
            "CROSSWATCH_CONFIG_DIR": str(opened / "config"),
            **variables,
        }
        process = subprocess.Popen(
            [*by, "crosswatch", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=opened,
        )
        return Started(process, *process.communicate(timeout=20))

    start.folder = opened / "config"
    return start


def as_user(uid, gid):
    return ("setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups")


# ---------------------------------------------------------------- started as root


def test_root_becomes_the_user_and_group_that_are_named_and_nothing_more(image):
    started = image("serve", PUID=str(PUID), PGID=str(PGID), UMASK="002")
    assert started.ran_as(PUID, PGID)
    assert "umask=0002" in started.line
    assert started.may_gain_nothing
    assert started.said == ""


def test_without_a_word_about_it_that_is_1000_and_new_files_are_theirs_alone(image):
    started = image("serve")
    assert started.ran_as(1000, 1000)
    assert "umask=0077" in started.line
    assert f"home={image.folder}" in started.line


def test_no_shell_stays_behind(image):
    started = image("serve")
    assert started.line.endswith(f"pid={started.pid}")


def test_a_folder_that_is_missing_is_made_and_belongs_to_the_user(image):
    image("serve", PUID=str(PUID), PGID=str(PGID))
    found = image.folder.stat()
    assert (found.st_uid, found.st_gid) == (PUID, PGID)


def test_only_what_is_wrong_is_given_to_the_user_and_no_link_is_followed(image, opened):
    image.folder.mkdir()
    foreign, own, outside = (
        image.folder / "config.json",
        image.folder / "crosswatch.db",
        opened / "somebody's",
    )
    for path in (foreign, own, outside):
        path.write_text("")
    os.chown(own, PUID, PGID)
    untouched = own.stat().st_ctime_ns
    (image.folder / "link").symlink_to(outside)

    image("serve", PUID=str(PUID), PGID=str(PGID))

    assert (foreign.stat().st_uid, foreign.stat().st_gid) == (PUID, PGID)
    assert own.stat().st_ctime_ns == untouched
    assert outside.stat().st_uid == 0
    assert (image.folder / "link").lstat().st_uid == PUID


def test_a_command_in_the_container_runs_as_the_same_user(image):
    assert image("reset-password", "--generate", PUID=str(PUID), PGID=str(PGID)).ran_as(PUID, PGID)


def test_the_words_arrive_as_they_were_typed(image):
    assert image("why", "it's a  play", "*", "").words == ["[why]", "[it's a  play]", "[*]", "[]"]


def test_root_may_stay_root_where_it_is_wanted_and_is_told_so(image):
    started = image("serve", PUID="0", PGID="0")
    assert started.status == 0
    assert started.line.startswith("uid=0 ")
    assert "Runs as root" in started.said


def test_a_folder_that_the_user_cannot_reach_is_said(image, opened):
    hidden = opened / "hidden"
    hidden.mkdir(mode=0o700)
    started = image("serve", PUID=str(PUID), PGID=str(PGID), CROSSWATCH_CONFIG_DIR=str(hidden / "config"))
    assert started.status == 1
    assert f"{hidden}/config cannot be written by user {PUID}, group {PGID}." in started.said


def test_where_root_may_not_change_its_user_it_says_what_to_do(image):
    by = ("setpriv", "--bounding-set", "-setuid,-setgid", "--inh-caps", "-all")
    started = image("serve", by=by, PUID=str(PUID))
    assert started.status == 1
    assert "SETUID and SETGID are missing" in started.said
    assert f"--user {PUID}:1000" in started.said


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PUID": "maya"}, "PUID has to be a number, and is 'maya'."),
        ({"PGID": "-1"}, "PGID has to be a number, and is '-1'."),
        ({"PUID": "0; id"}, "PUID has to be a number"),
        ({"UMASK": "888"}, "UMASK has to be three octal digits, such as 022, and is '888'."),
        ({"UMASK": "2"}, "UMASK has to be three octal digits"),
    ],
    ids=["a name as user", "a negative group", "a command as user", "no octal digits", "one digit"],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(image, variables, sentence):
    started = image("serve", **variables)
    assert started.status == 1
    assert sentence in started.said
    assert started.line == ""


@pytest.mark.parametrize(
    ("zone", "is_told"), [("Europe/Berlin", False), ("Europe/Atlantis", True), ("CET-1CEST", False)]
)
def test_a_time_zone_that_there_is_not_is_told_and_stops_nothing(image, zone, is_told):
    started = image("serve", TZ=zone)
    assert started.ran_as(1000, 1000)
    assert ("There is no time zone" in started.said) is is_told


@pytest.mark.parametrize("command", ["healthcheck", "version"])
def test_what_needs_no_folder_touches_none(image, command):
    assert image(command, PUID=str(PUID), PGID=str(PGID)).ran_as(PUID, PGID)
    assert not image.folder.exists()


# ---------------------------------------------------------------- started as somebody else


def test_another_user_stays_who_they_are_whatever_the_variables_say(image):
    image.folder.mkdir()
    os.chown(image.folder, PUID, PGID)
    started = image("serve", by=as_user(PUID, PGID), PUID="99", PGID="100", UMASK="027")
    assert started.ran_as(PUID, PGID)
    assert "umask=0027" in started.line
    assert started.line.endswith(f"pid={started.pid}")


def test_another_user_who_may_not_write_the_folder_is_told_so(image):
    image.folder.mkdir()
    started = image("serve", by=as_user(PUID, PGID))
    assert started.status == 1
    assert f"{image.folder} cannot be written by user {PUID}, group {PGID}." in started.said
    assert f"chown {PUID}:{PGID}" in started.said
